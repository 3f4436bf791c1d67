"""Virtual time jumps only when every lane waits, and no lane is forgotten."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from time import perf_counter
from typing import Any

import pytest

from mockzoom.clock import ScaledClock, SystemClock, VirtualClock
from mockzoom.play.schedule import Schedule


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(bounded())


def test_nobody_waits_for_hours_of_a_virtual_clock() -> None:
    async def play() -> float:
        async with Schedule(VirtualClock()) as schedule:
            await schedule.sleep(72 * 3600)
            return schedule.elapsed

    assert run(play()) == 72 * 3600  # within what `run` waits at most


def test_lanes_wake_in_the_order_of_their_times_and_not_of_their_start() -> None:
    async def play() -> list[tuple[float, str]]:
        said: list[tuple[float, str]] = []
        async with Schedule(VirtualClock()) as schedule:

            async def lane(name: str, *waits: float) -> None:
                for wait in waits:
                    await schedule.sleep(wait)
                    said.append((schedule.elapsed, name))

            await schedule.together([lane("slow", 50, 5), lane("quick", 10, 30), lane("none")])
        return said

    assert run(play()) == [(10, "quick"), (40, "quick"), (50, "slow"), (55, "slow")]


def test_time_stands_still_while_a_lane_does_something_else() -> None:
    async def play() -> list[str]:
        said: list[str] = []
        async with Schedule(VirtualClock()) as schedule:

            async def at_work() -> None:
                await asyncio.sleep(0.1)  # a request under way
                said.append(f"worked at {schedule.elapsed:g}")

            async def waits() -> None:
                await schedule.sleep(1)
                said.append("waited")

            await schedule.together([waits(), at_work()])
        return said

    assert run(play()) == ["worked at 0", "waited"]


def test_what_runs_beside_is_waited_for_by_drain_only() -> None:
    async def play() -> list[float]:
        said: list[float] = []
        async with Schedule(VirtualClock()) as schedule:

            async def late() -> None:
                await schedule.sleep(300)
                said.append(schedule.elapsed)

            schedule.beside(late())
            said.append(schedule.elapsed)
            await schedule.drain()
            said.append(schedule.elapsed)
            await schedule.drain()
        return said

    assert run(play()) == [0, 300, 300]


def test_what_is_begun_beside_by_a_lane_beside_is_drained_too() -> None:
    async def play() -> float:
        async with Schedule(VirtualClock()) as schedule:

            async def second() -> None:
                await schedule.sleep(60)

            async def first() -> None:
                await schedule.sleep(10)
                schedule.beside(second())

            schedule.beside(first())
            await schedule.drain()
            return schedule.elapsed

    assert run(play()) == 70


def test_the_first_failure_of_a_lane_ends_the_others() -> None:
    ended: list[str] = []

    async def play() -> None:
        async with Schedule(VirtualClock()) as schedule:

            async def fails() -> None:
                await schedule.sleep(1)
                raise LookupError("lane")

            async def waits() -> None:
                try:
                    await schedule.sleep(1000)
                finally:
                    ended.append("cancelled")

            try:
                await schedule.together([waits(), fails()])
            except LookupError:
                await schedule.sleep(5)  # the main line still may wait
                ended.append(f"{schedule.elapsed:g}")
                raise

    with pytest.raises(LookupError, match="lane"):
        run(play())
    assert ended == ["cancelled", "6"]


def test_a_failure_beside_ends_the_main_line_at_its_next_wait() -> None:
    async def play() -> None:
        async with Schedule(VirtualClock()) as schedule:

            async def fails() -> None:
                raise LookupError("beside")

            schedule.beside(fails())
            await schedule.sleep(1)
            await schedule.sleep(1_000_000)
            pytest.fail("went on")

    with pytest.raises(LookupError, match="beside"):
        run(play())


def test_a_failure_beside_is_raised_by_drain() -> None:
    async def play() -> None:
        async with Schedule(VirtualClock()) as schedule:

            async def fails() -> None:
                await schedule.sleep(3)
                raise LookupError("beside")

            async def waits() -> None:
                await schedule.sleep(1000)

            schedule.beside(waits())
            schedule.beside(fails())
            await schedule.drain()

    with pytest.raises(LookupError, match="beside"):
        run(play())


def test_a_second_failure_beside_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        async with Schedule(VirtualClock()) as schedule:

            async def fails() -> None:
                raise LookupError("beside")

            schedule.beside(fails())
            schedule.beside(fails())
            await schedule.sleep(1)

    with pytest.raises(LookupError, match="beside"):
        run(play())
    gc.collect()
    assert caplog.records == []


@pytest.mark.parametrize("clock", [VirtualClock, SystemClock])
def test_leaving_a_schedule_cancels_what_runs_beside(clock: Any) -> None:
    ended: list[str] = []

    async def play() -> None:
        async with Schedule(clock()) as schedule:

            async def waits() -> None:
                try:
                    await asyncio.sleep(1000)
                finally:
                    ended.append("cancelled")

            schedule.beside(waits())
            await asyncio.sleep(0.01)

    run(play())
    assert ended == ["cancelled"]


def test_a_play_that_is_cancelled_while_it_drains_ends() -> None:
    async def play() -> None:
        async with Schedule(VirtualClock()) as schedule:

            async def at_work() -> None:
                await asyncio.sleep(1000)

            schedule.beside(at_work())
            await schedule.drain()

    async def interrupted() -> None:
        task = asyncio.ensure_future(play())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(interrupted())


def test_a_play_that_is_cancelled_among_its_lanes_ends() -> None:
    async def play() -> None:
        async with Schedule(VirtualClock()) as schedule:

            async def at_work() -> None:
                await asyncio.sleep(1000)

            await schedule.together([at_work(), schedule.sleep(10)])

    async def interrupted() -> None:
        task = asyncio.ensure_future(play())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(interrupted())


def test_lanes_within_lanes_share_one_time() -> None:
    async def play() -> float:
        async with Schedule(VirtualClock()) as schedule:

            async def inner(seconds: float) -> None:
                await schedule.sleep(seconds)

            async def outer(seconds: float) -> None:
                await schedule.together([inner(seconds), inner(2 * seconds)])
                await schedule.sleep(1)

            await schedule.together([outer(10), outer(100)])
            return schedule.elapsed

    assert run(play()) == 201


def test_a_scaled_clock_compresses_waits_and_says_so() -> None:
    async def play() -> tuple[float, bool]:
        async with Schedule(ScaledClock(3600)) as schedule:
            await schedule.sleep(360)
            return schedule.elapsed, schedule.waits_really

    began = perf_counter()
    elapsed, really = run(play())
    assert perf_counter() - began > 0.09
    assert elapsed >= 360
    assert not really
    assert Schedule(SystemClock()).waits_really
    assert not Schedule(VirtualClock()).waits_really
