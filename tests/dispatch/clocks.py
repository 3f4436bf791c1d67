"""A clock that runs faster, for retries that take minutes."""

from __future__ import annotations

import asyncio
import time


class FastClock:
    """`scale` seconds pass in one real second."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._start = time.time()

    def now(self) -> float:
        return self._start + (time.time() - self._start) * self.scale

    def monotonic(self) -> float:
        return time.perf_counter() * self.scale

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.scale)
