"""The rules that a contract document is judged by (MZ7xx), and the list that its findings go into.

A finding speaks of the document as it was written, before any erratum: errata correct how it is
read, not what it says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mockzoom.model import SEVERITIES, Finding
from mockzoom.rules import Rule

UNREADABLE = Rule("MZ701", "unreadable-part", "error")
EXAMPLE_CONTRADICTS = Rule("MZ702", "example-contradicts-schema", "warning")
ENUM_OMITS = Rule("MZ703", "enum-omits-described-value", "warning")
UNKNOWN_TYPE = Rule("MZ704", "unknown-type", "error")
UNKNOWN_FORMAT = Rule("MZ705", "unknown-format", "warning")
UNKNOWN_KEYWORD = Rule("MZ706", "unknown-keyword", "warning")
ILL_TYPED = Rule("MZ707", "ill-typed-keyword", "error")
UNRESOLVED = Rule("MZ708", "unresolved-reference", "error")
REQUIRED_NAMES_NOTHING = Rule("MZ709", "required-names-no-property", "warning")
UNSATISFIABLE = Rule("MZ710", "unsatisfiable-schema", "error")
EXAMPLE_NO_JSON = Rule("MZ711", "example-is-no-json", "warning")
MISSING_SCHEMA = Rule("MZ712", "missing-schema", "warning")
RESPONSE_REPEATS = Rule("MZ713", "response-repeats-request", "info")
DUPLICATE_EVENT = Rule("MZ714", "duplicate-event", "warning")
UNUSABLE_PATTERN = Rule("MZ715", "unusable-pattern", "warning")
UNUSUAL_ENVELOPE = Rule("MZ716", "unusual-envelope", "warning")
NO_VALUE_FOUND = Rule("MZ717", "no-value-found", "info")
ERRATUM_WITHOUT_TARGET = Rule("MZ718", "erratum-without-target", "error")
DUPLICATE_KEY = Rule("MZ719", "duplicate-key", "warning")
ENVELOPE_OPTIONAL = Rule("MZ720", "envelope-optional", "info")
REQUIRED_TWICE = Rule("MZ721", "required-twice", "warning")
RENDERING_INCOMPLETE = Rule("MZ722", "rendering-incomplete", "warning")
FROM_RENDERING = Rule("MZ723", "from-rendering", "info")
KEYWORD_AS_PROPERTY = Rule("MZ724", "keyword-as-property", "warning")
BLANK_IN_NAME = Rule("MZ725", "blank-in-name", "warning")

LINT_RULES = tuple(value for value in [*vars().values()] if isinstance(value, Rule))


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """Where a finding is made: a file as the user knows it, a pointer into it, and the event."""

    file: str
    pointer: str = ""
    event: str | None = None


@dataclass(slots=True)
class LintFindings:
    """Collects findings; the same one at the same place counts once."""

    _findings: dict[tuple[str, str, str, str], Finding] = field(default_factory=dict)

    def add(self, rule: Rule, place: FindingPlace, message: str) -> None:
        """Note that `rule` is broken at `place`; `message` says what was found and done with it.

        A finding in a shared definition names the first event that led to it.
        """
        key = (rule.id, place.file, place.pointer, message)
        finding = Finding(rule.id, rule.reported, place.file, place.pointer, message, place.event)
        self._findings.setdefault(key, finding)

    def extend(self, other: LintFindings) -> None:
        """Take over the findings of another collection."""
        for key, finding in other._findings.items():
            self._findings.setdefault(key, finding)

    def sorted(self) -> tuple[Finding, ...]:
        """Return the findings, worst first, then by file, place and rule."""
        return in_order(self._findings.values())


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, worst first, then by file, place and rule."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str, str]:
    severity = SEVERITIES.index(finding.severity)
    return (severity, finding.file, finding.pointer, finding.rule, finding.message)
