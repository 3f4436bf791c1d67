"""JSON values as JSON Schema compares and types them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockzoom.model import JSON


def matches(pattern: str, text: str) -> bool:
    """Tell whether `pattern` is found in `text`; a pattern that Python can't read never is."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def same(left: JSON, right: JSON) -> bool:
    """Compare as JSON does: `true` is not 1, but 1.0 is 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def type_of(value: JSON) -> str:
    """Return the JSON Schema type of `value`; a whole float is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "integer" if value == value // 1 else "number"
    return "object" if isinstance(value, Mapping) else "array"


def is_type(value: JSON, name: str) -> bool:
    """Tell whether `value` is of the JSON Schema type `name`."""
    found = type_of(value)
    return found == name or (name == "number" and found == "integer")
