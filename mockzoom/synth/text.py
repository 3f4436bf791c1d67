"""The free text of an event: found, and written in every script or in ASCII words.

Rule MZ208 compares a receiver's answers to one event told in both: bodies that differ in nothing
but the text which people wrote.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import structs

from mockzoom.free_text import ascii_twin, non_ascii_twin
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema.pointer import join, put, split
from mockzoom.schema.schemas import Schemas
from mockzoom.schema.validators import valid
from mockzoom.synth.place import EventPlace, is_free_text

_LEFT = re.compile(r"^(?P<name>.*?)(?= left the | got disconnected from )", re.DOTALL)
_EMOJI = "\N{PARTY POPPER}"
_BEYOND = "\U00010000"
_BOUND = ("enum", "const", "pattern", "format")


def free_text(spec: EventSpec, event: Event) -> tuple[str, ...]:
    """Return the RFC 6901 pointers of the places of `event` where people's own words stand."""
    schemas = Schemas(spec.schema)
    return tuple(
        join(tokens)
        for tokens, _ in _strings(event.body, ())
        if is_free_text(_place(spec.name, tokens)) and _is_open(schemas, tokens)
    )


def with_non_ascii(spec: EventSpec, event: Event) -> Event | None:
    """Return `event` with letters of several scripts in its free text; None where it has none.

    Each text keeps its length and the class of each character, so it differs from its twin in ASCII
    by the characters alone.
    """
    places = free_text(spec, event)
    if not places:
        return None
    body: JSON = event.body
    strings = {join(tokens): value for tokens, value in _strings(body, ())}
    for pointer in places:
        old = strings[pointer]
        new = _LEFT.sub(lambda match: non_ascii_twin(match["name"]), old)
        new = new if new != old else non_ascii_twin(old)
        changed = put(body, split(pointer), new)
        body = changed if valid(spec, changed) else body
    return None if body == event.body else Event(event.name, body, event.mutation)


def with_emoji(spec: EventSpec, event: Event, kept: Collection[JSON] = ()) -> Event:
    """Return `event` with an emoji in each free text that has no character beyond U+FFFF yet.

    It stands for the first character, so that equal names stay equal. Texts in `kept` stay.
    """
    body: JSON = event.body
    strings = {join(tokens): value for tokens, value in _strings(body, ())}
    for pointer in free_text(spec, event):
        text = strings[pointer]
        if text and max(text) < _BEYOND and text not in kept:
            changed = put(body, split(pointer), _EMOJI + text[1:])
            body = changed if valid(spec, changed) else body
    return structs.replace(event, body=body)


def with_ascii(spec: EventSpec, event: Event) -> Event:
    """Return `event` with ASCII alone everywhere, each text as long as it was, of the same class.

    Where its schema forbids such a text, that stays as it is.
    """
    body: JSON = event.body
    for tokens, value in list(_strings(body, ())):
        if not value.isascii():
            changed = put(body, tokens, ascii_twin(value))
            body = changed if valid(spec, changed) or not valid(spec, body) else body
    return Event(event.name, body, event.mutation)


def _strings(
    value: JSON, tokens: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield tokens, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(item, (*tokens, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _strings(item, (*tokens, position))


def _place(event: str, tokens: tuple[str | int, ...]) -> EventPlace:
    names = [token for token in tokens if isinstance(token, str)]
    name, parent = (names or [""])[-1], names[-2] if len(names) > 1 else ""
    return EventPlace(join(tokens), join(tokens), name, parent, event=event)


def _is_open(schemas: Schemas, tokens: tuple[str | int, ...]) -> bool:
    """Return whether the schema knows the place and allows any text there."""
    found = schemas.at([str(token) for token in tokens])
    parts = [part for schema in found for part in schemas.parts(schema)]
    return bool(parts) and not any(keyword in part for part in parts for keyword in _BOUND)
