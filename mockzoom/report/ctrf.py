"""The CTRF report (Common Test Report Format, https://ctrf.io): a test for each rule and event.

What is a test, what fails it and what is skipped is as in the JUnit report. The times are of the
run: a test has none of its own. Where nothing was delivered (`events check`), the run begins at 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import ClassVar

from mockzoom import __version__
from mockzoom.model import JSON, ExchangeFinished, FailOn, RunEvent, RunResult
from mockzoom.report.cases import ReportedCase, as_text, family, reported_cases, slug_of
from mockzoom.report.escaping import as_json_text
from mockzoom.report.reporter import Reporter
from mockzoom.report.source_file import source_file
from mockzoom.report.verdict import verdict

_VERSION = "0.0.0"
_STATUSES = ("passed", "failed", "skipped", "pending", "other")


class CtrfReporter(Reporter):
    """Reports a run as CTRF."""

    takes: ClassVar[Mapping[type[RunEvent], int]] = {ExchangeFinished: 1}

    def __init__(self) -> None:
        super().__init__()
        self._began = 0.0

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        super().take(event)
        if isinstance(event, ExchangeFinished):
            self._began = event.exchange.attempts[0].started_at

    def text(self, fail_on: FailOn) -> str:
        """Return the whole report."""
        result = self.result
        start, took = round(self._began * 1000), round(result.elapsed * 1000)
        tests = [_run(result), *_tests(result, fail_on)]
        counted = Counter(test["status"] for test in tests)
        summary = {
            "tests": len(tests), **{name: counted[name] for name in _STATUSES},
            "start": start, "stop": start + took, "duration": took,
        }  # fmt: skip
        document = {
            "reportFormat": "CTRF",
            "specVersion": _VERSION,
            "generatedBy": "mockzoom",
            "results": {
                "tool": {"name": "mockzoom", "version": __version__},
                "summary": summary,
                "tests": tests,
                "environment": {"appName": result.target},
                "extra": {"verdict": verdict(result, fail_on), "seed": result.seed},
            },
        }
        return as_json_text(document) + "\n"


def _run(result: RunResult) -> JSON:
    """Return the test that says whether the run was completed."""
    took = round(result.elapsed * 1000)
    test = {"name": "run", "status": "passed", "duration": took, "suite": ["run"]}
    if result.breakages:
        test |= {"status": "failed", "rawStatus": "incomplete", "message": result.breakages[0],
                 "trace": "\n".join(result.breakages)}  # fmt: skip
    return test


def _tests(result: RunResult, fail_on: FailOn) -> Iterator[JSON]:
    for (rule, event), case in reported_cases(result, fail_on).items():
        name = f"{rule} {slug_of(rule)}: {event}"
        test = {"name": name, "status": "passed", "duration": 0, "suite": [family(rule)]}
        yield {**test, **_outcome(case)}


def _outcome(case: ReportedCase) -> dict[str, JSON]:
    """Return what a test has beyond its name."""
    if case.failures:
        place = source_file(case.failures[0])
        line = {"line": place.line} if place.line else {}
        return {"status": "failed", "message": case.message, "trace": as_text(case.failures),
                **({"filePath": place.file, **line} if place.file else {})}  # fmt: skip
    if case.is_skipped:
        return {"status": "skipped", "message": case.skipped}
    if case.remarks:
        return {"stdout": as_text(case.remarks).splitlines()}
    return {}
