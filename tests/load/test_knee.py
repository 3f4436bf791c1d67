"""The search for the highest rate: close to what a receiver can do, in few tries."""

from __future__ import annotations

from mockzoom.load.windows import MOST_TRIES, grows, percentile, search
from mockzoom.model import LoadWindow
from tests.each import each


def observed(rate: float, capacity: float, estimate: float) -> LoadWindow:
    """Return what a receiver with such a capacity does; `estimate` is how well it shows."""
    holds = rate <= capacity
    return LoadWindow(
        f"{rate}", rate, 10, round(rate * 10), round(rate * 10 if holds else rate * 2),
        {} if holds else {"late": 1}, throughput=min(rate, capacity) * estimate, grows=not holds,
    )  # fmt: skip


def found(rate: float, capacity: float, estimate: float) -> tuple[float | None, int]:
    asking = search(observed(rate, capacity, estimate))
    tries = 0
    try:
        asked = next(asking)
        while True:
            tries += 1
            asked = asking.send(observed(asked, capacity, estimate))
    except StopIteration as end:
        return end.value, tries


def test_the_rate_found_holds_and_lies_within_fifteen_percent_of_the_capacity() -> None:
    cases = [
        (factor * capacity, capacity, estimate)
        for capacity in (3.0, 10.0, 40.0, 700.0)
        for factor in (1.05, 2.0, 10.0)
        for estimate in (1.0, 0.9, 1.05)
    ]

    @each("case", cases)
    def check(case: tuple[float, float, float]) -> None:
        _, capacity, _ = case
        knee, tries = found(*case)
        assert knee is not None
        assert 0.85 * capacity <= knee <= capacity
        assert tries <= 5

    check()


def test_where_answers_say_nothing_the_rates_are_halved_and_none_may_hold() -> None:
    knee, tries = found(100, 30, 0.0)
    assert knee is not None
    assert 15 <= knee <= 30
    assert tries <= MOST_TRIES
    assert found(4, 0.1, 1.0)[0] is None


def test_a_backlog_grows_where_it_is_higher_at_the_end_than_in_the_middle() -> None:
    assert not grows([0, 8, 8, 9, 8, 8, 8, 9, 8], 40)
    assert grows([0, 8, 16, 24, 32, 40, 48, 56, 64], 40)
    assert not grows([0, 50], 40)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 2.0, 4.0, 4.0]
    assert percentile([], 0.5) == 0.0
