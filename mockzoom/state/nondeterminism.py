"""Nondeterminism: what differs even between the state diffs of two equal plays.

Receive times and random keys are such. They are left out of further comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.state.paths import ANY, Path, text_of
from mockzoom.state.roles import ROLE
from mockzoom.state.state_diff import OF_LISTS, UNCHANGED

MASK = "…"
"""What stands for a value that differs between equal plays."""
_OF_CHANGE = (*OF_LISTS, "by")


@dataclass(frozen=True, slots=True)
class MissingEntry:
    """An entry that only one of two equal plays has left, or a list with more items in one."""

    place: Path
    entity: str = ""
    """The role of the first entity that it mentions, if any."""

    def __str__(self) -> str:
        about = self.entity if not any(map(ROLE.search, self.place)) else ""
        return f"{named(self.place)}: {about}" if about else named(self.place)

    @property
    def is_own(self) -> bool:
        """Whether the play has left it: no entry of another play that had to make room."""
        return bool(self.entity) and "gone" not in self.place


@dataclass(frozen=True, slots=True)
class Nondeterminism:
    """The places at which two equal plays differ.

    `missing` are whole entries that only one of the two has left: a sign of a dropped event.
    """

    places: frozenset[Path] = frozenset()
    missing: tuple[MissingEntry, ...] = ()

    def __str__(self) -> str:
        """Say that equal plays differ, and where first."""
        where = (*map(str, self.missing), *map(named, sorted(self.places)), "nowhere")
        return f"equal plays leave different states ({where[0]})"


def named(place: Path) -> str:
    """Return a place of a state diff as it is called in the state, with dots, as in `ignore`.

    State diffs say of counters and lists how they have changed, in steps that the state has not.
    """
    steps = [step for step in place if step not in _OF_CHANGE]
    if not steps:
        return "the whole state"
    if steps[-1] == ANY:
        return f"any entry of {'.'.join(steps[:-1]) or 'the state'}"
    return ".".join(steps)


def between_equal(one: JSON, other: JSON) -> Nondeterminism:
    """Return what differs between the state diffs of two equal plays."""
    walk = _EqualPlays()
    # A play that leaves nothing is missing whatever the other one leaves.
    mine, theirs = ({} if tree == UNCHANGED else tree for tree in (one, other))
    walk.through(mine, theirs, ())
    return Nondeterminism(frozenset(walk.places), tuple(walk.missing))


class _EqualPlays:
    """Goes through two state diffs side by side, and notes where they differ."""

    def __init__(self) -> None:
        self.places: set[Path] = set()
        self.missing: list[MissingEntry] = []

    def through(self, one: JSON, other: JSON, here: Path) -> None:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            self._objects(one, other, here)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                self.missing.append(_missing(here))
                return
            for mine, theirs in zip(one, other, strict=True):
                self.through(mine, theirs, (*here, ANY))
        elif one != other:
            self.places.add(here)

    def _objects(self, one: Mapping[str, JSON], other: Mapping[str, JSON], here: Path) -> None:
        mine = sorted(one.keys() - other.keys(), key=lambda key: text_of(one[key]))
        theirs = sorted(other.keys() - one.keys(), key=lambda key: text_of(other[key]))
        if len(mine) != len(theirs):
            longer, its = (mine, one) if len(mine) > len(theirs) else (theirs, other)
            # Where both have keys of their own, it cannot be known which of them is missing.
            keys = longer[-1:] if mine and theirs else longer
            self.missing.extend(_missing((*here, key), its[key]) for key in keys)
            return
        if mine:
            self.places.add((*here, ANY))
        for key in one.keys() & other.keys():
            self.through(one[key], other[key], (*here, ANY if mine else key))
        for left, right in zip(mine, theirs, strict=True):
            self.through(one[left], other[right], (*here, ANY))


def _missing(place: Path, entry: JSON = None) -> MissingEntry:
    roles = ROLE.findall("\n".join(place)) or ROLE.findall(text_of(entry))
    return MissingEntry(place, roles[0] if roles else "")


def masked(tree: JSON, places: frozenset[Path], here: Path = ()) -> JSON:
    """Return `tree` with `MASK` for the values at `places`, without the keys that vary there."""
    if here in places:
        return MASK
    if isinstance(tree, Mapping):
        if (*here, ANY) in places:
            values = [masked(item, places - {(*here, ANY)}, (*here, ANY)) for item in tree.values()]
            return {"any keys": sorted(values, key=text_of)}
        return {key: masked(item, places, (*here, key)) for key, item in tree.items()}
    if isinstance(tree, list):
        return [masked(item, places, (*here, ANY)) for item in tree]
    return tree
