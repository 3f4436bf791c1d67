"""Shuffled lists: lists of a state that come in another order each time it is read.

The rows of a map are such in Go, and those of a query without ORDER BY in some databases. Row by
row, equal states would differ in every field, as if all of them were clocks. So their order does
not count, neither for whether a state has settled nor between two plays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mockzoom.model import JSON
from mockzoom.state.paths import ANY, Path, text_of
from mockzoom.state.roles import of_any_entity

SHUFFLES = 3
"""How often a list is seen in another order, with the same items, before it is called shuffled."""


class ShuffledLists:
    """The lists of one receiver's state that were learnt to be shuffled."""

    def __init__(self) -> None:
        self.places: frozenset[Path] = frozenset()
        self._seen: Counter[Path] = Counter()

    def learn(self, one: JSON, other: JSON) -> bool:
        """Learn from two snapshots; return whether a list not yet learnt has another order."""
        if one == other:
            return False
        found = {of_any_entity(place) for place in _reordered(one, other, ())} - self.places
        self._seen.update(found)
        self.places |= {place for place in found if self._seen[place] >= SHUFFLES}
        return bool(found)

    def in_order(self, state: JSON) -> JSON:
        """Return `state` with the shuffled lists sorted."""
        return _sorted(state, self.places, ()) if self.places else state


def _reordered(one: JSON, other: JSON, here: Path) -> list[Path]:
    """Return the places of lists that hold the same items in another order, inner ones first."""
    if one == other:
        return []
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return [
            place
            for key in one.keys() & other.keys()
            for place in _reordered(one[key], other[key], (*here, key))
        ]
    if not (isinstance(one, list) and isinstance(other, list)) or len(one) != len(other):
        return []
    mine, theirs = (sorted(items, key=_any_order) for items in (one, other))
    if list(map(_any_order, mine)) != list(map(_any_order, theirs)):
        return []
    pairs = zip(mine, theirs, strict=True)
    found = [place for pair in pairs for place in _reordered(*pair, (*here, ANY))]
    moved = list(map(_any_order, one)) != list(map(_any_order, other))
    return [*found, here] if moved else found


def _any_order(value: JSON) -> str:
    """Return a text that is the same for values that differ in the order of lists only."""
    return text_of(_all_sorted(value))


def _all_sorted(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {key: _all_sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(_all_sorted, value), key=text_of)
    return value


def _sorted(value: JSON, places: frozenset[Path], here: Path) -> JSON:
    if isinstance(value, Mapping):
        return {key: _sorted(item, places, (*here, key)) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [_sorted(item, places, (*here, ANY)) for item in value]
    return sorted(items, key=text_of) if of_any_entity(here) in places else items
