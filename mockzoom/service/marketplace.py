"""Event subscriptions as Zoom's Marketplace API has them, on top of our own.

What requests may hold, and the codes of errors, stand in `mockzoom.zoom.marketplace`.
"""

from __future__ import annotations

from typing import Any

from mockzoom.contract import Contract
from mockzoom.dispatch import Conflict, Subscription
from mockzoom.errors import Forbidden, NotFound, UsageError
from mockzoom.model import JSON
from mockzoom.service.subscriptions import Subscriptions
from mockzoom.zoom.marketplace import (
    Registration,
    ZoomError,
    check_scope,
    check_url,
    is_event_name,
    is_plain_name,
    read_registration,
    read_subscribers,
    shown_auth,
)


class Marketplace:
    """Event subscriptions as Zoom's API has them; `secret` is the app's secret token."""

    def __init__(self, subscriptions: Subscriptions, contract: Contract, secret: str) -> None:
        self._subscriptions = subscriptions
        self._contract = contract
        self._secret = secret

    def create(self, body: JSON) -> str:
        """Register a subscription, once its URL has passed the validation; return its id."""
        asked = read_registration(body)
        self._check_events(asked.events)
        if not self._secret:
            raise ZoomError(1500, "this mock has no secret token; start it with --secret")
        return self._register(asked)

    def _register(self, asked: Registration) -> str:
        check_url(asked.url, "event_webhook_url", 1701)
        owner = {
            "scope": asked.scope, "account_id": asked.account_id,
            "user_ids": asked.user_ids, "source": "openapi",
        }  # fmt: skip
        try:
            made = self._subscriptions.create(
                asked.url, self._secret, name=asked.name, events=asked.events, auth=asked.auth,
                owner=owner,
            )  # fmt: skip
        except Forbidden as error:
            raise ZoomError(1701, f"the webhook URL cannot be validated: {error}") from None
        except (Conflict, UsageError) as error:
            raise ZoomError(1500, str(error)) from None
        item, settled = self._subscriptions.validate(made.id)
        if item.state == "validated":
            return item.id
        self._subscriptions.delete(item.id)
        reason = item.redactor().text(settled.reason)
        code = 1702 if asked.auth.kind == "token" and "no access token from" in reason else 1701
        raise ZoomError(code, f"the URL could not be validated: {reason}")

    def find(self, user_id: str, account_id: str, scope: str | None) -> list[Subscription]:
        """Return the subscriptions that concern a user of an account; all scopes without `scope`.

        The document has the scope as optional (Zoom's reference listed it as required before).
        """
        if scope is not None:
            check_scope(scope)
        return [
            item
            for item in self._subscriptions.all()
            if scope in (None, _scope(item))
            and item.owner.get("account_id", "") in ("", account_id)
            and (_scope(item) != "user" or user_id in item.owner.get("user_ids", [user_id]))
        ]

    def subscribe(self, name: str, body: JSON) -> None:
        """Add users to a subscription."""
        account, users = read_subscribers(body)
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
        plain = [event for event in item.events if is_plain_name(event)]
        return {
            "event_subscription_id": item.id,
            "events": list(dict.fromkeys([*plain, *names])),
            "event_subscription_name": item.name,
            "event_webhook_url": item.url,
            "subscription_scope": _scope(item),
            "created_source": item.owner.get("source", "default"),
            "subscriber_id": users[0] if users else account,
            "custom_header": shown_auth(item.auth),
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
            if event not in self._contract.known and not is_event_name(event):
                raise ZoomError(1601, f"the event {event!r} does not exist")


def _unknown(name: str) -> ZoomError:
    return ZoomError(1601, f"the event subscription {name!r} does not exist")


def _scope(item: Subscription) -> str:
    return str(item.owner.get("scope", "account"))
