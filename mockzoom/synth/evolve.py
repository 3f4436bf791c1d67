"""Events as Zoom may send them tomorrow: unknown ones, new fields, the other documented value.

Zoom adds events, fields and values without a new version (facts of three RTMS snapshots), so a
receiver must acknowledge all of these: rules MZ107 to MZ109. None of them is malformed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from mockzoom.model import JSON, Event, EventSpec, Variant
from mockzoom.schema.pointer import MISSING, get, put, split
from mockzoom.schema.values import is_type, same, type_of

NEW_FIELD = "mz_new_field"
"""The name of a field that no event has."""

_NEW_TEXT = "new"
_NEW_OBJECT = {"id": 7, "labels": ["a", "b"], "nested": {"flag": True, "none": None}}
_WORDS = ("annotated", "mirrored", "translated", "rebalanced", "archived", "reviewed")


def unknown_event(event: Event, *, invented: bool = False, known: Collection[str] = ()) -> Event:
    """Return `event` under a name that no contract has; `known` are the names that it does have.

    The name is a sibling's (`meeting.rtms_annotated` for `meeting.rtms_started`), or, `invented`,
    of a namespace that does not exist.
    """
    namespace, _, action = event.name.partition(".")
    stem = f"{namespace}.{action.rpartition('_')[0]}"
    stem = "mzfuture.object" if invented else stem
    joiner = "" if stem.endswith(".") else "_"
    names = (f"{stem}{joiner}{word}{more}" for more in ("", "_again") for word in _WORDS)
    name = next(name for name in names if name not in known)
    return Event(name, {**event.body, "event": name})


def new_fields(event: Event) -> Iterator[Event]:
    """Yield `event` with a field that it never had: at each object level, then at all at once.

    The items of one array are one level. At one level the field is a string; at all levels it is
    a string first, and then an object.
    """
    levels = list(_levels(event.body))
    for tokens in levels:
        yield Event(event.name, _with_field(event.body, tokens, _NEW_TEXT))
    for value in (_NEW_TEXT, _NEW_OBJECT):
        body: JSON = event.body
        for tokens in levels:
            body = _with_field(body, tokens, value)
        yield Event(event.name, body)


def variants(spec: EventSpec, event: Event) -> Iterator[tuple[Variant, Event]]:
    """Yield `event` with each other documented value, where the event has the place for it."""
    for variant in spec.variants:
        tokens = split(variant.pointer)
        # The envelope has one reading: the name decides the structure, the time is a number.
        if not tokens or tokens in (["event"], ["event_ts"]):
            continue
        parent = get(event.body, tokens[:-1])
        present = get(event.body, tokens)
        if not isinstance(parent, Mapping) and present is MISSING:
            continue
        if present is MISSING or not same(present, variant.value):
            yield variant, Event(event.name, put(event.body, tokens, variant.value))


class Evolving:
    """What Zoom may change of an event any day, so that it breaks nothing (rules MZ107 to MZ109).

    The value of `/event`; an enum of integer codes, such as `stop_reason`, which Zoom extends; an
    enum or type for which another reading is documented.
    """

    def __init__(self, spec: EventSpec) -> None:
        self._types: dict[str, set[str]] = {}
        for variant in spec.variants:
            kind = type_of(variant.value).replace("integer", "number")
            self._types.setdefault(_general(variant.pointer), set()).add(kind)

    def has_values(self, pointer: str, value: JSON) -> bool:
        """Return whether other values than those of enum and const may stand beside `value`."""
        place = _general(pointer)
        return place == "/event" or place in self._types or is_type(value, "integer")

    def types(self, pointer: str) -> Collection[str]:
        """Return the types of the other readings of a place; `number` covers integers."""
        return self._types.get(_general(pointer), ())

    def has_readings_below(self, pointer: str) -> bool:
        """Return whether there is another reading of a place or of anything in it."""
        place = _general(pointer)
        return any(f"{other}/".startswith(f"{place}/") for other in self._types)


def _general(pointer: str) -> str:
    """Return `pointer` with `*` for the position of any item."""
    return re.sub(r"/\d+(?=/|$)", "/*", pointer)


def _levels(value: JSON, tokens: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, Mapping):
        yield tokens
        for key, item in value.items():
            yield from _levels(item, (*tokens, key))
    elif isinstance(value, list):
        first = next((i for i, item in enumerate(value) if isinstance(item, (Mapping, list))), None)
        if first is not None:
            yield from _levels(value[first], (*tokens, first))


def _with_field(body: JSON, tokens: tuple[str | int, ...], value: JSON) -> JSON:
    name = NEW_FIELD
    while name in get(body, tokens):
        name += "_"
    return put(body, (*tokens, name), value)
