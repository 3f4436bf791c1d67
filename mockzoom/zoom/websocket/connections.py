"""The connections of all clients: one a subscription, and a newer one closes the older.

Facts: Zoom, "Using WebSockets": what happens while nobody is connected is not kept. How long Zoom
waits for a heartbeat is not documented: two of its intervals are allowed here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mockzoom.model import Direction, Observation
from mockzoom.zoom.websocket.connection import EventSocket
from mockzoom.zoom.websocket.messages import (
    EMPTY_TOKEN,
    HEARTBEAT_S,
    INVALID_TOKEN,
    SERVER,
    UNKNOWN_SUBSCRIPTION,
    Seen,
    asked_for,
    built,
    event_message,
    is_heartbeat,
    live,
)

MOST = 100
"""Connections at the same time, refused ones that are still closing included."""
SILENT_S = 2 * HEARTBEAT_S
"""Seconds without a heartbeat after which a connection is closed."""
_SHOWN = 200
"""Bytes that are shown of what a client sends."""


class EventSockets:
    """The clients of one server; every method is called on its loop.

    `admits` tells whether an access token is valid, `knows` whether there is a subscription, and
    `listener` gets what happens. Who sends no heartbeat for `silent` seconds is closed.
    """

    def __init__(
        self,
        admits: Callable[[str], bool],
        knows: Callable[[str], bool],
        listener: Callable[[Observation], None] = lambda seen: None,
        *,
        silent: float = SILENT_S,
    ) -> None:
        self._admits, self._knows, self._listener = admits, knows, listener
        self._silent = silent
        self._began = time.perf_counter()
        self._all: set[EventSocket] = set()
        self._current: dict[str, EventSocket] = {}
        self._number = 0
        self._unreachable_until = 0.0
        self._closing = False

    # -- connections ---------------------------------------------------------------------------

    def socket(self) -> EventSocket:
        """Return the protocol of a new connection."""
        self._number += 1
        made = EventSocket(self, f"client-{self._number}")
        self._all.add(made)
        return made

    def refusal(self, socket: EventSocket, target: str) -> str:
        """Say why a connection is not upgraded now; nothing where it is."""
        if asyncio.get_running_loop().time() < self._unreachable_until:
            self.note(Seen.UNREACHABLE, "", socket)
            return "this server is down"
        if self._closing or len(self._all) > MOST:
            return "there are too many connections"
        return ""

    def upgraded(self, socket: EventSocket, target: str) -> None:
        """Admit a client to its subscription, or tell it why not and close."""
        subscription, token = asked_for(target)
        self.note(Seen.TRIED, token, socket)
        why = self._refused(subscription, token)
        if why:
            self.note(Seen.REFUSED, why, socket)
            socket.send(built(why))
            socket.close(1008, why)
            return
        older = self._current.get(subscription)
        socket.subscription, self._current[subscription] = subscription, socket
        if older is not None:
            self.note(Seen.REPLACED, "", older)
            older.close(1000, "a newer connection of this subscription")
        self.note(Seen.CONNECTED, "", socket)
        socket.end_in(self._silent)
        socket.send(built())

    def _refused(self, subscription: str, token: str) -> str:
        if not token:
            return EMPTY_TOKEN
        if not self._admits(token):
            return INVALID_TOKEN
        return "" if self._knows(subscription) else UNKNOWN_SUBSCRIPTION

    def received(self, socket: EventSocket, text: bytes) -> None:
        """Answer a heartbeat; anything else has no answer."""
        if not is_heartbeat(text):
            shown = text[:_SHOWN].decode("utf-8", "replace")
            self._tell("in", Seen.OTHER, shown, socket)
            return
        self._tell("in", Seen.HEARTBEAT, "", socket)
        if socket.subscription:
            socket.end_in(self._silent)
            socket.send(live())

    def gone(self, socket: EventSocket, why: str, code: int | None) -> None:
        """Forget a connection that has ended."""
        self._all.discard(socket)
        if self._current.get(socket.subscription) is socket:
            del self._current[socket.subscription]
            self.note(Seen.CLOSED if socket.ended_here else Seen.LEFT, why, socket, code)

    # -- delivering ----------------------------------------------------------------------------

    def connected(self, subscription: str) -> bool:
        """Tell whether a client is connected for a subscription."""
        found = self._current.get(subscription)
        return found is not None and found.open

    def deliver(self, subscription: str, body: bytes, event: str = "") -> bool:
        """Send an event to the client of a subscription; False where there is none that reads."""
        sent = self.send(subscription, event_message(body))
        if sent:
            self._tell("out", Seen.EVENT, event, self._current.get(subscription))
        return sent

    def send(self, subscription: str, message: bytes) -> bool:
        """Send a message as it is."""
        socket = self._current.get(subscription)
        return socket is not None and socket.send(message)

    # -- disturbing ----------------------------------------------------------------------------

    def drop(self, subscription: str, *, unreachable: float = 0.0) -> None:
        """Cut a client off without a close frame; nobody can connect for `unreachable` seconds."""
        self._unreachable_until = asyncio.get_running_loop().time() + unreachable
        socket = self._current.pop(subscription, None)
        self.note(Seen.DROPPED, f"unreachable for {unreachable:g} s", socket)
        if socket is not None:
            socket.abort()

    def close(self, subscription: str) -> None:
        """Close the connection of a subscription, where there is one."""
        socket = self._current.pop(subscription, None)
        if socket is not None:
            self.note(Seen.CLOSED, "", socket)
            socket.close(1001)

    async def stop(self, seconds: float = 0.5) -> None:
        """Close every connection, and cut off after `seconds` what has not ended by then."""
        self._closing = True
        for socket in list(self._all):
            socket.close(1001)
        ends = asyncio.get_running_loop().time() + seconds
        while self._all and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.01)
        for socket in list(self._all):
            socket.abort()
        await asyncio.sleep(0)

    # -- telling -------------------------------------------------------------------------------

    def elapsed(self) -> float:
        """Return the seconds since the server began, on the clock of what it tells."""
        return time.perf_counter() - self._began

    def note(
        self, recognised: str, message: str = "", socket: EventSocket | None = None,
        code: int | None = None,
    ) -> None:  # fmt: skip
        """Tell that something happened."""
        self._tell("note", recognised, message, socket, code)

    def _tell(
        self, direction: Direction, recognised: str, message: str, socket: EventSocket | None,
        code: int | None = None,
    ) -> None:  # fmt: skip
        name, stream = (SERVER, "") if socket is None else (socket.name, socket.subscription)
        self._listener(
            Observation(
                direction, time.time(), self.elapsed(), stream, name, message, recognised, code
            )
        )
