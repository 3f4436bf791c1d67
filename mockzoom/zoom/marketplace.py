"""Zoom's Marketplace API for event subscriptions: what its requests may hold, and its errors.

Facts: the OpenAPI document of that API (snapshot of 2026-02-07): its fields, its lengths and its
error codes. Where it says nothing, the choice is named here. A field of the wrong type or length
has code 1500. A URL that cannot be one fails the validation (1701, 1702): the document gives 1500
to an empty one only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import JSON
from mockzoom.transport import parse_target
from mockzoom.zoom.subscription_auth import (
    FIELDS,
    OPTIONAL_OF_TOKEN,
    SECRET_FIELDS,
    SubscriptionAuth,
    check_auth,
)

SCOPES = ("user", "account", "master_account")
MOST_USERS = 10
MOST_SUBSCRIPTIONS = 20
"""Subscriptions that an app has at most (Zoom, "Using webhooks")."""
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_NAMESPACES = frozenset({
    "account", "app", "calendar", "chat_channel", "chat_message", "clips", "contact_center", "docs",
    "meeting", "number_management", "phone", "quality_management", "recording",
    "revenue_accelerator", "scheduler", "session", "team_chat", "tsp", "user", "virtual_agent",
    "visitor_management", "webinar", "whiteboard", "workflow", "workspace", "zoomroom",
})  # fmt: skip
"""First words of Zoom's event names: the mock makes some events, and lets all be subscribed to."""
_FIELDS: Mapping[int, tuple[tuple[str, str], ...]] = {
    0: (),
    1: (("username", "username"), ("password", "password")),
    2: (("client_id", "client_id"), ("client_secret", "client_secret"), ("token_url", "token_url")),
    3: (("custom_header_key", "name"), ("custom_header_value", "value")),
}
"""Required fields of each kind of custom header, with the names that they have here."""
_LENGTHS: Mapping[str, int] = {
    "username": 256, "password": 256, "client_id": 256, "client_secret": 256, "token_url": 1000,
    "scope": 255, "state": 255, "custom_header_key": 256, "custom_header_value": 256,
}  # fmt: skip
"""The longest value of each field of a custom header; they hold whatever its type."""
_CLIENT_AUTHENTICATION = ("header", "body")
_KINDS = tuple(FIELDS)
_STATUS = {1003: 400, 1300: 400, 1500: 400, 1602: 400}


