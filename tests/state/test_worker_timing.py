"""How long a worker takes is learnt from the looks at its state; here time is a list of numbers."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from mockzoom.state.settling import LEAST_PAUSE_S, POLL_S
from mockzoom.state.worker_timing import WorkerTiming

PASS = 200
"""Events of a pass; one comes every 12 ms."""
EACH_S = 0.012


def looked(timing: WorkerTiming, works: Iterable[float]) -> float:
    """Look at a state that changes at these times, as quickly as a look may; return its end."""
    due = sorted(at for at in works if at > 0)
    at = since = 0.0
    timing.begin_look()
    while at < 10:
        at += POLL_S
        if any(at - POLL_S < each <= at for each in due):
            since = at
            timing.changed(at)
            continue
        pause = max(LEAST_PAUSE_S, 2 * timing.pause + 0.05)
        if (since or not due) and at >= timing.least_look and at - since >= pause:
            break
    timing.end_look()
    assert not due or at >= due[-1], f"{timing.pause} s were too short: {due[-1]} s"
    return at


def parallel(worker: Iterable[float], events: int) -> list[float]:
    """Return when the work of some events is done, since the last one was answered."""
    return [
        seconds - number * EACH_S for number, seconds in zip(range(events), worker, strict=False)
    ]


def queue(seconds: float, events: int) -> list[float]:
    """Return the same for a worker that takes one after the other."""
    done, found = -events * EACH_S, []
    for number in range(events):
        done = max(done, (number - events) * EACH_S) + seconds
        found.append(done)
    return found


def always(seconds: float) -> Iterable[float]:
    return iter(lambda: seconds, None)


def between(least: float, most: float) -> Iterable[float]:
    source = random.Random(1)
    return iter(lambda: source.uniform(least, most), None)


WORKERS = {"0.3": (0.3, 0.3), "0.8": (0.8, 0.8), "1.5": (1.5, 1.5), "0.3 to 1.5": (0.3, 1.5)}


@pytest.mark.parametrize("name", WORKERS)
def test_after_a_pass_nobody_waits_twice_for_workers_that_work_at_once(name: str) -> None:
    least, most = WORKERS[name]
    timing = WorkerTiming()
    looked(timing, parallel(between(least, most), PASS))
    for events in (1, 2, 4, 8) * 4:
        assert looked(timing, parallel(between(least, most), events)) <= 2.1 * most + 0.2


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.5])
def test_a_few_plays_alone_are_enough_to_know_it(seconds: float) -> None:
    timing = WorkerTiming()
    took = [looked(timing, parallel(always(seconds), 6)) for _ in range(4)]
    assert timing.is_concurrent
    assert took[-1] <= 2.2 * seconds < took[0]


@pytest.mark.parametrize("seconds", [0.01, 0.02, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("first", [1, PASS])
def test_a_queue_is_waited_for_from_job_to_job(seconds: float, first: int) -> None:
    events = min(first, int(8 / seconds))
    timing = WorkerTiming()
    looked(timing, queue(seconds, events))
    for count in (1, 3, 2, 5, 1):
        took = looked(timing, queue(seconds, count))
    assert not timing.is_concurrent
    assert took <= 4 * seconds + 0.5


def test_one_that_works_off_all_every_two_seconds_is_no_such_worker() -> None:
    timing = WorkerTiming()
    for at in (1.3, 0.9, 1.2, 0.7, 1.9, 1.95):
        looked(timing, [at, at + 0.04])
        # What came before may be entered up to two seconds later.
        assert max(timing.least_look, 2 * timing.pause) >= 1.2
    assert max(timing.least_look, 2 * timing.pause) > 2


def test_a_clock_that_was_taken_for_work_is_forgotten() -> None:
    timing = WorkerTiming()
    looked(timing, (number / 2 for number in range(1, 20)))
    assert timing.latency is not None
    assert timing.latency > 5
    timing.forget_later_than(0.0)
    assert timing.latency == 0
    looked(timing, parallel(always(1.5), PASS))
    assert timing.is_concurrent
