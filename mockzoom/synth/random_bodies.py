"""Bodies drawn at random, made fit to be judged: what they break is the schema, and nothing else.

A generator knows the schema alone. What it draws is *settled* here: it keeps its structure and its
broken constraints, while the values around them become such as Zoom sends, so that a receiver is
not blamed for what never reaches it. The event's name and time are genuine; fields that the schema
does not know are gone (they are evolution, rule MZ108); date-times are of this century, in UTC and
whole seconds; text is printable ASCII, and other scripts stand only where people write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema.makers import SAFE_INTEGER
from mockzoom.schema.pointer import get, join, split
from mockzoom.schema.schemas import Schemas
from mockzoom.schema.validators import SchemaError, errors, valid
from mockzoom.schema.values import is_type, matches
from mockzoom.synth.evolve import Evolving
from mockzoom.synth.text import free_text
from mockzoom.zoom.encoding import encode

_EVOLVED = frozenset({"additionalProperties", "unevaluatedProperties"})
_VALUES = frozenset({"enum", "const"})
_BRANCHES = frozenset({"oneOf", "anyOf"})
_DATE_TIME = re.compile(
    r"\d\d(?P<moment>\d\d-\d\d-\d\d[Tt]\d\d:\d\d:)(?P<second>\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
)
_INT64 = range(-(2**63), 2**63)
_SCRIPTS = "éßŁñΩЖй漢字한のภعא🎉👩🏽‍💻👍🇺🇸𝔸ﬁ…“”–€"
"""What stands for control characters in free text: a generator of ASCII reaches every script."""


def breaks(spec: EventSpec, body: JSON) -> tuple[SchemaError, ...]:
    """Return what makes `body` malformed; empty where it is valid, or may be valid any day.

    Additional fields, new values of `event`, of integer codes and of whatever has another
    documented reading are evolution: a receiver has to acknowledge them (MZ107 to MZ109).
    """
    if valid(spec, body):
        return ()
    evolving = Evolving(spec)
    return tuple(error for error in errors(spec, body) if not _may_come(error, body, evolving))


def _may_come(error: SchemaError, body: JSON, evolving: Evolving) -> bool:
    """Return whether evolution or another reading explains what a validator reports."""
    value = get(body, split(error.pointer))
    if error.keyword in _EVOLVED:
        return True
    if error.keyword in _VALUES:
        return evolving.has_values(error.pointer, value)
    if error.keyword == "type":
        return is_type(value, evolving.types(error.pointer))
    return error.keyword in _BRANCHES and evolving.has_readings_below(error.pointer)


def reductions(value: JSON) -> Iterator[JSON]:
    """Yield `value` with one thing less: a field or item gone, or a text, list or number empty."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield {name: other for name, other in value.items() if name != key}
            for less in reductions(item):
                yield {**value, key: less}
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield [*value[:place], *value[place + 1 :]]
            for less in reductions(item):
                yield [*value[:place], less, *value[place + 1 :]]
    elif value and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield type(value)()


class RandomBodies:
    """Settles what was drawn for one event; `at_ms` is its time, epoch milliseconds."""

    def __init__(self, spec: EventSpec, at_ms: int, *, ascii_only: bool = False) -> None:
        self._spec = spec
        self._at_ms = at_ms
        self._scripts = "" if ascii_only else _SCRIPTS
        self._schemas = Schemas(spec.schema)

    def settle(self, drawn: JSON, *, malformed: bool) -> bytes | None:
        """Return the bytes to deliver for what was drawn; None where it is not to be judged.

        With `malformed`, the body breaks its schema, or is a valid one (its fault may have gone
        while it was settled); without, it is valid.
        """
        if not isinstance(drawn, dict):
            return None
        free = frozenset(free_text(self._spec, Event(self._spec.name, drawn)))
        body = self._enveloped(self._tamed(drawn, [], free))
        read = json.loads(encode(body))
        if malformed and not valid(self._spec, read):
            return encode(read) if breaks(self._spec, read) else None
        likely = self._enveloped(_folded(read))
        return encode(likely) if valid(self._spec, likely) else None

    def _enveloped(self, body: dict[str, JSON]) -> dict[str, JSON]:
        """Return `body` with the event's name, and its time where there is one."""
        named = body if "event" in body else {"event": None, **body}
        time = named.get("event_ts")
        if isinstance(time, int | float) and is_type(time, "integer") and int(time) in _INT64:
            named = {**named, "event_ts": self._at_ms}
        return {**named, "event": self._spec.name}

    def _tamed(self, value: JSON, tokens: list[str], free: frozenset[str]) -> JSON:
        if isinstance(value, str):
            return self._text(value, join(tokens) in free)
        if isinstance(value, list):
            return [
                self._tamed(item, [*tokens, str(place)], free) for place, item in enumerate(value)
            ]
        if isinstance(value, dict):
            return {
                self._text(key, free=False): self._tamed(item, [*tokens, key], free)
                for key, item in value.items()
                if self._knows(tokens, key)
            }
        return value

    def _knows(self, tokens: list[str], key: str) -> bool:
        """Return whether the object at `tokens` may have a field `key` by its schema."""
        found = self._schemas.at(tokens)
        parts = [part for schema in found for part in self._schemas.parts(schema)]
        if not any("properties" in part for part in parts):
            return True
        return any(
            key in part.get("properties", ())
            or any(matches(pattern, key) for pattern in part.get("patternProperties", ()))
            or isinstance(part.get("additionalProperties"), Mapping)
            for part in parts
        )

    def _text(self, text: str, free: bool) -> str:
        date_time = _DATE_TIME.fullmatch(text)
        if date_time is not None:
            second = min(int(date_time["second"]), 59)
            return f"20{date_time['moment'].upper()}{second:02}Z"
        if text.isascii() and text.isprintable():
            return text
        scripts = self._scripts if free else ""
        return "".join(_character(character, scripts) for character in text)


def _character(character: str, scripts: str) -> str:
    """Return a character of the same length that text may have."""
    if " " <= character <= "~" or (scripts and (character.isprintable() or character in scripts)):
        return character
    if scripts:
        return scripts[ord(character) % len(scripts)]
    return chr(ord(" ") + ord(character) % 95)


def _folded(value: JSON) -> JSON:
    """Return `value` with its numbers as Zoom sends them: whole or short, safe, not negative."""
    if isinstance(value, dict):
        return {key: _folded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_folded(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, int):
        return abs(value) % (SAFE_INTEGER + 1)
    return round(abs(value) % 10**9, 3)
