"""Time, taken from one place: the wall clock for signatures, a monotonic clock for durations."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where a run takes its time from."""

    def now(self) -> float:
        """Return the wall clock, in seconds since the epoch."""

    def monotonic(self) -> float:
        """Return a clock for durations, in seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return a clock for durations, in seconds."""
        return time.perf_counter()

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(seconds)
