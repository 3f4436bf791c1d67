"""MZ401 to MZ407: signed but malformed deliveries, and what they do to the receiver."""

from __future__ import annotations

import pytest

from mockzoom.engine.evidence import judge
from tests.suites.evidence import FAILURES, TIMEOUT, evidence, failure, response


@pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 401, 404, 418, 422, 429, 499])
def test_a_malformed_event_may_be_accepted_or_refused(status: int) -> None:
    assert judge(evidence("mutant", response(status))) == ()
    assert judge(evidence("not-json", response(status))) == ()


@pytest.mark.parametrize("status", [500, 501, 503, 599])
def test_a_5xx_is_an_error_on_a_malformed_event_or_body(status: int) -> None:
    (event,) = judge(evidence("mutant", response(status)))
    (body,) = judge(evidence("not-json", response(status)))
    assert (event.rule, event.severity, event.cause) == ("MZ401", "error", str(status))
    assert event.message.startswith(f"a.b, a detail: {status}")
    assert (body.rule, body.severity) == ("MZ404", "error")
    assert body.message.startswith(f"a detail: {status}")


def test_a_5xx_to_a_size_that_zoom_never_sends_is_a_warning_of_its_own() -> None:
    (found,) = judge(evidence("not-json", response(500), oversize=True))
    assert (found.rule, found.severity, found.cause) == ("MZ404", "warning", "500, oversize")


def test_no_answer_is_a_hang_and_never_mz102_or_mz103() -> None:
    for outcome in (TIMEOUT, *map(failure, FAILURES)):
        assert [item.rule for item in judge(evidence("mutant", outcome))] == ["MZ402"]
        assert [item.rule for item in judge(evidence("not-json", outcome))] == ["MZ405"]


def test_a_connection_closed_on_a_body_too_large_is_a_fair_refusal() -> None:
    large = b" " * 1_000_000
    assert judge(evidence("not-json", failure("reset"), body=large)) == ()
    assert judge(evidence("not-json", failure("closed"), body=large)) == ()
    assert [item.rule for item in judge(evidence("not-json", TIMEOUT, body=large))] == ["MZ405"]


@pytest.mark.parametrize(("status", "rules"), [(200, ["MZ403"]), (204, ["MZ403"]), (400, []),
                                               (401, []), (429, []), (500, ["MZ401"])])  # fmt: skip
def test_strict_wants_malformed_events_refused(status: int, rules: list[str]) -> None:
    assert [item.rule for item in judge(evidence("mutant", response(status), strict=True))] == rules
    assert judge(evidence("not-json", response(200), strict=True)) == ()


def test_a_death_names_the_event_that_no_longer_passes() -> None:
    (found,) = judge(evidence("death", response(200), failure("refused")))
    assert found.rule == "MZ406"
    assert found.message == "a.b was acknowledged before and is not after a detail: seen: refused"
    assert judge(evidence("death", response(200))) == ()


def test_only_silence_is_a_block_by_a_slow_sender() -> None:
    assert [item.rule for item in judge(evidence("blocked", TIMEOUT))] == ["MZ407"]
    for outcome in (response(200), response(500), failure("reset")):
        assert judge(evidence("blocked", outcome)) == ()
