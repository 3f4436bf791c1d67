"""Single values of an event set by hand: `payload.object.session_name=Zoë`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema.pointer import join, put, steps
from mockzoom.schema.schemas import Schemas


class BrokenValue(UsageError):
    """A value set by hand begins as JSON does and is none; says where."""


_BEGIN_JSON = ("{", "[", '"')


def parse_set(text: str, *, raw: bool = False) -> tuple[str, JSON]:
    """Split `path=value`; the value is JSON where it is JSON, and a string otherwise.

    What begins as JSON does (`{`, `[`, `"`) has to be JSON, unless it is `raw`. Raises
    `BrokenValue` where it is not, `UsageError` where there is no `=` or no path.
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"{text!r} is no setting; write path=value, such as payload.stop_reason=6")
    try:
        return path.strip(), json.loads(value, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        if value.lstrip().startswith(_BEGIN_JSON) and not raw:
            raise BrokenValue(_broken(path.strip(), value, error)) from None
        return path.strip(), value


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _broken(path: str, value: str, error: Exception) -> str:
    where, why = "", str(error) or type(error).__name__
    if isinstance(error, json.JSONDecodeError):
        where, why = f" at character {error.pos + 1}", error.msg
    shown = value if len(value) <= 60 else f"{value[:60]}…"
    return (
        f"{path}={shown}: the value is broken JSON{where}: {why}; write a text that begins so as a"
        " JSON string, in double quotes"
    )


def override(event: Event, path: str, value: JSON, spec: EventSpec | None = None) -> Event:
    """Return `event` with `value` at `path`.

    `path` is dotted (`payload.object.issues.0`), or an RFC 6901 pointer when it starts with `/`
    (for keys that contain dots). It must lead to a value that the event has, or to an optional
    field that `spec` names. Raises `UsageError` naming the nearest path and what is there.
    """
    tokens = steps(path)
    here: JSON = event.body
    for depth, token in enumerate(tokens):
        if isinstance(here, Mapping):
            last = depth == len(tokens) - 1
            known = token in here or (last and spec is not None and _names(spec, tokens))
            below = here.get(token)
        else:
            known = isinstance(here, list) and token.isdecimal() and int(token) < len(here)
            below = here[int(token)] if known else None
        if not known:
            raise _unknown(event, path, tokens[:depth], token, here)
        here = below
    return Event(event.name, put(event.body, tokens, value), event.mutation)


def _names(spec: EventSpec, tokens: list[str]) -> bool:
    return Schemas(spec.schema).names(tokens)


def _unknown(event: Event, path: str, parents: list[str], token: str, here: JSON) -> UsageError:
    place = "/" + join(parents).lstrip("/")
    if isinstance(here, Mapping):
        known = [".".join([*parents, key]) for key in here]
        hint = nearest(".".join([*parents, token]), known)
        there = "it has " + (", ".join(here) or "no fields")
    elif isinstance(here, list):
        hint, there = "", f"it is a list of {len(here)} items (0 to {len(here) - 1})"
    else:
        hint, there = "", f"it is {json.dumps(here, ensure_ascii=False)}"
    return UsageError(f"{event.name} has no {path!r}: at {place} {there}{hint}")
