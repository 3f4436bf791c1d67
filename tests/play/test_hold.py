"""A hold: lanes wait, time stands still, and what was due has as long to wait as before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from time import perf_counter
from typing import Any

import pytest

from mockzoom.clock import Clock, ScaledClock, SystemClock, VirtualClock
from mockzoom.play.hold import Hold
from mockzoom.play.schedule import Schedule


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(bounded())


def test_a_hold_that_is_off_holds_nobody_and_takes_no_time() -> None:
    hold = Hold()
    hold.take_off()
    run(hold.passed())
    assert (hold.is_on, hold.seconds) == (False, 0.0)


def test_it_is_taken_off_from_another_thread() -> None:
    hold = Hold()
    began = perf_counter()
    hold.put_on()
    hold.put_on()
    threading.Timer(0.1, hold.take_off).start()
    run(hold.passed())
    assert perf_counter() - began >= 0.09
    assert hold.seconds >= 0.09


def test_a_lane_waits_on_if_the_hold_is_put_on_again_before_it_could_go() -> None:
    async def play() -> list[str]:
        hold, said = Hold(), []
        hold.put_on()

        async def lane() -> None:
            await hold.passed()
            said.append("went")

        task = asyncio.ensure_future(lane())
        await asyncio.sleep(0.02)
        hold.take_off()
        hold.put_on()
        await asyncio.sleep(0.05)
        said.append("held still")
        hold.take_off()
        await task
        return said

    assert run(play()) == ["held still", "went"]


def test_a_lane_that_is_cancelled_while_held_is_forgotten() -> None:
    async def play() -> None:
        hold = Hold()
        hold.put_on()
        task = asyncio.ensure_future(hold.passed())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        hold.take_off()
        await hold.passed()

    run(play())


@pytest.mark.slow
@pytest.mark.parametrize("clock", [SystemClock(), ScaledClock(10.0)])
def test_what_waits_has_as_long_to_wait_after_a_hold_as_before(clock: Clock) -> None:
    pace = 10.0 if isinstance(clock, ScaledClock) else 1.0

    async def play() -> tuple[float, float, float]:
        hold = Hold()
        async with Schedule(clock, hold) as schedule:
            ends = asyncio.ensure_future(schedule.sleep(2 * pace))
            await asyncio.sleep(0.1)
            hold.put_on()
            frozen = schedule.elapsed
            await asyncio.sleep(2.5)
            assert not ends.done()
            thawed = schedule.elapsed
            hold.take_off()
            began = perf_counter()
            await ends
            return frozen, thawed, perf_counter() - began

    frozen, thawed, rest = run(play())
    assert thawed - frozen < pace
    assert rest >= 0.5


def test_a_schedule_that_begins_during_a_hold_begins_at_zero() -> None:
    hold = Hold()
    hold.put_on()
    threading.Event().wait(0.05)
    schedule = Schedule(SystemClock(), hold)
    assert abs(schedule.elapsed) < 0.02
    hold.take_off()
    assert schedule.elapsed >= 0


def test_virtual_time_does_not_jump_while_it_is_held() -> None:
    async def play() -> list[float]:
        hold = Hold()
        async with Schedule(VirtualClock(), hold) as schedule:

            async def lane() -> None:
                await schedule.sleep(10)
                await schedule.sleep(10)

            schedule.beside(lane())
            hold.put_on()
            drained = asyncio.ensure_future(schedule.drain())
            await asyncio.sleep(0.05)
            seen = [schedule.elapsed]
            hold.take_off()
            await drained
            return [*seen, schedule.elapsed]

    assert run(play()) == [0, 20]
