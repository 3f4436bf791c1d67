"""Subscriptions as a team manages them: registered, validated, changed, secrets rotated."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockzoom.background import Background
from mockzoom.dispatch import (
    Conflict,
    DeliveryStore,
    Dispatcher,
    Settled,
    Subscription,
    check_subscription,
)
from mockzoom.errors import NotFound, UsageError
from mockzoom.journal import JournalError
from mockzoom.transport import Permit
from mockzoom.transport.permit import check_target
from mockzoom.zoom.retry_policies import retry_policy
from mockzoom.zoom.subscription_auth import SubscriptionAuth
from mockzoom.zoom.websocket.messages import path_of

VALIDATION_BOUND_S = 60.0
WEBSOCKET = "websocket"
"""What stands in the place of a URL for a client that connects here."""
_NO_URL = "a subscription over WebSocket has no URL of its own: its client connects here"


class Subscriptions:
    """The subscriptions of one server; every method blocks until its change is on the disk."""

    def __init__(
        self, store: DeliveryStore, dispatcher: Dispatcher, background: Background, permit: Permit
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._background = background
        self._permit = permit

    def all(self) -> list[Subscription]:
        """Return every subscription, the oldest first."""
        return self._store.subscriptions()

    def get(self, name: str) -> Subscription:
        """Return one subscription; raise `NotFound` where there is none of that id."""
        found = self._store.subscription(name)
        if found is None:
            raise NotFound(f"there is no subscription {name!r}")
        return found

    def create(
        self, url: str, secret: str, *, name: str = "", events: Sequence[str] = ("*",),
        auth: SubscriptionAuth | None = None, policy: str = "zoom",
        owner: Mapping[str, Any] | None = None,
    ) -> Subscription:  # fmt: skip
        """Register a subscription; it is `pending` until its URL has been validated.

        The URL `WEBSOCKET` means a client that connects here; there is nothing to validate then.
        Raises `UsageError` for values that cannot be, `Forbidden` for a URL that this server may
        not deliver to, and `Conflict` where there are as many as an app may have.
        """
        retry_policy(policy)
        made = Subscription(
            secrets.token_urlsafe(16), self._dispatcher.schedule.now(), name, url, secret,
            tuple(events), auth or SubscriptionAuth(), policy, owner=owner or {},
        )  # fmt: skip
        if url == WEBSOCKET:
            made = replace(made, url=path_of(made.id), state="validated")
        check_subscription(made)
        self._check_targets(made)
        self._store.add(made).result()
        return made

    def update(self, name: str, changes: Mapping[str, Any]) -> Subscription:
        """Change some fields; a new URL makes the subscription pending until it is validated."""
        if "policy" in changes:
            retry_policy(changes["policy"])

        def changed(before: Subscription) -> Subscription:
            after = check_subscription(replace(before, **changes))
            if after.url == before.url:
                return after
            if before.over_websocket:
                raise UsageError(f"url: {_NO_URL}; register another one for a URL")
            return replace(
                after, state="pending", failures=0, reason="the URL was changed", validated_at=None,
                validate_at=None,
            )  # fmt: skip

        self._check_targets(changed(self.get(name)))
        return self._change(name, changed)

    def rotate(self, name: str, secret: str) -> Subscription:
        """Give a subscription another secret; its URL is validated again with it at once."""
        now = self._dispatcher.schedule.now()

        def changed(before: Subscription) -> Subscription:
            due = before.validate_at
            if before.state == "validated" and not before.over_websocket:
                due = now
            return check_subscription(replace(before, secret=secret, validate_at=due))

        return self._change(name, changed)

    def delete(self, name: str) -> None:
        """Delete a subscription, and cancel what was still to be delivered to it."""
        self.get(name)
        try:
            self._store.remove(name).result()
        except Conflict as error:
            raise NotFound(str(error)) from None
        self._background.loop.call_soon_threadsafe(self._dispatcher.sockets.close, name)

    def connected(self, item: Subscription) -> bool | None:
        """Return whether the client of a subscription is connected; None where it has a URL."""
        return self._dispatcher.sockets.connected(item.id) if item.over_websocket else None

    def take_client(self, sock: socket.socket, head: bytes) -> None:
        """Take the connection of a client, whose request begins with `head`."""
        sockets, loop = self._dispatcher.sockets, self._background.loop

        async def take() -> None:
            made = sockets.socket()
            await loop.connect_accepted_socket(lambda: made, sock)
            made.data_received(head)

        self._background.submit(take())

    def validate(self, name: str) -> tuple[Subscription, Settled]:
        """Validate a subscription's URL now; return it as it is then, and what was wrong."""
        if self.get(name).over_websocket:
            raise UsageError(_NO_URL)
        future = self._background.submit(self._dispatcher.validate(name))
        try:
            settled = future.result(VALIDATION_BOUND_S)
        except TimeoutError:
            trouble = self._dispatcher.trouble or "too much is to be delivered before it"
            raise JournalError(f"the validation could not be made in time: {trouble}") from None
        return self.get(name), settled

    def _change(self, name: str, change: Callable[[Subscription], Subscription]) -> Subscription:
        """Change what is there by then: a validation may end at any time."""
        try:
            after = self._store.change(name, change).result()
        except Conflict as error:
            raise NotFound(str(error)) from None
        self._background.loop.call_soon_threadsafe(self._dispatcher.wake)
        return after

    def _check_targets(self, item: Subscription) -> None:
        """Refuse early what would be refused at each delivery (that is what protects)."""
        for url in (item.url, item.auth.settings.get("token_url", "")):
            if url and url != path_of(item.id):
                check_target(url, self._permit)
