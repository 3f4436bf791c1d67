"""Profiles: as many events as their rates say, in order, and never more than the highest rate."""

from __future__ import annotations

import math

import pytest

from mockzoom.errors import UsageError
from mockzoom.load.arrivals import PROFILES, LoadPlan, spans, steady
from tests.each import each


def test_a_steady_rate_has_one_event_after_the_other_at_equal_distances() -> None:
    span = steady(4, 2)
    assert span.due == (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75)
    assert span.rate == 4


def test_a_profile_has_the_events_of_its_rates_and_takes_its_time() -> None:
    assert len(PROFILES) >= 3

    @each("name", PROFILES)
    def check(name: str) -> None:
        plan = LoadPlan(80, 40, name)
        found = list(spans(plan))
        assert sum(span.seconds for span in found) == pytest.approx(40)
        wanted = sum(phase.share * (phase.begin + phase.end) / 2 for phase in PROFILES[name])
        assert sum(len(span.due) for span in found) == pytest.approx(80 * 40 * wanted, abs=30)
        for span in found:
            assert list(span.due) == sorted(span.due)
            assert all(0 <= due <= span.seconds for due in span.due)
            gaps = [two - one for one, two in zip(span.due, span.due[1:], strict=False)]
            assert min(gaps, default=math.inf) > 0.9 / 80

    check()


def test_a_plan_that_cannot_be_played_is_refused_with_its_reason() -> None:
    @each("reason", {
        "no profile has this name; did you mean steady?": LoadPlan(1, 1, "stedy"),
        "--rate 0: expected events a second": LoadPlan(0),
        "--rate inf: expected events a second": LoadPlan(math.inf),
        "--rate nan: expected events a second": LoadPlan(math.nan),
        "--for 0s: expected 1 s to 3600 s": LoadPlan(1, 0),
        "--for 4000s: expected 1 s to 3600 s": LoadPlan(1, 4000),
        "--rate 1001: more than 1000 a second needs --yes": LoadPlan(1001),
        "--for 61s: more than 60 s needs --yes": LoadPlan(1, 61),
    }.items())  # fmt: skip
    def check(reason: tuple[str, LoadPlan]) -> None:
        text, plan = reason
        with pytest.raises(UsageError) as caught:
            plan.check(public=False, confirmed=False)
        assert text in str(caught.value)

    check()
    LoadPlan(5000, 600).check(public=False, confirmed=True)
    with pytest.raises(UsageError, match="loopback and private addresses only"):
        LoadPlan(1).check(public=True, confirmed=True)
