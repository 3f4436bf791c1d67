"""Delivers to the client of one subscription as to a receiver: each event is a message.

Nothing is signed there, nobody answers, and a copy is the same message again. What went out counts
as acknowledged, so that scenarios can be played and what they leave behind compared.
"""

from __future__ import annotations

import asyncio
import time

from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import Attempt, Delivery, Exchange, Failure, Request, Response, Timings
from mockzoom.transport import parse_target
from mockzoom.transport.faults import TransportFault
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.server import SUBSCRIPTION

PAUSE_S = 0.02
"""Seconds after a message, since no answer says that the client has taken it."""
_LOOKED_EVERY_S = 0.05
_AWAY = "no client is connected"


class MessageTransport:
    """Carries requests to the connected client, and waits `comeback` seconds for one to come.

    `url` is the address that the client connects to, as reports name it (http).
    """

    wire = True

    def __init__(self, sockets: EventSockets, url: str, comeback: float) -> None:
        self.target = parse_target(url)
        self._sockets = sockets
        self._comeback = comeback

    async def exchange(
        self, request: Request, timeout: float, fault: TransportFault | None = None, *,
        fresh: bool = False,
    ) -> Attempt:  # fmt: skip
        """Send the body of a request; a 200 of our own says that it went out."""
        ends = time.perf_counter() + self._comeback
        event = _event_of(request.body)
        while True:
            began, clock = time.time(), time.perf_counter()
            if self._sockets.deliver(SUBSCRIPTION, request.body, event):
                break
            if clock >= ends:
                return Attempt(request, Failure("not-connected", _AWAY), Timings(), began)
            await asyncio.sleep(_LOOKED_EVERY_S)
        sent = time.perf_counter() - clock
        await asyncio.sleep(PAUSE_S)
        answer = Response(200, "sent over WebSocket", (), b"")
        return Attempt(request, answer, Timings(0.0, sent, sent, sent), began, reused=True)

    async def reach(self) -> Failure | None:
        """Return that no client is connected; None where one is."""
        return None if self._sockets.connected(SUBSCRIPTION) else Failure("not-connected", _AWAY)

    async def speaks_tls(self) -> bool:
        """A client has connected: there is nothing to try."""
        return False

    async def close(self) -> None:
        """Hold nothing: the connections are the server's."""


class MessageSender(DeliverySender):
    """A sender whose deliveries are messages: neither headers nor signatures are made."""

    async def deliver(
        self, delivery: Delivery, *, fault: TransportFault | None = None, fresh: bool = False,
        anew: bool = False, early: bool = False,
    ) -> Exchange:  # fmt: skip
        """Deliver once; there are no signatures that `anew` and `early` could speak of."""
        return Exchange(delivery, (await self.attempt(await self.request(delivery)),))

    async def request(self, delivery: Delivery, *, anew: bool = False) -> Request:
        """Return the event, as what is put into a message."""
        return Request("MESSAGE", self.transport.target.url, (), delivery.body)

    def turn(self, delivery: Delivery, *, anew: bool = False) -> int | None:
        """Return None: nothing has to wait for a second to be signed at."""
        return None


def _event_of(body: bytes) -> str:
    """Return the type of an event; nothing where the body names none."""
    try:
        said = read_json(body)
    except ForeignJSONError:
        return ""
    return str(said.get("event", "")) if isinstance(said, dict) else ""
