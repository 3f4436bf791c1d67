"""Who may talk to the server: hosts, origins, tokens, forms; and what browsers may do with answers.

A mock on a developer's machine is in reach of every web page that the developer opens. So the
`Host` must be one of ours (no DNS rebinding), a request from another origin is refused, forms carry
a token that other sites cannot know, and answers can be framed, sniffed or scripted by nobody.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request

from mockzoom.errors import UsageError
from mockzoom.web.problems import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_CSRF_COOKIE = "mockzoom-csrf"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that, browsers send the page's own forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OPEN_PATHS = ("/v2/", "/oauth/", "/ws")
"""Zoom's own paths: they are called by programs, with access tokens of their own."""


@dataclass(frozen=True, slots=True)
class Access:
    """Under which names the server is reached, and the token that it asks for (empty: none)."""

    hosts: frozenset[str] = _LOOPBACK
    token: str = field(default="", repr=False)


def access(host: str, token: str = "", allowed: Iterable[str] = ()) -> Access:
    """Return the rules for a server on address `host`.

    Raises `UsageError` where it can be reached from elsewhere and has no token.
    """
    if not token and not is_loopback(host):
        raise UsageError(
            f"--host {host} can be reached from other machines; it needs a token, so that not"
            " everybody may send from here: pass --token, or set MOCKZOOM_TOKEN"
        )
    if token and len(token) < 16:
        raise UsageError("--token: expected at least 16 characters, so that it cannot be guessed")
    names = {_bracketed(host.lower())} if host not in ("", "0.0.0.0", "::") else set()
    return Access(_LOOPBACK | names | {_bracketed(name.lower()) for name in allowed}, token)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def install(app: Flask, rules: Access) -> None:
    """Check every request of `app`, and dress every answer."""
    key = secrets.token_bytes(32)

    @app.before_request
    def check() -> None:
        _check_host(request, rules)
        _check_origin(request)
        if not request.path.startswith(OPEN_PATHS):
            _check_token(request, rules)
            g.admitted = True  # refusals from here on may be shown as a page
            _check_form(request, key)

    @app.after_request
    def dress(answer: Response) -> Response:
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        fresh = g.get("csrf_cookie")
        if fresh:
            answer.set_cookie(_CSRF_COOKIE, fresh, httponly=True, samesite="Strict")
        return answer

    @app.template_global()
    def csrf_token() -> str:
        """Return what a form of the page carries in its field `csrf`."""
        cookie = request.cookies.get(_CSRF_COOKIE) or g.get("csrf_cookie")
        if not cookie:
            cookie = g.csrf_cookie = secrets.token_urlsafe(24)
        return _form_token(key, cookie)


def _check_host(incoming: Request, rules: Access) -> None:
    if _name_of(incoming.headers.get("Host", "")) not in rules.hosts:
        raise Problem(
            403, "this Host is none of this server's names; start it with --allow-host NAME"
        )


def _check_origin(incoming: Request) -> None:
    """Refuse what another site's page sends; programs send neither of these headers."""
    origin = incoming.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != incoming.host.lower():
        raise Problem(403, "requests from another origin are refused")
    site = incoming.headers.get("Sec-Fetch-Site", "none")
    followed = incoming.headers.get("Sec-Fetch-Mode") == "navigate" and incoming.method in SAFE
    if site in ("cross-site", "same-site") and not followed:
        raise Problem(403, "requests from another site are refused")


def _check_token(incoming: Request, rules: Access) -> None:
    if not rules.token:
        return
    kind, _, given = incoming.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            given = ""
    elif kind.lower() != "bearer":
        given = ""
    if not hmac.compare_digest(given.strip().encode(), rules.token.encode()):
        raise Problem(401, "expected Authorization: Bearer TOKEN (or Basic, any name and TOKEN)")


def _check_form(incoming: Request, key: bytes) -> None:
    """Forms of the page prove that the page made them; the API takes JSON, which no form sends."""
    if incoming.method in SAFE or incoming.path.startswith("/api/"):
        return
    cookie = incoming.cookies.get(_CSRF_COOKIE, "")
    given = incoming.form.get("csrf", "")
    if not cookie or not hmac.compare_digest(given.encode(), _form_token(key, cookie).encode()):
        raise Problem(403, "the form is out of date; load the page again")


def _form_token(key: bytes, cookie: str) -> str:
    return hmac.digest(key, cookie.encode(), "sha256").hex()


def _name_of(host: str) -> str:
    """Return the name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].rstrip(".").lower()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
