"""Zoom's Marketplace API for event subscriptions, on top of our own.

Facts: the OpenAPI document of that API (snapshot of 2026-02-07): its fields, its lengths and its
error codes. Where it says nothing, the choice is named here. A field of the wrong type or length
has code 1500. A URL that cannot be one fails the validation (1701, 1702): the document gives 1500
to an empty one only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockzoom.contract import Contract
from mockzoom.dispatch import Auth, Conflict, Subscription, check_auth
from mockzoom.errors import Forbidden, MockzoomError, NotFound, UsageError
from mockzoom.model import JSON
from mockzoom.service.subscriptions import Subscriptions
from mockzoom.transport import parse_target

SCOPES = ("user", "account", "master_account")
MOST_USERS = 10
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
_OPTIONAL = ("scope", "state", "client_authentication")
_LENGTHS: Mapping[str, int] = {
    "username": 256, "password": 256, "client_id": 256, "client_secret": 256, "token_url": 1000,
    "scope": 255, "state": 255, "custom_header_key": 256, "custom_header_value": 256,
}  # fmt: skip
"""The longest value of each field of a custom header; they hold whatever its type."""
_CLIENT_AUTHENTICATION = ("header", "body")
_KINDS = ("none", "basic", "token", "header")
_STATUS = {1003: 400, 1300: 400, 1500: 400, 1602: 400}


class ZoomError(MockzoomError):
    """An error as Zoom tells it: `code` and message, with the HTTP status that goes with it."""

    def __init__(self, code: int, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS.get(code, 404) if status is None else status


class Marketplace:
    """Event subscriptions as Zoom's API has them; `secret` is the app's secret token."""

    def __init__(self, subscriptions: Subscriptions, contract: Contract, secret: str) -> None:
        self._subscriptions = subscriptions
        self._contract = contract
        self._secret = secret

    def create(self, body: JSON) -> str:
        """Register a subscription, once its URL has passed the validation; return its id."""
        given = _object(body, "the body")
        events = _texts(given, "events", required=True)
        url = _text(given, "event_webhook_url", required=True)
        scope = _text(given, "subscription_scope", required=True)
        _check_scope(scope)
        owner = {
            "scope": scope, "account_id": _text(given, "account_id"),
            "user_ids": _users(given), "source": "openapi",
        }  # fmt: skip
        name = _text(given, "event_subscription_name")
        auth = _auth(given["custom_header"]) if "custom_header" in given else Auth()
        self._check_events(events)
        if not self._secret:
            raise ZoomError(1500, "this mock has no secret token; start it with --secret")
        return self._register(url, events, name, auth, owner)

    def _register(
        self, url: str, events: list[str], name: str, auth: Auth, owner: dict[str, Any]
    ) -> str:
        _check_url(url, "event_webhook_url", 1701)
        try:
            made = self._subscriptions.create(
                url, self._secret, name=name, events=events, auth=auth, owner=owner
            )
        except Forbidden as error:
            raise ZoomError(1701, f"the webhook URL cannot be validated: {error}") from None
        except (Conflict, UsageError) as error:
            raise ZoomError(1500, str(error)) from None
        item, settled = self._subscriptions.validate(made.id)
        if item.state == "validated":
            return item.id
        self._subscriptions.delete(item.id)
        reason = item.redactor().text(settled.reason)
        code = 1702 if auth.kind == "token" and "no access token from" in reason else 1701
        raise ZoomError(code, f"the URL could not be validated: {reason}")

    def find(self, user_id: str, account_id: str, scope: str | None) -> list[Subscription]:
        """Return the subscriptions that concern a user of an account; all scopes without `scope`.

        The document has the scope as optional (Zoom's reference listed it as required before).
        """
        if scope is not None:
            _check_scope(scope)
        return [
            item
            for item in self._subscriptions.all()
            if scope in (None, _scope(item))
            and item.owner.get("account_id", "") in ("", account_id)
            and (_scope(item) != "user" or user_id in item.owner.get("user_ids", [user_id]))
        ]

    def subscribe(self, name: str, body: JSON) -> None:
        """Add users to a subscription."""
        given = _object(body, "the body")
        account, users = _text(given, "account_id", required=None), _users(given)
        item = self._of_account(name, account)
        known = [*item.owner.get("user_ids", [])]
        known += [user for user in users if user not in known]
        changes: dict[str, Any] = {"owner": {**item.owner, "user_ids": known}}
        if item.state == "disabled" and item.owner.get("unsubscribed"):
            changes["owner"].pop("unsubscribed")
            changes |= {"state": "validated", "reason": ""}
        self._subscriptions.update(name, changes)

    def unsubscribe(self, name: str, account: str, users: list[str]) -> None:
        """Take users off a subscription; without any, nobody gets its events any more."""
        item = self._of_account(name, account)
        left = [user for user in item.owner.get("user_ids", []) if user not in users]
        changes: dict[str, Any] = {"owner": {**item.owner, "user_ids": left if users else []}}
        if not users or (not left and item.owner.get("user_ids")):
            changes["owner"]["unsubscribed"] = True
            changes |= {"state": "disabled", "reason": "unsubscribed through Zoom's API"}
        self._subscriptions.update(name, changes)

    def delete(self, name: str) -> None:
        """Delete a subscription."""
        self.changeable(name)
        try:
            self._subscriptions.delete(name)
        except NotFound:
            raise _unknown(name) from None

    def shown(self, item: Subscription) -> JSON:
        """Return a subscription as Zoom lists it; secrets stay where they are."""
        users = item.owner.get("user_ids") or []
        account = item.owner.get("account_id", "")
        names = [event for event in self._contract.known if item.wants(event)]
        plain = [event for event in item.events if _NAME.fullmatch(event)]
        return {
            "event_subscription_id": item.id,
            "events": list(dict.fromkeys([*plain, *names])),
            "event_subscription_name": item.name,
            "event_webhook_url": item.url,
            "subscription_scope": _scope(item),
            "created_source": item.owner.get("source", "default"),
            "subscriber_id": users[0] if users else account,
            "custom_header": _shown_auth(item.auth),
        }

    def _of_account(self, name: str, account: str) -> Subscription:
        item = self.changeable(name)
        if item.owner.get("account_id", "") not in ("", account):
            raise _unknown(name)
        return item

    def changeable(self, name: str) -> Subscription:
        """Return a subscription that was made here: Zoom's API changes no other ("Using webhooks").

        What the page and `/api/v1` register stands for what Zoom calls the build flow.
        """
        try:
            item = self._subscriptions.get(name)
        except NotFound:
            raise _unknown(name) from None
        if item.owner.get("source") != "openapi":
            raise ZoomError(
                1601,
                f"the event subscription {name!r} was created in the build flow (in the page or"
                " through /api/v1); this API changes those that it created",
            )
        return item

    def _check_events(self, events: list[str]) -> None:
        for event in events:
            known = event in self._contract.known
            if not known and not (
                _NAME.fullmatch(event) and event.partition(".")[0] in _NAMESPACES
            ):
                raise ZoomError(1601, f"the event {event!r} does not exist")


def _unknown(name: str) -> ZoomError:
    return ZoomError(1601, f"the event subscription {name!r} does not exist")


def _object(value: JSON, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ZoomError(1500, f"{what}: expected an object")
    return value


def _scope(item: Subscription) -> str:
    return str(item.owner.get("scope", "account"))


def _check_scope(scope: str) -> None:
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


def _check_url(url: str, name: str, code: int) -> None:
    """Ask for https, as Zoom does; a receiver under test on this network may do without."""
    try:
        target = parse_target(url)
    except UsageError as error:
        raise ZoomError(code, f"{name}: {error}") from None
    if target.scheme != "https" and target.public:
        raise ZoomError(code, f"{name}: expected an https URL")


def _auth(given: JSON) -> Auth:
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
        settings |= {name: header[name] for name in _OPTIONAL if header.get(name)}
        _check_url(settings["token_url"], "token_url", 1702)
    auth = Auth(_KINDS[kind], settings)
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


def _shown_auth(auth: Auth) -> JSON:
    kind = _KINDS.index(auth.kind)
    names = {ours: theirs for theirs, ours in _FIELDS[kind]}
    hidden = ("password", "client_secret", "value")
    shown = {names.get(name, name): value for name, value in auth.settings.items()
             if name not in hidden}  # fmt: skip
    return {"custom_header_type": kind, **shown}
