"""What a report says of scenarios that were compared, and of the rules that they judge."""

from __future__ import annotations

from collections.abc import Sequence

from mockzoom.scenario.model import Scenario, Step
from mockzoom.state.plays import PlayRecord
from mockzoom.state.scripts import irregular_steps
from mockzoom.suites.state import Irregularity, rule_of
from mockzoom.wording import counted

_TITLES = 5
"""Titles of scenarios that one notice names."""


def irregular_in(scenario: Scenario, judged: PlayRecord) -> list[tuple[Step, Irregularity]]:
    """Return the irregular steps of a scenario, what was retried in its judged play included."""
    return irregular_steps(scenario, judged.retried)


def rules_of(irregular: Sequence[tuple[Step, Irregularity]]) -> frozenset[str]:
    """Return the rules that irregular steps judge."""
    return frozenset(rule_of(how).id for _, how in irregular)


def no_effect(events: list[str]) -> str:
    """Say once after which types of events the state is the same."""
    return (
        f"no effect found: the probed state is the same after {', '.join(events)}, so what becomes"
        " of their copies cannot be known"
    )


def left_nothing(titles: list[str]) -> str:
    """Say once which scenarios a probe shows nothing of."""
    shown = ", ".join(titles[:_TITLES])
    if len(titles) > _TITLES:
        shown += f" and {counted(len(titles) - _TITLES, 'more scenario')}"
    it, leaves, by = ("it", "leaves", "it") if len(titles) == 1 else ("they", "leave", "them")
    return (
        f"{shown}: {it} {leaves} no trace in the probed state, so what becomes of duplicates and"
        f" other orders cannot be checked by {by}"
    )
