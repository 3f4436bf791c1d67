"""Relations between values of an event, by dotted paths; `*` stands for every item of an array.

Each is a function from a body to nothing that raises `AssertionError`. Where a place is not there,
since the shape leaves it out, a relation says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import pairwise
from typing import Any

from .conftest import seconds

Check = Callable[[Any], None]


def values(body: Any, path: str) -> list[Any]:
    """Return the values at `path`."""
    found = [body]
    for step in path.split("."):
        if step == "*":
            found = [item for each in found if isinstance(each, list) for item in each]
        else:
            found = [each[step] for each in found if isinstance(each, dict) and step in each]
    return found


def form(path: str, pattern: str) -> Check:
    """The text of the value at `path` has a form."""

    def check(body: Any) -> None:
        for value in values(body, path):
            assert re.fullmatch(pattern, str(value)), f"{path}: {value!r} is not {pattern}"

    return check


def among(path: str, known: Collection[Any]) -> Check:
    """The value at `path` is one of some."""

    def check(body: Any) -> None:
        for value in values(body, path):
            assert value in known, f"{path}: {value!r} is not of {known}"

    return check


def between(path: str, low: int, high: int) -> Check:
    """The number at `path` is between two others."""

    def check(body: Any) -> None:
        for value in values(body, path):
            assert low <= value <= high, f"{path}: {value!r} is not in {low}..{high}"

    return check


def equal(one: str, *others: str) -> Check:
    """What stands at the paths is the same, as text; the empty text of a guest aside."""

    def check(body: Any) -> None:
        found = {str(value) for path in (one, *others) for value in values(body, path)} - {""}
        assert len(found) <= 1, f"{one}, {', '.join(others)}: {found}"

    return check


def differ(*paths: str) -> Check:
    """What stands at the paths differs from each other."""

    def check(body: Any) -> None:
        found = [{str(value) for value in values(body, path)} for path in paths]
        for number, some in enumerate(found):
            for others in found[number + 1 :]:
                assert not some & others, f"{', '.join(paths)}: {some & others}"

    return check


def _second(value: Any) -> float:
    return value / 1000 if isinstance(value, int) else seconds(value)


def in_order(*paths: str) -> Check:
    """The times at the paths come one after the other, or at once; empty ones aside."""

    def check(body: Any) -> None:
        told = [(path, [_second(v) for v in values(body, path) if v != ""]) for path in paths]
        told = [(path, times) for path, times in told if times]
        for (one, some), (other, others) in pairwise(told):
            assert max(some) <= min(others), f"{one} {some} is after {other} {others}"

    return check


def lasts(path: str, start: str, end: str, unit_s: int) -> Check:
    """The number at `path` is the time between two others, in units of so many seconds."""

    def check(body: Any) -> None:
        starts, ends = values(body, start), values(body, end)
        for value in values(body, path) if starts and ends else ():
            exact = (_second(ends[0]) - _second(starts[0])) // unit_s
            assert value == exact, f"{path}: {value!r} is not {exact}"

    return check


def counts(path: str, listed: str) -> Check:
    """The number at `path` is the number of items in an array."""

    def check(body: Any) -> None:
        for value, items in zip(values(body, path), values(body, listed), strict=False):
            assert value == len(items), f"{path}: {value!r} of {len(items)}"

    return check


def adds_up(path: str, parts: str) -> Check:
    """The number at `path` is the sum of others."""

    def check(body: Any) -> None:
        found = values(body, parts)
        for value in values(body, path) if found else ():
            assert value == sum(found), f"{path}: {value!r} is not {sum(found)}"

    return check


def full_name(first: str, last: str, *whole: str) -> Check:
    """First and last name make up the whole one."""

    def check(body: Any) -> None:
        for given, family in zip(values(body, first), values(body, last), strict=False):
            for path in whole:
                for value in values(body, path):
                    assert value == f"{given} {family}", f"{path}: {value!r}"

    return check


def changes(new: str, old: str, *identity: str, always: tuple[str, ...] = ()) -> Check:
    """Both have the same identity; members of the old one are in the new one, with new values.

    Those in `always` are there whether they have changed or not.
    """

    def check(body: Any) -> None:
        for now, before in zip(values(body, new), values(body, old), strict=False):
            for name, value in before.items():
                if name in identity:
                    assert now[name] == value, f"{old}.{name}: {value!r}"
                else:
                    assert name in now, f"{old}.{name} is not in {new}"
                    assert name in always or now[name] != value, (
                        f"{old}.{name}: {value!r} has not changed"
                    )

    return check
