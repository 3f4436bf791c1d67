"""The subscription, the orders of a shuffle, the plain scripts, and late answers."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from time import time

import pytest

from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import Attempt, Delivery, Failure, Request, Response, Timings
from mockzoom.play.late_answers import LateAnswers, UnresponsiveReceiver, is_hopeless
from mockzoom.play.validation import ValidationFailures
from mockzoom.scenario.model import Scenario, Send, walk
from mockzoom.settings import Settings
from mockzoom.state.orders import MOST_MOVES, moves, orders_of
from mockzoom.state.scripts import irregular_steps, natural_order, plain

STEPS = """
  - {name: twice, send: session.started, deliver: {times: 2}}
  - {name: at once, send: session.user_joined, deliver: {times: 2, gap: 0s}}
  - {name: lost, send: session.user_left, deliver: {lose_response: 1}}
  - {name: late, send: session.ended, deliver: {late: 5m}}
  - {name: own ids, send: session.ended, deliver: {times: 3, same_id: false}}
  - {name: regular, send: session.alert}
  - name: mixed
    shuffle:
      - {name: s1, send: meeting.rtms_started, deliver: {times: 2}}
      - {name: s2, send: meeting.rtms_stopped}
  - name: side by side
    together:
      - {name: t1, send: webinar.rtms_started}
      - - {name: t2, send: webinar.rtms_stopped}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    path = tmp_path / "all-kinds.yaml"
    path.write_text(f"name: all-kinds\nsteps:{STEPS}", encoding="utf-8")
    return load_scenarios([path], load_contract(Settings()))[0]


def test_mails_go_out_after_two_and_four_failures_and_six_disable() -> None:
    subscription = ValidationFailures()
    told = [subscription.validated(False) for _ in range(6)]
    assert [number for number, text in enumerate(told, 1) if text] == [2, 4, 6]
    assert "e-mail" in told[1]
    assert "e-mail" in told[3]
    assert "disabled" in told[5]
    assert subscription.disabled


def test_one_success_begins_the_count_anew() -> None:
    subscription = ValidationFailures()
    for _ in range(5):
        subscription.validated(False)
    assert subscription.validated(True) == ""
    assert not any(subscription.validated(False) for _ in range(1))
    assert not subscription.disabled


def test_a_disabled_subscription_is_enabled_by_hand_only() -> None:
    subscription = ValidationFailures()
    for _ in range(6):
        subscription.validated(False)
    subscription.validated(True)
    assert subscription.disabled
    subscription.enable()
    assert not subscription.disabled
    assert subscription.failures == 0


def test_each_irregular_step_is_found_with_its_kind(scenario: Scenario) -> None:
    found = {step.name: how for step, how in irregular_steps(scenario, ["regular"])}
    assert found == {
        "twice": "duplicate", "at once": "concurrent", "lost": "retried", "late": "order",
        "regular": "retried", "mixed": "order", "s1": "duplicate", "side by side": "order",
    }  # fmt: skip


def test_the_plain_script_delivers_everything_once_and_never_again(scenario: Scenario) -> None:
    steps = [step for step in walk(plain(scenario).steps) if isinstance(step, Send)]
    assert [step.name for step in steps] == [
        step.name for step in walk(scenario.steps) if isinstance(step, Send)
    ]
    for step in steps:
        assert step.deliver.times == (3 if step.name == "own ids" else 1)
        assert (step.deliver.late, step.deliver.lose_response) == (0, 0)
        assert step.deliver.retry == "none"


def test_a_plain_script_may_keep_one_step_or_leave_one_out(scenario: Scenario) -> None:
    kept = {step.name: step for step in walk(plain(scenario, but="lost").steps)}
    assert kept["lost"] in scenario.steps
    omitted = {step.name: step for step in walk(plain(scenario, omit="t2").steps)}
    times = {name: step.deliver.times for name, step in omitted.items() if isinstance(step, Send)}
    assert times["t2"] == 0
    assert times["t1"] == 1


def test_the_natural_order_is_the_one_written(scenario: Scenario) -> None:
    ranks = natural_order(scenario)
    assert ranks["twice"] < ranks["regular"] < ranks["s1"] < ranks["s2"] < ranks["t1"]


def test_orders_begin_with_the_reverse_and_never_are_the_natural_one() -> None:
    for length in range(2, 9):
        for seed in range(5):
            orders = orders_of(length, 6, seed)
            assert orders[0] == tuple(range(length))[::-1]
            assert tuple(range(length)) not in orders
            assert len(set(orders)) == len(orders) <= 6
    assert orders_of(6, 5, 1) == orders_of(6, 5, 1)
    assert set(orders_of(3, 99, 1)) == {*permutations(range(3))} - {(0, 1, 2)}


def test_the_smallest_reorderings_come_first_and_their_number_is_bounded() -> None:
    assert moves(3)[:2] == [(1, 0, 2), (0, 2, 1)]
    assert (0, 1, 2) not in moves(3)
    assert all(sorted(order) == list(range(9)) for order in moves(9))
    assert len(moves(9)) == MOST_MOVES


def attempt(status: int | None) -> Attempt:
    outcome = Failure("timeout", "late") if status is None else Response(status, "Said", (), b"")
    return Attempt(Request("POST", "/", (), b""), outcome, Timings(), time())


def delivery(event: str) -> Delivery:
    return Delivery("d-1", "c", event, b"", "id")


def test_six_late_attempts_in_a_row_end_the_run_and_an_answer_begins_anew() -> None:
    late_answers = LateAnswers()
    for _ in range(3):
        for _ in range(5):
            late_answers.attempted(delivery("session.started"), attempt(None))
        late_answers.attempted(delivery("session.started"), attempt(500))
    for _ in range(5):
        late_answers.attempted(delivery("session.started"), attempt(None))
    with pytest.raises(UnresponsiveReceiver, match="skipped, same cause"):
        late_answers.attempted(delivery("session.started"), attempt(None))


def test_late_attempts_at_the_same_time_count_once() -> None:
    late_answers = LateAnswers()
    for one in [attempt(None) for _ in range(50)]:
        late_answers.attempted(delivery("session.started"), one)


def test_a_scenario_is_skipped_once_three_have_shown_its_cause(scenario: Scenario) -> None:
    late_answers = LateAnswers()
    for number in range(3):
        assert late_answers.begin(_named(scenario, f"n{number}"))
        assert not late_answers.is_spent
        late_answers.attempted(delivery("session.started"), attempt(None))
        late_answers.attempted(delivery("session.started"), attempt(200))
    assert not late_answers.begin(_named(scenario, "n3"))
    assert late_answers.notices() == [
        "n3: not played, since session.started had no answer in time in 3 scenarios before:"
        " skipped, same cause"
    ]
    other = Scenario("other", "f", (scenario.steps[5],))
    assert late_answers.begin(other)
    late_answers.attempted(delivery("session.alert"), attempt(None))
    assert late_answers.is_spent


def _named(scenario: Scenario, name: str) -> Scenario:
    return Scenario(name, scenario.file, scenario.steps)


def test_a_delivery_that_was_late_twice_is_not_tried_again() -> None:
    late, failed = attempt(None), attempt(503)
    assert is_hopeless([late, late])
    assert is_hopeless([failed, late, late])
    assert not is_hopeless([late])
    assert not is_hopeless([late, failed])
