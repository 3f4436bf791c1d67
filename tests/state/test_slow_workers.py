"""Receivers whose workers take their time, looked at as long as in earnest: none is wronged."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockzoom.probe_source import ProbeSource
from mockzoom.state.probe import ProbeConnection, StateReader
from mockzoom.state.settling import Settling
from mockzoom.transport import WSGITransport
from mockzoom.transport.inprocess import IN_PROCESS_URL
from tests.play.fakes import Fake, perform, right, rules, wrong

pytestmark = pytest.mark.slow

TWICE = """
  - {name: starts, send: meeting.rtms_started, deliver: {times: 2}}
  - {name: stops, send: meeting.rtms_stopped}
"""
Take = Callable[[Fake, dict[str, Any], str], int]


def later(seconds: Callable[[bool], float], work: Take) -> Take:
    """Do `work` so many seconds after the answer, which may differ for a copy."""
    told: set[str] = set()

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        wait = seconds(request_id in told)
        told.add(request_id)

        def act() -> None:
            with fake.lock:
                work(fake, event, request_id)

        if wait:
            threading.Timer(wait, act).start()
        else:
            work(fake, event, request_id)
        return 200

    return take


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 0.4, 0.9])
def test_a_right_receiver_may_work_for_as_long_as_it_needs(tmp_path: Path, wait: float) -> None:
    fake = Fake(later(lambda copy: wait, right))
    result = perform(tmp_path, fake, TWICE, reader=fake.read)
    assert not rules(result)


@pytest.mark.parametrize("wait", [0.0, 0.4])
def test_a_wrong_one_is_found_out_however_late_it_works(tmp_path: Path, wait: float) -> None:
    fake = Fake(later(lambda copy: wait, wrong))
    result = perform(tmp_path, fake, TWICE, reader=fake.read)
    assert rules(result) == {"MZ501"}


def test_copies_worked_on_later_than_what_came_first_are_no_prompt_receivers(
    tmp_path: Path,
) -> None:
    """What comes late from one play must not count as another's: only totals are shown here."""
    fake = Fake(later(lambda copy: 0.6 if copy else 0.0, wrong))
    result = perform(tmp_path, fake, TWICE, reader=fake.read)
    assert rules(result) == {"MZ501"}


def test_what_is_not_as_a_probe_expects_is_found_within_the_time_that_it_says(
    tmp_path: Path,
) -> None:
    fake = Fake(right)
    text = TWICE + "  - {name: seen, probe: true, expect: {body: {starts: 7}, within: 300ms}}\n"
    granted = ProbeSource(within=60)
    result = perform(tmp_path, fake, text, reader=fake.read, probe=granted)
    assert rules(result) == {"MZ510"}
    assert result.elapsed < 50


def settling_of(function: Any) -> Settling:
    connection = ProbeConnection(WSGITransport(Fake(right), IN_PROCESS_URL))
    return Settling(StateReader(ProbeSource(), connection, function))


def test_a_receiver_that_was_done_at_once_is_looked_at_for_less_long() -> None:
    number = iter(range(1000))
    now = [0]
    settling = settling_of(lambda: {"n": now[0]})

    async def look() -> float:
        before, now[0] = {"n": now[0]}, next(number) + 1
        began = time.monotonic()
        await settling.after_deliveries(before, long=True)
        return time.monotonic() - began

    async def looks() -> list[float]:
        took = [await look() for _ in range(2)]
        settling.begin()  # another scenario's events may take longer
        return [*took, await look()]

    first, second, fresh = asyncio.run(looks())
    assert min(first, fresh) >= 1.1
    assert second < first


def test_one_that_works_on_many_events_at_once_is_no_queue_with_long_pauses() -> None:
    reads, began = [], [time.monotonic()]

    def many() -> Any:
        return {"n": min(20, int((time.monotonic() - began[0]) / 0.06))}

    def one() -> Any:
        reads.append(time.monotonic() - began[0])
        return {"n": 20 + (reads[-1] > 1.0)}

    state = [many]
    settling = settling_of(lambda: state[0]())

    async def looks() -> None:
        await settling.after_deliveries({"n": 0}, long=True)
        state[0], began[0] = one, time.monotonic()
        await settling.after_deliveries({"n": 20})

    asyncio.run(looks())
    # A queue that takes a second for each event would be waited for two seconds more.
    assert reads[-1] > 1.0
    assert sum(at > 1.0 for at in reads) < 15


def test_a_receiver_that_was_seen_to_work_late_is_looked_at_for_as_long_every_time() -> None:
    began, late = time.monotonic(), 0.4
    settling = settling_of(lambda: {"n": 1 + (time.monotonic() - began > late)})

    async def looks() -> float:
        await settling.after_deliveries({"n": 0}, long=True)
        assert not settling.is_prompt
        await settling.after_deliveries({"n": 0}, long=True)
        once_more = time.monotonic()
        await settling.after_deliveries({"n": 0}, long=True)
        return time.monotonic() - once_more

    assert asyncio.run(looks()) >= 1.1
