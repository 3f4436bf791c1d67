"""The verdict of a run: what counts, in words and as an exit code."""

from __future__ import annotations

from typing import Literal, TypeAlias

from mockzoom.model import SEVERITIES, FailOn, RunResult, Violation

Verdict: TypeAlias = Literal["pass", "fail", "broken"]
FAIL_ON: tuple[FailOn, ...] = ("error", "warning", "never")


def counts(violation: Violation, fail_on: FailOn) -> bool:
    """Return whether a violation is at or above the severity that fails a run, and not accepted."""
    if fail_on == "never" or violation.is_accepted:
        return False
    return SEVERITIES.index(violation.severity) <= SEVERITIES.index(fail_on)


def verdict(result: RunResult, fail_on: FailOn | None = None) -> Verdict:
    """Return `fail` where violations count, else `broken` where the run was not completed.

    Without `fail_on`, the run is judged by what was asked for when it was made.
    """
    if any(counts(violation, fail_on or result.fail_on) for violation in result.violations):
        return "fail"
    return "broken" if result.breakages else "pass"


def exit_code(result: RunResult, fail_on: FailOn | None = None) -> int:
    """Return 0 for pass, 1 for fail, 3 for broken."""
    return {"pass": 0, "fail": 1, "broken": 3}[verdict(result, fail_on)]


def worst_first(result: RunResult) -> list[Violation]:
    """Return the violations: what explains others, then the worst and the most frequent."""
    return sorted(
        result.violations,
        key=lambda item: (
            not item.leads,
            SEVERITIES.index(item.severity),
            item.rule,
            -item.count,
        ),
    )


def accepted_because(reason: str) -> str:
    """Say that a finding is accepted, and why, where that was said."""
    return f"accepted: {reason}" if reason else "accepted"
