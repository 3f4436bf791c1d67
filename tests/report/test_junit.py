"""The JUnit report: whole by the schemas that GitLab's and Jenkins's readers follow, and true."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from mockzoom import __version__
from mockzoom.engine.findings import Findings
from mockzoom.model import Coverage, NotJudged, RunResult, Severity, Violation
from mockzoom.report import as_text
from mockzoom.report.json_report import as_json
from mockzoom.report.junit import as_junit
from mockzoom.suites import RULES

# What the Ant and the Jenkins (xunit plugin) schemas have in common with what we use: for each
# element its attributes (required ones with a `!`) and its children in their order.
GRAMMAR: dict[str, tuple[set[str], list[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, ["testsuite"]),
    "testsuite": (
        {"name!", "tests!", "failures!", "errors!", "skipped", "time!"},
        ["properties", "testcase"],
    ),
    "properties": (set(), ["property"]),
    "property": ({"name!", "value!"}, []),
    "testcase": (
        {"classname!", "name!", "time!"},
        ["skipped", "error", "failure", "system-out"],
    ),
    "skipped": ({"message"}, []),
    "error": ({"message", "type!"}, []),
    "failure": ({"message", "type!"}, []),
    "system-out": (set(), []),
}


def violation(
    rule: str, *events: str, severity: Severity = "error", message: str = "seen", cause: str = "500"
) -> Violation:
    return Violation(
        rule, RULES[rule].slug, severity, message, cause,
        event=events[0] if events else None, events=events, delivery="d-3", deliveries=("d-3",),
        expected="200", actual="500 Oops", reproduce="mockzoom send …", fix="Fix it.",
    )  # fmt: skip


def result(
    *violations: Violation,
    cases: dict[tuple[str, str], int] | None = None,
    not_judged: tuple[NotJudged, ...] = (),
    breakages: tuple[str, ...] = (),
    notices: tuple[str, ...] = (),
) -> RunResult:
    return RunResult(
        "http://127.0.0.1:5000/webhook", 7, 1.25, 12, Coverage((2, 2)), violations, not_judged,
        notices, breakages, cases or {},
    )  # fmt: skip


def parsed(report: str) -> ET.Element:
    return ET.fromstring(report.encode())


def cases_of(root: ET.Element) -> dict[tuple[str, str], ET.Element]:
    cases = root.iter("testcase")
    found = {(case.attrib["classname"], case.attrib["name"]): case for case in cases}
    assert len(found) == len(list(root.iter("testcase"))), "test names must be unique"
    return found


def check_grammar(element: ET.Element) -> None:
    attributes, children = GRAMMAR[element.tag]
    assert set(element.attrib) <= {name.rstrip("!") for name in attributes}
    assert {name[:-1] for name in attributes if name.endswith("!")} <= set(element.attrib)
    places = [children.index(child.tag) for child in element]
    assert places == sorted(places), f"<{element.tag}>: children out of order"
    if element.tag in ("properties", "testcase", "testsuite"):
        once = [child.tag for child in element if child.tag not in ("property", "testcase")]
        assert len(once) == len(set(once))
    if len(element) or element.tag in ("testcase", "property", "skipped"):
        assert not (element.text or "").strip()
    for child in element:
        assert not (child.tail or "").strip()
        check_grammar(child)


def check_counts(root: ET.Element) -> None:
    for element in [root, *root.iter("testsuite")]:
        cases = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if name in element.attrib:
                marked = [case for case in cases if case.find(tag) is not None]
                assert int(element.attrib[name]) == len(marked)
        times = sum(float(case.attrib["time"]) for case in cases)
        assert float(element.attrib["time"]) == pytest.approx(times)


FULL = result(
    violation("MZ101", "meeting.rtms_started", "session.ended"),
    violation("MZ105", "session.ended", severity="warning"),
    violation("MZ406", message="died"),
    cases={
        ("MZ101", "meeting.rtms_started"): 3,
        ("MZ101", "session.ended"): 1,
        ("MZ101", "session.started"): 1,
        ("MZ105", "session.ended"): 1,
        ("MZ301", "endpoint.url_validation"): 1,
        ("MZ407", ""): 1,
    },
    not_judged=(NotJudged("MZ208", "no event has free text"),),
    breakages=("the receiver has gone away\nfor good",),
    notices=("a notice",),
)


@pytest.mark.parametrize("fail_on", ["error", "warning", "never"])
def test_a_report_keeps_the_grammar_and_its_counts_are_right(fail_on: str) -> None:
    root = parsed(as_junit(FULL, fail_on))  # type: ignore[arg-type]
    check_grammar(root)
    check_counts(root)


def test_an_empty_run_is_a_report_with_the_one_case_of_the_run() -> None:
    root = parsed(as_junit(result()))
    check_grammar(root)
    assert list(cases_of(root)) == [("mockzoom.run", "run")]


def test_each_rule_and_event_has_its_case_and_each_event_that_showed_it_fails() -> None:
    cases = cases_of(parsed(as_junit(FULL)))
    failed = {key for key, case in cases.items() if case.find("failure") is not None}
    assert failed == {
        ("mockzoom.MZ101-not-acknowledged", "meeting.rtms_started"),
        ("mockzoom.MZ101-not-acknowledged", "session.ended"),
        ("mockzoom.MZ406-died", "all"),
    }
    passed = {key for key, case in cases.items() if not len(case)}
    assert passed == {
        ("mockzoom.MZ101-not-acknowledged", "session.started"),
        ("mockzoom.MZ301-challenge-unanswered", "endpoint.url_validation"),
        ("mockzoom.MZ407-blocked-by-slow-sender", "all"),
    }


def test_a_breakage_is_an_error_of_the_run_and_a_violation_a_failure() -> None:
    cases = cases_of(parsed(as_junit(FULL)))
    run = cases["mockzoom.run", "run"]
    error = run.find("error")
    assert error is not None
    assert error.attrib == {"type": "breakage", "message": "the receiver has gone away"}
    assert "for good" in (error.text or "")
    assert "a notice" in (run.findtext("system-out") or "")
    assert [key for key, case in cases.items() if case.find("error") is not None] == [
        ("mockzoom.run", "run")
    ]


def test_a_failure_carries_the_rule_and_the_finding_as_the_text_report_shows_it() -> None:
    only = result(violation("MZ101", "session.ended", message="session.ended: answered 500"))
    failure = parsed(as_junit(only)).find(".//failure")
    assert failure is not None
    assert failure.attrib == {"type": "MZ101", "message": "session.ended: answered 500"}
    shown = (failure.text or "").strip()
    assert as_text(only).startswith(shown)
    assert "reproduce: mockzoom send …" in shown


def test_what_was_not_judged_is_skipped_with_the_reason() -> None:
    case = cases_of(parsed(as_junit(FULL)))["mockzoom.MZ208-non-ascii-refused", "all"]
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "no event has free text"


def test_a_finding_goes_before_the_reason_why_the_rest_was_not_judged() -> None:
    both = result(violation("MZ406"), not_judged=(NotJudged("MZ406", "the receiver went away"),))
    case = cases_of(parsed(as_junit(both)))["mockzoom.MZ406-died", "all"]
    assert [child.tag for child in case] == ["failure"]


def test_a_finding_below_fail_on_passes_and_is_told_in_the_output() -> None:
    key = ("mockzoom.MZ105-unusual-success", "session.ended")
    case = cases_of(parsed(as_junit(FULL, "error")))[key]
    assert [child.tag for child in case] == ["system-out"]
    assert "WARNING MZ105" in (case.findtext("system-out") or "")
    case = cases_of(parsed(as_junit(FULL, "warning")))[key]
    assert [child.tag for child in case] == ["failure"]
    assert parsed(as_junit(FULL, "never")).attrib["failures"] == "0"


def test_two_causes_of_one_rule_and_event_are_one_case_that_tells_both() -> None:
    root = parsed(
        as_junit(
            result(
                violation("MZ401", "session.ended", message="one", cause="500"),
                violation("MZ401", "session.ended", message="two", cause="502"),
            )
        )
    )
    check_counts(root)
    [failure] = root.iter("failure")
    assert failure.attrib["message"] == "one (and 1 more)"
    assert "two" in (failure.text or "")


def test_any_text_becomes_valid_xml_with_control_characters_escaped() -> None:
    nasty = "\x00\x08\x0b\x1b[31m\ud800\ufffe\uffff<&>\"' ]]> é 漢 \U0001f600 \x85\u2028."
    root = parsed(
        as_junit(
            result(
                violation("MZ101", "session.\x00ended", message=nasty),
                not_judged=(NotJudged("MZ208", nasty),),
                breakages=(nasty,),
                notices=(nasty,),
            )
        )
    )
    kept = "\\x00\\x08\\x0b\\x1b[31m\\ud800\ufffd\ufffd<&>\"' ]]> é 漢 \U0001f600 \\x85\\u2028."
    failure, error, skipped = (root.find(f".//{tag}") for tag in ("failure", "error", "skipped"))
    assert failure is not None
    assert error is not None
    assert skipped is not None
    for element in (failure, error, skipped):
        assert element.attrib["message"] == kept
    assert kept in (error.text or "")
    assert root.find(".//testcase[@name='session.\\x00ended']") is not None


def test_the_suites_name_seed_target_and_version() -> None:
    for suite in parsed(as_junit(FULL)).iter("testsuite"):
        properties = {item.attrib["name"]: item.attrib["value"] for item in suite.iter("property")}
        assert properties == {
            "mockzoom": __version__,
            "seed": "7",
            "target": "http://127.0.0.1:5000/webhook",
        }


def test_a_finding_remembers_every_event_and_the_json_report_is_as_before() -> None:
    findings = Findings()
    for event in ("session.started", "session.ended", "session.started"):
        findings.add(violation("MZ101", event))
    [found] = findings.all()
    assert found.events == ("session.started", "session.ended")
    assert '"events": [\n' not in as_json(result(found)).partition('"violations"')[2]


GOLDEN = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mockzoom" tests="4" failures="1" errors="0" time="1.250">
  <testsuite name="mockzoom run" tests="1" failures="0" errors="0" skipped="0" time="1.25">
    <properties>
      <property name="mockzoom" value="{__version__}" />
      <property name="seed" value="7" />
      <property name="target" value="http://127.0.0.1:5000/webhook" />
    </properties>
    <testcase classname="mockzoom.run" name="run" time="1.250" />
  </testsuite>
  <testsuite name="mockzoom MZ1xx events" tests="2" failures="1" errors="0" skipped="0" time="0">
    <properties>
      <property name="mockzoom" value="{__version__}" />
      <property name="seed" value="7" />
      <property name="target" value="http://127.0.0.1:5000/webhook" />
    </properties>
    <testcase classname="mockzoom.MZ101-not-acknowledged" name="session.ended" time="0">
      <failure type="MZ101" message="session.ended: valid, but answered 500">
ERROR MZ101 not-acknowledged
  session.ended: valid, but answered 500
  expected:  200
  got:       500 Oops
  to fix:    Fix it.
  reproduce: mockzoom send …
</failure>
    </testcase>
    <testcase classname="mockzoom.MZ101-not-acknowledged" name="session.started" time="0" />
  </testsuite>
  <testsuite name="mockzoom MZ4xx malformed deliveries" tests="1" failures="0" errors="0" \
skipped="1" time="0">
    <properties>
      <property name="mockzoom" value="{__version__}" />
      <property name="seed" value="7" />
      <property name="target" value="http://127.0.0.1:5000/webhook" />
    </properties>
    <testcase classname="mockzoom.MZ403-malformed-event-accepted" name="all" time="0">
      <skipped message="only with --strict" />
    </testcase>
  </testsuite>
</testsuites>
"""


def test_a_small_report_reads_like_this() -> None:
    small = result(
        violation("MZ101", "session.ended", message="session.ended: valid, but answered 500"),
        cases={("MZ101", "session.started"): 2, ("MZ101", "session.ended"): 1},
        not_judged=(NotJudged("MZ403", "only with --strict"),),
    )
    assert as_junit(small) == GOLDEN
