"""One subscription's endpoint, a URL or a WebSocket client: makes requests, and sends them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from mockzoom.dispatch.slots import OPENS_AFTER, RESTS_S, CircuitBreaker
from mockzoom.dispatch.subscription import Subscription
from mockzoom.errors import MockzoomError
from mockzoom.journal import DeliveryRow
from mockzoom.model import Attempt, Delivery, Failure, Request, Response, Timings
from mockzoom.transport import Dialer, HttpTransport, Permit, parse_target
from mockzoom.zoom.auth import TokenSource
from mockzoom.zoom.delivery_codes import with_code
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.messages import event_message

TIMEOUT_S = 3.0
"""What Zoom gives a receiver (Zoom, "Using webhooks")."""
JUDGED_AT_ONCE = 4
"""Answers of an endpoint that are judged beside controls at the same time, at most."""
_CIRCUIT_OPEN = (
    f"not sent: {OPENS_AFTER} attempts in a row had no answer in time, so only one in {RESTS_S:g} s"
    " is made (Zoom's delivery code -3); answer in time, or validate the URL again"
)


@dataclass(frozen=True, slots=True)
class Reach:
    """How endpoints are reached: what may be connected to, and how certificates are checked."""

    permit: Permit | None = None
    timeout: float = TIMEOUT_S
    cafile: str | None = None
    insecure: bool = False
    client_id: str = ""
    seed: int = 1
    entities: Mapping[str, str] = field(default_factory=dict)
    """Values of entities that are pinned."""


class Endpoint:
    """Delivers to the URL of one subscription, each attempt on a connection of its own.

    A reused connection that ends early would be repeated silently by the transport; here every
    request that goes out has its row in the journal.
    """

    def __init__(self, subscription: Subscription, reach: Reach) -> None:
        self.subscription = subscription
        self.redactor = subscription.redactor()
        self.breaker = CircuitBreaker()
        self.judging = asyncio.Semaphore(JUDGED_AT_ONCE)
        auth = subscription.auth.endpoint()
        tokens = None
        if auth is not None and auth.kind == "token":
            tokens = TokenSource(auth, _dialer(auth.token_url, reach))
        self._url = parse_target(subscription.url).url
        self._transport = transport_to(subscription, reach)
        self._sender = DeliverySender(
            self._transport, subscription.secret, seed=reach.seed, timeout=reach.timeout,
            client_id=reach.client_id, auth=auth, tokens=tokens,
        )  # fmt: skip

    def turn(self, delivery: Delivery, *, retried: bool) -> float:
        """Return the seconds until a delivery has a signature of its own; 0 where it has one now.

        One that is `retried` has a signature that no earlier attempt had.
        """
        second = self._sender.turn(delivery, anew=retried)
        return 0.0 if second is None else max(0.0, second - time.time())

    async def request(self, row: DeliveryRow) -> Request | Attempt:
        """Return the request of an attempt, or the attempt that failed before it was sent."""
        delivery = row.delivery
        if row.kind == "event" and not self.breaker.lets_through():
            return self._not_sent(delivery, Failure("circuit-open", _CIRCUIT_OPEN))
        try:
            return await self._sender.request(delivery, anew=bool(row.attempts))
        except MockzoomError as error:
            return self._not_sent(delivery, Failure("token", str(error)))

    def _not_sent(self, delivery: Delivery, failure: Failure) -> Attempt:
        request = Request("POST", self._url, (), delivery.body)
        return with_code(Attempt(request, failure, Timings(), time.time()))

    async def send(self, request: Request) -> Attempt:
        """Send a request."""
        try:
            attempt = await self._sender.attempt(request, fresh=True)
        finally:
            await self._transport.close()
        self.breaker.note(attempt)
        return attempt


def transport_to(subscription: Subscription, reach: Reach) -> HttpTransport:
    """Return what carries requests to a subscription's URL."""
    return HttpTransport(_dialer(subscription.url, reach))


def _dialer(url: str, reach: Reach) -> Dialer:
    return Dialer(
        parse_target(url), reach.timeout, reach.cafile, reach.insecure, permit=reach.permit
    )


_LOST = "no client is connected, and Zoom keeps nothing for later: the event is lost"


class SocketEndpoint:
    """Sends to a subscription's client; nobody answers there, and nothing is tried again."""

    def __init__(self, subscription: Subscription, sockets: EventSockets) -> None:
        self.subscription = subscription
        self.redactor = subscription.redactor()
        self._sockets = sockets

    def turn(self, delivery: Delivery, *, retried: bool) -> float:
        """Return 0: nothing is signed, so nothing waits for a signature of its own."""
        return 0.0

    async def request(self, row: DeliveryRow) -> Request | Attempt:
        """Return the message of an event."""
        body = event_message(row.delivery.body)
        return Request("MESSAGE", self.subscription.url, (), body)

    async def send(self, request: Request) -> Attempt:
        """Send a message; 101 says that it went out on a connection that had been upgraded."""
        began, clock = time.time(), time.perf_counter()
        if not self._sockets.send(self.subscription.id, request.body):
            return Attempt(request, Failure("not-connected", _LOST), Timings(), began)
        times = Timings(0.0, time.perf_counter() - clock)
        return Attempt(request, Response(101, "sent over WebSocket", (), b""), times, began, True)
