"""Findings: the same rule and cause are one, with every delivery counted."""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom.engine.findings import KEPT_IDS, Findings
from mockzoom.model import Violation
from tests.report.results import MILD


def shown(number: int, message: str = "seen", cause: str = "500", rule: str = "MZ101") -> Violation:
    return replace(
        MILD, rule=rule, cause=cause, message=message, event=f"e.{number}", events=(),
        delivery=f"d-{number}", deliveries=(f"d-{number}",), reproduce=f"send {number}",
    )  # fmt: skip


def grouped(*violations: Violation) -> tuple[Violation, ...]:
    findings = Findings()
    for violation in violations:
        findings.add(violation)
    return findings.all()


def test_one_rule_and_cause_is_one_finding_that_shows_its_first_delivery() -> None:
    (found,) = grouped(shown(1), shown(2), shown(3))
    assert (found.count, found.delivery, found.deliveries) == (3, "d-1", ("d-1", "d-2", "d-3"))
    assert found.reproduce == "send 1"
    assert found.events == ("e.1", "e.2", "e.3")
    assert found.message == "seen"


def test_other_causes_and_rules_are_findings_of_their_own() -> None:
    found = grouped(shown(1, cause="500"), shown(2, cause="404"), shown(3, rule="MZ100"))
    assert [(item.rule, item.cause) for item in found] == [
        ("MZ100", "500"), ("MZ101", "404"), ("MZ101", "500"),
    ]  # fmt: skip


def test_differing_messages_are_told_four_of_them_at_most() -> None:
    (two,) = grouped(shown(1, "a is refused"), shown(2, "b is refused"))
    assert two.message == "a is refused; also b is refused"
    (many,) = grouped(*[shown(number, f"m{number}") for number in range(1, 7)])
    assert many.message == "m1; also m2; m3; m4; and 2 more"


def test_what_is_true_of_several_events_is_said_once() -> None:
    (two,) = grouped(shown(1, "a: is refused"), shown(2, "b: is refused"))
    assert two.message == "a: is refused; also b"
    (many,) = grouped(*[shown(number, f"e{number}: refused") for number in range(1, 9)])
    assert many.message == "e1: refused; also e2, e3, e4, e5, e6 and 2 more"


def test_a_shared_beginning_ends_with_a_whole_word_of_each_message() -> None:
    (two,) = grouped(
        shown(1, "fails where it has no signature"), shown(2, "fails where its signature is empty")
    )
    assert two.message == "fails where it has no signature; also fails where its signature is empty"
    (long,) = grouped(
        shown(1, "it fails always where it has none"), shown(2, "it fails always where its is cut")
    )
    assert long.message == "it fails always where it has none; also … its is cut"


def test_a_cause_that_never_ends_keeps_its_count_and_few_ids() -> None:
    (found,) = grouped(*[shown(number, f"m{number}") for number in range(KEPT_IDS + 30)])
    assert found.count == KEPT_IDS + 30
    assert len(found.deliveries) == KEPT_IDS


def test_what_another_finding_explains_can_be_dropped() -> None:
    findings = Findings()
    for violation in (shown(1, cause="a"), shown(2, cause="b")):
        findings.add(violation)
    assert findings.has("MZ101")
    assert findings.has("MZ101", "a")
    findings.drop("MZ101", "a")
    assert not findings.has("MZ101", "a")
    findings.drop("MZ101")
    assert findings.all() == ()
