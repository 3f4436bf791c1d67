"""MZ101 to MZ105: what a receiver answers to a valid event, status by status."""

from __future__ import annotations

import pytest

from mockzoom.engine.evidence import judge
from tests.each import each
from tests.suites.evidence import FAILURES, TIMEOUT, evidence, failure, response

STATUSES = {
    200: None, 201: "MZ105", 202: "MZ105", 203: "MZ105", 204: None, 206: "MZ105", 299: "MZ105",
    300: "MZ104", 301: "MZ104", 302: "MZ104", 304: "MZ104", 308: "MZ104", 399: "MZ104",
    400: "MZ101", 401: "MZ101", 403: "MZ101", 404: "MZ101", 418: "MZ101", 422: "MZ101",
    429: None, 499: "MZ101", 500: "MZ101", 501: "MZ101", 503: "MZ101", 599: "MZ101",
}  # fmt: skip


@each(("status", "rule"), STATUSES.items())
def test_each_status_of_a_valid_event_breaks_its_one_rule_or_none(
    status: int, rule: str | None
) -> None:
    found = judge(evidence("valid", response(status)))
    assert [item.rule for item in found] == ([rule] if rule else [])
    for item in found:
        assert str(status) in item.message
        assert item.cause == str(status)
        assert (item.event, item.delivery, item.deliveries) == ("a.b", "d-7", ("d-7",))
        assert item.severity == ("warning" if rule == "MZ105" else "error")


def test_a_redirect_names_where_it_leads() -> None:
    (found,) = judge(evidence("valid", response(301, b"", ("Location", "/webhook/"))))
    assert found.message == "a.b: redirected with 301 to /webhook/"


def test_no_answer_in_time_is_slow_and_nothing_else() -> None:
    (found,) = judge(evidence("valid", TIMEOUT))
    assert (found.rule, found.cause) == ("MZ102", "timeout")
    assert found.message == "a.b: no answer within 3 s"
    assert found.actual == "no answer within 3 s"


@pytest.mark.parametrize("kind", FAILURES)
def test_any_other_missing_answer_is_no_response(kind: str) -> None:
    (found,) = judge(evidence("valid", failure(kind)))  # type: ignore[arg-type]
    assert (found.rule, found.cause, found.message) == ("MZ103", kind, f"a.b: seen: {kind}")


def test_what_was_seen_is_told_in_one_line() -> None:
    body = b"  <h1>\n\tToo\xff  bad</h1>  " + b"x" * 500
    (found,) = judge(evidence("valid", response(500, body, reason="Oops")))
    assert found.actual.startswith("500 Oops after 12 ms: <h1> Too\ufffd bad</h1> xxx")
    assert "\n" not in found.actual
    assert len(found.actual) < 200


# -- events that nobody has seen yet -----------------------------------------------------------

EVOLVED = {"unknown": "MZ107", "field": "MZ108", "variant": "MZ109"}


@each(("kind", "rule"), EVOLVED.items())
@each("status", sorted(STATUSES))
def test_an_evolved_event_breaks_only_its_own_rule_and_only_where_it_is_refused(
    kind: str, rule: str, status: int
) -> None:
    expected = [] if 200 <= status < 300 or status == 429 else [rule]
    found = judge(evidence(kind, response(status), response(200)))
    assert [item.rule for item in found] == expected
    assert all("(a detail)" in item.message for item in found)


@pytest.mark.parametrize(("kind", "rule"), EVOLVED.items())
def test_an_evolved_event_without_an_answer_is_refused(kind: str, rule: str) -> None:
    for outcome in (TIMEOUT, failure("reset")):
        assert [item.rule for item in judge(evidence(kind, outcome, response(204)))] == [rule]


@pytest.mark.parametrize("kind", EVOLVED)
def test_an_evolved_event_is_not_judged_without_an_acknowledged_control(kind: str) -> None:
    for control in (response(500), TIMEOUT, response(429)):
        assert judge(evidence(kind, response(500), control)) == ()


def test_each_documented_value_is_a_cause_of_its_own() -> None:
    causes = {
        judge(evidence("variant", response(400), response(200), detail=detail))[0].cause
        for detail in ("/a = 1", "/b = 2")
    }
    assert causes == {"/a = 1", "/b = 2"}


@each("status", [400, 404, 409, 500])
def test_what_depends_on_what_came_before_is_no_matter_of_path_or_parser(status: int) -> None:
    (found,) = judge(evidence("alone", response(status)))
    assert (found.rule, "not heard of" in found.fix) == ("MZ101", True)
