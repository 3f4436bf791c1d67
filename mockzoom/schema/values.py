"""JSON values as JSON Schema types, compares and reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import TypeVar, TypeVarTuple

from mockzoom.model import JSON

MOST_VALUES = 256
"""Of a longer enum only so many values are made (the country codes and time zones are fewer)."""


def type_of(value: JSON) -> str:
    """Return the JSON Schema type of a value (`integer` for numbers without a fraction)."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return "object" if isinstance(value, Mapping) else "array"


def is_type(value: JSON, types: str | Collection[str]) -> bool:
    """Return whether a value has the JSON Schema type, or one of several."""
    name, wanted = type_of(value), (types,) if isinstance(types, str) else types
    return name in wanted or (name == "integer" and "number" in wanted)


def same(one: JSON, other: JSON) -> bool:
    """Return whether two values are equal as JSON: true is not 1, but 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def identity(value: JSON) -> Hashable:
    """Return a key that is equal for values that are the `same`, so that many can be compared."""
    if isinstance(value, dict):
        return "object", frozenset((key, identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(identity, value))
    return ("boolean", value) if isinstance(value, bool) else value


T = TypeVar("T")
R = TypeVar("R")
More = TypeVarTuple("More")


def kept_by_identity(
    most: int,
) -> Callable[[Callable[[T, *More], R]], Callable[[T, *More], R]]:
    """Decorate a function so that it keeps what it returned for each of the last `most` objects.

    For objects that have no hash, such as schemas; what stands beside the object is part of the
    key. An entry holds its object, so that no other one gets the same identity.
    """

    def decorated(make: Callable[[T, *More], R]) -> Callable[[T, *More], R]:
        known: dict[Hashable, tuple[T, R]] = {}

        def kept(item: T, *more: *More) -> R:
            key = (id(item), *more) if more else id(item)
            entry = known.get(key)
            if entry is None:
                if len(known) >= most:
                    del known[next(iter(known))]
                entry = known[key] = item, make(item, *more)
            return entry[1]

        return kept

    return decorated


def number_of(value: JSON) -> int | float | None:
    """Return a number, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?", value.strip()):
        return number_of(float(value)) if "." in value else int(value)
    return None


def matches(pattern: str, text: str) -> bool:
    """Return whether `pattern` is found in `text`; a pattern that Python can't read never is."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False
