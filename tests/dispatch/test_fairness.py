"""No endpoint waits for another: for one that hangs, or for bodies that wait to be signed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mockzoom.dispatch.slots import AT_ONCE, OPENS_AFTER, CircuitBreaker
from mockzoom.journal import DeliveryRow
from mockzoom.model import Attempt, Failure, Request, Response, Timings
from mockzoom.service import Service
from tests.dispatch.receiver import SECRET, Got, Receiver, receiving, running, until

EVENT = "session.rtms_started"
"""Its values are ASCII: a refusal is judged without a control."""


class Hanging:
    """Has a receiver answer nothing until it is released; counts the requests that wait."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, got: Got) -> int:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.released.wait(60)
        with self._lock:
            self._now -= 1
        return 200


@pytest.fixture
def pair() -> Iterator[tuple[Receiver, Receiver]]:
    """A healthy receiver, and one that hangs until the test ends."""
    with ExitStack() as stack:
        good, bad = stack.enter_context(receiving()), stack.enter_context(receiving())
        bad.answer = Hanging()
        yield good, bad
        bad.answer.released.set()


def subscribed(service: Service, receiver: Receiver) -> str:
    made = service.subscriptions.create(receiver.url, SECRET, policy="none")
    item, settled = service.subscriptions.validate(made.id)
    assert item.state == "validated", settled
    return item.id


def send(service: Service, name: str, seed: int = 1) -> DeliveryRow:
    case = service.events.sample(EVENT, "valid:0", seed, 1_790_000_000_000)
    (row,) = service.deliveries.send(case, service.subscriptions.get(name))
    return row


def state(service: Service, row: DeliveryRow) -> str:
    return service.deliveries.get(row.id).state


def test_an_endpoint_that_hangs_delays_no_other_one_and_no_validation(
    tmp_path: Path, pair: tuple[Receiver, Receiver]
) -> None:
    good, bad = pair
    with running(tmp_path / "j.db", timeout=60.0) as service:
        healthy, hanging = subscribed(service, good), subscribed(service, bad)
        waiting = [send(service, hanging, seed) for seed in range(3 * AT_ONCE)]
        hang = bad.answer
        assert isinstance(hang, Hanging)
        until(lambda: hang.most == AT_ONCE)
        row = send(service, healthy)
        until(lambda: state(service, row) == "delivered")
        for name in (healthy, hanging):  # challenges pass what hangs
            assert service.subscriptions.validate(name)[1].state == "delivered"
        assert not any(state(service, item) == "delivered" for item in waiting)
        assert hang.most == AT_ONCE
        hang.released.set()
        until(lambda: all(state(service, item) == "delivered" for item in waiting))


def test_equal_bodies_wait_for_their_seconds_and_hold_no_place(
    tmp_path: Path, pair: tuple[Receiver, Receiver]
) -> None:
    good, _ = pair
    with running(tmp_path / "j.db") as service:
        name = subscribed(service, good)
        equal = [send(service, name) for _ in range(3 * AT_ONCE)]
        other = send(service, name, seed=2)
        until(lambda: state(service, other) == "delivered")
        states = [state(service, row) for row in equal]
        assert states.count("delivered") < len(equal)
        until(lambda: sum(state(service, row) == "delivered" for row in equal) >= 3)
        waiting = next(row for row in equal if state(service, row) == "pending")
        found = service.deliveries.get(waiting.id)
        assert found.reason.startswith("waits for a second of its own")
        assert found.attempts == 0
    signatures = [got.headers["x-zm-signature"] for got in good.events()]
    assert len(signatures) == len(set(signatures))


def attempt(kind: str = "") -> Attempt:
    request = Request("POST", "http://127.0.0.1/", (), b"")
    outcome = Failure(kind, "late") if kind else Response(200, "", (), b"")  # type: ignore[arg-type]
    return Attempt(request, outcome, Timings(), 0.0)


def test_a_breaker_opens_for_silence_in_a_row_only_and_closes_with_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("mockzoom.dispatch.slots.monotonic", lambda: now[0])
    breaker = CircuitBreaker()
    for kind in ("timeout", "refused", ""):
        for _ in range(OPENS_AFTER - 1):
            breaker.note(attempt("timeout"))
        breaker.note(attempt(kind if kind != "timeout" else "reset"))
        assert breaker.lets_through()
    for _ in range(OPENS_AFTER):
        breaker.note(attempt("timeout"))
    assert not breaker.lets_through()
    now[0] += 10
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.note(attempt("timeout"))
    assert not breaker.lets_through()
    breaker.note(attempt())
    assert all(breaker.lets_through() for _ in range(3))


@pytest.mark.slow
def test_an_endpoint_that_keeps_hanging_gets_code_3_until_it_answers_a_challenge(
    tmp_path: Path, pair: tuple[Receiver, Receiver]
) -> None:
    _, bad = pair
    with running(tmp_path / "j.db", timeout=0.2) as service:
        name = subscribed(service, bad)
        rows = [send(service, name, seed) for seed in range(OPENS_AFTER + 2 * AT_ONCE)]
        until(lambda: all(state(service, row) == "failed" for row in rows))
        found = service.deliveries.get(rows[-1].id)
        (last,) = service.deliveries.attempts(found)
        assert last.attempt is not None
        assert last.attempt.delivery_code == -3
        assert "32 attempts in a row had no answer in time" in found.reason
        assert service.deliveries.violations({"delivery": found.id}) == []  # nothing was sent
        assert len(bad.events()) < len(rows)
        hang = bad.answer
        assert isinstance(hang, Hanging)
        hang.released.set()
        service.subscriptions.validate(name)
        after = send(service, name, seed=9999)
        until(lambda: state(service, after) == "delivered")
