"""Small closures that give one value of an event each: the leaves of a shape.

A maker takes the world and the event's own number (32 bits, from seed, world, event and index).
Entities come from the world alone, so that they are the same in every event; what is new in each
event (a token, a size) is picked by the number.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import TypeAlias

from mockzoom.model import JSON
from mockzoom.synth.world import World, of_event, of_pool, of_world, stamp

Maker: TypeAlias = Callable[[World, int], JSON]

SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript prints exactly."""


def salt(text: str) -> int:
    """Return an odd number for `text`, the same on every machine."""
    return zlib.crc32(text.encode()) | 1


class Constant:
    """A maker that always gives `value` (a copy of it, where it is a container)."""

    __slots__ = ("value",)

    def __init__(self, value: JSON) -> None:
        self.value = value

    def __call__(self, w: World, n: int) -> JSON:
        """Return the value."""
        return deepcopy(self.value) if isinstance(self.value, (dict, list)) else self.value


def constant(value: JSON) -> Maker:
    """Always `value`."""
    return Constant(value)


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


class Whole:
    """A maker of integers: `low` and up to `count` - 1 steps more, by the event's number."""

    __slots__ = ("count", "low", "odd", "step")

    def __init__(self, low: int, count: int, step: int, odd: int) -> None:
        self.low, self.count, self.step, self.odd = low, count, step, odd

    def __call__(self, w: World, n: int) -> JSON:
        """Return the integer."""
        return self.low + ((n * self.odd & 0xFFFFFFFF) * self.count >> 32) * self.step


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


def whole(low: int, high: int, role: str, step: int = 1) -> Maker:
    """A multiple of `step` between `low` and `high`, both of which are multiples."""
    return Whole(low, (high - low) // step + 1, step, salt(role))


def one_of(values: Sequence[JSON], role: str) -> Maker:
    """One of `values`, by the event's number."""
    odd, count = salt(role), len(values)
    return lambda w, n: values[(n * odd >> 16) % count]


def guarded(first: Maker, fits: Callable[[JSON], bool], second: Maker) -> Maker:
    """What `first` gives where it fits, and otherwise what `second` gives."""

    def make(w: World, n: int) -> JSON:
        value = first(w, n)
        return value if fits(value) else second(w, n)

    return make


class Within:
    """A maker of numbers: what `first` gives if that lies between `low` and `high`, or `second`."""

    __slots__ = ("first", "high", "low", "second")

    def __init__(self, first: Maker, low: float, high: float, second: Maker) -> None:
        self.first, self.low, self.high, self.second = first, low, high, second

    def __call__(self, w: World, n: int) -> JSON:
        """Return the number."""
        value = self.first(w, n)
        return value if self.low <= value <= self.high else self.second(w, n)


def within(first: Maker, low: float, high: float, second: Maker) -> Maker:
    """What `first` gives where it lies between `low` and `high`, else what `second` gives."""
    return Within(first, low, high, second)


def cut(inner: Maker, low: int, high: int | None) -> Maker:
    """A text of `inner`, made at least `low` and at most `high` characters long."""

    def make(w: World, n: int) -> JSON:
        value = str(inner(w, n))
        if len(value) < low:
            value = (value + " ") * (low // (len(value) + 1) + 1)
        return value[: max(low, 0) if high is None and len(value) > low else high]

    return make
