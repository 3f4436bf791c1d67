"""Nests the fields of a list: by indentation here, by the example beside it in `flat`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        if len(open_) < DEEPEST:
            (open_[-1].members if open_ else nested.roots).append(entry)
            open_.append(entry)
    return nested


def holds_members(entry: Field) -> bool:
    """Tell whether a field may have members: an object, a list, or what has no known type."""
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
