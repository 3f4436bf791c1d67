"""Zoom's Marketplace API for event subscriptions, on top of our own.

Facts: the OpenAPI document of that API (snapshot of 2026-02-07): its fields, its lengths and its
error codes. Where it says nothing, the choice is named here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockzoom.catalog import Catalog
from mockzoom.delivery import parse_target
from mockzoom.dispatch import Auth, Conflict, Subscription, check_auth
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import JSON
from mockzoom.service.errors import Forbidden, NotFound
from mockzoom.service.subscriptions import Subscriptions

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
_LENGTHS = {"token_url": 1000, "scope": 255, "state": 255}
_LENGTH = 256
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

    def __init__(self, subscriptions: Subscriptions, catalog: Catalog, secret: str) -> None:
        self._subscriptions = subscriptions
        self._catalog = catalog
        self._secret = secret

    def create(self, body: JSON) -> str:
        """Register a subscription, once its URL has passed the validation; return its id."""
        given = _object(body, "the body")
        events = _texts(given, "events", required=True)
        url = _text(given, "event_webhook_url", required=True)
        scope = _text(given, "subscription_scope", required=True)
        if scope not in SCOPES:
            raise ZoomError(1500, f"subscription_scope: expected one of {', '.join(SCOPES)}")
        owner = {
            "scope": scope, "account_id": _text(given, "account_id"),
            "user_ids": _texts(given, "user_ids"), "source": "openapi",
        }  # fmt: skip
        name = _text(given, "event_subscription_name")
        auth = _auth(given.get("custom_header"))
        self._check_events(events)
        if not self._secret:
            raise ZoomError(1500, "this mock has no secret token; start it with --secret")
        return self._register(url, events, name, auth, owner)

    def _register(
        self, url: str, events: list[str], name: str, auth: Auth, owner: dict[str, Any]
    ) -> str:
        _check_url(url, "event_webhook_url")
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

    def find(self, user_id: str, scope: str, account_id: str) -> list[Subscription]:
        """Return the subscriptions of a scope that concern a user of an account."""
        if scope not in SCOPES:
            raise ZoomError(1500, f"subscription_scope: expected one of {', '.join(SCOPES)}")
        return [
            item
            for item in self._subscriptions.all()
            if item.owner.get("scope", "account") == scope
            and item.owner.get("account_id", "") in ("", account_id)
            and (scope != "user" or user_id in item.owner.get("user_ids", [user_id]))
        ]

    def subscribe(self, name: str, body: JSON) -> None:
        """Add users to a subscription."""
        given = _object(body, "the body")
        account = _text(given, "account_id", required=True)
        users = _texts(given, "user_ids")
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
        try:
            self._subscriptions.delete(name)
        except NotFound:
            raise _unknown(name) from None

    def shown(self, item: Subscription) -> JSON:
        """Return a subscription as Zoom lists it; secrets stay where they are."""
        users = item.owner.get("user_ids") or []
        account = item.owner.get("account_id", "")
        names = [event for event in self._catalog.events if item.wants(event)]
        plain = [event for event in item.events if _NAME.fullmatch(event)]
        return {
            "event_subscription_id": item.id,
            "events": list(dict.fromkeys([*plain, *names])),
            "event_subscription_name": item.name,
            "event_webhook_url": item.url,
            "subscription_scope": item.owner.get("scope", "account"),
            "created_source": item.owner.get("source", "default"),
            "subscriber_id": users[0] if users else account,
            "custom_header": _shown_auth(item.auth),
        }

    def _of_account(self, name: str, account: str) -> Subscription:
        try:
            item = self._subscriptions.get(name)
        except NotFound:
            raise _unknown(name) from None
        if item.owner.get("account_id", "") not in ("", account):
            raise _unknown(name)
        return item

    def _check_events(self, events: list[str]) -> None:
        for event in events:
            known = event in self._catalog.events
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


def _text(given: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    if name not in given and not required:
        return ""
    value = given.get(name)
    if not isinstance(value, str):
        raise ZoomError(1500, f"{name}: expected a string")
    if required and not value.strip():
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


def _check_url(url: str, name: str) -> None:
    """Ask for https, as Zoom does; a receiver under test on this network may do without."""
    try:
        target = parse_target(url)
    except UsageError as error:
        raise ZoomError(1500, f"{name}: {error}") from None
    if target.scheme != "https" and target.public:
        raise ZoomError(1500, f"{name}: expected an https URL")


def _auth(given: JSON) -> Auth:
    """Read `custom_header`."""
    if given is None:
        return Auth()
    header = _object(given, "custom_header")
    kind = header.get("custom_header_type")
    if not isinstance(kind, int) or isinstance(kind, bool):
        raise ZoomError(1500, "custom_header_type: expected 0, 1, 2 or 3")
    if kind not in _FIELDS:
        raise ZoomError(1801, f"custom_header_type {kind}: expected 0, 1, 2 or 3")
    settings = {ours: _field(header, theirs) for theirs, ours in _FIELDS[kind]}
    if kind == 2:
        settings |= {name: _field(header, name) for name in _OPTIONAL if header.get(name)}
        _check_url(settings["token_url"], "token_url")
    auth = Auth(_KINDS[kind], settings)
    try:
        return check_auth(auth)
    except UsageError as error:
        raise ZoomError(1500, f"custom_header: {error}") from None


def _field(header: Mapping[str, Any], name: str) -> str:
    value = _text(header, name, required=True)
    longest = _LENGTHS.get(name, _LENGTH)
    if len(value) > longest:
        raise ZoomError(1500, f"{name}: it is longer than {longest} characters")
    if re.search(r"[\r\n]", value) or (
        name not in ("custom_header_value", "password", "scope", "state")
        and re.search(r"\s", value)
    ):
        raise ZoomError(1500, f"{name}: it holds spaces or line feeds")
    return value


def _shown_auth(auth: Auth) -> JSON:
    kind = _KINDS.index(auth.kind)
    names = {ours: theirs for theirs, ours in _FIELDS[kind]}
    hidden = ("password", "client_secret", "value")
    shown = {names.get(name, name): value for name, value in auth.settings.items()
             if name not in hidden}  # fmt: skip
    return {"custom_header_type": kind, **shown}
