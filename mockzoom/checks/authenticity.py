"""Rules MZ201 to MZ211: forgeries that must be refused, and genuine bytes that must not be."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.checks.trial import Trial, summary, violation
from mockzoom.delivery import CLEAN_FORGERIES, FORGED, FORGERIES, GARBLED
from mockzoom.model import Failure, Violation

ACCEPTED = "accepted"
GARBLED_ACCEPTED = "accepted, garbled"


def forgery_accepted(trial: Trial) -> Iterator[Violation]:
    """MZ201 to MZ206 and MZ211: the forgery was acknowledged."""
    if not trial.attempt.acknowledged:
        return
    forged = FORGERIES[trial.exchange.delivery.forge]
    # What is merely garbled adds nothing where a whole forgery is accepted: a cause of its own.
    cause = ACCEPTED if forged.name in FORGED else GARBLED_ACCEPTED
    yield violation(forged.rule, trial, f"accepted although {forged.about}", "401 or 403", cause)


def bad_signature_crash(trial: Trial) -> Iterator[Violation]:
    """MZ209: a garbled or missing header made the receiver fail."""
    if trial.exchange.delivery.forge not in GARBLED:
        return
    status = trial.attempt.status
    if status is None or status >= 500:
        about = FORGERIES[trial.exchange.delivery.forge].about
        yield violation(
            "MZ209", trial, f"fails where {about}: {summary(trial.attempt)}", "401 or 403"
        )


def forgery_not_refused_cleanly(trial: Trial) -> Iterator[Violation]:
    """MZ210: refused, but with a status that does not say why."""
    if trial.exchange.delivery.forge not in CLEAN_FORGERIES:
        return
    status = trial.attempt.status
    if status is None or trial.throttled or 200 <= status < 300 or status in (401, 403):
        return
    about = FORGERIES[trial.exchange.delivery.forge].about
    yield violation("MZ210", trial, f"answered {status} where {about}", "401 or 403")


def canonical_only(trial: Trial) -> Iterator[Violation]:
    """MZ207: the same JSON value in other bytes, rightly signed, was refused."""
    if trial.throttled or not trial.controlled:
        return
    if trial.attempt.acknowledged or isinstance(trial.attempt.outcome, Failure):
        return
    yield violation(
        "MZ207",
        trial,
        f"refused with {trial.attempt.status} when the same JSON is {trial.detail},"
        " although these very bytes are signed",
        "200 or 204: the signature is over the raw bytes",
        "refused",
    )


def non_ascii_refused(trial: Trial) -> Iterator[Violation]:
    """MZ208: literal non-ASCII text was refused where ASCII words were acknowledged."""
    if trial.throttled or trial.attempt.acknowledged:
        return
    if trial.control is None or not trial.control.last.acknowledged:
        return
    yield violation(
        "MZ208",
        trial,
        f"{trial.exchange.delivery.event}: refused with literal non-ASCII text"
        f" ({summary(trial.attempt)}), acknowledged with ASCII words",
        "200 or 204 for both",
        "non-ascii",
    )
