"""What tells refused shapes of an event type from acknowledged ones: a field, or a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from mockzoom.model import JSON
from mockzoom.schema import pointer as pointers

_Facts: TypeAlias = "dict[str, str]"
"""The pointer of each value of an event, with the value as JSON; nothing for objects and lists."""
_MOST_NAMED = 3
"""Values that are named at most."""


class ShapeOutcomes:
    """The shapes of one event type that a receiver has acknowledged or refused."""

    def __init__(self) -> None:
        self._acknowledged: list[_Facts] = []
        self._refused: dict[str, list[_Facts]] = {}

    def acknowledged(self, body: bytes) -> None:
        """Take an event that was acknowledged."""
        self._acknowledged.append(dict(_facts(json.loads(body))))

    def refused(self, shape: str, body: bytes) -> None:
        """Take an event that was refused; the same shape may come several times."""
        self._refused.setdefault(shape, []).append(dict(_facts(json.loads(body))))

    def absent(self) -> list[str]:
        """Return the fields that acknowledged events have and refused ones have not.

        What would hold a field may be absent from an acknowledged event as a whole.
        """
        refused = [facts for events in self._refused.values() for facts in events]
        places = set().union(*self._acknowledged)
        return sorted(
            pointer
            for pointer in places
            if all(pointer not in facts and _parent(pointer) in facts for facts in refused)
            and all(
                pointer in facts or _parent(pointer) not in facts for facts in self._acknowledged
            )
        )

    def values(self) -> str:
        """Return the values of one field that only refused events have, such as `/a = 1 or 2`.

        Empty where there is no such field, or several: any may be the cause.
        """
        found = [(at, values) for at in self._places() if (values := self._refused_at(at))]
        if len(found) != 1:
            return ""
        ((pointer, values),) = found
        shown = " or ".join(values[:_MOST_NAMED])
        more = len(values) - _MOST_NAMED
        return f"{pointer} = {shown}" + (f" and {more} more" if more > 0 else "")

    def _places(self) -> set[str]:
        every = [facts for events in self._refused.values() for facts in events]
        return set.intersection(*(set(facts) for facts in every))

    def _refused_at(self, pointer: str) -> list[str]:
        """Return what a field is in each refused shape; nothing where that is no cause.

        It is none where an acknowledged event has it, too, or where it differs within one shape.
        """
        taken = {facts[pointer] for facts in self._acknowledged if pointer in facts}
        values: dict[str, None] = {}
        for events in self._refused.values():
            value, *others = {facts[pointer] for facts in events}
            if others or not value or not taken or value in taken:
                return []
            values[value] = None
        return list(values)


def without(body: bytes, pointer: str) -> JSON:
    """Return an event without the member at `pointer`."""
    return pointers.put(json.loads(body), pointers.split(pointer), pointers.MISSING)


def _facts(value: JSON, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _facts(member, pointer + pointers.join([name]))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _facts(item, pointer + pointers.join([number]))
    is_scalar = not isinstance(value, dict | list)
    yield pointer, json.dumps(value, ensure_ascii=False) if is_scalar else ""


def _parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]
