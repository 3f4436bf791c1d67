"""The suites: one module a group, with its rules, its checks, its test cases and its part of a run.

This is the one table: which suite owns which rules and kinds of test cases stands in `SUITES`.
Coverage, what was not judged, `--ack-first`, JUnit and `mockzoom explain` are derived from it.

To add a rule: a `Rule` in the module of its suite, its page `mockzoom/rules/MZ….md`, and where it
needs a new kind of request a `Kind` beside it, with the check that judges it and the maker of its
cases. To add a suite: a module with a `SUITE`, and its line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.engine.case import Kind
from mockzoom.engine.suite import Suite
from mockzoom.rules import Rule
from mockzoom.suites import (
    authenticity,
    captured,
    challenge,
    events,
    evolution,
    expectations,
    faults,
    fuzz,
    malformed,
    state,
    streams,
    websocket,
)

SUITES: tuple[Suite, ...] = (
    challenge.SUITE, events.SUITE, authenticity.SUITE, events.SHAPES, evolution.SUITE,
    streams.SUITE, websocket.SUITE, malformed.SUITE, fuzz.SUITE, faults.SUITE, state.SUITE,
    expectations.SUITE, captured.SUITE,
)  # fmt: skip
"""Every suite, in the order of a run. `state` and `expectations` are judged by plays, `captured` by
`events check`."""

EXAMINED: tuple[str, ...] = tuple(
    suite.name for suite in SUITES if suite.play is not None and suite is not fuzz.SUITE
)
"""The suites of `mockzoom verify`, in the order of a run; others are asked for by flags."""

RULES: Mapping[str, Rule] = dict(
    sorted((rule.id, rule) for suite in SUITES for rule in suite.rules)
)
"""Every rule that a receiver or a consumer can break, by id."""

KINDS: Mapping[str, Kind] = {kind.name: kind for suite in SUITES for kind in suite.kinds}
"""Every kind of test case, by name."""

ACK_FIRST = tuple(rule.id for rule in RULES.values() if rule.by_status)
"""Rules that no answer can break which is given before anything is verified (`--ack-first`)."""
BY_REFUSAL = tuple(rule.id for rule in RULES.values() if rule.by_refusal)
"""Rules that only a refusal breaks."""


def title_of(rule: str) -> str:
    """Return the title under which reports show a rule."""
    return next(suite.title for suite in SUITES for item in suite.rules if item.id == rule)
