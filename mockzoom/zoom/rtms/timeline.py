"""What the server saw, in order: told to a listener whole, and kept within bounds for the rules."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from mockzoom.model import Direction, Observation

Listener = Callable[[Observation], None]

FIRST, LAST = 100, 400
"""How many observations of one name are kept of one stream: so many first, so many last."""
_ROUTINE = {"KEEP_ALIVE_REQ": (4, 4), "KEEP_ALIVE_RESP": (4, 4)}
"""Names of which fewer are kept: they go on for hours, and a missed one has a note of its own."""


class Note:
    """The kinds of notes: what happened, as the rules and the report name it."""

    REGISTERED = "registered"
    CONNECTED = "connected"
    CLOSED = "closed by the consumer"
    DROPPED = "connection lost"
    LEFT = "closed by the server"
    BAD_MESSAGE = "bad message"
    LAPSE = "message as of old"
    BAD_SIGNATURE = "bad signature"
    JOINED = "joined"
    MEDIA_JOINED = "media joined"
    READY = "ready"
    EARLY_READY = "ready too early"
    REFUSED = "refused"
    REFUSED_BY_FAULT = "refused by a fault"
    DUPLICATE = "duplicate join"
    UNREACHABLE = "found unreachable"
    OLD_URL = "try at the old URL"
    KEEP_ALIVE_LOST = "keep-alives unanswered"
    INTERRUPTED = "signaling lost"
    MEDIA_LOST = "media lost"
    FAULT = "fault"
    HAPPENED = "happened"
    FAILED_OVER = "failed over"
    OLD_SERVER_ENDED = "old server ended"
    TERMINATED = "terminated"
    UNHEARD = "terminated without signaling"
    """The stream has ended, and no signaling socket was open to say so."""
    LEFT_OPEN = "left open"
    WEBHOOK_STARTED = "started acknowledged"
    WEBHOOK_INTERRUPTED = "interrupted acknowledged"
    WEBHOOK_STOPPED = "stopped acknowledged"
    NOT_OFFERED = "not offered"
    STRAY = "stray connection"
    HONEYPOT = "honeypot connection"


class Timeline:
    """The observations of one stream (or, with an empty id, of connections that have none)."""

    def __init__(self, stream: str, listener: Listener, started: float) -> None:
        self.stream = stream
        self.counts: Counter[str] = Counter()
        self._listener = listener
        self._started = started
        self._first: list[Observation] = []
        self._last: dict[str, deque[Observation]] = {}

    def elapsed(self) -> float:
        """Return the seconds since the server started."""
        return time.perf_counter() - self._started

    def add(
        self,
        direction: Direction,
        recognised: str,
        message: str = "",
        socket: str = "",
        code: int | None = None,
    ) -> Observation:
        """Record one observation now, and tell it."""
        seen = Observation(
            direction, time.time(), self.elapsed(), self.stream, socket, message, recognised, code
        )
        count = self.counts[recognised]
        self.counts[recognised] = count + 1
        first, last = _ROUTINE.get(recognised, (FIRST, LAST))
        if count < first:
            self._first.append(seen)
        else:
            kept = self._last.get(recognised)
            if kept is None:
                kept = self._last[recognised] = deque(maxlen=last)
            kept.append(seen)
        self._listener(seen)
        return seen

    def note(
        self, recognised: str, message: str = "", socket: str = "", code: int | None = None
    ) -> Observation:
        """Record that something happened."""
        return self.add("note", recognised, message, socket, code)

    def all(self) -> tuple[Observation, ...]:
        """Return what is kept, in order."""
        kept = [*self._first, *(seen for last in self._last.values() for seen in last)]
        return tuple(sorted(kept, key=lambda seen: seen.elapsed))
