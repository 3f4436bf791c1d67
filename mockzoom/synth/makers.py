"""Makers of what only events have: entities, free text and moments of their world.

A maker takes the world and the event's own number (32 bits, from seed, world, event and index).
Entities come from the world alone, so that they are the same in every event; what is new in each
event (a token, a size) is picked by the number.
"""

from __future__ import annotations

from functools import lru_cache

from mockzoom.model import JSON
from mockzoom.schema.makers import Maker
from mockzoom.synth.world import World, of_event, of_pool, of_world, stamp


@lru_cache(maxsize=4096)
def entity(kind: str, role: str) -> Maker:
    """The world's id of `role`."""
    return of_world(kind, role)


def fresh(kind: str, role: str) -> Maker:
    """An id of `role` that is another one in another event of the world."""
    return of_event(kind, role)


@lru_cache(maxsize=4096)
def text(kind: str, role: str) -> Maker:
    """The world's free text of `role`; `kind` is people, titles or sentences."""
    return of_pool(kind, role)


class Framed:
    """A maker of texts: what `inner` gives between two constant ones."""

    __slots__ = ("after", "before", "inner")

    def __init__(self, before: str, inner: Maker, after: str) -> None:
        self.before, self.inner, self.after = before, inner, after

    def __call__(self, w: World, n: int) -> JSON:
        """Return the text."""
        return f"{self.before}{self.inner(w, n)}{self.after}"


def framed(before: str, inner: Maker, after: str = "") -> Maker:
    """A value of `inner` between two constant texts."""
    return Framed(before, inner, after)


class Instant:
    """A maker of the world's instant itself, in epoch milliseconds."""

    __slots__ = ()

    def __call__(self, w: World, n: int) -> JSON:
        """Return the instant."""
        return w.at_ms


@lru_cache(maxsize=4096)
def moment(sixteenths: int) -> Maker:
    """A time between the world's start (0) and now (16), as RFC 3339 text."""
    return lambda w, n: stamp(w.start_s + (w.now_s - w.start_s) * sixteenths // 16)


def moment_number(sixteenths: int, unit_ms: int) -> Maker:
    """The same time as a number of units (1 ms or 1000 ms) since the epoch."""
    if sixteenths == 16 and unit_ms == 1:
        return Instant()
    return lambda w, n: w.moment(sixteenths) * 1000 // unit_ms
