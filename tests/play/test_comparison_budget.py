"""The budget of comparisons: nothing is begun that would probably end after it."""

from __future__ import annotations

import pytest

from mockzoom.play import comparison_budget
from mockzoom.play.comparison_budget import ComparisonBudget


class Times:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Times:
    times = Times()
    monkeypatch.setattr(comparison_budget, "monotonic", times)
    return times


def take(budget: ComparisonBudget, clock: Times, seconds: float, title: str) -> None:
    with budget.measuring("PlayScript", title):
        clock.now += seconds


def test_what_takes_longer_than_is_left_is_not_begun(clock: Times) -> None:
    budget = ComparisonBudget(100.0)
    assert budget.is_enough("PlayScript", "burst")  # nobody knows yet how long it takes
    take(budget, clock, 40.0, "burst")
    assert budget.is_enough("PlayScript", "burst")
    take(budget, clock, 25.0, "burst")
    assert not budget.is_enough("PlayScript", "burst")  # 35 s are left, and it once took 40
    assert budget.is_enough("PlayScript", "webinar")  # as long as the last one, 25 s
    assert budget.is_enough("PlayPass")
    assert not budget.is_spent


def test_a_play_that_breaks_off_is_measured_too(clock: Times) -> None:
    budget = ComparisonBudget(100.0)

    def break_off() -> None:
        with budget.measuring("PlayPass"):
            clock.now += 60.0
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert not budget.is_enough("PlayPass")


def test_without_an_end_all_of_it_is_begun(clock: Times) -> None:
    budget = ComparisonBudget(None)
    take(budget, clock, 1e9, "burst")
    assert budget.is_enough("PlayScript", "burst")
