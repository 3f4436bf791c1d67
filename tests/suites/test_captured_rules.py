"""The suite of captured events: its rules, how severe they are, and that no run judges them."""

from __future__ import annotations

from mockzoom.contract.captured import Deviation, DeviationKind
from mockzoom.settings import Settings
from mockzoom.suites import ACK_FIRST, BY_REFUSAL, KINDS, RULES, title_of
from mockzoom.suites.captured import OF_SCHEMA, SUITE, deviates, unreadable, wrongly_signed
from tests.each import each

EXPECTED = {
    "MZ801": ("undocumented-event", "warning"), "MZ802": ("undocumented-field", "warning"),
    "MZ803": ("contract-broken-by-sender", "warning"), "MZ804": ("signature-mismatch", "error"),
    "MZ805": ("undocumented-value", "warning"),
}  # fmt: skip


def deviation(kind: DeviationKind) -> Deviation:
    return Deviation(kind, "a.b", "/payload/x/3", "/payload/x/*", "is odd", "this", "that")


@each("rule", EXPECTED)
def test_a_rule_of_captured_events_keeps_its_id_slug_and_severity(rule: str) -> None:
    assert (RULES[rule].slug, RULES[rule].severity) == EXPECTED[rule]
    assert title_of(rule) == "captured events"


def test_no_run_judges_captured_events() -> None:
    assert not SUITE.wanted(SUITE, Settings(fuzz=5, streams=True, strict=True))
    assert SUITE.unasked(Settings()) == {}
    assert not set(SUITE.judged) & {*ACK_FIRST, *BY_REFUSAL}
    assert not any(kind in KINDS for kind in SUITE.kinds)


def test_a_broken_contract_is_an_error_only_where_a_capture_is_checked() -> None:
    for checking, severity in ((False, "warning"), (True, "error")):
        assert deviates(deviation("broken"), "f:1", checking=checking).severity == severity
        assert unreadable("cut short", "f:1", checking=checking).severity == severity
        for kind in ("event", "field", "value"):
            assert deviates(deviation(kind), "f:1", checking=checking).severity == "warning"


def test_a_violation_names_event_pointer_and_where_it_stands() -> None:
    for kind, rule in OF_SCHEMA.items():
        violation = deviates(deviation(kind), "file:7")
        assert (violation.rule, violation.event, violation.pointer) == (
            rule.id, "a.b", "/payload/x/3",
        )  # fmt: skip
        assert (violation.delivery, violation.deliveries) == ("file:7", ("file:7",))
        assert violation.message.endswith("is odd, at file:7")
        assert violation.fix == rule.page.fix


def test_what_is_equally_wrong_in_another_item_has_the_same_cause() -> None:
    one, other = deviation("field"), Deviation(
        "field", "a.b", "/payload/x/4", "/payload/x/*", "is odd", "", ""
    )  # fmt: skip
    assert deviates(one, "f:1").cause == deviates(other, "f:2").cause
    assert deviates(one, "f:1").cause != deviates(deviation("value"), "f:1").cause


def test_a_wrong_signature_is_told_by_its_event_and_shown_in_part() -> None:
    violation = wrongly_signed("a.b", "v0=" + "f" * 500, "f:1")
    assert (violation.rule, violation.event, len(violation.actual)) == ("MZ804", "a.b", 100)
    assert wrongly_signed("", "v0=0", "f:1").event is None
