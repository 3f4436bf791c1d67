"""What a journal holds of a run, for its sequence diagram."""

from __future__ import annotations

from mockzoom.journal import Archive
from mockzoom.report.diagram import Group, Recorded

MOST_DELIVERIES = 200
"""Deliveries that a diagram shows: what comes after them nobody reads as a drawing."""
_MOST_SEEN = 400


def recorded(archive: Archive, number: int) -> Recorded:
    """Return what is to be drawn of run `number`, also while it goes on.

    Raises `UsageError` where there is none of that number.
    """
    run = archive.run(number)
    exchanges = archive.exchanges(number, MOST_DELIVERIES)
    groups = archive.groups(number, _MOST_SEEN)
    left_out = max(0, run.deliveries - len(exchanges))
    if left_out and exchanges:
        ends = exchanges[-1].last.started_at
        groups = [group for group in groups if group.at <= ends]
    violations = [row.violation for row in archive.violations({"run": number})]
    return Recorded(
        f"Run {number}: {run.kind} of {run.target}", exchanges,
        archive.observations(number, _MOST_SEEN), list(reversed(violations)),
        [Group(item.at, item.name, item.about, item.scheduled) for item in groups], left_out,
    )  # fmt: skip
