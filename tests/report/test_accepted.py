"""Accepted findings: what is accepted, for which events, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from mockzoom.errors import UsageError
from mockzoom.model import Ignored, RunResult
from mockzoom.report import as_text, exit_code, verdict
from mockzoom.report.accepted import Acceptance, parse_all_ignored, parse_ignored
from mockzoom.report.baseline import AcceptedFinding, Baseline
from mockzoom.report.json_report import as_json
from mockzoom.report.junit import as_junit
from tests.each import each
from tests.report.results import MILD, RESULT, WORST

FOUND = replace(
    RESULT, breakages=(),
    cases={(rule, event): 1 for rule in ("MZ105", "MZ201", "MZ205")
           for event in ("meeting.rtms_started", "session.ended", "session.started")},
)  # fmt: skip
BOTH = (Ignored("MZ105", reason="202 is our framework's"), Ignored("MZ201", reason="a test system"))


def marked(*ignored: Ignored, whole: bool = True) -> RunResult:
    return Acceptance(ignored, whole=whole).marked(FOUND, "verify")


def skips(result: RunResult) -> dict[tuple[str, str], str]:
    """The reason of each skipped test case of the JUnit report."""
    cases = ET.fromstring(as_junit(result)).iter("testcase")
    return {
        (str(case.get("classname"))[9:14], str(case.get("name"))): str(found.get("message"))
        for case in cases
        if (found := case.find("skipped")) is not None
    }


def test_what_is_accepted_fails_no_run_and_stays_in_the_report() -> None:
    result = marked(*BOTH)
    assert (verdict(result), exit_code(result, "warning")) == ("pass", 0)
    text = as_text(result)
    assert "2 findings accepted\n" in text
    assert "MZ105 unusual-success: session.ended (202 is our framework's)" in text
    assert "meeting.rtms_started and 1 more event (a test system)" in text
    assert "PASS: no other violations; 2 findings accepted" in text
    assert "to fix" not in text


def test_a_finding_with_an_event_that_is_not_accepted_fails() -> None:
    result = marked(Ignored("MZ201", "meeting.*", "known"))
    worst = next(item for item in result.violations if item.rule == "MZ201")
    assert worst.accepted == (("meeting.rtms_started", "known"),)
    assert (worst.is_accepted, verdict(result)) == (False, "fail")
    text = as_text(result)
    assert "ERROR MZ201 wrong-secret-accepted" in text
    assert "accepted:  meeting.rtms_started (known)" in text


def test_junit_skips_what_is_accepted_with_the_reason_and_fails_the_other_events() -> None:
    result = marked(Ignored("MZ201", "meeting.*", "known"))
    assert skips(result)["MZ201", "meeting.rtms_started"] == "accepted: known"
    failed = [case.get("name") for case in ET.fromstring(as_junit(result)).iter("testcase")
              if case.find("failure") is not None]  # fmt: skip
    assert failed == ["session.ended"]


def test_json_says_for_each_finding_whether_it_counts_and_why_it_is_accepted() -> None:
    document = json.loads(as_json(marked(Ignored("MZ201", "*", "known")), "warning"))
    found = {item["rule"]: item for item in document["violations"]}
    assert document["fail_on"] == "warning"
    assert found["MZ201"]["counts"] is False
    assert found["MZ201"]["accepted"] == {
        "meeting.rtms_started": "known", "session.ended": "known",
    }  # fmt: skip
    assert (found["MZ105"]["counts"], found["MZ105"]["accepted"]) == (True, {})


def test_an_entry_that_is_not_found_is_named_where_it_could_have_been() -> None:
    gone = Ignored("MZ205", "meeting.*", "once")
    (notice,) = marked(gone).notices[len(FOUND.notices) :]
    assert notice.startswith("`ignore` has MZ205:meeting.*, which was not found in this run")
    elsewhere = Ignored("MZ501", reason="a rule of plays")
    assert marked(elsewhere).notices == FOUND.notices
    assert marked(gone, whole=False).notices == FOUND.notices
    broken = Acceptance((gone,), whole=True).marked(replace(FOUND, breakages=("lost",)), "verify")
    assert broken.notices == FOUND.notices


def test_an_entry_about_a_product_that_the_run_leaves_out_is_not_gone() -> None:
    entry = AcceptedFinding("MZ201", "recording.completed", "accepted")
    held = Baseline(Path("b.json"), (entry,))
    ignored = (Ignored("MZ205", "recording.*", "known"),)
    left_out = Acceptance(ignored, held, whole=True, elsewhere={"recording.completed"})
    assert left_out.marked(FOUND, "verify").notices == FOUND.notices
    assert entry in left_out.entries(FOUND, "verify")
    gone = Acceptance(ignored, held, whole=True)
    assert len(gone.marked(FOUND, "verify").notices) == len(FOUND.notices) + 2
    assert entry not in gone.entries(FOUND, "verify")


def test_a_baseline_accepts_by_rule_event_and_cause() -> None:
    entries = (
        AcceptedFinding("MZ201", "meeting.rtms_started", "accepted"),
        AcceptedFinding("MZ201", "session.ended", "another cause"),
        AcceptedFinding("MZ105", "session.ended", "202", reason="on purpose"),
    )
    held = Acceptance(baseline=Baseline(Path("b.json"), entries), whole=True)
    found = {item.rule: item for item in held.marked(FOUND, "verify").violations}
    assert found["MZ105"].accepted == (("session.ended", "on purpose"),)
    assert found["MZ201"].accepted == (("meeting.rtms_started", "in b.json"),)
    (notice,) = held.marked(FOUND, "verify").notices[len(FOUND.notices) :]
    assert "b.json has MZ201 session.ended (another cause), which was not found" in notice
    assert held.marked(FOUND, "play").notices == FOUND.notices  # verify found it, not a play


def test_a_written_baseline_keeps_reasons_and_what_this_run_could_not_find() -> None:
    before = (
        AcceptedFinding("MZ105", "session.ended", "202", reason="on purpose"),
        AcceptedFinding("MZ201", "session.started", "accepted"),
        AcceptedFinding("MZ501", "session.ended", "duplicate", "play"),
        AcceptedFinding("MZ407", "session.ended", "slow"),
    )
    held = Acceptance((), Baseline(Path("b.json"), before), writing=True, whole=True)
    assert exit_code(held.marked(FOUND, "verify")) == 0
    assert sorted(held.entries(FOUND, "verify")) == sorted([
        AcceptedFinding("MZ105", "session.ended", "202", reason="on purpose"),
        AcceptedFinding("MZ201", "meeting.rtms_started", "accepted"),
        AcceptedFinding("MZ201", "session.ended", "accepted"),
        AcceptedFinding("MZ407", "session.ended", "slow"),
        AcceptedFinding("MZ501", "session.ended", "duplicate", "play"),
    ])  # fmt: skip


def test_an_event_that_was_not_come_to_is_not_gone_and_one_of_no_contract_is() -> None:
    entries = (
        AcceptedFinding("MZ105", "meeting.ended", "202"),
        AcceptedFinding("MZ201", "meeting.ended", "accepted"),
        AcceptedFinding("MZ201", "meeting.renamed", "accepted"),
        AcceptedFinding("MZ201", "session.ended", "500, random session.ended"),
    )
    run = replace(FOUND, cases={**FOUND.cases, ("MZ105", "meeting.ended"): 1})
    for random in (False, True):
        held = Acceptance((), Baseline(Path("b.json"), entries), whole=True, random=random)
        named = " ".join(held.marked(run, "verify").notices)
        assert "MZ105 meeting.ended" in named
        assert "MZ201 meeting.ended" not in named
        assert "MZ201 meeting.renamed" in named
        assert ("500, random session.ended" in named) is random


def test_what_is_ignored_does_not_go_into_the_baseline() -> None:
    held = Acceptance(BOTH, Baseline(Path("b.json")), writing=True)
    assert held.entries(FOUND, "verify") == []


def test_a_finding_of_no_event_is_accepted_by_its_rule_alone() -> None:
    loose = replace(FOUND, violations=(replace(WORST, event=None, events=()),))
    result = Acceptance((Ignored("MZ201", reason="known"),)).marked(loose, "verify")
    assert (verdict(result), result.violations[0].accepted) == ("pass", (("", "known"),))
    assert "MZ201 wrong-secret-accepted: known" in as_text(result)


def test_what_is_ignored_is_read_from_a_text_or_a_table() -> None:
    assert parse_all_ignored(
        [
            "MZ205 old events are kept",
            "unusual-success:session.*  since 2024",
            {"rule": "MZ201", "event": "meeting.*", "reason": "known"},
        ],
        "ignore",
    ) == (
        Ignored("MZ205", "*", "old events are kept"),
        Ignored("MZ105", "session.*", "since 2024"),
        Ignored("MZ201", "meeting.*", "known"),
    )
    assert parse_ignored("MZ205", "--ignore", need_reason=False) == Ignored("MZ205")


@each(("value", "message"), [
    ("MZ999 x", "no rule is called 'MZ999'"),
    ("MZ20 x", "did you mean MZ2"),
    ("MZ205", "MZ205 has no reason; say why it is accepted"),
    ("MZ205: x", "expected RULE or RULE:EVENT-GLOB"),
    ("", "expected RULE or RULE:EVENT-GLOB"),
    (7, "expected RULE or RULE:EVENT-GLOB"),
    ({"rule": "MZ205", "events": "a.*"}, "no key is called 'events'; did you mean event?"),
    ({"rule": "MZ205", "reason": 7}, "reason: expected a text, found 7"),
    ({"event": "a.*", "reason": "x"}, "the rule is missing"),
])  # fmt: skip
def test_what_cannot_be_ignored_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_all_ignored([value], "mockzoom.toml: ignore")
    assert str(caught.value).startswith("mockzoom.toml: ignore: ")
    assert message in str(caught.value)


def test_what_a_run_was_judged_by_decides_unless_something_else_is_asked_for() -> None:
    mild = replace(FOUND, violations=(MILD,), fail_on="warning")
    assert (verdict(mild), verdict(mild, "error")) == ("fail", "pass")
    assert as_text(mild).splitlines()[-2] == "FAIL: 1 warning"
    assert json.loads(as_json(mild))["verdict"] == "fail"
    assert json.loads(as_json(mild, "error"))["verdict"] == "pass"
