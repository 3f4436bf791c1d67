"""Pinned values: what some entities always are, for receivers that know their accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON, EventSpec
from mockzoom.schema.pointer import get, split
from mockzoom.schema.validators import errors
from mockzoom.zoom.entities import PINNABLE, PINNED_NUMBERS, Key

Pins: TypeAlias = Mapping[Key, Any]
"""Pinned values by their kind and role."""
NO_PINS: Pins = {}
LONGEST = 1024
"""Characters of a pinned value, at most."""


class PinnedValueError(UsageError):
    """A pinned value breaks the schema of an event: which event, where, and why."""


def pins_of(entities: Mapping[str, str]) -> Pins:
    """Return the pins that `entities` (names such as `account_id`, and values) stand for.

    Raises `UsageError` for an unknown name, with the nearest, and for a value that is empty, longer
    than `LONGEST`, or no number where the name's values are numbers.
    """
    found: dict[Key, Any] = {}
    for name, value in entities.items():
        if name not in PINNABLE:
            raise UsageError(
                f"no entity is called {name!r}{nearest(name, PINNABLE)} (entities:"
                f" {', '.join(PINNABLE)})"
            )
        if not value or len(value) > LONGEST:
            found_is = "empty" if not value else f"{len(value)} characters long"
            raise UsageError(
                f"entity {name}: the value is {found_is}; expected 1 to {LONGEST} characters"
            )
        for key in PINNABLE[name]:
            found[key] = _number(name, value) if key[0] in PINNED_NUMBERS else value
    found.update(_names(entities))
    return found


def _number(name: str, value: str) -> int:
    """Return a value as events have it that hold it as an integer."""
    digits = value.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 15):
        raise UsageError(
            f"entity {name}={value}: events have it as a number, too; expected up to 15 digits,"
            f" such as {name}=85012345678"
        )
    return int(digits)


def _names(entities: Mapping[str, str]) -> Pins:
    """Return the parts of a user's name that is pinned whole; refuse other parts beside it."""
    whole = entities.get("user_name")
    if whole is None:
        return {}
    first, _, last = whole.partition(" ")
    parts = {"first_name": first, "last_name": last}
    for name, part in parts.items():
        if entities.get(name, part) != part:
            raise UsageError(
                f"entity {name}={entities[name]}: user_name={whole} has {part!r} there; pin the"
                " whole name or its parts"
            )
    return {("given", "guest"): first, ("family", "guest"): last}


def parse_entity(text: str) -> tuple[str, str]:
    """Split `account_id=…`; raise `UsageError` where it is not of that form."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(
            f"--entity {text!r}: expected NAME=VALUE, such as account_id=EPeQtiABC000VYxHMA"
        )
    return name.strip().replace("-", "_"), value


def broken_pin(spec: EventSpec, body: JSON, pins: Pins) -> PinnedValueError:
    """Return the error of a body of `spec` that pinned values have made invalid."""
    broken = errors(spec, body)
    pinned = {str(value): key for key, value in pins.items()}
    for error in broken:
        value = get(body, split(error.pointer))
        key = pinned.get(str(value))
        if key is not None:
            name = next((name for name, keys in PINNABLE.items() if key in keys), key[1])
            return PinnedValueError(
                f"entity {name}={value}: {spec.name} at {error.pointer or '/'}: {error.message};"
                " pin a value that the event's schema allows"
            )
    told = "; ".join(f"at {error.pointer or '/'}: {error.message}" for error in broken[:2])
    return PinnedValueError(
        f"{spec.name} is not valid with the entities that are pinned: {told}; pin values that the"
        " event's schema allows"
    )
