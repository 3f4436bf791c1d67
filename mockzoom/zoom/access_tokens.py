"""Who may call Zoom's own API: the app that callers pretend to be, and the tokens that it shows.

Facts: Zoom's guide "Using webhooks" (access tokens and their scopes) and its page "Make API
requests" (the Video SDK's API takes a JSON Web Token that callers sign themselves, with the API
secret). Access tokens are signed with a key of this process, so a restart ends them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from mockzoom.foreign_json import read_json

LIFETIME_S = 3600
SCOPES = (
    "marketplace:delete:event_subscription marketplace:read:list_event_subscriptions"
    " marketplace:update:event_subscription marketplace:write:event_subscription"
    " marketplace_app:read"
)
"""The scopes that Zoom's documents name for what is answered here."""
_access = URLSafeTimedSerializer(secrets.token_hex(32), salt="access")


@dataclass(frozen=True, slots=True)
class App:
    """The app that callers pretend to be. Without a client id, `open_to_all` lets anybody in."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    open_to_all: bool = True

    def admits(self, client_id: str, client_secret: str) -> bool:
        """Return whether these are the app's credentials."""
        if not self.client_secret:
            return self.open_to_all and self.client_id in ("", client_id)
        given = f"{client_id}:{client_secret}".encode()
        return hmac.compare_digest(given, f"{self.client_id}:{self.client_secret}".encode())

    def admits_signed(self, token: str) -> bool:
        """Return whether `token` is a JWT (HS256) that this app made, and still lives.

        Without a client secret there is nothing to check its signature with: then its claims are
        checked, and `open_to_all` decides.
        """
        head, _, signature = token.rpartition(".")
        try:
            header, claims = (_part(part) for part in head.split("."))
            given = _decoded(signature)
        except ValueError:
            return False
        if header.get("alg") != "HS256" or not _lives(claims):
            return False
        if self.client_id and claims.get("iss") != self.client_id:
            return False
        if not self.client_secret:
            return self.open_to_all and bool(claims.get("iss"))
        wanted = hmac.digest(self.client_secret.encode(), head.encode(), "sha256")
        return hmac.compare_digest(given, wanted)


def answer(
    app: App, given: Mapping[str, str], authorization: str, url: str, give: Callable[[str], str]
) -> tuple[dict[str, Any], int]:
    """Return what `POST /oauth/token` is answered, and its status.

    `given` are the parameters of query and body, `authorization` is that header, `url` where the
    API is, and `give` makes the token for a client id.
    """
    grant = given.get("grant_type", "")
    if grant not in ("client_credentials", "account_credentials"):
        return {"reason": "unsupported grant type", "error": "unsupported_grant_type"}, 400
    if grant == "account_credentials" and not given.get("account_id"):
        return {"reason": "account_id is missing", "error": "invalid_request"}, 400
    client_id, client_secret = credentials(authorization)
    if not client_id or not app.admits(client_id, client_secret):
        return {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}, 400
    return {
        "access_token": give(client_id), "token_type": "bearer", "expires_in": LIFETIME_S,
        "scope": SCOPES, "api_url": url,
    }, 200  # fmt: skip


def give(client_id: str) -> str:
    """Return an access token for an app."""
    return str(_access.dumps({"client": client_id}))


def is_given(token: str) -> bool:
    """Return whether `token` is an access token of this server that still lives."""
    try:
        _access.loads(token, max_age=LIFETIME_S)
    except BadData:
        return False
    return True


def credentials(header: str) -> tuple[str, str]:
    """Return client id and secret of an `Authorization: Basic` header; empty where it has none."""
    kind, _, given = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        client, _, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret


def _part(text: str) -> dict[str, Any]:
    found = read_json(_decoded(text))
    if not isinstance(found, dict):
        raise ValueError("expected an object")
    return found


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)


def _lives(claims: dict[str, Any]) -> bool:
    """Return whether `exp` lies ahead and `iat` not: both in seconds, with a minute for clocks."""
    now = time.time()
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, (int, float)) or not isinstance(expires, (int, float)):
        return False
    return issued - 60 <= now < expires
