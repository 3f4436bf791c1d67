"""A hold on a play: while it is on, nothing is sent, and no time of the schedule passes.

So what waits for time (a step, a retry, a late delivery) has as long to wait afterwards as before.
It may be put on and taken off from any thread; what is under way on the wire is finished.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import perf_counter


class Hold:
    """Holds every lane of a play back, or lets all of them pass."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._before = 0.0
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def is_on(self) -> bool:
        """Whether lanes are held back now."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """Real seconds for which it has been on so far."""
        with self._lock:
            now = 0.0 if self._since is None else perf_counter() - self._since
            return self._before + now

    def put_on(self) -> None:
        """Hold lanes back from now on."""
        with self._lock:
            self._since = perf_counter() if self._since is None else self._since

    def take_off(self) -> None:
        """Let all lanes pass."""
        with self._lock:
            if self._since is None:
                return
            self._before += perf_counter() - self._since
            self._since = None
            waiting, self._waiting = self._waiting, set()
        for lane in waiting:
            with suppress(RuntimeError):  # its loop is closed
                lane.get_loop().call_soon_threadsafe(_wake, lane)

    async def passed(self) -> None:
        """Return once lanes may go on."""
        while True:
            with self._lock:
                if self._since is None:
                    return
                lane: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.add(lane)
            try:
                await lane
            finally:
                self._waiting.discard(lane)


def _wake(lane: asyncio.Future[None]) -> None:
    if not lane.done():
        lane.set_result(None)
