"""Nests the fields of a list: by indentation, or by the example beside it where the layout is lost.

A list without layout names the members of an object right behind the object itself. The example
has the same nesting, so it shows which of the names that follow are members and where the object
ends. Where it does not (it may be shortened, and leaves out the members of alternatives), the order
helps: members come sorted, required ones first, or in the order of the example. All ways to place
the fields are weighed at once, field by field, and the best few are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from mockzoom.contract.renderings.fields import Field
from mockzoom.model import JSON

DEEPEST = 100
"""Fields are not nested deeper than this."""


@dataclass(slots=True)
class NestedFields:
    """The outermost fields of a list, with what was odd: the field concerned, and what."""

    roots: list[Field]
    problems: list[tuple[Field, str]] = field(default_factory=list)


def is_indented(fields: list[Field]) -> bool:
    """Return whether a list shows its nesting by indentation."""
    columns = {entry.column for entry in fields}
    return len(columns) > 1 and -1 not in columns


def by_indentation(fields: list[Field]) -> NestedFields:
    """Return a list nested as it is indented."""
    nested = NestedFields([])
    open_: list[Field] = []
    for entry in fields:
        entry.members = []
        while open_ and open_[-1].column >= entry.column:
            open_.pop()
        if open_ and not holds_members(open_[-1]):
            types = " or ".join(open_[-1].head.types)
            message = f"it is indented below {open_[-1].name!r}, which is a {types}; not read"
            nested.problems.append((entry, message))
            continue
        if len(open_) < DEEPEST:
            (open_[-1].members if open_ else nested.roots).append(entry)
            open_.append(entry)
    return nested


def holds_members(entry: Field) -> bool:
    """Return whether a field may have members: an object, a list, or what has no known type."""
    head = entry.item if entry.levels and entry.item is not None else entry.head
    types = {name.lower() for name in head.types}
    scalars = {"string", "integer", "number", "boolean", "null"}
    return not types or not types <= scalars


def inner_object(value: JSON) -> Mapping[str, JSON] | None:
    """Return the object of an example that the members belong to: itself, or its first item."""
    for _ in range(DEEPEST):
        if isinstance(value, dict):
            return value
        if not isinstance(value, list) or not value:
            return None
        value = value[0]
    return None


_KEPT = 12
"""So many ways to place the fields are followed at once."""
_ELLIPSIS = "..."
"""A member of an example that stands for further ones."""
_UNEXPECTED, _UNKNOWN, _DISORDER, _LEFT, _COMPLETE = 8, 2, 4, 2, 1
"""What it costs that a known object gets a member which the example does not show; that an object
gets one of which the example tells nothing; that a member breaks the order; that one is left; that
an object gets a further member when it has all that the example shows."""
_ALTERNATIVES = 2
_Order: TypeAlias = tuple[bool, str]
_FIRST: _Order = (False, "")


@dataclass(frozen=True, slots=True)
class _Frame:
    """An object while its members are read: `entry` is its number in the list, -1 for the body.

    `shape` is its example, None if there is none.
    """

    entry: int
    shape: Mapping[str, JSON] | None
    weight: int
    combined: bool = False
    last: _Order = _FIRST
    index: int = -1
    taken: int = 0
    """One bit for each name of the example that was brought, by its place there."""
    brought: int = 0

    def left(self) -> int:
        """Return how many names of the example were not brought, those within them included.

        An object none of whose members is listed counts little: that is how alternatives look.
        """
        left = 0 if self.combined else max(0, self.weight - self.brought)
        return left if self.brought else min(left, _ALTERNATIVES)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to place the fields so far; `trail` is the chain of placements, the last first."""

    frames: tuple[_Frame, ...]
    cost: int = 0
    trail: tuple[JSON, int, bool] | None = None
    tie: int | None = None
    """The first field that another way, as good as this one, places elsewhere."""

    def left(self) -> int:
        """Return how many names the open objects still lack."""
        return sum(frame.left() for frame in self.frames)

    def key(self) -> tuple[JSON, ...]:
        """Return what decides about the fields still to come."""
        return tuple((frame.entry, frame.last, frame.index) for frame in self.frames)


class NestingBudget:
    """How many placements may still be weighed for one page."""

    left = 250_000


def by_example(fields: list[Field], example: JSON, budget: NestingBudget) -> NestedFields | None:
    """Return a flat list nested as the example is; None where that would take too long."""
    walk = _Walk()
    shape = inner_object(example)
    ways = [_Way((_Frame(-1, shape, walk.names_in(shape)),))]
    for number, entry in enumerate(fields):
        entry.members = []
        found: dict[tuple[JSON, ...], _Way] = {}
        budget.left -= sum(len(way.frames) for way in ways)
        if budget.left < 0:
            return None
        for way in ways:
            for next_way in walk.placed(way, number, entry):
                _keep(found, next_way, number)
        ways = sorted(found.values(), key=lambda way: way.cost)[:_KEPT]
    ended = sorted(ways, key=lambda way: way.cost + way.left() * _LEFT)
    return _nested(fields, ended[0])


