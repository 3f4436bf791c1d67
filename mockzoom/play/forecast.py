"""Forecast: what a story told in many worlds has to leave, by what it leaves in two and in three.

To deliver a burst once more, one event after the other, takes minutes with a slow receiver. Each of
its worlds tells the same story about entities of its own, so three of them show what another one
adds. A forecast that does not come true proves nothing: a state need not grow evenly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mockzoom.model import JSON
from mockzoom.play.effects import text_of
from mockzoom.scenario.model import Scenario, Together

MANY_WORLDS = 12
"""So many worlds are worth a forecast."""
FEW = (2, 3)
"""Worlds to make it by; the first has no number in its roles, and may name times for all."""
_NUMBER = re.compile(rf"(<[^<>/]+ ){FEW[0]}(?=/[^<>]*>)")
"""The number of the last world, in a role that speaks of it."""


class Uneven(Exception):
    """What another world adds cannot be told."""


def worlds_of(scenario: Scenario) -> int:
    """Return in how many worlds a scenario is told, if a forecast is worth it; 0 otherwise."""
    found = [step.worlds for step in scenario.steps if isinstance(step, Together)]
    return found[0] if len(found) == 1 and found[0] >= MANY_WORLDS else 0


def told_in(scenario: Scenario, worlds: int) -> Scenario:
    """Return `scenario` with what comes at once told in so many worlds."""
    steps = (
        replace(step, worlds=worlds) if isinstance(step, Together) else step
        for step in scenario.steps
    )
    return replace(scenario, steps=tuple(steps))


def forecast(two: JSON, three: JSON, worlds: int) -> JSON:
    """Return the effect of so many worlds by those of two and of three; lists are not sorted.

    Raises `Uneven` where what the third world adds is neither a count nor an entry of its own.
    """
    if text_of(two) == text_of(three):
        return three
    if isinstance(two, Mapping) and isinstance(three, Mapping):
        if two.keys() == three.keys() == {"by"}:
            return {"by": three["by"] + (worlds - FEW[1]) * (three["by"] - two["by"])}
        if two.keys() - three.keys():
            raise Uneven
        found = {key: forecast(two[key], three[key], worlds) for key in two}
        for key in three.keys() - two.keys():
            for number in range(FEW[0], worlds):
                found[_of_world(key, number)] = _told(three[key], number)
        return found
    if isinstance(two, list) and isinstance(three, list):
        own = [item for item in three if _NUMBER.search(text_of(item))]
        others = [item for item in three if item not in own]
        if sorted(map(text_of, others)) != sorted(map(text_of, two)):
            raise Uneven
        return others + [_told(item, each) for each in range(FEW[0], worlds) for item in own]
    raise Uneven


def _of_world(text: str, number: int) -> str:
    """Return a key of the last world as that of another one."""
    told, count = _NUMBER.subn(rf"\g<1>{number}", text)
    if not count:
        raise Uneven
    return told


def _told(value: JSON, number: int) -> JSON:
    """Return what is said of the last world as it is said of another one."""
    if isinstance(value, Mapping):
        return {_NUMBER.sub(rf"\g<1>{number}", key): _told(it, number) for key, it in value.items()}
    if isinstance(value, list):
        return [_told(item, number) for item in value]
    return _NUMBER.sub(rf"\g<1>{number}", value) if isinstance(value, str) else value
