"""Punctual time: a clock that stands still while our own event loop is late.

What a receiver does not answer in time is judged; what our loop notices late, or has no time for
(a blocked callback, a machine under load), is not the receiver's fault. So deadlines and the times
of an answer are read from this clock: while something waits for a receiver, the loop ticks every
10 ms, and a tick that comes late adds no more than a punctual one does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from time import perf_counter
from weakref import WeakKeyDictionary

TICK_S = 0.01
TOLERANCE_S = 0.002
"""Seconds by which a timer of a quiet loop comes late: loops count in whole milliseconds."""
LONGEST = 10 / 3
"""How many times its seconds a deadline lasts by wall time, however late our loop is."""
_REACHED_S = 0.0005


class PunctualClock:
    """The clock of one loop; every method is called on that loop.

    It ticks while somebody waits, from `enter` to `leave`. It never goes back.
    """

    def __init__(self) -> None:
        self._late = 0.0
        self._due = inf
        """When the next tick is late, by `perf_counter`."""
        self._waiting = 0

    def time(self) -> float:
        """Return the clock's seconds; only their differences mean something."""
        return self.at(perf_counter())

    def at(self, now: float) -> float:
        """Return the clock's seconds at `now`, a reading of `perf_counter` just made."""
        return (now if now < self._due else self._due) - self._late

    def enter(self) -> None:
        """Note that somebody begins to wait for a receiver."""
        self._waiting += 1
        if self._due == inf:
            self._arm(perf_counter())

    def leave(self) -> None:
        """Note that somebody has ended waiting."""
        self._waiting -= 1

    def _tick(self) -> None:
        now = perf_counter()
        if now > self._due:
            self._late += now - self._due
        if self._waiting:
            self._arm(now)
        else:
            self._due = inf

    def _arm(self, now: float) -> None:
        self._due = now + TICK_S + TOLERANCE_S
        asyncio.get_running_loop().call_later(TICK_S, self._tick)


_clocks: WeakKeyDictionary[asyncio.AbstractEventLoop, PunctualClock] = WeakKeyDictionary()


def punctual_clock() -> PunctualClock:
    """Return the clock of the running loop."""
    loop = asyncio.get_running_loop()
    clock = _clocks.get(loop)
    if clock is None:
        clock = _clocks[loop] = PunctualClock()
    return clock


class Deadline:
    """A moment of punctual time, which comes 10/3 times as late at most; it can be set again."""

    def __init__(self, clock: PunctualClock) -> None:
        self._clock = clock
        self._ends = self._latest = 0.0
        self._looked = False

    def set(self, seconds: float) -> float:
        """Let it come in so many seconds, and return the clock's time of now."""
        now = perf_counter()
        punctual = self._clock.at(now)
        self._ends = punctual + seconds
        self._latest = now + LONGEST * seconds
        self._looked = False
        return punctual

    def left(self) -> float:
        """Return the seconds after which to ask again, 0 where it is reached.

        Where our loop was late until the latest moment, it gets one more tick: what came in the
        meantime may not have been read yet.
        """
        left = self._ends - self._clock.time()
        if left <= _REACHED_S:
            return 0.0
        longest = self._latest - perf_counter()
        if longest > 0:
            return min(left, longest)
        looked, self._looked = self._looked, True
        return 0.0 if looked else TICK_S


@asynccontextmanager
async def punctual_timeout(seconds: float) -> AsyncIterator[None]:
    """Raise `TimeoutError` where the block takes more than `seconds` of punctual time."""
    loop, clock = asyncio.get_running_loop(), punctual_clock()
    deadline = Deadline(clock)
    deadline.set(seconds)
    timer: asyncio.TimerHandle
    async with asyncio.timeout(None) as limit:

        def look() -> None:
            nonlocal timer
            left = deadline.left()
            if left:
                timer = loop.call_later(left, look)
            else:
                limit.reschedule(loop.time())

        timer = loop.call_later(seconds, look)
        clock.enter()
        try:
            yield
        finally:
            clock.leave()
            timer.cancel()