def _keep(found: dict[tuple[JSON, ...], _Way], way: _Way, number: int) -> None:
    """Keep the better of two ways that leave the same choices."""
    key = way.key()
    known = found.get(key)
    if known is None or way.cost < known.cost:
        found[key] = way
    elif way.cost == known.cost and known.tie is None:
        found[key] = replace(known, tie=number)


def _nested(fields: list[Field], way: _Way) -> NestedFields:
    placements: list[tuple[int, bool]] = []
    trail = way.trail
    while trail is not None:
        trail, parent, guessed = trail
        placements.append((parent, guessed))
    nested = NestedFields([])
    for number, (parent, guessed) in enumerate(reversed(placements)):
        entry = fields[number]
        (nested.roots if parent < 0 else fields[parent].members).append(entry)
        if guessed:
            message = "the example does not show it; where it belongs is a guess by its place"
            nested.problems.append((entry, message))
        elif number == way.tie:
            message = "where it belongs is a guess: the example allows more than one place"
            nested.problems.append((entry, message))
    return nested


class _Walk:
    """Places fields; remembers how many names the parts of the example hold."""

    def __init__(self) -> None:
        self._weights: dict[int, int] = {}
        self._indices: dict[int, dict[str, int]] = {}

    def placed(self, way: _Way, number: int, entry: Field) -> Iterator[_Way]:
        """Yield the ways to place one more field: in the innermost open object or further out."""
        cost = way.cost
        for depth in range(len(way.frames) - 1, -1, -1):
            frame = way.frames[depth]
            yield self._placed(way, depth, cost, number, entry)
            cost += frame.left() * _LEFT

    def _placed(self, way: _Way, depth: int, cost: int, number: int, entry: Field) -> _Way:
        frame = way.frames[depth]
        index = self._index(frame.shape, entry.name)
        fresh = index >= 0 and (frame.combined or not frame.taken >> index & 1)
        open_ended = frame.shape is None or frame.combined or _ELLIPSIS in frame.shape
        if not fresh:
            # Objects without described members are left out of examples.
            likely = index < 0 and (open_ended or entry.head.types == ["object"])
            cost += _UNKNOWN if likely else _UNEXPECTED
            cost += 0 if open_ended or frame.left() else _COMPLETE
        order = (not entry.required, entry.name.lower())
        if not _in_order(frame, order, index):
            cost += _DISORDER
        value = frame.shape[entry.name] if frame.shape is not None and fresh else None
        inner = inner_object(value)
        changed = replace(
            frame,
            last=order,
            index=index,
            taken=frame.taken | (1 << index if index >= 0 else 0),
            brought=frame.brought + (1 + self.names_in(inner) if fresh else 0),
        )
        frames = (*way.frames[:depth], changed)
        may_enter = inner is not None or _cut(value) or (not fresh and open_ended)
        if may_enter and holds_members(entry) and len(frames) < DEEPEST:
            weight = self.names_in(inner)
            frames = (*frames, _Frame(number, inner, weight, bool(entry.combined)))
        return _Way(frames, cost, (way.trail, frame.entry, not fresh), way.tie)

    def _index(self, shape: Mapping[str, JSON] | None, name: str) -> int:
        """Return the place of a name in an example; -1 if it is not there."""
        if shape is None or name not in shape:
            return -1
        known = self._indices.get(id(shape))
        if known is None:
            known = {key: place for place, key in enumerate(shape)}
            self._indices[id(shape)] = known
        return known[name]

    def names_in(self, value: Mapping[str, JSON] | None) -> int:
        """Return how many names an object of the example holds, those of its values included."""
        if value is None:
            return 0
        known = self._weights.get(id(value))
        if known is None:
            inner = (inner_object(part) for part in value.values())
            known = len(value) - (_ELLIPSIS in value) + sum(map(self.names_in, inner))
            self._weights[id(value)] = known
        return known


def _in_order(frame: _Frame, order: _Order, index: int) -> bool:
    """Return whether a member follows the last one as a renderer writes them."""
    if frame.last == _FIRST or frame.combined:
        return True
    as_shown = 0 <= frame.index < index
    return as_shown or (order > frame.last and order[1] != frame.last[1])


def _cut(value: JSON) -> bool:
    """Return whether an example is a text that stands for what was left out, as `[Max …]` does."""
    return isinstance(value, str) and value.startswith("[") and value.endswith("]")
