"""Rules MZ107 to MZ109: genuine events that the receiver's authors have not seen yet."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.checks.trial import Trial, summary, violation
from mockzoom.model import Violation

_RULES = {
    "unknown": ("MZ107", "an event of an unknown type"),
    "field": ("MZ108", "a new field"),
    "variant": ("MZ109", "the other documented value"),
}


def evolution(trial: Trial) -> Iterator[Violation]:
    """Judge an evolved event; its control is the genuine event that it was made from."""
    if trial.throttled or not trial.controlled:
        return
    if trial.attempt.acknowledged:
        return
    rule, what = _RULES[trial.kind]
    event = trial.exchange.delivery.event
    # Each contradiction of the documents is a cause of its own; new names and fields are one each.
    cause = trial.detail if trial.kind == "variant" else ""
    yield violation(
        rule,
        trial,
        f"{event}: {what} ({trial.detail}) is refused: {summary(trial.attempt)}",
        "200 or 204, as for the genuine event that it was made from",
        cause,
    )
