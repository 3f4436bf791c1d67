"""Takes what has passed off the path: a bounded queue, and one thread that works it off."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from msgspec import Struct

from mockzoom.model import Failure
from mockzoom.transport.framing import HttpMessage

PLACES = 2_000
"""Exchanges that may wait to be judged; more are dropped, and counted."""
_IDLE_S = 0.25


class Proxied(Struct, frozen=True):
    """One request and what came of it; times are seconds, `began` since the epoch."""

    request: HttpMessage
    answer: HttpMessage | None
    failure: Failure | None
    began: float
    sent: float
    """From `began` until the request had passed."""
    first_byte: float | None = None
    complete: float | None = None
    """Until the answer had passed, or the connection was closed without one."""


class Observer:
    """Hands what has passed to `judge`, on a thread of its own; call it from the path.

    `judge` must not raise: what it raises ends the thread, and `close` raises it again. `idle` is
    called on that thread from time to time while nothing passes.
    """

    def __init__(
        self, judge: Callable[[Proxied], None], places: int = PLACES,
        idle: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._judge = judge
        self._idle = idle
        self._queue: queue.Queue[Proxied | None] = queue.Queue(places)
        self._error: BaseException | None = None
        self.dropped = 0
        """How many were not judged, since the queue was full or the thread had ended."""
        self._thread = threading.Thread(target=self._work, name="mockzoom-observer", daemon=True)
        self._thread.start()

    def __call__(self, passed: Proxied) -> None:
        """Take what has passed; it never waits."""
        try:
            if self._error is not None:
                raise queue.Full
            self._queue.put_nowait(passed)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Work off what waits, and end the thread; raise what it has ended with."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (passed := self._next()) is not None:
            if self._error is not None:
                self.dropped += 1
                continue
            try:
                self._judge(passed)
            except BaseException as error:
                self._error = error
                self.dropped += 1

    def _next(self) -> Proxied | None:
        while True:
            try:
                return self._queue.get(timeout=_IDLE_S)
            except queue.Empty:
                self._idle()
