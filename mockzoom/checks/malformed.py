"""Rules MZ401 to MZ407: what a receiver does with deliveries that are signed but malformed."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from mockzoom.checks.trial import Trial, summary, violation
from mockzoom.model import Failure, Violation

_EXPECTED = "any 4xx, or a 2xx; never a 5xx, never silence"
_LARGE = 256 * 1024
"""Bytes from which a closed connection may be a fair refusal that cut off our sending."""


def malformed_event(trial: Trial) -> Iterator[Violation]:
    """MZ401 to MZ403: the event breaks its schema in one place."""
    if trial.throttled:
        return
    event, outcome = trial.exchange.delivery.event, trial.attempt.outcome
    seen = f"{event}, {trial.detail}: {summary(trial.attempt)}"
    if isinstance(outcome, Failure):
        yield violation("MZ402", trial, seen, _EXPECTED)
    elif outcome.status >= 500:
        yield violation("MZ401", trial, seen, _EXPECTED)
    elif trial.strict and trial.attempt.acknowledged:
        yield violation("MZ403", trial, seen, "400 or 422 (--strict)", "accepted")


def malformed_body(trial: Trial) -> Iterator[Violation]:
    """MZ404 and MZ405: the bytes are no JSON object as Zoom sends it; the framing is whole."""
    if trial.throttled:
        return
    outcome = trial.attempt.outcome
    seen = f"{trial.detail}: {summary(trial.attempt)}"
    if isinstance(outcome, Failure):
        cut_off = outcome.kind != "timeout" and len(trial.exchange.delivery.body) > _LARGE
        if not cut_off:
            yield violation("MZ405", trial, seen, _EXPECTED)
    elif outcome.status >= 500:
        found = violation("MZ404", trial, seen, _EXPECTED)
        if trial.oversize:
            found = replace(found, severity="warning", cause=f"{found.cause}, oversize")
        yield found


def died(trial: Trial) -> Iterator[Violation]:
    """MZ406: `control`, a genuine event that passed before, failed after this delivery."""
    if trial.control is None:
        return
    canary = trial.control
    yield violation(
        "MZ406",
        trial,
        f"{canary.delivery.event} was acknowledged before and is not after {trial.detail}:"
        f" {summary(canary.last)}",
        "genuine events are acknowledged whatever came before them",
        "died",
    )


def blocked_by_slow_sender(trial: Trial) -> Iterator[Violation]:
    """MZ407: a genuine event got no answer while another request was dripping in."""
    if not trial.attempt.timed_out:
        return
    yield violation(
        "MZ407",
        trial,
        "while one request comes in slowly, others are not answered",
        "requests are served side by side: threads, workers, or a proxy that buffers bodies",
        "blocked",
    )
