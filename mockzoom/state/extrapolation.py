"""Extrapolation: what a burst for many entity sets must leave, by what two and three of them leave.

To deliver a burst once more, one event after the other, takes minutes with a slow receiver. Each of
its entity sets has the same events, so a play with three of them shows what one more adds. If the
result differs from what the burst has left, that proves nothing: a state need not grow evenly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mockzoom.model import JSON
from mockzoom.scenario.model import Scenario, Together
from mockzoom.state.paths import Path, text_of

MANY_ENTITY_SETS = 12
"""So many entity sets are worth it."""
FEW = (2, 3)
"""Numbers of entity sets that are played; the first set has no number in its roles."""
_NUMBER = re.compile(rf"(<[^<>/]+ ){FEW[0]}(?=/[^<>]*>)")
"""The number of the last entity set, in a role of it."""


class NotLinear(Exception):
    """What one more entity set adds is neither a count nor an entry of its own."""


def entity_sets_of(scenario: Scenario) -> int:
    """Return the number of entity sets of a burst; 0 if a scenario has none, or a small one."""
    found = [step.entity_sets for step in scenario.steps if isinstance(step, Together)]
    return found[0] if len(found) == 1 and found[0] >= MANY_ENTITY_SETS else 0


def with_entity_sets(scenario: Scenario, number: int) -> Scenario:
    """Return `scenario` with what comes at once for so many entity sets."""
    steps = (
        replace(step, entity_sets=number) if isinstance(step, Together) else step
        for step in scenario.steps
    )
    return replace(scenario, steps=tuple(steps))


def extrapolate(two: JSON, three: JSON, number: int) -> JSON:
    """Return the state diff for a `number` of entity sets by those for two and for three.

    Lists are not sorted. Raises `NotLinear` where there is none.
    """
    if text_of(two) == text_of(three):
        return three
    if isinstance(two, Mapping) and isinstance(three, Mapping):
        if two.keys() == three.keys() == {"by"}:
            return {"by": three["by"] + (number - FEW[1]) * (three["by"] - two["by"])}
        if two.keys() - three.keys():
            raise NotLinear
        found = {key: extrapolate(two[key], three[key], number) for key in two}
        for key in three.keys() - two.keys():
            for each in range(FEW[0], number):
                found[_key_of(key, each)] = _renumbered(three[key], each)
        return found
    if isinstance(two, list) and isinstance(three, list):
        own = [item for item in three if _NUMBER.search(text_of(item))]
        others = [item for item in three if item not in own]
        if sorted(map(text_of, others)) != sorted(map(text_of, two)):
            raise NotLinear
        return others + [_renumbered(item, each) for each in range(FEW[0], number) for item in own]
    raise NotLinear


def for_all_sets(places: Iterable[Path], number: int) -> frozenset[Path]:
    """Return places of the last entity set that was played as those of each one of a `number`."""
    return frozenset(
        tuple(_NUMBER.sub(rf"\g<1>{each}", step) for step in place)
        for place in places
        for each in range(number if _NUMBER.search("\n".join(place)) else 1)
    ) | frozenset(places)


def _key_of(text: str, number: int) -> str:
    """Return a key of the last entity set as that of another one."""
    found, count = _NUMBER.subn(rf"\g<1>{number}", text)
    if not count:
        raise NotLinear
    return found


def _renumbered(value: JSON, number: int) -> JSON:
    """Return a value of the last entity set as that of another one."""
    if isinstance(value, Mapping):
        return {
            _NUMBER.sub(rf"\g<1>{number}", key): _renumbered(it, number)
            for key, it in value.items()
        }
    if isinstance(value, list):
        return [_renumbered(item, number) for item in value]
    return _NUMBER.sub(rf"\g<1>{number}", value) if isinstance(value, str) else value
