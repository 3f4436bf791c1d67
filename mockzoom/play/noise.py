"""Noise: what differs even between the effects of two equal plays.

A receiver's own clock, or keys made of hashes; it is left out of further comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.play.effects import ANY, OF_LISTS, ROLE, UNCHANGED, Path, text_of

_OF_CHANGE = (*OF_LISTS, "by")


@dataclass(frozen=True, slots=True)
class Lack:
    """An entry that only one of two equal plays has left, or a list with more items in one."""

    place: Path
    entity: str = ""
    """The entity of the play that it speaks of, by its role, if any."""

    def __str__(self) -> str:
        about = self.entity if not any(map(ROLE.search, self.place)) else ""
        return f"{named(self.place)}: {about}" if about else named(self.place)

    @property
    def is_own(self) -> bool:
        """Whether it is of the play: not of others before it, of which some may make room."""
        return bool(self.entity) and "gone" not in self.place


@dataclass(frozen=True, slots=True)
class Noise:
    """The places at which two equal plays differ.

    `lacking` says, where one of the two lacks a whole entry that the other has, which: that is no
    noise, but the sign of an event that was dropped.
    """

    places: frozenset[Path] = frozenset()
    lacking: tuple[Lack, ...] = ()

    def __str__(self) -> str:
        """Say that equal plays differ, and where first."""
        where = (*map(str, self.lacking), *map(named, sorted(self.places)), "nowhere")
        return f"equal plays leave different states ({where[0]})"


def named(place: Path) -> str:
    """Return a place of an effect as it is called in the state, by dots and stars as in `ignore`.

    Effects say of counters and lists how they have changed, in steps that the state has not.
    """
    steps = [step for step in place if step not in _OF_CHANGE]
    if not steps:
        return "the whole state"
    if steps[-1] == ANY:
        return f"any entry of {'.'.join(steps[:-1]) or 'the state'}"
    return ".".join(steps)


def noise(one: JSON, other: JSON) -> Noise:
    """Return what differs between the effects of two equal plays."""
    listener = _Listener()
    # A play that leaves nothing lacks whatever the other one leaves.
    mine, theirs = ({} if tree == UNCHANGED else tree for tree in (one, other))
    listener.walk(mine, theirs, ())
    return Noise(frozenset(listener.places), tuple(listener.lacking))


class _Listener:
    """Walks through two effects side by side, and notes where they differ."""

    def __init__(self) -> None:
        self.places: set[Path] = set()
        self.lacking: list[Lack] = []

    def walk(self, one: JSON, other: JSON, here: Path) -> None:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            self._objects(one, other, here)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                self.lacking.append(_lack(here))
                return
            for mine, theirs in zip(one, other, strict=True):
                self.walk(mine, theirs, (*here, ANY))
        elif one != other:
            self.places.add(here)

    def _objects(self, one: Mapping[str, JSON], other: Mapping[str, JSON], here: Path) -> None:
        mine = sorted(one.keys() - other.keys(), key=lambda key: text_of(one[key]))
        theirs = sorted(other.keys() - one.keys(), key=lambda key: text_of(other[key]))
        if len(mine) != len(theirs):
            longer, its = (mine, one) if len(mine) > len(theirs) else (theirs, other)
            # Where both have keys that the other has not, which of them is lacking cannot be told.
            lacking = longer[-1:] if mine and theirs else longer
            self.lacking.extend(_lack((*here, key), its[key]) for key in lacking)
            return
        if mine:
            self.places.add((*here, ANY))
        for key in one.keys() & other.keys():
            self.walk(one[key], other[key], (*here, ANY if mine else key))
        for left, right in zip(mine, theirs, strict=True):
            self.walk(one[left], other[right], (*here, ANY))


def _lack(place: Path, entry: JSON = None) -> Lack:
    roles = ROLE.findall("\n".join(place)) or ROLE.findall(text_of(entry))
    return Lack(place, roles[0] if roles else "")


def quiet(tree: JSON, places: frozenset[Path], here: Path = ()) -> JSON:
    """Return `tree` without its noise: values become `…`, and keys that vary are left away."""
    if here in places:
        return "…"
    if isinstance(tree, Mapping):
        if (*here, ANY) in places:
            values = [quiet(item, places - {(*here, ANY)}, (*here, ANY)) for item in tree.values()]
            return {"any keys": sorted(values, key=text_of)}
        return {key: quiet(item, places, (*here, key)) for key, item in tree.items()}
    if isinstance(tree, list):
        return [quiet(item, places, (*here, ANY)) for item in tree]
    return tree
