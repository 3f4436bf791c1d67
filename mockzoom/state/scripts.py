"""Scripts: a scenario's steps as they are played for comparison.

The plain script delivers every event once and in order; others are plain but for one step, or leave
one step out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mockzoom.scenario.model import Deliver, Scenario, Send, Shuffle, Step, Together, sends, walk
from mockzoom.suites.state import Irregularity

APART_S = 0.001
"""Seconds between two events that a scenario has in the same millisecond."""


def plain(scenario: Scenario, but: str = "", omit: str = "") -> Scenario:
    """Return `scenario` with every event delivered once and in order, and never retried.

    The step named `but` stays as it is. The one named `omit` is not delivered; its event happens
    all the same, since later steps may speak of what it saved.
    """
    return replace(scenario, steps=_plain(scenario.steps, but, omit))


def _plain(steps: Iterable[Step], but: str, omit: str) -> tuple[Step, ...]:
    made: list[Step] = []
    for step in steps:
        if isinstance(step, Together):
            lanes = tuple(_plain(lane, but, omit) for lane in step.lanes)
            made.append(replace(step, lanes=lanes))
        elif isinstance(step, Shuffle):
            made.append(replace(step, steps=sends(_plain(step.steps, but, omit))))
        elif isinstance(step, Send) and step.name == omit:
            made.append(replace(_once(step), deliver=Deliver(times=0)))
        elif isinstance(step, Send) and step.name != but:
            made.append(_once(step))
        else:
            made.append(step)
    return tuple(made)


def _once(step: Send) -> Send:
    how = step.deliver
    times = 1 if how.same_id else how.times
    return replace(
        step,
        deliver=replace(how, times=times, gap=None, late=0.0, lose_response=0, retry="none"),
    )


def in_ascii(script: Scenario) -> Scenario:
    """Return a script with the free text of its events in ASCII words."""
    return replace(script, is_ascii=True)


def apart(script: Scenario) -> Scenario:
    """Return a script with no two events in the same millisecond."""
    steps = (
        replace(step, follows_s=APART_S) if isinstance(step, Send) and not step.follows_s else step
        for step in script.steps
    )
    return replace(script, steps=tuple(steps))


def simultaneous(scenario: Scenario) -> Iterator[tuple[Send, Send]]:
    """Yield each event that happens in the same millisecond as one before it, after that one."""
    last = None
    for step in scenario.steps:
        if isinstance(step, Send):
            if last is not None and step.follows_s == 0:
                yield last, step
            last = step


def leaders(scenario: Scenario) -> dict[str, str]:
    """Return for each event of a millisecond that others have, the first one of that millisecond.

    Twins have times of their own for them, and a state rightly shows the last one.
    """
    found: dict[str, str] = {}
    for leader, step in simultaneous(scenario):
        found[step.name] = found.get(leader.name, leader.name)
    return found


def irregularity(step: Step, retried: Iterable[str]) -> Irregularity | None:
    """Return what is irregular about a step; `retried` names those that were delivered again."""
    if isinstance(step, Shuffle):
        return "order"
    if isinstance(step, Together):
        return "order" if len(step.lanes) * step.entity_sets > 1 else None
    if not isinstance(step, Send):
        return None
    how = step.deliver
    if how.lose_response or step.name in retried:
        return "retried"
    if how.times > 1 and how.same_id:
        return "concurrent" if how.gap == 0 else "duplicate"
    return "order" if how.late else None


def irregular_steps(scenario: Scenario, retried: Iterable[str]) -> list[tuple[Step, Irregularity]]:
    """Return the steps that are irregular, and how, in the order written."""
    known = frozenset(retried)
    found = ((step, irregularity(step, known)) for step in walk(scenario.steps))
    return [(step, how) for step, how in found if how is not None]


def natural_order(scenario: Scenario) -> dict[str, int]:
    """Return the rank of each step's name in the order written."""
    return {step.name: rank for rank, step in enumerate(walk(scenario.steps))}
