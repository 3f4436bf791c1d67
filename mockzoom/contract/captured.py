"""Holds a captured event against the contract: what in it the contract does not have, or refuses.

Four kinds of deviations, since a receiver has to live with the first three and only the last one is
the sender's mistake: an undocumented event type, field or value, and a broken schema. A field that
`additionalProperties: false` forbids is an undocumented field, a value outside of an enum an
undocumented value. Documented variants count as documented: one of the type that the schema has
by its value, one of another type by its type (the example of a document shows one number of many).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from mockzoom.contract.described_fields import undescribed
from mockzoom.contract.schema_breaks import LOOKED_AT, SchemaBreak, breaks, shown_in_short
from mockzoom.contract.vocabulary import shown
from mockzoom.errors import nearest
from mockzoom.model import JSON, EventSpec, Variant
from mockzoom.schema.pointer import join
from mockzoom.schema.validators import exact_validator_of, valid
from mockzoom.schema.values import same, type_of

MOST_DEVIATIONS = 200
"""Undocumented fields and values of one event that are named."""
_VALUES_SHOWN = 20
_NAMES_KEPT = 1_000
"""Undocumented names, and namespaces, that something is remembered of."""
_LONGEST_NAME = 100
"""Characters up to which the nearest name is looked for."""

DeviationKind: TypeAlias = Literal["event", "field", "value", "broken"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place at which a captured event deviates from the contract."""

    kind: DeviationKind
    event: str
    pointer: str
    """RFC 6901 pointer into the body; of the member itself where that is missing."""
    place: str
    """The pointer with `*` for every index of an array: equal for what is equally wrong."""
    message: str
    """Without event and pointer."""
    expected: str
    actual: str


class CaptureChecker:
    """Holds captured bodies against `events`; reads only those event types that it meets."""

    def __init__(self, events: Mapping[str, EventSpec]) -> None:
        self._events = events
        self._aliases_of = lru_cache(_NAMES_KEPT)(self._find_aliases)
        self._advice: dict[str, str] = {}

    def deviations(self, body: JSON) -> tuple[Deviation, ...]:
        """Return the deviations of a body, in the order of their places; empty if none.

        The first of its kind at a place stands for those in other items of the same array. At
        most `MOST_DEVIATIONS` fields and values. Nothing raises, whatever the body is.
        """
        if not isinstance(body, dict):
            return (_no_event("", f"the body is of type {type_of(body)}", "a JSON object", body),)
        name = body.get("event")
        if not isinstance(name, str):
            what = "is no text" if "event" in body else "is missing"
            return (_no_event("/event", what, "the name of the event", name),)
        spec = self._events.get(name)
        if spec is None:
            found = [_of_event(other, name, body) for other in self._known_as(name)]
            return min(found, key=_broken) if found else (self._undocumented(name),)
        own = _of_event(spec, name, body)
        if _broken(own):
            # Another event type stands for it only where the body is wholly of that one.
            others = (_of_event(other, name, body) for other in self._known_as(name))
            return next((found for found in others if not found), own)
        return own

    def _known_as(self, name: str) -> list[EventSpec]:
        """Return the other event types that a document shows under this name, too."""
        return self._aliases_of(name.partition(".")[0]).get(name, [])

    def _find_aliases(self, namespace: str) -> Mapping[str, list[EventSpec]]:
        found: dict[str, list[EventSpec]] = {}
        for name in self._events:
            if name.partition(".")[0] == namespace:
                for item in self._events[name].variants:
                    if item.pointer == "/event" and isinstance(item.value, str):
                        found.setdefault(item.value, []).append(self._events[name])
        return found

    def _undocumented(self, name: str) -> Deviation:
        if name not in self._advice and len(self._advice) < _NAMES_KEPT:
            near = nearest(name, self._events) if len(name) <= _LONGEST_NAME else ""
            self._advice[name] = near
        advice = self._advice.get(name, "")
        message = "no event of the contract is called so"
        expected = f"one of the {len(self._events)} events of the contract{advice}"
        return Deviation("event", name, "/event", "/event", message, expected, shown(name))


