"""Live feeds: what happens, as server-sent events, from the journal and so never lost.

Each feed takes a thread of the server for as long as it is open; the budget makes sure that feeds
never take them all.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator

from flask import Response, request

from mockzoom.journal import FeedRow
from mockzoom.service import Service
from mockzoom.web.problems import Problem

HEARTBEAT_S = 15.0
_LOOK_S = 1.0
_GATHER_S = 0.1
"""Seconds in which events are sent together, so that many feeds do not read for each delivery."""
_BATCH = 500


class FeedBudget:
    """How many feeds may be open, and how many are."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take a place; raise `Problem` (503) where there is none."""
        with self._lock:
            if self.open >= self.most:
                raise Problem(503, f"{self.most} live feeds are open, as many as are allowed")
            self.open += 1

    def give_back(self) -> None:
        """Give the place back."""
        with self._lock:
            self.open -= 1


class LiveFeed:
    """The events of one feed; closing it gives its place back, whether it was read or not."""

    def __init__(
        self, service: Service, budget: FeedBudget, run: int | None, after: int,
        seconds: int | None = None,
    ) -> None:  # fmt: skip
        budget.take()
        self._budget = budget
        self._open = True
        self._gone: Callable[[], bool] = request.environ.get(
            "waitress.client_disconnected", lambda: False
        )
        self._ends = math.inf if seconds is None else time.monotonic() + seconds
        self._lines = self._read(service, run, after)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._lines)
        except StopIteration:
            self.close()
            raise

    def close(self) -> None:
        """End the feed."""
        if self._open:
            self._open = False
            self._budget.give_back()

    def _read(self, service: Service, run: int | None, after: int) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        beat = time.monotonic()
        while self._open and not self._gone() and not service.closing:
            late = time.monotonic() >= self._ends
            ended = late or (run is not None and run not in service.runs.going_on())
            rows = service.feed(run, after, _BATCH)
            for row in rows:
                after = row.id
                yield _event(row)
            if len(rows) == _BATCH or (rows and not late):
                beat = time.monotonic()
                if len(rows) < _BATCH:
                    time.sleep(_GATHER_S)
                continue
            if ended:
                return  # asked before reading, so that nothing comes after this
            if time.monotonic() - beat >= HEARTBEAT_S:
                beat = time.monotonic()
                yield b": still here\n\n"
            service.await_commit(min(_LOOK_S, max(0.0, self._ends - time.monotonic())))


def feed(
    service: Service, budget: FeedBudget, run: int | None, after: int, seconds: int | None
) -> Response:
    """Return a feed of a run (None: of what happens outside of runs) from after event `after`.

    It ends after `seconds`, once all that happened until then was told (None: never).
    """
    last = request.headers.get("Last-Event-ID", "")
    if last and not (last.isascii() and last.isdigit() and len(last) <= 16 and int(last) < 2**53):
        raise Problem(400, "Last-Event-ID: expected the id of an event of this feed")
    lines = LiveFeed(service, budget, run, int(last) if last else after, seconds)
    return Response(lines, content_type="text/event-stream; charset=utf-8")


def _event(row: FeedRow) -> bytes:
    return f"id: {row.id}\nevent: {row.kind}\ndata: {row.data}\n\n".encode()
