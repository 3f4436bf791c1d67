"""How a subscription lets its endpoint authenticate the caller: four kinds of settings.

Facts: Zoom, "Using webhooks", and the Marketplace API's OpenAPI document (`custom_header`). The
headers that follow from them are made by `mockzoom.zoom.auth`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from mockzoom.errors import UsageError
from mockzoom.transport import parse_target
from mockzoom.transport.dial import basic
from mockzoom.zoom.auth import EndpointAuth, header_value
from mockzoom.zoom.headers import is_reserved

FIELDS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("username", "password"),
    "token": ("client_id", "client_secret", "token_url"),
    "header": ("name", "value"),
}
OPTIONAL_OF_TOKEN = ("scope", "state", "client_authentication")
SECRET_FIELDS = ("password", "client_secret", "value")


@dataclass(frozen=True, slots=True)
class SubscriptionAuth:
    """How the endpoint authenticates its caller: the settings of one of four kinds.

    `none` (signature only), `basic` (username, password), `token` (client_id, client_secret,
    token_url, and optionally scope, state, client_authentication `header` or `body`), `header`
    (name, value).
    """

    kind: str = "none"
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must not be shown."""
        return tuple(value for name, value in self.settings.items() if name in SECRET_FIELDS)

    def endpoint(self) -> EndpointAuth | None:
        """Return what makes the headers."""
        given = self.settings
        if self.kind == "basic":
            credentials = basic(f"{given['username']}:{given['password']}")
            return EndpointAuth("basic", "authorization", credentials)
        if self.kind == "header":
            return EndpointAuth("header", given["name"].lower(), given["value"])
        if self.kind == "token":
            credentials = basic(f"{given['client_id']}:{given['client_secret']}")
            extra = {name: given[name] for name in ("scope", "state") if given.get(name)}
            url = given["token_url"]
            if extra:
                joint = "&" if "?" in url else "?"
                url += joint + urlencode({"grant_type": "client_credentials", **extra})
            form = ""
            if given.get("client_authentication") == "body":
                form = urlencode({name: given[name] for name in ("client_id", "client_secret")})
            return EndpointAuth("token", "authorization", credentials, url, form)
        return None


SIGNATURE_ONLY = SubscriptionAuth()


def check_auth(auth: SubscriptionAuth) -> SubscriptionAuth:
    """Return `auth`; raise `UsageError` where a field is missing or can stand in no header."""
    if auth.kind not in FIELDS:
        known = ", ".join(FIELDS)
        raise UsageError(f"authentication {auth.kind!r} is unknown (known: {known})")
    wanted = FIELDS[auth.kind]
    for name in wanted:
        if not auth.settings.get(name):
            raise UsageError(f"authentication {auth.kind} needs {name}")
    allowed = {*wanted, *(OPTIONAL_OF_TOKEN if auth.kind == "token" else ())}
    for name in auth.settings:
        if name not in allowed:
            raise UsageError(f"authentication {auth.kind} has no field {name!r}")
    _check_values(auth)
    return auth


def _check_values(auth: SubscriptionAuth) -> None:
    if auth.kind == "basic" and ":" in auth.settings["username"]:
        raise UsageError("the username must not hold a colon (RFC 7617)")
    if auth.kind == "header":
        name = auth.settings["name"]
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or is_reserved(name.lower()):
            raise UsageError(
                f"the header {name!r}: expected letters, digits and hyphens, and no header that is"
                " part of the request or of Zoom's own"
            )
        header_value(auth.settings["value"], "the header's value", secret=True)
    if auth.kind == "token":
        parse_target(auth.settings["token_url"])
        if auth.settings.get("client_authentication", "header") not in ("header", "body"):
            raise UsageError("client_authentication: expected header or body")


def write_auth(auth: SubscriptionAuth) -> str:
    """Return `auth` as JSON, with its secrets."""
    return json.dumps({"kind": auth.kind, **auth.settings})


def read_auth(text: str) -> SubscriptionAuth:
    """Return what `write_auth` wrote."""
    settings = json.loads(text)
    return SubscriptionAuth(settings.pop("kind"), settings)
