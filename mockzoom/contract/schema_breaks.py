"""Says what of a schema a captured body breaks, one break a place, in plain words.

A body that matches none of several alternatives (`anyOf`, `oneOf`) breaks the one that it comes
nearest to: its breaks of that one are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.schema.values import type_of

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MOST_ERRORS = 20_000
"""Errors of one body that are looked at."""
LOOKED_AT = 1_000
"""Values of an enum that say of which types its values are."""
_MESSAGE_KEPT = 200
_LEVELS = 20
_BOUNDS = {
    "minimum": "at least {}", "maximum": "at most {}", "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}", "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters", "maxLength": "at most {} characters",
    "minItems": "at least {} items", "maxItems": "at most {} items",
    "minProperties": "at least {} fields", "maxProperties": "at most {} fields",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SchemaBreak:
    """One constraint that a body breaks; `allowed` are the values of an enum."""

    path: tuple[str | int, ...]
    keyword: str
    value: JSON
    message: str
    expected: str = ""
    actual: str = ""
    allowed: Sequence[JSON] = ()


def breaks(validator: Draft202012Validator, body: JSON) -> Iterator[SchemaBreak]:
    """Yield the breaks of a body, none if it is valid; of at most `MOST_ERRORS` errors."""
    try:
        for count, error in enumerate(validator.iter_errors(body)):
            if count >= MOST_ERRORS:
                yield SchemaBreak((), "", body, f"has more than {MOST_ERRORS:,} errors")
                return
            yield from _of_error(error, _LEVELS)
    except RecursionError:
        yield SchemaBreak((), "", body, "is nested too deeply to be checked")
    except OverflowError:
        yield SchemaBreak((), "", body, "holds a number too large to be checked")


def _of_error(error: ValidationError, levels: int) -> Iterator[SchemaBreak]:
    path = tuple(error.absolute_path)
    keyword, value = str(error.validator), _any(error.instance)
    if keyword == "required":
        for name in _any(error.validator_value):
            if name not in value:
                yield SchemaBreak(
                    (*path, name), keyword, None, "is missing", "a required field", "absent"
                )
    elif keyword == "additionalProperties":
        for name in _additional(error):
            yield SchemaBreak((*path, name), keyword, value[name], "is not described")
    elif keyword in ("anyOf", "oneOf") and error.context and levels:
        yield from _of_alternatives(error, levels - 1)
    else:
        yield _single(error, path, keyword, value)


def _of_alternatives(error: ValidationError, levels: int) -> Iterator[SchemaBreak]:
    """Yield the breaks of the alternative that a value comes nearest to."""
    by_branch: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        by_branch.setdefault(inner.relative_schema_path[0], []).append(inner)
    at = len(error.absolute_path)
    branches = [
        [item for inner in errors for item in _of_error(inner, levels)]
        for errors in by_branch.values()
    ]
    nearest = min(branches, key=lambda found: _distance(found, at))
    if any(len(item.path) == at and item.keyword == "type" for item in nearest):
        yield _single(error, tuple(error.absolute_path), str(error.validator), error.instance)
    else:
        yield from nearest


def _distance(found: Iterable[SchemaBreak], at: int) -> tuple[bool, int, int]:
    """Return how far a value is from an alternative: another type, breaks, undocumented parts."""
    kinds = [(item.keyword, len(item.path)) for item in found]
    other = any(keyword == "type" and depth == at for keyword, depth in kinds)
    mild = sum(keyword in ("enum", "const", "additionalProperties") for keyword, _ in kinds)
    return other, len(kinds) - mild, mild


def _additional(error: ValidationError) -> list[str]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    patterns = schema.get("patternProperties", {})
    return [
        name for name in _any(error.instance)
        if name not in schema.get("properties", {})
        and not any(re.search(pattern, name) for pattern in patterns)
    ]  # fmt: skip


def _single(
    error: ValidationError, path: tuple[str | int, ...], keyword: str, value: JSON
) -> SchemaBreak:
    limit = _any(error.validator_value)
    allowed: Sequence[JSON] = ()
    if keyword == "type":
        expected = " or ".join(limit) if isinstance(limit, list) else str(limit)
        message = f"is of type {type_of(value)}, the contract says {expected}"
    elif keyword in ("enum", "const"):
        allowed = limit if keyword == "enum" else (limit,)
        expected = " or ".join(dict.fromkeys(map(type_of, allowed[:LOOKED_AT])))
        message = f"is of type {type_of(value)}, the contract has values of type {expected}"
    elif keyword == "format":
        message, expected = f"is no {limit}", str(limit)
    elif keyword in _BOUNDS:
        message, expected = f"breaks {keyword} {limit}", _BOUNDS[keyword].format(limit)
    elif keyword in ("anyOf", "oneOf"):
        many = "none" if error.context else "more than one"
        message = f"matches {many} of the documented alternatives"
        expected = f"one of {len(limit)} alternatives"
    else:
        message = f"breaks {keyword}" if error.validator else "is not allowed"
        expected = _cut(str(limit))
    return SchemaBreak(path, keyword, value, message, expected, shown_in_short(value), allowed)


def _any(value: object) -> JSON:
    """Return a value that the types of jsonschema call perhaps unset, and that never is."""
    return value


def shown_in_short(value: JSON) -> str:
    """Return a value as short text; of an array or object only its size."""
    if isinstance(value, dict | list):
        return f"{type_of(value)} of {len(value)}"
    return shown(value)


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE_KEPT else text[: _MESSAGE_KEPT - 1] + "…"
