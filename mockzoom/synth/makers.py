"""Makers of what only events have: moments of their entity set, and what is made of other values.

A maker takes the entity set and the number of the entity set by which it picks (32 bits). So
entities, sizes and choices are the same in every event of an entity set; what is new in each event
(a token) is drawn by the event's own number, which the entity set has (`EntitySet.event`).
"""

from __future__ import annotations

from collections.abc import Sequence

from mockzoom.model import JSON
from mockzoom.schema.makers import Maker
from mockzoom.synth.entity_set import EntitySet, stamp
from mockzoom.zoom.moments import HELD, NOW, PLANNED, RANKS, TWO_SIDED, moment_of_event


class Framed:
    """A maker of texts: what `inner` gives between two constant ones."""

    __slots__ = ("after", "before", "inner")

    def __init__(self, before: str, inner: Maker, after: str = "") -> None:
        self.before, self.inner, self.after = before, inner, after

    def __call__(self, w: EntitySet, n: int) -> JSON:
        """Return the text."""
        return f"{self.before}{self.inner(w, n)}{self.after}"


class MomentText:
    """A maker of the time of a moment in events named `event`, as RFC 3339 text.

    `later_s` seconds are added: what is repeated each week is planned for later ones, too.
    """

    __slots__ = ("event", "is_held", "later_s", "moment", "own_rank")

    def __init__(self, moment: str, event: str, later_s: int = 0) -> None:
        own = moment_of_event(event)
        self.event, self.is_held = event, bool(HELD.fullmatch(event))
        is_now = own == moment and not TWO_SIDED.fullmatch(event)
        self.moment, self.later_s = (NOW if is_now else moment), later_s
        self.own_rank = RANKS[own]

    def second(self, w: EntitySet) -> int:
        """Return the epoch second."""
        second = w.second_of(self.moment, self.own_rank) + self.later_s
        return min(second, w.now_s) if self.is_held and self.moment == PLANNED else second

    def __call__(self, w: EntitySet, n: int) -> JSON:
        """Return the time."""
        return stamp(self.second(w))


class MomentNumber(MomentText):
    """The same time as a number of units (1 ms or 1000 ms) since the epoch."""

    __slots__ = ("unit_ms",)

    def __init__(self, moment: str, event: str, unit_ms: int) -> None:
        super().__init__(moment, event)
        self.unit_ms = unit_ms

    def __call__(self, w: EntitySet, n: int) -> JSON:
        """Return the time."""
        if self.moment == NOW and self.unit_ms == 1:
            return w.at_ms
        return self.second(w) * 1000 // self.unit_ms


def lasting(start: MomentText, end: MomentText, unit_s: int) -> Maker:
    """The whole units (of 1 or 60 s) between two moments; none where the end comes first."""
    return lambda w, n: max(end.second(w) - start.second(w), 0) // unit_s


def total(makers: Sequence[Maker]) -> Maker:
    """The sum of what `makers` give."""
    return lambda w, n: sum(make(w, n) for make in makers)


def unless_pinned(natural: Maker, shaped: Maker) -> Maker:
    """What `shaped` gives; but what `natural` gives where the entity set pins just that.

    A value that somebody pinned is never bent to fit its schema: where it does not, it is refused.
    """

    def make(w: EntitySet, n: int) -> JSON:
        if w.pins:
            value = natural(w, n)
            if value in w.pins.values():
                return value
        return shaped(w, n)

    return make


class Within:
    """A maker of numbers: what `first` gives where it lies between the bounds or is pinned.

    Elsewhere it is what `second` gives.
    """

    __slots__ = ("first", "high", "low", "second")

    def __init__(self, first: Maker, low: float, high: float, second: Maker) -> None:
        self.first, self.low, self.high, self.second = first, low, high, second

    def __call__(self, w: EntitySet, n: int) -> JSON:
        """Return the number."""
        value = self.first(w, n)
        if self.low <= value <= self.high or (w.pins and value in w.pins.values()):
            return value
        return self.second(w, n)


class Earlier:
    """A maker of what `inner` gave before a change, which is another value."""

    __slots__ = ("inner",)

    def __init__(self, inner: Maker) -> None:
        self.inner = inner

    def __call__(self, w: EntitySet, n: int) -> JSON:
        """Return the value; that of now, where there seems to be no other."""
        now, before = self.inner(w, n), w
        for turn in range(1, _TURNS):
            before = before.before
            value = self.inner(before, n ^ turn * 0x5BD1E995 & 0xFFFFFFFF)
            if value != now:
                return value
        return now


_TURNS = 64
"""How often a value of before is sought: of two values hardly one in any run stays."""
