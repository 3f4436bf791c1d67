"""The JUnit report: one test case for each rule and event, as GitLab and Jenkins show them.

There is one suite for each hundred of rule ids, titled as in `mockzoom.suites`: both tools tell
test cases apart by `classname`, which already names the rule, so a suite for each rule would only
add thirty headings with one line each. A finding that counts for `--fail-on` is a *failure*, a
run that could not be completed an *error* of the one case called `run`; a finding below `--fail-
on` passes and stands in the case's output. What was not judged is skipped, and what is accepted
with the reason. Time is known of the
run alone, so `run` carries all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from mockzoom import __version__
from mockzoom.model import FailOn, RunResult, Violation
from mockzoom.report.reporter import Reporter
from mockzoom.report.text import finding
from mockzoom.report.verdict import accepted_because, counts, worst_first
from mockzoom.suites import RULES, title_of
from mockzoom.wording import printable

_ALL = "all"
"""The name of a case that belongs to no event."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, escaped or not (its production `Char`)."""


@dataclass(slots=True)
class _Case:
    """One test case in the making."""

    failures: list[Violation] = field(default_factory=list)
    remarks: list[Violation] = field(default_factory=list)
    accepted: list[Violation] = field(default_factory=list)
    skipped: str = ""


class JunitReporter(Reporter):
    """Reports a run as JUnit XML."""

    def text(self, fail_on: FailOn) -> str:
        """Return the report as JUnit XML."""
        return as_junit(self.result, fail_on)


def as_junit(result: RunResult, fail_on: FailOn | None = None) -> str:
    """Return the report as JUnit XML, with a line feed at its end."""
    root = ET.Element("testsuites", name="mockzoom")
    root.append(_run_suite(result))
    families: dict[str, dict[tuple[str, str], _Case]] = {}
    for key, case in sorted(_cases(result, fail_on or result.fail_on).items()):
        families.setdefault(_family(key[0]), {})[key] = case
    for family, cases in families.items():
        suite = _suite(family, result)
        suite.extend(_case(rule, name, case) for (rule, name), case in cases.items())
        root.append(suite)
    for suite in root:
        _count(suite, [suite])
    _count(root, root)
    del root.attrib["skipped"]  # The schemas know it of suites only.
    root.set("time", _seconds(result))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _family(rule: str) -> str:
    """Return the name of the suite that a rule stands in, such as `MZ1xx events`."""
    return f"{rule[:3]}xx {title_of(rule) if rule in RULES else 'other'}"


def _cases(result: RunResult, fail_on: FailOn) -> dict[tuple[str, str], _Case]:
    """Return a case for each rule and event that was judged, found or skipped."""
    cases = {(rule, event or _ALL): _Case() for rule, event in result.cases}
    for item in worst_first(result):
        accepted = dict(item.accepted)
        for event in item.places:
            case = cases.setdefault((item.rule, event or _ALL), _Case())
            if event in accepted:
                case.accepted.append(item)
                case.skipped = accepted_because(accepted[event])
            else:
                (case.failures if counts(item, fail_on) else case.remarks).append(item)
    for skipped in result.not_judged:
        cases.setdefault((skipped.rule, _ALL), _Case()).skipped = skipped.why
    return cases


def _case(rule: str, name: str, case: _Case) -> ET.Element:
    slug = RULES[rule].slug if rule in RULES else "unknown"
    element = ET.Element("testcase", classname=f"mockzoom.{rule}-{slug}", name=_xml(name), time="0")
    if case.failures:
        first, *others = (item.message.strip().partition("\n")[0] for item in case.failures)
        message = first + (f" (and {len(others)} more)" if others else "")
        failure = ET.SubElement(element, "failure", type=rule, message=_xml(message))
        failure.text = _told(case.failures)
    elif case.skipped and not case.remarks:
        ET.SubElement(element, "skipped", message=_xml(case.skipped))
    if case.remarks or case.accepted:
        ET.SubElement(element, "system-out").text = _told((*case.remarks, *case.accepted))
    return element


def _told(found: Iterable[Violation]) -> str:
    """Return findings as the text report shows them."""
    text = "\n".join(line for item in found for _, line in finding(item))
    return _xml("\n" + text.rstrip() + "\n")


def _run_suite(result: RunResult) -> ET.Element:
    """Return the suite whose one case tells whether the run was completed."""
    suite = _suite("run", result)
    element = ET.SubElement(
        suite, "testcase", classname="mockzoom.run", name="run", time=_seconds(result)
    )
    if result.breakages:
        first = result.breakages[0].partition("\n")[0]
        error = ET.SubElement(element, "error", type="breakage", message=_xml(first))
        error.text = _xml("\n" + "\n".join(result.breakages) + "\n")
    if result.notices:
        output = ET.SubElement(element, "system-out")
        output.text = _xml("\n" + "\n".join(result.notices) + "\n")
    return suite


def _suite(name: str, result: RunResult) -> ET.Element:
    suite = ET.Element("testsuite", name=f"mockzoom {name}")
    properties = ET.SubElement(suite, "properties")
    facts = {"mockzoom": __version__, "seed": str(result.seed), "target": result.target}
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=_xml(value))
    return suite


def _count(element: ET.Element, suites: Iterable[ET.Element]) -> None:
    """Set the counts of `element` to what there is in `suites`, and its time."""
    cases = [case for suite in suites for case in suite.iter("testcase")]
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for case in cases if case.find(tag) is not None)))
    element.set("time", f"{sum(float(case.get('time', 0)) for case in cases):g}")


def _seconds(result: RunResult) -> str:
    return f"{result.elapsed:.3f}"


def _xml(text: str) -> str:
    return _NOT_XML.sub("", printable(text, line_feeds=True))
