"""Values that a schema itself mentions, and their neighbours: the last resort of the search."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import islice

from mockzoom.model import JSON
from mockzoom.schema.form import Schema
from mockzoom.schema.values import identity

_PLAIN: tuple[JSON, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, "", "a", "0", [], {}, [None], [0], ["a"], [0, 1], [True],
    {"a": 0}, {"a": "a"}, -0.5, 10, 100, 1000, 3, 7, "abc", "word", [[]], [{}], {"a": None},
)  # fmt: skip
_MOST = 400


def literals(root: Schema, schema: Schema) -> list[JSON]:
    """Return values mentioned in `schema` (then in `root`), and plain ones of every type."""
    found: dict[Hashable, JSON] = {}
    for value in islice(_all(root, schema), _MOST * 4):
        if len(found) >= _MOST:
            break
        found.setdefault(identity(value), value)
    return list(found.values())


def _all(root: Schema, schema: Schema) -> Iterator[JSON]:
    yield from _mentioned(schema)
    yield from _PLAIN
    if root is not schema:
        yield from _mentioned(root)


def _mentioned(schema: JSON) -> Iterator[JSON]:
    if isinstance(schema, list):
        for part in schema:
            yield from _mentioned(part)
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword in ("const", "default", "example"):
            yield value
        elif keyword in ("enum", "examples") and isinstance(value, list):
            yield from value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from (value, value + 1, value - 1)
            if keyword in ("minLength", "maxLength") and 0 <= value < 10_000:
                yield "a" * int(value)
        elif isinstance(value, (Mapping, list)):
            yield from _mentioned(value)
