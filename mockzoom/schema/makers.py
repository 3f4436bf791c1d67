"""Small closures that give one value each: the leaves of a shape.

A maker takes a context, which is up to whoever makes values of it (an event's is the entity set of
its entities), and a number of 32 bits by which it picks.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeAlias

from mockzoom.model import JSON

Maker: TypeAlias = Callable[[Any, int], JSON]

Fits: TypeAlias = Callable[[JSON], bool]
"""Says whether a value satisfies the schema of its place."""

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

    def __call__(self, w: Any, n: int) -> JSON:
        """Return the value."""
        return deepcopy(self.value) if isinstance(self.value, (dict, list)) else self.value


class Whole:
    """A maker of integers: `low` and up to `count` - 1 steps more, by the event's number."""

    __slots__ = ("count", "low", "odd", "step")

    def __init__(self, low: int, count: int, step: int, odd: int) -> None:
        self.low, self.count, self.step, self.odd = low, count, step, odd

    def __call__(self, w: Any, n: int) -> JSON:
        """Return the integer."""
        return self.low + ((n * self.odd & 0xFFFFFFFF) * self.count >> 32) * self.step


def whole(low: int, high: int, role: str, step: int = 1) -> Maker:
    """A multiple of `step` between `low` and `high`, both of which are multiples."""
    return Whole(low, (high - low) // step + 1, step, salt(role))


def one_of(values: Sequence[JSON], role: str) -> Maker:
    """One of `values`, by the event's number."""
    odd, count = salt(role), len(values)
    return lambda w, n: values[(n * odd >> 16) % count]


def guarded(first: Maker, fits: Fits, second: Maker) -> Maker:
    """What `first` gives where it fits, and otherwise what `second` gives."""

    def make(w: Any, n: int) -> JSON:
        value = first(w, n)
        return value if fits(value) else second(w, n)

    return make


def cut(inner: Maker, low: int, high: int | None) -> Maker:
    """A text of `inner`, made at least `low` and at most `high` characters long."""

    def make(w: Any, n: int) -> JSON:
        value = str(inner(w, n))
        if len(value) < low:
            value = (value + " ") * (low // (len(value) + 1) + 1)
        return value[: max(low, 0) if high is None and len(value) > low else high]

    return make
