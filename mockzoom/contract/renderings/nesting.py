"""Finds which field of a list is a member of which: by indentation, or by the example beside it.

A list without indentation names the members of an object right behind the object itself. Which of
the names that follow are members, and where the object ends, shows the example: it has the same
nesting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from mockzoom.contract.renderings.fields import Field
from mockzoom.model import JSON

_TRIES = 50
"""So many objects are tried without members before the best outcome is taken."""
_DEEPEST = 100


@dataclass(slots=True)
class NestedFields:
    """The outermost fields of a list, with what was odd: the field concerned, and what."""

    roots: list[Field]
    problems: list[tuple[Field, str]] = field(default_factory=list)


def is_indented(fields: list[Field]) -> bool:
    """Tell whether a list shows its nesting by indentation."""
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
        if len(open_) < _DEEPEST:
            (open_[-1].members if open_ else nested.roots).append(entry)
            open_.append(entry)
    return nested


def by_example(fields: list[Field], example: JSON) -> NestedFields:
    """Return a flat list nested as the example is."""
    best = _Walk(fields, frozenset())
    best.walk(example)
    if best.left:
        for number in best.entered[:_TRIES]:
            other = _Walk(fields, frozenset({number}))
            other.walk(example)
            if other.cost() < best.cost():
                best = other
    trees = _Walk(fields, best.closed)
    trees.walk(example)  # once more: the tries have moved members about
    return NestedFields(trees.roots, trees.problems)


def holds_members(entry: Field) -> bool:
    """Tell whether a field may have members: an object, a list, or what has no known type."""
    types = {name.lower() for name in entry.head.types}
    scalars = {"string", "integer", "number", "boolean", "null"}
    return not types or not types <= scalars


def inner_object(value: JSON) -> Mapping[str, JSON] | None:
    """Return the object of an example that a list's members belong to: itself, or the first item."""
    for _ in range(_DEEPEST):
        if isinstance(value, dict):
            return value
        if not isinstance(value, list) or not value:
            return None
        value = value[0]
    return None


@dataclass(slots=True)
class _Open:
    """An object of the example while its members are read: the names that are still to come."""

    shape: Mapping[str, JSON]
    names: set[str]
    members: list[Field]


@dataclass(slots=True)
class _Walk:
    """One walk over a flat list; the objects in `closed`, by number, have no members in it."""

    fields: list[Field]
    closed: frozenset[int]
    roots: list[Field] = field(default_factory=list)
    problems: list[tuple[Field, str]] = field(default_factory=list)
    entered: list[int] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Names of the example that the list did not bring at their place."""

    def walk(self, example: JSON) -> None:
        shape = inner_object(example) or {}
        open_ = [_Open(shape, {*shape}, self.roots)]
        for number, entry in enumerate(self.fields):
            entry.members = []
            self._close(open_, entry.name)
            self._place(open_, entry)
            inner = inner_object(open_[-1].shape.get(entry.name))
            if not inner or not holds_members(entry) or len(open_) >= _DEEPEST:
                continue
            if number in self.closed or entry.combined:
                self.left += inner
                continue
            self.entered.append(number)
            open_.append(_Open(inner, {*inner}, entry.members))
        for last in open_:
            self.left += last.names

    def cost(self) -> tuple[int, int]:
        """Return how many names are left over, and how often the order is not the renderer's.

        It sorts members by name, the required ones first.
        """
        disorder = 0
        for members in (self.roots, *(entry.members for entry in self.fields)):
            keys = [(not entry.required, entry.name.lower()) for entry in members]
            disorder += sum(one > other for one, other in pairwise(keys))
        return len(self.left), disorder

    def _close(self, open_: list[_Open], name: str) -> None:
        """Leave the objects that the next field does not belong to."""
        depth = next((d for d in range(len(open_) - 1, -1, -1) if name in open_[d].names), None)
        if depth is None:
            # Not in the example: it belongs to the innermost object that still lacks members.
            while len(open_) > 1 and not open_[-1].names:
                open_.pop()
            return
        while len(open_) - 1 > depth:
            self.left += open_.pop().names

    def _place(self, open_: list[_Open], entry: Field) -> None:
        if entry.name in open_[-1].names:
            open_[-1].names.discard(entry.name)
        else:
            message = "the example does not show it; where it belongs is a guess by its place"
            self.problems.append((entry, message))
        open_[-1].members.append(entry)


def every(fields: list[Field]) -> Iterator[Field]:
    """Yield fields and their members, each before its own."""
    stack = list(reversed(fields))
    while stack:
        entry = stack.pop()
        yield entry
        stack += reversed(entry.members)
