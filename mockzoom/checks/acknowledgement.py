"""Rules MZ101 to MZ105: what a receiver answers to a valid contract event."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.checks.trial import Trial, violation
from mockzoom.model import Failure, Violation

_EXPECTED = "200 or 204 within 3 s"


def acknowledgement(trial: Trial) -> Iterator[Violation]:
    """Judge the answer to a valid event; exactly one of the five rules can hold."""
    if trial.throttled:
        return
    outcome = trial.attempt.outcome
    event = trial.exchange.delivery.event
    if isinstance(outcome, Failure):
        if outcome.kind == "timeout":
            yield violation("MZ102", trial, f"{event}: {outcome.message}", _EXPECTED)
        else:
            yield violation("MZ103", trial, f"{event}: {outcome.message}", _EXPECTED)
    elif 300 <= outcome.status < 400:
        where = outcome.header("location")
        to = f" to {where}" if where else ""
        yield violation("MZ104", trial, f"{event}: redirected with {outcome.status}{to}", _EXPECTED)
    elif not 200 <= outcome.status < 300:
        yield violation("MZ101", trial, f"{event}: valid, but answered {outcome.status}", _EXPECTED)
    elif outcome.status not in (200, 204):
        yield violation(
            "MZ105", trial, f"{event}: acknowledged with {outcome.status}", "200 or 204"
        )
