"""The checks: plain functions from one judged case to violations, in one explicit tuple."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from mockzoom.checks.acknowledgement import acknowledgement
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

Check: TypeAlias = Callable[[Trial], Iterator[Violation]]

CHECKS: tuple[Check, ...] = (
    acknowledgement,
    evolution,
    forgery_accepted,
    bad_signature_crash,
    forgery_not_refused_cleanly,
    canonical_only,
    non_ascii_refused,
    challenge,
    unsigned_challenge,
    malformed_event,
    malformed_body,
    died,
    blocked_by_slow_sender,
)


def judge(trial: Trial) -> tuple[Violation, ...]:
    """Return every violation that `trial` shows."""
    return tuple(found for check in CHECKS for found in check(trial))


__all__ = [
    "CHECKS", "RULES", "Check", "Kind", "Trial", "answered_tokens", "describe", "judge",
    "outcome_key",
]  # fmt: skip
