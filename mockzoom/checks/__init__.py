"""The checks: plain functions from one judged case to violations, in one explicit tuple.

Those of streams are in `mockzoom.checks.streams`, which whoever plays streams imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from mockzoom.checks.acknowledgement import acknowledgement, random_valid
from mockzoom.checks.authenticity import (
    bad_signature_crash,
    canonical_only,
    forgery_accepted,
    forgery_not_refused_cleanly,
    non_ascii_refused,
)
from mockzoom.checks.challenge import answered_tokens, challenge, unsigned_challenge
from mockzoom.checks.evolution import evolution
from mockzoom.checks.malformed import (
    blocked_by_slow_sender,
    died,
    malformed_body,
    malformed_event,
)
from mockzoom.checks.rules import RULES
from mockzoom.checks.trial import Kind, Trial, describe, outcome_key
from mockzoom.model import Violation

Check: TypeAlias = Callable[[Trial], Iterable[Violation]]

CHECKS: tuple[tuple[Check, tuple[Kind, ...]], ...] = (
    (acknowledgement, ("valid",)),
    (random_valid, ("random",)),
    (evolution, ("unknown", "field", "variant")),
    (forgery_accepted, ("forged",)),
    (bad_signature_crash, ("forged",)),
    (forgery_not_refused_cleanly, ("forged",)),
    (canonical_only, ("spelling",)),
    (non_ascii_refused, ("non-ascii",)),
    (challenge, ("challenge",)),
    (unsigned_challenge, ("challenge-forged", "challenge-oracle")),
    (malformed_event, ("malformed",)),
    (malformed_body, ("body",)),
    (died, ("death",)),
    (blocked_by_slow_sender, ("blocked",)),
)
"""Each check with the kinds of cases that it judges."""

_BY_KIND: dict[Kind, list[Check]] = {}
for _check, _kinds in CHECKS:
    for _kind in _kinds:
        _BY_KIND.setdefault(_kind, []).append(_check)


def judge(trial: Trial) -> tuple[Violation, ...]:
    """Return every violation that `trial` shows."""
    checks = _BY_KIND[trial.kind]
    if len(checks) == 1:
        return tuple(checks[0](trial))
    return tuple([found for check in checks for found in check(trial)])


__all__ = [
    "CHECKS", "RULES", "Check", "Kind", "Trial", "answered_tokens", "describe", "judge",
    "outcome_key",
]  # fmt: skip