class ZoomError(MockzoomError):
    """An error as Zoom tells it: `code` and message, with the HTTP status that goes with it."""

    def __init__(self, code: int, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS.get(code, 404) if status is None else status


class Registration(Struct, frozen=True):
    """What a request to create an event subscription asks for."""

    url: str
    events: list[str]
    scope: str
    account_id: str
    user_ids: list[str]
    name: str
    auth: SubscriptionAuth


def read_registration(body: JSON) -> Registration:
    """Return what the body of a request asks for; raise `ZoomError` where something is wrong."""
    given = _object(body, "the body")
    events = _texts(given, "events", required=True)
    url = _text(given, "event_webhook_url", required=True)
    scope = _text(given, "subscription_scope", required=True)
    check_scope(scope)
    account, users = _text(given, "account_id"), _users(given)
    name = _text(given, "event_subscription_name")
    auth = _auth(given["custom_header"]) if "custom_header" in given else SubscriptionAuth()
    return Registration(url, events, scope, account, users, name, auth)


def read_subscribers(body: JSON) -> tuple[str, list[str]]:
    """Return account and users that a request adds to a subscription; raise `ZoomError`."""
    given = _object(body, "the body")
    return _text(given, "account_id", required=None), _users(given)


def is_event_name(event: str) -> bool:
    """Return whether Zoom may have an event of this name: the mock lets all be subscribed to."""
    return is_plain_name(event) and event.partition(".")[0] in _NAMESPACES


def is_plain_name(event: str) -> bool:
    """Return whether an event's name has the form that Zoom's have: it is no pattern."""
    return bool(_NAME.fullmatch(event))


def _object(value: JSON, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ZoomError(1500, f"{what}: expected an object")
    return value


def check_scope(scope: str) -> None:
    """Raise `ZoomError` for a scope that no subscription has."""
    if scope not in SCOPES:
        raise ZoomError(1500, f"subscription_scope: expected one of {', '.join(SCOPES)}")


def _users(given: Mapping[str, Any]) -> list[str]:
    """Read `user_ids`; the document's own examples put several into one text, with commas."""
    texts = _texts(given, "user_ids")
    if len(texts) > MOST_USERS:
        raise ZoomError(1500, f"user_ids: expected at most {MOST_USERS}")
    return [user for text in texts for user in text.split(",") if user]


def _text(given: Mapping[str, Any], name: str, *, required: bool | None = False) -> str:
    """Return a text; `required` asks for one that is not empty, None for any."""
    if name not in given and required is False:
        return ""
    value = given.get(name)
    if not isinstance(value, str):
        raise ZoomError(1500, f"{name}: expected a string")
    if required and not value:
        raise ZoomError(1500, f"{name}: it is empty")
    return value


def _texts(given: Mapping[str, Any], name: str, *, required: bool = False) -> list[str]:
    if name not in given and not required:
        return []
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ZoomError(1500, f"{name}: expected a list of strings")
    if required and not value:
        raise ZoomError(1500, f"{name}: it is empty")
    return value


def check_url(url: str, name: str, code: int) -> None:
    """Ask for https, as Zoom does; a receiver under test on this network may do without."""
    try:
        target = parse_target(url)
    except UsageError as error:
        raise ZoomError(code, f"{name}: {error}") from None
    if target.scheme != "https" and target.public:
        raise ZoomError(code, f"{name}: expected an https URL")


def _auth(given: JSON) -> SubscriptionAuth:
    """Read `custom_header`; fields of another type of it are checked, and otherwise without use."""
    header = _object(given, "custom_header")
    kind = header.get("custom_header_type")
    if not isinstance(kind, int) or isinstance(kind, bool):
        raise ZoomError(1500, "custom_header_type: expected 0, 1, 2 or 3")
    if kind not in _FIELDS:
        raise ZoomError(1801, f"custom_header_type {kind}: expected 0, 1, 2 or 3")
    _check_fields(header)
    settings = {ours: _text(header, theirs, required=True) for theirs, ours in _FIELDS[kind]}
    if kind == 2:
        settings |= {name: header[name] for name in OPTIONAL_OF_TOKEN if header.get(name)}
        check_url(settings["token_url"], "token_url", 1702)
    auth = SubscriptionAuth(_KINDS[kind], settings)
    try:
        return check_auth(auth)
    except UsageError as error:
        raise ZoomError(1500, f"custom_header: {error}") from None


def _check_fields(header: Mapping[str, Any]) -> None:
    for name, longest in _LENGTHS.items():
        value = _text(header, name)
        if len(value) > longest:
            raise ZoomError(1500, f"{name}: it is longer than {longest} characters")
        if re.search(r"[\r\n]", value):
            raise ZoomError(1500, f"{name}: it holds line feeds")
    key = header.get("custom_header_key")
    if key is not None and not re.fullmatch(r"[A-Za-z0-9-]+", key):
        raise ZoomError(1500, "custom_header_key: expected letters, numbers and - only")
    if header.get("client_authentication", "header") not in _CLIENT_AUTHENTICATION:
        raise ZoomError(1500, "client_authentication: expected header or body")


def shown_auth(auth: SubscriptionAuth) -> JSON:
    """Return `custom_header` as Zoom lists it: secrets stay where they are."""
    kind = _KINDS.index(auth.kind)
    names = {ours: theirs for theirs, ours in _FIELDS[kind]}
    shown = {names.get(name, name): value for name, value in auth.settings.items()
             if name not in SECRET_FIELDS}  # fmt: skip
    return {"custom_header_type": kind, **shown}
