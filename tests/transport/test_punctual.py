"""Lateness of our own loop: nothing is called slow for it, and what is really slow still is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from mockzoom.model import Attempt, Failure, Request, Response
from mockzoom.transport.dial import Dialer
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.punctual import Deadline, punctual_clock, punctual_timeout
from mockzoom.transport.target import parse_target
from tests.transport.servers import OK, Peer, serving


def taking(seconds: float) -> Callable[[Peer], None]:
    """Return the script of a server that takes so long for each answer."""

    def script(peer: Peer) -> None:
        while peer.read() is not None:
            time.sleep(seconds)
            peer.write(OK)

    return script


def hold_up(after: float, seconds: float, times: int = 1) -> None:
    """Block the running loop on purpose: a callback of it sleeps."""

    def block() -> None:
        for _ in range(times):
            time.sleep(seconds)

    asyncio.get_running_loop().call_later(after, block)


async def post(url: str, timeout: float, *, after: float = 0.0, blocked: float = 0.0) -> Attempt:
    """Send one request, with the loop blocked meanwhile."""
    transport = HttpTransport(Dialer(parse_target(url), timeout))
    length = ("content-length", "2")
    try:
        assert await transport.reach() is None
        if blocked:
            hold_up(after, blocked)
        return await transport.exchange(Request("POST", url, (length,), b"{}"), timeout)
    finally:
        await transport.close()


@pytest.mark.slow
@pytest.mark.parametrize("blocked", [0.8, 3.0], ids=["for a while", "longer than it is waited for"])
def test_an_answer_that_our_blocked_loop_reads_late_is_in_time(play: Any, blocked: float) -> None:
    with serving(taking(0.1)) as server:
        attempt = play(post(server.url, 0.4, after=0.02, blocked=blocked))
    assert isinstance(attempt.outcome, Response), attempt.outcome
    assert attempt.timings.answer is not None
    assert attempt.timings.answer < 0.4


def test_a_receiver_that_is_really_late_is_late_although_our_loop_was_blocked(play: Any) -> None:
    with serving(taking(8.0)) as server:
        attempt = play(post(server.url, 0.4, after=0.02, blocked=0.3))
    assert attempt.outcome == Failure("timeout", "no answer within 0.4 s")
    assert attempt.timings.answer == pytest.approx(0.4, abs=0.1)


@pytest.mark.slow
def test_a_receiver_that_takes_4_s_is_late() -> None:
    def outcome() -> object:
        with serving(taking(4.0)) as server:
            return asyncio.run(post(server.url, 3.0)).outcome

    # A machine that keeps us waiting for one of the four seconds excuses it once, not always.
    assert Failure("timeout", "no answer within 3 s") in (outcome() for _ in range(5))


def test_a_connection_that_our_blocked_loop_opens_late_is_open(play: Any) -> None:
    async def open_late(url: str) -> Failure | None:
        transport = HttpTransport(Dialer(parse_target(url), 1.0))
        hold_up(0.0, 2.5)
        try:
            return await transport.reach()
        finally:
            await transport.close()

    with serving(taking(0)) as server:
        assert play(open_late(server.url)) is None


def test_silence_is_waited_for_10_s_at_most_where_the_deadline_is_3_s(play: Any) -> None:
    async def wait(seconds: float) -> tuple[float, float]:
        loop, clock = asyncio.get_running_loop(), punctual_clock()
        over = False

        def stay_late() -> None:
            time.sleep(0.1)
            if not over:
                loop.call_soon(stay_late)

        clock.enter()
        deadline = Deadline(clock)
        started = deadline.set(seconds)
        loop.call_soon(stay_late)
        began = time.perf_counter()
        while left := deadline.left():
            await asyncio.sleep(left)
        took, punctual = time.perf_counter() - began, clock.time() - started
        over = True
        clock.leave()
        return took, punctual

    took, punctual = play(wait(0.3))
    assert took > 0.99
    assert punctual < 0.3


def test_the_clock_never_goes_back_and_stands_still_while_the_loop_is_late(play: Any) -> None:
    async def read() -> list[float]:
        clock = punctual_clock()
        clock.enter()
        hold_up(0.05, 0.1, times=3)
        hold_up(0.1, 0.5)
        readings = []
        ends = time.perf_counter() + 1.2
        while time.perf_counter() < ends:
            readings.append(clock.time())
            await asyncio.sleep(0.003)
        clock.leave()
        return readings

    readings = play(read())
    assert readings == sorted(readings)
    assert readings[-1] - readings[0] < 0.9


def test_the_clock_stops_ticking_once_nobody_waits(play: Any) -> None:
    async def count() -> tuple[float, float]:
        clock = punctual_clock()
        assert clock is punctual_clock()
        clock.enter()
        clock.leave()
        await asyncio.sleep(0.1)
        before, began = clock.time(), time.perf_counter()
        time.sleep(0.2)  # nobody waits, so nobody is late
        return clock.time() - before, time.perf_counter() - began

    passed, really = play(count())
    assert passed == pytest.approx(really, abs=0.05)


def test_a_block_that_takes_too_long_times_out(play: Any) -> None:
    async def wait(seconds: float) -> None:
        async with punctual_timeout(0.1):
            await asyncio.sleep(seconds)

    play(wait(0.0))
    with pytest.raises(TimeoutError):
        play(wait(30.0))
