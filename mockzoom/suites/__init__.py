"""The suites: one module a group, with its rules, its checks, its test cases and its part of a run.

This is the one table: which suite owns which rules and kinds of test cases stands in `SUITES`, in
the order in which reports list them. Coverage, what was not judged, `--ack-first`, JUnit and
`mockzoom explain` are derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.engine.case import Kind, Suite
from mockzoom.rules import Rule
from mockzoom.suites import (
    authenticity,
    challenge,
    events,
    evolution,
    expectations,
    faults,
    malformed,
    state,
    streams,
)

SUITES: tuple[Suite, ...] = (
    events.SUITE,
    evolution.SUITE,
    authenticity.SUITE,
    challenge.SUITE,
    malformed.SUITE,
    faults.SUITE,
    state.SUITE,
    expectations.SUITE,
    streams.SUITE,
)

EXAMINED: tuple[str, ...] = tuple(
    suite.name
    for suite in (
        challenge.SUITE, events.SUITE, evolution.SUITE, authenticity.SUITE, malformed.SUITE,
        faults.SUITE,
    )
)  # fmt: skip
"""The suites of `mockzoom verify`, in the order of a run; others are asked for by flags."""

RULES: Mapping[str, Rule] = {rule.id: rule for suite in SUITES for rule in suite.rules}
"""Every rule that a receiver or a consumer can break, by id."""

KINDS: Mapping[str, Kind] = {kind.name: kind for suite in SUITES for kind in suite.kinds}
"""Every kind of test case, by name."""

ACK_FIRST = tuple(rule.id for rule in RULES.values() if rule.by_status)
"""Rules that no answer can break which is given before anything is verified (`--ack-first`)."""


def title_of(rule: str) -> str:
    """Return the title under which reports show a rule."""
    return next(suite.title for suite in SUITES for item in suite.rules if item.id == rule)
