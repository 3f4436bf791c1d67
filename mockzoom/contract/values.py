"""Compares and reads JSON values."""

from __future__ import annotations

import re
from collections.abc import Hashable

from mockzoom.contract.validation import fast_validator
from mockzoom.contract.vocabulary import type_name
from mockzoom.model import JSON

MOST_VALUES = 256
"""Of a longer enum only so many values are made (the country codes and time zones are fewer)."""


def same(one: JSON, other: JSON) -> bool:
    """Tell whether two values are equal as JSON: true is not 1, but 1.0 is 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if "boolean" in (type_name(one), type_name(other)):
        return one is other
    return bool(one == other)


def identity(value: JSON) -> Hashable:
    """Return a key that is equal for values that are the `same`, so that many can be compared."""
    if isinstance(value, dict):
        return "object", frozenset((key, identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(identity, value))
    return ("boolean", value) if isinstance(value, bool) else value


def number_of(value: JSON) -> int | float | None:
    """Return a number, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?", value.strip()):
        return number_of(float(value)) if "." in value else int(value)
    return None


def unusable(pattern: str) -> str | None:
    """Return why one of the validators cannot use a regular expression, or None."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    try:
        fast_validator({"pattern": pattern})
    except ValueError:
        return "it is outside what ECMA-262 defines"
    return None
