"""The free text of an event: found, and written in every script or in ASCII words.

Rule MZ208 compares a receiver's answers to one event told in both: bodies that differ in nothing
but the text which people wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema.pointer import join, put, split
from mockzoom.schema.schemas import Schemas
from mockzoom.schema.validators import valid
from mockzoom.synth.place import EventPlace, is_free_text

_RICH = ("Zoë Müller 🎉", "Ωmega 会議 👩🏽‍💻", "Łódź 東京 𝔸", "Привет, мир ✓", "ñandú 한국어 🧪")
_PLAIN = ("Zoe Mueller", "Omega call", "Lodz Tokyo", "Hello world", "Nandu Korea")
_LEFT = re.compile(r"^(?P<name>.*?)(?= left the | got disconnected from )", re.DOTALL)
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
    """Return `event` with accents, CJK and emoji in all its free text; None where it has none."""
    places = free_text(spec, event)
    if not places:
        return None
    changed = _rewritten(spec, event, places, _RICH)
    return None if changed.body == event.body else changed


def with_ascii(spec: EventSpec, event: Event) -> Event:
    """Return `event` with ASCII words in all its free text, and ASCII alone everywhere."""
    changed = _rewritten(spec, event, free_text(spec, event), _PLAIN)
    body: JSON = changed.body
    for tokens, value in list(_strings(body, ())):
        if not value.isascii():
            body = put(body, tokens, value.encode("ascii", "ignore").decode().strip() or "text")
    return Event(event.name, body if valid(spec, body) else changed.body, event.mutation)


def _rewritten(
    spec: EventSpec, event: Event, places: tuple[str, ...], pool: tuple[str, ...]
) -> Event:
    """Replace the text at `places`: the same text by the same, and names inside leave_reason."""
    new_for: dict[str, str] = {}
    body: JSON = event.body
    strings = {join(tokens): value for tokens, value in _strings(body, ())}
    sentences = [pointer for pointer in places if pointer.endswith("/leave_reason")]
    for pointer in [place for place in places if place not in sentences] + sentences:
        old = strings[pointer]
        if pointer in sentences:
            new = _LEFT.sub(lambda match: _renamed(match["name"], new_for, pool), old)
        else:
            new = _renamed(old, new_for, pool)
        body = _tried(spec, body, pointer, new)
    return Event(event.name, body, event.mutation)


def _renamed(old: str, new_for: dict[str, str], pool: tuple[str, ...]) -> str:
    return new_for.setdefault(old, pool[len(new_for) % len(pool)])


def _tried(spec: EventSpec, body: JSON, pointer: str, text: str) -> JSON:
    """Put `text`, shortened until the event is valid with it; leave the old where none is."""
    for length in range(len(text), 0, -1):
        changed = put(body, split(pointer), text[:length])
        if valid(spec, changed):
            return changed
    return body


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
    """Tell whether the schema knows the place and allows any text there."""
    found = schemas.at([str(token) for token in tokens])
    parts = [part for schema in found for part in schemas.parts(schema)]
    return bool(parts) and not any(keyword in part for part in parts for keyword in _BOUND)
