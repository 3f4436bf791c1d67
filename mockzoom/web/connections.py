"""Connections of clients: who is slow, or opens many, keeps nobody else out.

A connection without a complete request costs a descriptor and no thread. It has a deadline for its
head and one for its body, and where there are as many as may be, the oldest of them makes room.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

MOST = 500
"""Connections that may be open at the same time."""
MOST_OF_ONE = 400
"""Of them, from one address."""
HEAD_S = 10.0
"""Seconds from the first byte of a request (or the connection) to the end of its head."""
BODY_S = 60.0
"""Seconds from there to the end of its body."""
IDLE_S = 60.0
"""Seconds that a connection may be open without a request."""


HAND_OVER = "mockzoom.hand_over"
"""The member of the environment by which the application takes a connection over."""


class _Task(WSGITask):  # type: ignore[misc]
    """A request whose application can take its connection over."""

    def get_environment(self) -> Any:
        """Return the environment of the application."""
        environ = super().get_environment()
        environ[HAND_OVER] = self.channel.hand_over
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection of a client."""

    task_class = _Task

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:
        super().__init__(server, sock, addr, adj, map)
        self.unasked_since = self._waits_since = time.monotonic()
        self._served = False
        self._handed_over: tuple[socket.socket, Callable[[socket.socket], None]] | None = None
        make_room(server.active_channels.values(), self)

    def received(self, data: bytes) -> bool:
        """Take what came in; the clock of a request starts with its first byte."""
        if self.request is None:
            self._waits_since = time.monotonic()
        taken: bool = super().received(data)
        self._served = self._served or bool(self.requests)
        return taken

    def readable(self) -> bool:
        """Whether more may be read; asked in each round of the server, at least every second.

        Who is too late is cut off here.
        """
        if not self.is_busy and time.monotonic() - self._waits_since > self._allowed:
            self.will_close = True
        may: bool = super().readable()
        return may

    @property
    def is_busy(self) -> bool:
        """Whether a complete request is answered, or its answer still being sent."""
        return bool(self.requests or self.total_outbufs_len)

    @property
    def _allowed(self) -> float:
        if self.request is not None:
            return HEAD_S + BODY_S if self.request.headers_finished else HEAD_S
        return IDLE_S if self._served else HEAD_S

    def service(self) -> None:
        """Answer a request, on a thread of the server."""
        super().service()
        self.unasked_since = self._waits_since = time.monotonic()
        if self._handed_over is not None:
            sock, take = self._handed_over
            take(sock)
            self.will_close = True  # our own descriptor of it
            self.server.pull_trigger()

    def hand_over(self, take: Callable[[socket.socket], None]) -> None:
        """Give the connection to `take` once this request is over; no more is sent to it here.

        Raises `OSError` where it has ended. Its descriptor is made at once: the server closes its
        own when it likes.
        """
        self._handed_over = self.socket.dup(), take

    def write_soon(self, data: Any) -> int:
        """Send a piece of an answer, unless the connection was handed over."""
        if self._handed_over is not None:
            return len(data)
        sent: int = super().write_soon(data)
        return sent


def make_room(channels: Any, newest: Channel) -> None:
    """Close the oldest connection without a complete request where there are too many.

    Those of the newest one's address go first where that has too many itself.
    """
    open_ones = [item for item in list(channels) if not item.will_close]
    same = [item for item in open_ones if item.addr[0] == newest.addr[0]]
    crowd = same if len(same) > MOST_OF_ONE else open_ones if len(open_ones) > MOST else []
    waiting = [item for item in crowd if item is not newest and not item.is_busy]
    if crowd:
        min(waiting, key=lambda item: item.unasked_since, default=newest).will_close = True
