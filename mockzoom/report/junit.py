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

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from mockzoom import __version__
from mockzoom.model import FailOn, RunResult
from mockzoom.report.cases import ReportedCase, as_text, family, reported_cases, slug_of
from mockzoom.report.escaping import for_xml, markup_for_log
from mockzoom.report.reporter import Reporter


class JunitReporter(Reporter):
    """Reports a run as JUnit XML."""

    def text(self, fail_on: FailOn) -> str:
        """Return the report as JUnit XML."""
        return as_junit(self.result, fail_on)


def as_junit(result: RunResult, fail_on: FailOn | None = None) -> str:
    """Return the report as JUnit XML, with a line feed at its end."""
    root = ET.Element("testsuites", name="mockzoom")
    root.append(_run_suite(result))
    families: dict[str, dict[tuple[str, str], ReportedCase]] = {}
    for key, case in reported_cases(result, fail_on or result.fail_on).items():
        families.setdefault(family(key[0]), {})[key] = case
    for name, cases in families.items():
        suite = _suite(name, result)
        suite.extend(_case(rule, event, case) for (rule, event), case in cases.items())
        root.append(suite)
    for suite in root:
        _count(suite, [suite])
    _count(root, root)
    del root.attrib["skipped"]  # The schemas know it of suites only.
    root.set("time", _seconds(result))
    ET.indent(root)
    text = markup_for_log(ET.tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(rule: str, name: str, case: ReportedCase) -> ET.Element:
    classname = f"mockzoom.{rule}-{slug_of(rule)}"
    element = ET.Element("testcase", classname=classname, name=for_xml(name), time="0")
    if case.failures:
        failure = ET.SubElement(element, "failure", type=rule, message=for_xml(case.message))
        failure.text = _lines(as_text(case.failures))
    elif case.is_skipped:
        ET.SubElement(element, "skipped", message=for_xml(case.skipped))
    if case.remarks or case.accepted:
        output = ET.SubElement(element, "system-out")
        output.text = _lines(as_text((*case.remarks, *case.accepted)))
    return element


def _lines(text: str) -> str:
    """Return the text of an element, on lines of its own."""
    return for_xml(f"\n{text}\n")


def _run_suite(result: RunResult) -> ET.Element:
    """Return the suite whose one case says whether the run was completed."""
    suite = _suite("run", result)
    element = ET.SubElement(
        suite, "testcase", classname="mockzoom.run", name="run", time=_seconds(result)
    )
    if result.breakages:
        first = result.breakages[0].partition("\n")[0]
        error = ET.SubElement(element, "error", type="breakage", message=for_xml(first))
        error.text = _lines("\n".join(result.breakages))
    if result.notices:
        output = ET.SubElement(element, "system-out")
        output.text = _lines("\n".join(result.notices))
    return suite


def _suite(name: str, result: RunResult) -> ET.Element:
    suite = ET.Element("testsuite", name=f"mockzoom {name}")
    properties = ET.SubElement(suite, "properties")
    facts = {"mockzoom": __version__, "seed": str(result.seed), "target": result.target}
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=for_xml(value))
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
