"""The test cases of a run, for the formats of test reports: one for each rule and event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mockzoom.model import FailOn, RunResult, Violation
from mockzoom.report.text import finding
from mockzoom.report.verdict import accepted_because, counts, worst_first
from mockzoom.suites import RULES, title_of

ALL = "all"
"""The event of a case that belongs to none."""


@dataclass(slots=True)
class ReportedCase:
    """What a run found of a rule with an event; `skipped` says why nothing was judged."""

    failures: list[Violation] = field(default_factory=list)
    remarks: list[Violation] = field(default_factory=list)
    accepted: list[Violation] = field(default_factory=list)
    skipped: str = ""

    @property
    def message(self) -> str:
        """The first line of the first failure, and how many more there are."""
        first, *others = (item.message.strip().partition("\n")[0] for item in self.failures)
        return first + (f" (and {len(others)} more)" if others else "")

    @property
    def is_skipped(self) -> bool:
        """Whether nothing was found that has to be shown."""
        return bool(self.skipped) and not self.failures and not self.remarks


def reported_cases(result: RunResult, fail_on: FailOn) -> Mapping[tuple[str, str], ReportedCase]:
    """Return a case for each rule and event that was judged, found or skipped, in their order.

    A finding that counts for `fail_on` is a failure, one below it a remark.
    """
    cases = {(rule, event or ALL): ReportedCase() for rule, event in result.cases}
    for item in worst_first(result):
        accepted = dict(item.accepted)
        for event in item.places:
            case = cases.setdefault((item.rule, event or ALL), ReportedCase())
            if event in accepted:
                case.accepted.append(item)
                case.skipped = accepted_because(accepted[event])
            else:
                (case.failures if counts(item, fail_on) else case.remarks).append(item)
    for skipped in result.not_judged:
        cases.setdefault((skipped.rule, ALL), ReportedCase()).skipped = skipped.why
    return dict(sorted(cases.items()))


def as_text(found: Iterable[Violation]) -> str:
    """Return findings as the text report shows them."""
    return "\n".join(line for item in found for _, line in finding(item)).rstrip()


def slug_of(rule: str) -> str:
    """Return the slug of a rule."""
    return RULES[rule].slug if rule in RULES else "unknown"


def family(rule: str) -> str:
    """Return the name of the group that a rule stands in, such as `MZ1xx events`."""
    return f"{rule[:3]}xx {title_of(rule) if rule in RULES else 'other'}"
