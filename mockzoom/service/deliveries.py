"""Deliveries as a team makes them by hand: sent, listed, looked at, and replayed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mockzoom.background import Background
from mockzoom.dispatch import (
    Accepted,
    Conflict,
    DeliveryStore,
    Dispatcher,
    Subscription,
    control_name,
)
from mockzoom.engine.case import TestCase
from mockzoom.errors import NotFound, UsageError
from mockzoom.journal import Archive, AttemptRow, DeliveryRow, ViolationRow
from mockzoom.model import Delivery, Headers
from mockzoom.suites.authenticity import needs_endpoint_auth
from mockzoom.zoom.auth import header_value
from mockzoom.zoom.forgeries import forgery
from mockzoom.zoom.headers import is_reserved, new_request_id
from mockzoom.zoom.retry_policies import retry_policy

DUPLICATE = "duplicate"
"""What the name of a delivery begins with that has the request id of another one."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class DeliveryService:
    """The deliveries of one server, those of its runs included."""

    def __init__(
        self, store: DeliveryStore, archive: Archive, dispatcher: Dispatcher, background: Background
    ) -> None:
        self._store = store
        self._archive = archive
        self._dispatcher = dispatcher
        self._background = background

    def send(
        self,
        case: TestCase,
        subscription: Subscription | None = None,
        policy: str = "",
        forge: str = "",
    ) -> list[DeliveryRow]:
        """Deliver a case: to every validated subscription that wants its event, or to one.

        `forge` authenticates it wrongly. Returns what is on the disk now and goes out next. Raises
        `Conflict` where the one is not validated or does not want the event.
        """
        if policy:
            retry_policy(policy)
        if subscription is not None:
            _check_ready(subscription, case.event)
            chosen = [subscription]
        else:
            chosen = [item for item in self._store.subscriptions()
                      if item.state == "validated" and item.wants(case.event)
                      and not (forge and item.over_websocket)]  # fmt: skip
        for item in chosen:
            _check_forgery(forge, item)
        items = [_accepted(case, item, policy, forge) for item in chosen]
        return self._accept(items)

    def replay(
        self, number: int, *, same_request_id: bool = False, case: TestCase | None = None,
        headers: Headers | None = None, forge: str = "",
    ) -> DeliveryRow:  # fmt: skip
        """Deliver the same bytes again, to the same subscription; signed anew.

        With `same_request_id` it is a duplicate, as a retry is. `case` has another body, `headers`
        are others beside Zoom's, `forge` authenticates it wrongly. Raises `NotFound`, `Conflict`,
        and `UsageError` for a header or a forgery that cannot be.
        """
        row = self.get(number)
        subscription = self._store.subscription(row.subscription or "")
        if subscription is None:
            raise Conflict(f"delivery {number} has no subscription (any more) to be sent to")
        _check_ready(subscription, row.delivery.event, filtered=False)
        _check_forgery(forge, subscription)
        old, name = row.delivery, DUPLICATE if same_request_id else "replay"
        request_id = old.request_id if same_request_id else new_request_id()
        again = replace(
            old, id=f"{name}-{row.id}", request_id=request_id, fault="", forge=forge,
            headers=old.headers if headers is None else _checked(headers),
        )  # fmt: skip
        if case is not None:
            again = replace(again, case=str(case.name), event=case.event, body=case.body)
        policy = subscription.policy if row.run is not None else row.policy
        return self._accept([Accepted(again, subscription.id, policy, replay_of=row.id)])[0]

    def find(
        self, filters: Mapping[str, Any], before: int | None = None, limit: int = 100
    ) -> list[DeliveryRow]:
        """Return deliveries, the newest first; see `Archive.deliveries`."""
        return self._archive.deliveries(filters, before, limit)

    def get(self, number: int) -> DeliveryRow:
        """Return one delivery; raise `NotFound` where there is none of that number."""
        try:
            return self._archive.delivery(number)
        except UsageError:
            raise NotFound(f"there is no delivery {number}; it may have been forgotten") from None

    def controls(self, row: DeliveryRow) -> list[DeliveryRow]:
        """Return the controls of a delivery, the newest first."""
        if row.kind != "event":
            return []
        return self._archive.deliveries({"name": control_name(row.id), "kind": "control"})

    def attempts(self, row: DeliveryRow) -> list[AttemptRow]:
        """Return the attempts of a delivery, with request and answer."""
        return self._archive.attempts(row)

    def violations(
        self, filters: Mapping[str, Any], before: int | None = None, limit: int = 100
    ) -> list[ViolationRow]:
        """Return violations, the newest first; see `Archive.violations`."""
        return self._archive.violations(filters, before, limit)

    def broken_rules(self, filters: Mapping[str, Any]) -> list[tuple[str, int]]:
        """Return which rules were violated how often, by rule."""
        return self._archive.broken_rules(filters)

    def _accept(self, items: list[Accepted]) -> list[DeliveryRow]:
        if not items:
            return []
        numbers = self._background.submit(self._dispatcher.accept(items)).result()
        return [self._archive.delivery(number) for number in numbers]


def _checked(headers: Headers) -> Headers:
    """Return headers that are sent beside Zoom's; refuse what HTTP or Zoom has for itself."""
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name):
            raise UsageError(f"headers: {name!r} is no name of a header; expected such as X-Test")
        if is_reserved(name.lower()):
            raise UsageError(
                f"headers: {name} is HTTP's or Zoom's own; choose a forgery to make it wrong"
            )
        header_value(value, f"headers: {name}")
    return headers


def _check_forgery(forge: str, subscription: Subscription) -> None:
    if forge and subscription.over_websocket:
        raise Conflict("nothing is signed over WebSocket, so nothing can be signed wrongly")
    if forge and needs_endpoint_auth(forgery(forge).name) and subscription.auth.endpoint() is None:
        raise UsageError(
            f"forge: {forge} leaves away credentials that the endpoint"
            f" {subscription.name or subscription.url} has none of; register it with some"
        )


def _accepted(case: TestCase, subscription: Subscription, policy: str, forge: str) -> Accepted:
    delivery = Delivery(
        "sent", str(case.name), case.event, case.body, new_request_id(), forge, case.content_type,
        headers=case.headers,
    )  # fmt: skip
    return Accepted(delivery, subscription.id, policy or subscription.policy)


def _check_ready(subscription: Subscription, event: str | None, *, filtered: bool = True) -> None:
    if subscription.state != "validated":
        raise Conflict(
            f"the endpoint {subscription.name or subscription.url} is {subscription.state}"
            f"{': ' + subscription.reason if subscription.reason else ''}; validate its URL first"
        )
    if filtered and not subscription.wants(event):
        endpoint = subscription.name or subscription.url
        raise Conflict(f"the endpoint {endpoint} does not subscribe to {event}")
