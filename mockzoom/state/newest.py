"""Lists of the newest entries, such as a feed of the last twenty events.

What is gone from such a list was pushed out by what came later. Where each entry mentions the
entity that it is about, those of one play can be told from others. Where one does not, nobody knows
whose it is: such a list is left out, and the report names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mockzoom.model import JSON
from mockzoom.state.paths import Path, pruned, text_of
from mockzoom.state.roles import Roles, is_entity

LEAST_ENTRIES = 5
ROLLS = 3
"""How often old entries have to make room for new ones before a list is known to be limited."""


class NewestEntries:
    """The lists of one receiver's state that were learnt to show the newest entries only."""

    def __init__(self) -> None:
        self.left_out: frozenset[Path] = frozenset()
        """Those in which an entry mentions no entity of its play."""
        self._limits: dict[Path, int] = {}
        self._rolls: Counter[Path] = Counter()
        self._last: JSON = None

    def learn(self, state: JSON) -> None:
        """Learn from a snapshot, given those before it."""
        for place, one, other in _changed_lists(self._last, state, ()):
            if self._limits.get(place, len(other)) < len(other):
                self._forget(place)  # it has grown, so nothing was pushed out
            if len(one) == len(other) >= LEAST_ENTRIES and has_rolled(one, other):
                self._limits[place] = len(other)
                self._rolls[place] += 1
        self._last = state

    def leave_out(self, before: JSON, after: JSON, roles: Roles) -> None:
        """Leave out the lists to which a play has added an entry that mentions no entity of it."""
        for place, one, other in _changed_lists(before, after, ()):
            if place in self.left_out or self._rolls[place] < ROLLS:
                continue
            old = set(map(text_of, one))
            if not all(roles.mentions(item) for item in other if text_of(item) not in old):
                self.left_out |= {place}

    def without(self, state: JSON) -> JSON:
        """Return `state` without the lists that are left out."""
        return pruned(state, self.left_out)

    def notices(self) -> list[str]:
        """Return what the report says of the lists that are left out."""
        return [
            f"{'.'.join(place)} of the probed state holds the newest {self._limits[place]} entries"
            " only, and not each of them names what it is about: it was not compared"
            for place in sorted(self.left_out)
        ]

    def _forget(self, place: Path) -> None:
        self._limits.pop(place)
        self._rolls.pop(place, None)
        self.left_out -= {place}


def has_rolled(one: list[Any], other: list[Any]) -> bool:
    """Tell whether entries were added at one end of a list, and as many are gone at the other."""
    length = len(one)
    return any(
        one[new:] == other[: length - new] or other[new:] == one[: length - new]
        for new in range(1, length)
    )


def _changed_lists(
    one: JSON, other: JSON, here: Path
) -> Iterator[tuple[Path, list[Any], list[Any]]]:
    """Yield the lists that belong to no entity and differ, with their places."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in one.keys() & other.keys():
            if not is_entity(key) and one[key] != other[key]:
                yield from _changed_lists(one[key], other[key], (*here, key))
    elif here and isinstance(one, list) and isinstance(other, list):
        yield here, one, other
