"""The schedule of a play: what waits for time, on whichever clock, and what goes on meanwhile.

Late deliveries, retries and re-validations run beside the main line, each as a task of its own. On
a virtual clock all of these are lanes, so that time jumps only when every one of them waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from mockzoom.clock import Clock, ScaledClock, VirtualClock
from mockzoom.play.hold import Hold


class Schedule:
    """Runs lanes on a clock; whoever calls its methods is a lane.

    Where `hold` is on, time stands still: on a virtual clock since lanes that are held back are
    awake, on others since what it took does not count.
    """

    def __init__(self, clock: Clock, hold: Hold | None = None) -> None:
        self._clock = clock
        self._virtual = clock if isinstance(clock, VirtualClock) else None
        self._hold = hold or Hold()
        self._pace = clock.scale if isinstance(clock, ScaledClock) else 1.0
        self._started = clock.monotonic() - self._held()
        self._beside: set[asyncio.Task[None]] = set()
        self._drained: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None

    @property
    def elapsed(self) -> float:
        """Seconds of the schedule since it began."""
        return self._clock.monotonic() - self._held() - self._started

    @property
    def waits_really(self) -> bool:
        """Whether a second of this schedule is a second of the wall clock."""
        return not isinstance(self._clock, VirtualClock | ScaledClock)

    async def __aenter__(self) -> Schedule:
        self._enter()
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in tuple(self._beside):
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        self._leave()

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of the schedule pass, and return while none is held back."""
        ends = self.elapsed + seconds
        await self._hold.passed()
        while seconds > 0:
            await self._clock.sleep(seconds)
            await self._hold.passed()
            seconds = 0.0 if self._virtual is not None else ends - self.elapsed
        if self._failure is not None:
            raise self._failure  # the whole play ends, not only the lane that failed

    @property
    def held_s(self) -> float:
        """Real seconds for which lanes were held back so far."""
        return self._hold.seconds

    async def passed(self) -> None:
        """Return once lanes may go on: at once, unless they are held back."""
        await self._hold.passed()

    async def together(self, lanes: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Run `lanes` at once, and wait for all of them; the first failure ends the others."""
        tasks = [asyncio.ensure_future(lane) for lane in lanes]
        done = asyncio.get_running_loop().create_future()
        waiting = len(tasks)

        def ended(task: asyncio.Task[None]) -> None:
            nonlocal waiting
            waiting -= 1
            failed = not task.cancelled() and task.exception() is not None
            if (waiting == 0 or failed) and not done.done():
                self._enter()  # for whoever waits here, before the lane leaves
                done.set_result(None)
            self._leave()

        for task in tasks:
            self._enter()
            task.add_done_callback(ended)
        if not tasks:
            return
        try:
            await self._until(done)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    def beside(self, lane: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start `lane`, which goes on while others do; `drain` waits for it."""
        self._enter()
        task = asyncio.ensure_future(lane)
        self._beside.add(task)
        task.add_done_callback(self._ended_beside)
        return task

    async def drain(self) -> None:
        """Wait until nothing is left that was started `beside`; raise what failed there."""
        while self._beside and self._failure is None:
            drained: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._drained = drained
            try:
                await self._until(drained)
            finally:
                self._drained = None
        if self._failure is not None:
            raise self._failure

    def _held(self) -> float:
        """Return the seconds of the clock for which lanes were held back so far."""
        return 0.0 if self._virtual is not None else self._hold.seconds * self._pace

    def _ended_beside(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        # An exception that nobody asks for is printed by asyncio.
        failed = None if task.cancelled() else task.exception()
        self._failure = self._failure or failed
        drained = self._drained
        if drained is not None and not drained.done() and (not self._beside or self._failure):
            self._enter()  # for whoever drains, before this lane leaves
            drained.set_result(None)
        self._leave()

    async def _until(self, wake: asyncio.Future[None]) -> None:
        """Wait for `wake`, for which whoever sets it has entered."""
        if self._virtual is None:
            await wake
        else:
            await self._virtual.until(wake)

    def _enter(self) -> None:
        if self._virtual is not None:
            self._virtual.enter()

    def _leave(self) -> None:
        if self._virtual is not None:
            self._virtual.leave()
