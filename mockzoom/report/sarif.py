"""The SARIF report (2.1.0, an OASIS standard): findings for code scanning, beside the code.

A finding points to its `location`, or to a contract document: GitHub's code scanning takes no
finding without a file and a line (https://docs.github.com/code-security/code-scanning, "SARIF
support for code scanning"). What is accepted is *suppressed*, with the reason; a run error is a
notification of the invocation, which then was not successful.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from mockzoom import __version__
from mockzoom.model import JSON, FailOn, RunResult, Severity, Violation
from mockzoom.report.escaping import as_json_text, clipped
from mockzoom.report.reporter import Reporter
from mockzoom.report.source_file import source_file
from mockzoom.report.text import reasons
from mockzoom.report.verdict import counts, verdict, worst_first
from mockzoom.suites import RULES, title_of

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_CONTRACT = "specs/rtms.json"
"""What a finding points to where its run names no file."""
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


class SarifReporter(Reporter):
    """Reports the findings of a run as SARIF."""

    def text(self, fail_on: FailOn) -> str:
        """Return the whole log."""
        result = self.result
        found = worst_first(result)
        rules = sorted({item.rule for item in found if item.rule in RULES})
        driver = {
            "name": "mockzoom",
            "semanticVersion": __version__,
            "rules": [_rule(rule) for rule in rules],
        }
        run = {
            "tool": {"driver": driver},
            "invocations": [_invocation(result)],
            "results": [_finding(item, rules, fail_on) for item in found],
            "columnKind": "unicodeCodePoints",
            "properties": {
                "target": result.target, "seed": result.seed, "verdict": verdict(result, fail_on),
                "notJudged": [{"rule": item.rule, "why": item.why} for item in result.not_judged],
            },
        }  # fmt: skip
        return as_json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(rule: str) -> JSON:
    item, page = RULES[rule], RULES[rule].page
    return {
        "id": rule,
        "name": "".join(word.capitalize() for word in item.slug.split("-")),
        "shortDescription": {"text": _message(page.reported_when)},
        "fullDescription": {"text": _message(f"{page.reported_when} {page.why}")},
        "help": {"text": page.text, "markdown": page.text},
        "defaultConfiguration": {"level": _LEVELS[item.reported]},
        "properties": {"tags": [title_of(rule)], "slug": item.slug},
    }


def _invocation(result: RunResult) -> JSON:
    told = [("error", text) for text in result.breakages]
    told += [("note", text) for text in result.notices]
    return {
        "executionSuccessful": not result.breakages,
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _message(text)}} for level, text in told
        ],
    }


def _finding(item: Violation, rules: list[str], fail_on: FailOn) -> JSON:
    key = hashlib.sha256(f"{item.rule}\n{item.cause}".encode(errors="replace")).hexdigest()
    found: dict[str, JSON] = {
        "ruleId": item.rule,
        "level": _LEVELS[item.severity],
        "message": {"text": _message("\n".join(_lines(item)))},
        "locations": [_location(item)],
        "partialFingerprints": {"mockzoomCause/v1": key},
        "properties": {
            "count": item.count, "deliveries": list(item.deliveries), "reproduce": item.reproduce,
            "counts": counts(item, fail_on), "leads": item.leads,
        },
    }  # fmt: skip
    if item.rule in rules:
        found["ruleIndex"] = rules.index(item.rule)
    if item.is_accepted:
        found["suppressions"] = [{"kind": "external", "justification": reasons(item)}]
    return found


def _lines(item: Violation) -> Iterator[str]:
    yield clipped(item.message)
    rows = (("Expected", item.expected), ("Got", item.actual), ("To fix", item.fix))
    for label, text in rows:
        if text:
            yield f"{label}: {clipped(text)}"


def _location(item: Violation) -> JSON:
    place = source_file(item)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": place.uri if place.file else _CONTRACT},
            "region": {"startLine": place.line or 1},
        },
        "logicalLocations": [
            {"fullyQualifiedName": event or "run", "kind": "event"} for event in item.places
        ],
    }


def _message(text: str) -> str:
    """Return a plain message, in which `[text](target)` is no link (SARIF 2.1.0, 3.11.6)."""
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text
