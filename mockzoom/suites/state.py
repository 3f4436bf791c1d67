"""State: what deliveries over time leave behind in the receiver (MZ501 to MZ505).

Each case compares state diffs (see `mockzoom.state`) of plays that differ in one step only: the
events delivered once each and in order, without the step's event, and as the scenario has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mockzoom.engine.suite import Suite
from mockzoom.model import JSON, Violation
from mockzoom.rules import Rule

DUPLICATE_PROCESSED = Rule("MZ501", "duplicate-processed", "error")
ORDER_DEPENDENT = Rule("MZ502", "order-dependent", "error")
RETRY_PROCESSED = Rule("MZ503", "lost-response-processed-twice", "error")
CONCURRENT_PROCESSED = Rule("MZ504", "concurrent-duplicate-processed", "error")
EVENT_DROPPED = Rule("MZ505", "event-dropped", "error")

SUITE = Suite(
    "state",
    "duplicates and order",
    (
        DUPLICATE_PROCESSED, ORDER_DEPENDENT, RETRY_PROCESSED, CONCURRENT_PROCESSED, EVENT_DROPPED,
    ),
)  # fmt: skip

Irregularity: TypeAlias = Literal["duplicate", "concurrent", "retried", "order"]
_RULE: dict[Irregularity, Rule] = {
    "duplicate": DUPLICATE_PROCESSED,
    "order": ORDER_DEPENDENT,
    "retried": RETRY_PROCESSED,
    "concurrent": CONCURRENT_PROCESSED,
}
_WHAT: dict[Irregularity, str] = {
    "duplicate": "the same delivery twice",
    "order": "delivered in another order",
    "retried": "retried after an answer that was lost, or came too late",
    "concurrent": "the same delivery twice at once",
}


def rule_of(irregularity: Irregularity) -> Rule:
    """Return the rule that an irregular step breaks where it changes the outcome."""
    return _RULE[irregularity]


@dataclass(frozen=True, slots=True)
class Sequence:
    """One judged case: a step that is irregular, and the state diffs of three plays.

    `once` is left by everything delivered once and in order, `omitted` the same without the
    step's event, `found` with the irregular step; `differences` says how `found` differs
    from `once`.
    """

    irregularity: Irregularity
    step: str
    event: str
    once: JSON
    omitted: JSON
    found: JSON
    differences: tuple[str, ...]
    deliveries: tuple[str, ...] = ()
    detail: str = ""
    """Names the smallest reordering, for example."""


def sequence(case: Sequence) -> Iterator[Violation]:
    """Judge what an irregular step leaves behind.

    The floor is one effect: without it the event was dropped (MZ505). The ceiling is one effect,
    too. Where a single delivery has none (the receiver failed, and rolled back), there is no
    ceiling to judge by; an order is judged all the same, since what a later event replaces leaves
    nothing in order, and has to leave nothing when it comes late.
    """
    if case.found == case.once:
        return
    if case.once == case.omitted and case.irregularity != "order":
        return
    what = f"{case.step} ({case.event}), {_WHAT[case.irregularity]}{case.detail}"
    shown = "; ".join(case.differences[:3])
    if case.found == case.omitted and case.irregularity != "order":
        message = f"{what}: acknowledged, but it left no trace: {shown}"
        yield _violation(EVENT_DROPPED, case, message)
        return
    yield _violation(_RULE[case.irregularity], case, f"{what}: {shown}")


def dropped(step: str, event: str, shown: str, deliveries: tuple[str, ...]) -> Violation:
    """MZ505 for an acknowledged event without the effect that it has to have."""
    return EVENT_DROPPED.violation(
        f"{step}: {shown}",
        event,
        event=event,
        events=(event,),
        delivery=deliveries[-1] if deliveries else None,
        deliveries=deliveries,
        expected="an acknowledged event changes the probed state",
        actual=shown,
    )


def _violation(rule: Rule, case: Sequence, message: str) -> Violation:
    expected = {
        ORDER_DEPENDENT: "the state that the same events leave in the order of their event_ts",
        EVENT_DROPPED: "the effect of one delivery",
    }.get(rule, "the effect of one delivery, no more")
    return rule.violation(
        message,
        case.irregularity,
        event=case.event,
        events=(case.event,),
        delivery=case.deliveries[-1] if case.deliveries else None,
        deliveries=case.deliveries,
        expected=expected,
        actual="; ".join(case.differences),
    )
