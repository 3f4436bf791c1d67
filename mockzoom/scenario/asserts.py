"""Asserts: what the values at a JSONPath have to be, by comparison operators."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from mockzoom.model import JSON
from mockzoom.scenario.model import Assert
from mockzoom.schema.values import same

Show = Callable[[JSON], str]
"""Spells a value for a message."""
MOST_FOUND = 10_000
"""Places that one path may find in an answer or a state."""
_MOST_DESCENTS = 2


def read_path(text: str) -> Any:
    """Return a JSONPath that was read; raise `ValueError` with the reason if it is none."""
    if text.count("..") > _MOST_DESCENTS:
        raise ValueError(f"`..` stands more than {_MOST_DESCENTS} times in it")
    try:
        return _read(text)
    except Exception as error:  # the parser raises errors of many kinds
        raise ValueError(" ".join(str(error).split())[:200] or type(error).__name__) from None


@lru_cache(maxsize=1024)
def _read(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return _parser().parse(text)


@cache
def _parser() -> Any:
    from jsonpath_ng.ext import parser

    names: Any = vars(parser)  # the class was renamed between two versions of the library
    return names.get("ExtendedJsonPathParser", names.get("ExtentedJsonPathParser"))()


def unkept(wanted: Assert, value: JSON, show: Show) -> Iterator[str]:
    """Yield what about `value` is not as an assert wants it: the place, and both values."""
    found = _found(wanted.path, value)
    if found is None:
        yield f"{wanted.path}: it cannot be looked for in this value"
        return
    if len(found) > MOST_FOUND:
        yield f"{wanted.path}: it finds more than {MOST_FOUND:,} places"
        return
    for operator, expected in wanted.checks:
        if operator == "count":
            if len(found) != expected:
                yield f"{wanted.path} finds {len(found)}, expected {show(expected)}"
        elif operator == "exists":
            if bool(found) != expected:
                seen = f"is {show(found[0][1])}" if found else "finds nothing"
                yield f"{wanted.path} {seen}, expected {'something' if expected else 'nothing'}"
        elif not found:
            yield f"{wanted.path} finds nothing, expected {_words(operator, expected, show)}"
        else:
            yield from _compared(operator, expected, found, show)


def said(wanted: Assert) -> str:
    """Say what an assert wants."""
    words = (_words(operator, expected, _plainly) for operator, expected in wanted.checks)
    return f"{wanted.path}: {', '.join(words)}"[:200]


def _plainly(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


def _compared(
    operator: str, expected: JSON, found: list[tuple[str, JSON]], show: Show
) -> Iterator[str]:
    compare = _OPERATORS[operator]
    for place, value in found:
        if not compare(value, expected):
            yield f"{place} is {show(value)}, expected {_words(operator, expected, show)}"


def _found(path: str, value: JSON) -> list[tuple[str, JSON]] | None:
    """Return each place that the path finds, and its value; None where it cannot be looked for."""
    try:
        matches = islice(read_path(path).find(value), MOST_FOUND + 1)
        return [(_place(match), match.value) for match in matches]
    except Exception:  # a filter may compare what cannot be compared
        return None


def _place(match: Any) -> str:
    full = str(match.full_path)
    return "$" if full == "$" else f"$.{full}".replace(".[", "[")


def _is_ordered(one: JSON, other: JSON) -> bool:
    """Return whether two values can be compared by size: both numbers, or both texts."""
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (one, other))
    return numbers or (isinstance(one, str) and isinstance(other, str))


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[JSON, JSON], bool]:
    return lambda value, expected: _is_ordered(value, expected) and compare(value, expected)


def _contains(value: JSON, expected: JSON) -> bool:
    if isinstance(value, str):
        return isinstance(expected, str) and expected in value
    return isinstance(value, list) and any(same(item, expected) for item in value)


def _matches(value: JSON, expected: JSON) -> bool:
    return isinstance(value, str) and re.fullmatch(str(expected), value) is not None


_OPERATORS: Mapping[str, Callable[[JSON, JSON], bool]] = {
    "equals": same,
    "differs": lambda value, expected: not same(value, expected),
    "less_than": _ordered(lambda value, expected: bool(value < expected)),
    "at_most": _ordered(lambda value, expected: bool(value <= expected)),
    "more_than": _ordered(lambda value, expected: bool(value > expected)),
    "at_least": _ordered(lambda value, expected: bool(value >= expected)),
    "matches": _matches,
    "contains": _contains,
}
_WORDS = {
    "equals": "{}", "differs": "anything but {}", "less_than": "less than {}",
    "at_most": "at most {}", "more_than": "more than {}", "at_least": "at least {}",
    "matches": "a text like {}", "contains": "one that contains {}", "count": "{} places",
    "exists": "to be there: {}",
}  # fmt: skip


def _words(operator: str, expected: JSON, show: Show) -> str:
    shown = str(expected) if operator == "matches" else show(expected)
    return _WORDS[operator].format(shown)
