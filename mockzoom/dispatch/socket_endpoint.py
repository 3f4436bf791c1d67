"""The endpoint of a subscription over WebSocket: the client that is connected for it, if any."""

from __future__ import annotations

import time

from mockzoom.dispatch.subscription import Subscription
from mockzoom.journal import DeliveryRow
from mockzoom.model import Attempt, Delivery, Failure, Request, Response, Timings
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.messages import event_message

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
