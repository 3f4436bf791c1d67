"""Endpoint authentication: the four settings of a Zoom event subscription.

Signature only (the default), Basic, Token (a client-credentials token fetched first), and one
custom header whose name begins with `x-`. The `x-zm-*` headers are present in all of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal

from mockzoom.errors import MockzoomError, UsageError
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Failure
from mockzoom.transport.dial import Dialer, DialError, basic
from mockzoom.transport.target import Target, parse_target

_FORMS = (
    "expected basic:USER:PASSWORD, bearer:TOKEN, header:X-NAME:VALUE, or"
    " token:CLIENT_ID:CLIENT_SECRET:TOKEN_URL"
)
_WRONG = {
    "basic": basic("mockzoom:forged"),
    "bearer": "Bearer mockzoom-forged",
    "token": "Bearer mockzoom-forged",
    "header": "mockzoom-forged",
}
_NEVER_S = 1e15
"""Seconds from which `expires_in` is no time that anybody means."""


@dataclass(frozen=True, slots=True)
class EndpointAuth:
    """How the endpoint authenticates its caller; `name` and `value` are a header's."""

    kind: Literal["basic", "bearer", "header", "token"]
    name: str
    value: str
    token_url: str = ""
    token_form: str = ""
    """Client credentials as a form, where the token URL takes them in the body."""

    def headers(self, state: str, token: str = "") -> tuple[tuple[str, str], ...]:
        """Return the header to send: the right one, none (`missing`), or a wrong one (`wrong`)."""
        if state == "missing":
            return ()
        if state == "wrong":
            return ((self.name, _WRONG[self.kind]),)
        value = f"Bearer {token}" if self.kind == "token" else self.value
        return ((self.name, value),)


def parse_auth(text: str) -> EndpointAuth:
    """Read `basic:…`, `bearer:…`, `header:…` or `token:…`; errors do not repeat the credential."""
    kind, _, rest = text.partition(":")
    if kind == "basic" and ":" in rest:
        return EndpointAuth("basic", "authorization", basic(rest))
    if kind == "bearer" and rest:
        value = header_value(rest, "--auth bearer: the token", secret=True)
        return EndpointAuth("bearer", "authorization", f"Bearer {value}")
    if kind == "header":
        return _custom_header(rest)
    if kind == "token" and rest.count(":") >= 2:
        client, secret, url = rest.split(":", 2)
        try:
            parse_target(url)
        except UsageError as error:
            raise UsageError(f"--auth token: the token URL {error}") from None
        return EndpointAuth("token", "authorization", basic(f"{client}:{secret}"), url)
    raise UsageError(f"--auth {kind}: {_FORMS}" if kind in _WRONG else f"--auth: {_FORMS}")


def credentials(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the secret values in an `--auth` text, and the names of the headers that carry them.

    They are what must not be printed or stored.
    """
    if not text:
        return (), ()
    auth = parse_auth(text)
    rest = text.partition(":")[2]
    values = [auth.value, auth.value.partition(" ")[2]]
    if auth.kind == "basic":
        values.append(rest.partition(":")[2])
    elif auth.kind == "token":
        values.append(rest.split(":", 2)[1])
    elif auth.kind == "bearer":
        values.append(rest)
    return tuple(item for item in values if item), (auth.name,)


def _custom_header(text: str) -> EndpointAuth:
    name, _, value = text.partition(":")
    if not re.fullmatch(r"x-[a-z0-9!#$%&'*+.^_`|~-]+", name.strip().lower()) or not value.strip():
        raise UsageError(
            f"--auth header: Zoom takes one custom header whose name begins with x-; {_FORMS}"
        )
    value = header_value(value.strip(), "--auth header: the value", secret=True)
    return EndpointAuth("header", name.strip().lower(), value)


def header_value(text: str, what: str, *, secret: bool = False) -> str:
    """Return `text`; raise `UsageError` where no header can carry it."""
    if all(char == "\t" or (" " <= char <= "ÿ" and not "\x7f" <= char <= "\x9f") for char in text):
        return text
    shown = "it" if secret else repr(text)
    raise UsageError(
        f"{what}: {shown} cannot stand in a header; expected Latin-1 text without line feeds or"
        " other control characters"
    )


class TokenSource:
    """Fetches the bearer token of Token authentication, and keeps it while it lives.

    Zoom POSTs to the token URL with `grant_type=client_credentials`, Basic client credentials and
    an empty body, and expects 200 with `access_token`, `token_type` bearer and `expires_in`.
    """

    def __init__(self, auth: EndpointAuth, dialer: Dialer) -> None:
        self._auth = auth
        target = parse_target(auth.token_url)
        self._dialer = replace(dialer, target=_with_grant(target))
        self._token = ""
        self._until = 0.0

    async def token(self) -> str:
        """Return the token; raise `MockzoomError` where the token URL gives none."""
        if self._token and monotonic() < self._until:
            return self._token
        where = self._dialer.target
        form = self._auth.token_form
        credentials = "" if form else f"authorization: {self._auth.value}\r\n"
        head = (
            f"POST {where.path} HTTP/1.1\r\nhost: {where.netloc}\r\n{credentials}"
            "content-type: application/x-www-form-urlencoded\r\n"
            f"content-length: {len(form)}\r\n\r\n{form}"
        )
        try:
            connection = await self._dialer.open(self._dialer.context())
        except DialError as error:
            raise self._error(error.failure.message) from None
        await connection.send(head.encode(), self._dialer.timeout)
        outcome = connection.outcome
        connection.close()
        if isinstance(outcome, Failure):
            raise self._error(outcome.message)
        if outcome.status != 200:
            raise self._error(f"status {outcome.status} in place of 200")
        try:
            answer = read_json(outcome.body)
            token = _token_of(answer["access_token"])
        except ForeignJSONError as error:
            why = f"the answer is no JSON object with access_token ({error})"
            raise self._error(why) from None
        except (TypeError, KeyError, UsageError):
            raise self._error("the answer is no JSON object with access_token") from None
        try:
            lives = _seconds(answer.get("expires_in", 0))
        except ValueError as error:
            raise self._error(str(error)) from None
        self._token, self._until = token, monotonic() + lives - 60
        return self._token

    def _error(self, why: str) -> MockzoomError:
        return MockzoomError(
            f"no access token from {self._dialer.target.url} (Zoom's delivery code -14): {why};"
            " expected 200 with access_token, token_type bearer and expires_in"
        )


def _token_of(value: JSON) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("access_token is no text")
    return header_value(value, "access_token", secret=True)


def _seconds(value: JSON) -> float:
    """Return `expires_in`, a number or, as some servers have it, its text."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _NEVER_S:
        return float(value)
    raise ValueError(f"expires_in is {json.dumps(value)[:40]}, expected a number of seconds")


def _with_grant(target: Target) -> Target:
    if "grant_type=" in target.path:
        return target
    joint = "&" if "?" in target.path else "?"
    return replace(target, path=f"{target.path}{joint}grant_type=client_credentials")
