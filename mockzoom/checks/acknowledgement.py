"""Rules MZ101 to MZ105: what a receiver answers to a valid contract event."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.checks.trial import Trial, describe, violation
from mockzoom.model import Failure, Violation

_EXPECTED = "200 or 204 within 3 s"
_NEVER_SILENT = "any status below 500; never a 5xx, never silence"


def acknowledgement(trial: Trial) -> Iterator[Violation]:
    """Judge the answer to a valid event; exactly one of the five rules can hold."""
    outcome = trial.attempt.outcome
    event = trial.exchange.delivery.event
    if isinstance(outcome, Failure):
        if outcome.kind == "timeout":
            yield violation("MZ102", trial, f"{event}: {outcome.message}", _EXPECTED)
        else:
            yield violation("MZ103", trial, f"{event}: {outcome.message}", _EXPECTED)
    elif outcome.status in (200, 204) or trial.throttled:
        return
    elif 300 <= outcome.status < 400:
        where = outcome.header("location")
        to = f" to {where}" if where else ""
        yield violation("MZ104", trial, f"{event}: redirected with {outcome.status}{to}", _EXPECTED)
    elif not 200 <= outcome.status < 300:
        yield violation("MZ101", trial, f"{event}: valid, but answered {outcome.status}", _EXPECTED)
    else:
        yield violation(
            "MZ105", trial, f"{event}: acknowledged with {outcome.status}", "200 or 204"
        )


def random_valid(trial: Trial) -> Iterator[Violation]:
    """MZ101 to MZ103, for random values that the schema allows.

    Zoom would not send just these, so a receiver that knows more of them than the schema says may
    refuse them, and every status below 500 is fair; a crash or silence is not.
    """
    if trial.throttled:
        return
    outcome = trial.attempt.outcome
    seen = f"{trial.exchange.delivery.event}, {trial.detail}: {describe(trial.attempt)}"
    if isinstance(outcome, Failure):
        rule = "MZ102" if outcome.kind == "timeout" else "MZ103"
        yield violation(rule, trial, seen, _NEVER_SILENT)
    elif outcome.status >= 500:
        yield violation("MZ101", trial, seen, _NEVER_SILENT)
