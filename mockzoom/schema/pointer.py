"""RFC 6901 JSON pointers: made, taken apart, looked up, and replaced without touching the rest.

What people write may also be dotted, `payload.object.id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mockzoom.model import JSON


class _Missing:
    """The value of a place that is not there (None is a JSON value)."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def join(tokens: Iterable[object]) -> str:
    """Return the pointer for `tokens`."""
    return "".join(f"/{escaped(str(token))}" for token in tokens)


def escaped(token: str) -> str:
    """Return one property name as a reference token."""
    return token.replace("~", "~0").replace("/", "~1")


def split(pointer: str) -> list[str]:
    """Return the tokens of `pointer`; the empty pointer, for the whole document, has none."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def steps(path: str) -> list[str]:
    """Return the tokens of a path: dotted, or a pointer when it starts with `/`."""
    return split(path) if path.startswith("/") else path.split(".")


def get(value: JSON, tokens: Sequence[str | int]) -> JSON:
    """Return what is at `tokens`, or `MISSING`."""
    for token in tokens:
        if value.__class__ is dict:  # by far the most frequent, and the quickest to tell
            value = value.get(token, MISSING)
        elif isinstance(value, Mapping) and token in value:
            value = value[token]
        elif isinstance(value, list) and _is_index(str(token)) and int(token) < len(value):
            value = value[int(token)]
        else:
            return MISSING
    return value


def _is_index(token: str) -> bool:
    return token.isdecimal() and len(token) < 10


def put(value: JSON, tokens: Sequence[str | int], new: JSON) -> JSON:
    """Return a copy of `value` with `new` at `tokens` (`MISSING` removes it); the parents exist.

    Only the containers on the way are copied.
    """
    if not tokens:
        return new
    whole = within = _copied(value)
    *way, last = tokens
    for token in way:
        key = int(token) if within.__class__ is list else token
        inner = within[key] = _copied(within[key])
        within = inner
    last = int(last) if within.__class__ is list else last
    if new is MISSING:
        del within[last]
    else:
        within[last] = new
    return whole


def _copied(value: JSON) -> JSON:
    return list(value) if isinstance(value, list) else dict(value)


def differences(one: JSON, other: JSON, place: str = "") -> Iterator[str]:
    """Yield the pointers of the places at which two values of one structure differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() & other.keys()):
            yield from differences(one[key], other[key], f"{place}/{key}")
    elif isinstance(one, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{place}/{index}")
    elif one != other:
        yield place


def leaves(value: JSON, place: str = "") -> Iterator[tuple[str, JSON]]:
    """Yield the pointer of each value that is no container, with that value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, place + join([key]))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, place + join([index]))
    else:
        yield place, value


def objects(value: JSON, place: str = "") -> Iterator[tuple[str, dict[str, JSON]]]:
    """Yield the pointer of each object within a value, with that object; the outermost first."""
    stack = [(place, value)]
    while stack:
        place, current = stack.pop()
        if isinstance(current, dict):
            yield place, current
            stack += [(f"{place}/{escaped(key)}", item) for key, item in current.items()]
        elif isinstance(current, list):
            stack += [(f"{place}/{index}", item) for index, item in enumerate(current)]


def added_fields(before: JSON, after: JSON, place: str = "") -> Iterator[str]:
    """Yield the pointers of the fields that `after` has and `before` has not."""
    if isinstance(after, dict) and isinstance(before, dict):
        for key, value in after.items():
            if key not in before:
                yield f"{place}/{key}"
            else:
                yield from added_fields(before[key], value, f"{place}/{key}")
    elif isinstance(after, list) and isinstance(before, list):
        for index, (old, new) in enumerate(zip(before, after, strict=False)):
            yield from added_fields(old, new, f"{place}/{index}")
