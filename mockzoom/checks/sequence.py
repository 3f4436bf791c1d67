"""Rules MZ501 to MZ505: what deliveries over time leave behind in the receiver.

Each case compares effects (see `mockzoom.play.effects`) of plays that differ in one step only: the
events delivered once each and in order, without the step's event, and as the scenario has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mockzoom.checks.rules import RULES
from mockzoom.model import JSON, Violation
from mockzoom.suites.rules import page

Irregularity: TypeAlias = Literal["duplicate", "concurrent", "retried", "order"]
_RULE: dict[Irregularity, str] = {
    "duplicate": "MZ501",
    "order": "MZ502",
    "retried": "MZ503",
    "concurrent": "MZ504",
}
_WHAT: dict[Irregularity, str] = {
    "duplicate": "delivered twice (same request id)",
    "order": "delivered in another order",
    "retried": "retried after an answer that was lost, or came too late",
    "concurrent": "delivered twice at once (same request id)",
}


@dataclass(frozen=True, slots=True)
class Sequence:
    """One judged case: a step that is irregular, and the effects of three plays.

    `once` is the effect of everything delivered once and in order, `omitted` the same without the
    step's event, `found` the effect with the irregular step; `differences` says how `found` differs
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
    ceiling to judge by.
    """
    if case.found == case.once or case.once == case.omitted:
        return
    what = f"{case.step} ({case.event}), {_WHAT[case.irregularity]}{case.detail}"
    shown = "; ".join(case.differences[:3])
    if case.found == case.omitted and case.irregularity != "order":
        yield _violation("MZ505", case, f"{what}: acknowledged, but it left no trace: {shown}")
        return
    yield _violation(_RULE[case.irregularity], case, f"{what}: {shown}")


def dropped(step: str, event: str, shown: str, deliveries: tuple[str, ...]) -> Violation:
    """MZ505 for an acknowledged event without the effect that it has to have."""
    about = RULES["MZ505"]
    return Violation(
        about.id, about.slug, about.severity, f"{step}: {shown}", event, event=event,
        events=(event,), delivery=deliveries[-1] if deliveries else None, deliveries=deliveries,
        expected="an acknowledged event changes the probed state", actual=shown,
        fix=page("MZ505").fix,
    )  # fmt: skip


def _violation(rule: str, case: Sequence, message: str) -> Violation:
    about = RULES[rule]
    expected = {
        "MZ502": "the state that the same events leave in the order of their event_ts",
        "MZ505": "the effect of one delivery",
    }.get(rule, "the effect of one delivery, no more")
    return Violation(
        about.id, about.slug, about.severity, message, case.irregularity,
        event=case.event, events=(case.event,),
        delivery=case.deliveries[-1] if case.deliveries else None, deliveries=case.deliveries,
        expected=expected, actual="; ".join(case.differences), fix=page(rule).fix,
    )  # fmt: skip
