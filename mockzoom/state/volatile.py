"""Volatile fields: what changes in a state by itself, such as a clock within every entity.

Such a state never settles, so every look at it would take all the time that is granted. A field is
learnt if it kept changing through a whole look after deliveries, and again through a look in which
nothing was delivered. As long as it keeps changing, nobody waits for it to settle. It is never
compared: its value depends on when it was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mockzoom.model import JSON
from mockzoom.state.newest import NewestEntries
from mockzoom.state.nondeterminism import between_equal
from mockzoom.state.paths import ANY, Path, pruned, text_of
from mockzoom.state.roles import of_any_entity

STILL_S = 1.5
"""Seconds for which a clock stays the same at most: many show whole seconds."""


class Look:
    """One look at a state: which places kept changing, and when the others last changed.

    It may take `granted` seconds; times are seconds since it began.
    """

    def __init__(self, granted: float) -> None:
        self._half = granted / 2
        self.still_s = min(STILL_S, granted / 4)
        """Seconds after which a place that did not change has settled."""
        self._streaks: dict[Path, tuple[float, float]] = {}
        self._read = 0.0
        self._grown: float | None = None

    def add(
        self, last: JSON, now: JSON, at: float, volatile: frozenset[Path] = frozenset()
    ) -> None:
        """Add a snapshot, given the one before it and the places that change by themselves."""
        if now != last:
            found = between_equal(last, now)
            if any(each.place not in volatile for each in found.missing):
                self._grown = at
            changed = {*map(of_any_entity, found.places), *(each.place for each in found.missing)}
            for place in changed:
                began, moved = self._streaks.get(place, (at, at))
                self._streaks[place] = (began if self._read - moved <= self.still_s else at, at)
        self._read = at

    def is_growing(self, at: float) -> bool:
        """Tell whether entries were added until now: a worker is busy, and no clock."""
        return self._grown is not None and at - self._grown <= self.still_s

    def has_settled(self, place: Path, at: float) -> bool:
        """Tell whether a place has stayed the same for too long to be a clock."""
        return at - self._streaks.get(place, (0.0, 0.0))[1] > self.still_s

    def has_changed(self, place: Path) -> bool:
        """Tell whether a place has changed in this look."""
        return place in self._streaks

    def changing(self, at: float) -> frozenset[Path]:
        """Return the places that kept changing, for half of the look at least."""
        return frozenset(
            place
            for place, (began, moved) in self._streaks.items()
            if place and moved - began >= self._half and not self.has_settled(place, at)
        )

    def settled_after(self, changing: frozenset[Path]) -> float:
        """Return when a place that is none of the `changing` changed last; 0 where none has."""
        others = (moved for place, (_, moved) in self._streaks.items() if place not in changing)
        return max(others, default=0.0)


class VolatileFields:
    """The places of one receiver's state that were learnt to change by themselves."""

    def __init__(self) -> None:
        self.places: frozenset[Path] = frozenset()
        self.shuffled = ShuffledLists()
        """Lists whose order changes by itself."""
        self.newest = NewestEntries()
        """Lists from which entries are pushed out by later ones."""
        self.hidden: frozenset[Path] = frozenset()
        """Those that are not compared in the plays of this scenario."""
        self.suspects: frozenset[Path] = frozenset()
        """Places that kept changing through a look after deliveries, and perhaps by them."""
        self._never: frozenset[Path] = frozenset()
        """Places that settled after all."""

    def suspect(self, changing: frozenset[Path]) -> None:
        """Note what kept changing through a whole look after deliveries."""
        self.suspects |= changing - self.places - self._never

    def learn(self, changing: frozenset[Path]) -> frozenset[Path]:
        """Take what kept changing through a look without deliveries; return what is learnt."""
        learnt, self.suspects = self.suspects & changing, frozenset()
        self.places |= learnt
        self.hidden |= learnt
        return learnt

    def still_change(self, state: JSON, look: Look, at: float) -> bool:
        """Tell whether all that was learnt keeps changing; forget what has settled instead."""
        here = {place for place in self.places if pruned(state, (place,)) != state}
        settled = frozenset(place for place in here if look.has_settled(place, at))
        self.places -= settled
        self._never |= settled
        return not settled and all(map(look.has_changed, here))

    def without(self, state: JSON) -> JSON:
        """Return `state` without the volatile fields, to see whether the rest has settled."""
        return self.shuffled.in_order(pruned(state, self.places))

    def begin(self) -> None:
        """Another scenario begins: what has settled by now is compared again."""
        self.hidden = self.places

    def comparable(self, state: JSON) -> JSON:
        """Return `state` as it is compared.

        A field that turns out to settle stays left out to the scenario's end, or its plays could
        not be compared with each other.
        """
        return self.shuffled.in_order(self.newest.without(pruned(state, self.hidden)))


SHUFFLES = 3
"""How often a list is seen in another order, with the same items, before it is called shuffled."""


class ShuffledLists:
    """Learns which lists come in another order each time they are read.

    The rows of a map are such in Go, and those of a query without ORDER BY in some databases. Row
    by row, equal states would differ in every field. So their order does not count, neither for
    whether a state has settled nor between two plays.
    """

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