def _no_event(pointer: str, message: str, expected: str, value: JSON) -> Deviation:
    return Deviation("broken", "", pointer, pointer, message, expected, shown_in_short(value))


def _broken(found: Iterable[Deviation]) -> int:
    return sum(item.kind == "broken" for item in found)


def _of_event(spec: EventSpec, name: str, body: JSON) -> tuple[Deviation, ...]:
    validator = exact_validator_of(spec)
    found: dict[tuple[DeviationKind, str], Deviation] = {}
    broken = [
        item
        for item in (() if valid(spec, body) else breaks(validator, body))
        if not _is_variant(spec.variants, item)
    ]
    holders = set()
    for path, value in undescribed(spec.schema, body, validator):
        holders.add(path[:-1])
        _keep(found, _field(name, path, value))
    for item in broken:
        if item.keyword != "unevaluatedProperties" or item.path not in holders:
            _keep(found, _of_break(name, item))
    wrong = {item.pointer for item in found.values() if item.kind == "broken"}
    kept = (item for item in found.values() if item.kind != "value" or item.pointer not in wrong)
    return tuple(sorted(kept, key=lambda item: (item.pointer, item.kind)))


def _keep(found: dict[tuple[DeviationKind, str], Deviation], item: Deviation) -> None:
    """Keep the first deviation of its kind at a place; a broken schema however many there are."""
    if len(found) < MOST_DEVIATIONS or item.kind == "broken":
        found.setdefault((item.kind, item.place), item)


def _of_break(event: str, item: SchemaBreak) -> Deviation:
    if item.keyword == "additionalProperties":
        return _field(event, item.path, item.value)
    pointer, place = join(item.path), _place(item.path)
    if item.keyword in ("enum", "const") and not _is_other_type(item):
        expected = _listed(item.allowed)
        message = f"has the value {shown(item.value)}, which the contract does not have"
        return Deviation("value", event, pointer, place, message, expected, shown(item.value))
    return Deviation("broken", event, pointer, place, item.message, item.expected, item.actual)


def _field(event: str, path: tuple[str | int, ...], value: JSON) -> Deviation:
    pointer = join(path)
    message = "is a field that the contract does not have"
    # Its type says what to expect; its value may be somebody's address.
    actual = f"a field of type {type_of(value)}"
    return Deviation("field", event, pointer, _place(path), message, "", actual)


def _is_variant(variants: Iterable[Variant], item: SchemaBreak) -> bool:
    """Return whether the document has this value, or a value of this type, at this place, too."""
    other_type = item.keyword in ("type", "anyOf", "oneOf") or _is_other_type(item)
    for variant in variants:
        if not _is_at(variant.pointer, item.path):
            continue
        if same(variant.value, item.value):
            return True
        if other_type and _kind_of(variant.value) == _kind_of(item.value):
            return True
    return False


def _is_other_type(item: SchemaBreak) -> bool:
    """Return whether a value outside of an enum has the type of none of its values."""
    kinds = {_kind_of(value) for value in item.allowed[:LOOKED_AT]}
    return item.keyword in ("enum", "const") and _kind_of(item.value) not in kinds


def _kind_of(value: JSON) -> str:
    name = type_of(value)
    return "number" if name == "integer" else name


def _is_at(pointer: str, path: tuple[str | int, ...]) -> bool:
    """Return whether a variant's pointer leads to `path`; its indices stand for any index."""
    tokens = pointer.split("/")[1:]
    return len(tokens) == len(path) and all(
        token.isdecimal() if isinstance(step, int) else token == join([step])[1:]
        for token, step in zip(tokens, path, strict=True)
    )


def _place(path: Iterable[str | int]) -> str:
    return join("*" if isinstance(step, int) else step for step in path)


def _listed(values: Sequence[JSON]) -> str:
    more = f" or {len(values) - _VALUES_SHOWN} more" if len(values) > _VALUES_SHOWN else ""
    return "one of " + ", ".join(map(shown, values[:_VALUES_SHOWN])) + more
