"""Time, taken from one place: the wall clock for signatures, a monotonic clock for durations."""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count
from typing import Protocol


class Clock(Protocol):
    """Where a run takes its time from."""

    def now(self) -> float:
        """Return the wall clock, in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return a clock for durations, in seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""


class PacedClock(Clock, Protocol):
    """A clock that nobody stops: `scale` of its seconds pass in each real one."""

    scale: float


class SystemClock:
    """The machine's own clocks."""

    scale = 1.0

    def now(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return a clock for durations, in seconds."""
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)


class ScaledClock:
    """The machine's clocks, where `scale` seconds pass in each real one, from now on."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._began, self._started = time.time(), time.perf_counter()

    def now(self) -> float:
        """Return the scaled wall clock, in seconds since the epoch."""
        return self._began + self.monotonic()

    def monotonic(self) -> float:
        """Return the scaled seconds since this clock was made."""
        return (time.perf_counter() - self._started) * self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""
        await asyncio.sleep(seconds / self.scale)


class VirtualClock:
    """A clock that nobody waits for: it jumps to the next wake-up once all its lanes sleep.

    A lane is a task that uses the clock: it calls `enter` when it starts (its parent may do so on
    its behalf) and `leave` when it ends, or while it waits for something but this clock. While any
    lane is awake, time stands still.
    """

    def __init__(self) -> None:
        self._began = time.time()
        self._now = 0.0
        self._awake = 0
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Return the wall clock as it is where nobody waits, in seconds since the epoch."""
        return self._began + self._now

    def monotonic(self) -> float:
        """Return the virtual seconds since this clock was made."""
        return self._now

    def enter(self) -> None:
        """A lane begins, or goes on."""
        self._awake += 1

    def leave(self) -> None:
        """A lane ends, or waits for something else; the last one lets time jump."""
        self._awake -= 1
        if self._awake == 0:
            self._jump()

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock; only lanes may."""
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(0.0, seconds), next(self._numbers), wake))
        await self.until(wake)

    async def until(self, wake: asyncio.Future[None]) -> None:
        """Wait, as a lane, for `wake`; whoever sets it calls `enter` on the lane's behalf."""
        self.leave()
        try:
            await wake
        except asyncio.CancelledError:
            if not wake.done() or wake.cancelled():
                self.enter()  # nobody woke it: it goes on by itself
            raise

    def _jump(self) -> None:
        """Go to the next wake-up, and wake all who are due then."""
        due: float | None = None
        while self._sleepers and (due is None or self._sleepers[0][0] == due):
            time_due, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                due = self._now = time_due
                self.enter()
                wake.set_result(None)
