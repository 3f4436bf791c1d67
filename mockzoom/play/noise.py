"""Noise: what differs even between the effects of two equal plays.

A receiver's own clock, or keys made of hashes; it is left out of further comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.play.effects import ANY, ROLE, Path, text_of


@dataclass(frozen=True, slots=True)
class Noise:
    """The places at which two equal plays differ.

    `lacking` says, where one of the two lacks a whole entry that the other has, which: that is no
    noise, but the sign of an event that was dropped.
    """

    places: frozenset[Path] = frozenset()
    lacking: tuple[str, ...] = ()


def noise(one: JSON, other: JSON) -> Noise:
    """Return what differs between the effects of two equal plays."""
    listener = _Listener()
    listener.walk(one, other, ())
    return Noise(frozenset(listener.places), tuple(listener.lacking))


class _Listener:
    """Walks through two effects side by side, and notes where they differ."""

    def __init__(self) -> None:
        self.places: set[Path] = set()
        self.lacking: list[str] = []

    def walk(self, one: JSON, other: JSON, here: Path) -> None:
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            self._objects(one, other, here)
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                self.lacking.append(".".join(here))
                return
            for mine, theirs in zip(one, other, strict=True):
                self.walk(mine, theirs, (*here, ANY))
        elif one != other:
            self.places.add(here)

    def _objects(self, one: Mapping[str, JSON], other: Mapping[str, JSON], here: Path) -> None:
        mine = sorted(one.keys() - other.keys(), key=lambda key: text_of(one[key]))
        theirs = sorted(other.keys() - one.keys(), key=lambda key: text_of(other[key]))
        if len(mine) != len(theirs):
            longer = mine if len(mine) > len(theirs) else theirs
            place = ".".join((*here, longer[-1]))
            entity = ROLE.search(text_of((one if longer is mine else other)[longer[-1]]))
            self.lacking.append(place if "<" in place or not entity else f"{place}: {entity[0]}")
            return
        if mine:
            self.places.add((*here, ANY))
        for key in one.keys() & other.keys():
            self.walk(one[key], other[key], (*here, ANY if mine else key))
        for left, right in zip(mine, theirs, strict=True):
            self.walk(one[left], other[right], (*here, ANY))


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
