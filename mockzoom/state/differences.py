"""Differences: what a report says of two state diffs, field by field.

Of lists only the items that differ are shown, of long texts only the part that differs. An entity
is named by its role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mockzoom.model import JSON
from mockzoom.state.paths import ANY, Path, text_of
from mockzoom.state.roles import ROLE
from mockzoom.state.state_diff import OF_LISTS, UNCHANGED

MISSING = "missing"
_MOST_SHOWN = 120
OF_TIME = "/event_ts"
"""In the role of the time of an event."""
_CONTEXT = 24
"""Characters around the part of a long text that differs."""


def differences(expected: JSON, found: JSON) -> Iterator[str]:
    """Yield what differs, such as `counts.streams: +2, expected +1`; times come last."""
    yield from sorted(_walk(expected, found, ()), key=lambda said: OF_TIME in said)


def _walk(left: JSON, right: JSON, here: Path) -> Iterator[str]:
    if _is_object(left) and _is_object(right):
        none = MISSING if any(map(ROLE.search, here)) else UNCHANGED
        for key in {**left, **right}:
            one, two = left.get(key, none), right.get(key, none)
            if one != two:
                yield from _walk(one, two, (*here, key))
    elif isinstance(left, list) and isinstance(right, list):
        yield from _items(left, right, here)
    elif left != right:
        yield _said(left, right, here)


def _items(left: list[JSON], right: list[JSON], here: Path) -> Iterator[str]:
    """Yield how two lists differ: row by row where rows are about the same entity."""
    mine, theirs = _odd(left, right), _odd(right, left)
    if not mine and not theirs:
        if left != right:
            yield _said(left, right, here, _of_arrivals(here))
        return
    while mine and theirs and _is_object(mine[0]):
        row, others = mine[0], list(filter(_is_object, theirs))
        if not others:
            break
        same = max(others, key=lambda other: _similarity(row, other))
        mine.remove(row)
        theirs.remove(same)
        yield from _walk(row, same, (*here, _entity(row, same) or ANY))
    said = [f"{_listed(theirs)} is not expected"] if theirs else []
    said += [f"{_listed(mine)} is missing"] if mine else []
    if said:
        yield f"{_place(here)}: {'; '.join(said)}"


def _odd(items: list[JSON], others: list[JSON]) -> list[JSON]:
    """Return the items that the others do not have, as often as they have them less."""
    left = Counter(map(text_of, items)) - Counter(map(text_of, others))
    found = []
    for item in items:
        if left[text_of(item)] > 0:
            left[text_of(item)] -= 1
            found.append(item)
    return found


def _similarity(row: Mapping[str, JSON], other: Mapping[str, JSON]) -> tuple[int, int]:
    """Return how many entities two rows have in the same fields, and how many other values."""
    same = [str(value) for key, value in row.items() if other.get(key, MISSING) == value]
    entities = sum(ROLE.fullmatch(text) is not None for text in same)
    return entities, len(same)


def _entity(row: Mapping[str, JSON], other: Mapping[str, JSON]) -> str:
    """Return the role of the first entity that two rows have in the same field."""
    same = [str(value) for key, value in row.items() if other.get(key, MISSING) == value]
    return min(filter(ROLE.fullmatch, same), key=lambda role: OF_TIME in role, default="")


def _is_object(value: JSON) -> bool:
    return isinstance(value, Mapping) and "by" not in value


def _said(expected: JSON, found: JSON, here: Path, about: str = "") -> str:
    one, two = _contrasted(_text(expected), _text(found))
    return f"{_place(here)}: {two}, expected {one}{about}"


def _place(here: Path) -> str:
    return ".".join(step for step in here if step not in OF_LISTS) or "state"


def _listed(items: list[JSON]) -> str:
    return _cut(", ".join(map(text_of, items)))


def _text(value: JSON) -> str:
    if isinstance(value, Mapping) and value.keys() == {"by"}:
        return f"{value['by']:+g}"
    return value if isinstance(value, str) and value.strip() else text_of(value)


def _contrasted(one: str, other: str) -> tuple[str, str]:
    """Return two texts; of long ones the part that differs, with what is around it."""
    pairs = enumerate(zip(one, other, strict=False))
    start = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other))) - _CONTEXT
    if max(len(one), len(other)) <= _MOST_SHOWN or start <= 0:
        return _cut(one), _cut(other)
    return f"…{_cut(one[start:])}", f"…{_cut(other[start:])}"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"


def _of_arrivals(place: Path) -> str:
    steps = [ANY if ROLE.search(step) else step for step in place if step not in OF_LISTS]
    path = ".".join(steps)
    return f" (the same items: a log of arrivals belongs into --probe-unordered {path or ANY})"
