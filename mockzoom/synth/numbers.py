"""Numbers of an event: what its name and example say, kept inside the schema's bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mockzoom.schema.form import Form
from mockzoom.schema.leaves import Fits
from mockzoom.schema.makers import SAFE_INTEGER, Maker, constant, guarded, whole, within
from mockzoom.schema.numbers import bounded_number
from mockzoom.synth.makers import entity, moment_number
from mockzoom.synth.place import NAMESPACES, EventPlace, rank

_EXCLUSIVE = {"exclusiveMinimum", "exclusiveMaximum"}
_LIMIT = 2000
"""Concurrent streams of an account, as documented for rtms.concurrency_limited."""


def number_maker(form: Form, place: EventPlace, fits: Fits) -> Maker:
    """Return the maker of a number at `place` for which `fits` holds.

    Raises `Contradiction` where the bounds leave no number that could be found.
    """
    named = _named(place)
    by_schema = bounded_number(form, place, fits)
    if named is None:
        return by_schema
    if (
        form.all("multipleOf")
        or form.hard
        or form.enum
        or _EXCLUSIVE & (form.lows.keys() | form.highs)
    ):
        return guarded(named, fits, by_schema)
    low = form.lows.get("minimum", -SAFE_INTEGER)
    return within(named, low, form.highs.get("maximum", SAFE_INTEGER), by_schema)


def _named(place: EventPlace) -> Maker | None:
    name = place.snake
    for pattern, rule in _RULES:
        if re.fullmatch(pattern, name):
            return rule(place)
    example = place.example
    if isinstance(example, int) and not isinstance(example, bool) and example > 1:
        return whole(max(1, example // 2), min(example * 2, SAFE_INTEGER), place.pointer)
    return None


def _id(place: EventPlace) -> Maker:
    if place.parent in ("user", "participant", "participants"):
        return entity("user_number", place.person)
    if place.parent == "object" and place.namespace in NAMESPACES:
        if place.namespace == "session":
            return entity("session_number", "session")
        return entity("meeting_number", place.namespace)
    return entity("session_number", place.parent + place.item)


def _time(place: EventPlace) -> Maker | None:
    """Return milliseconds or seconds since the epoch; None where it is a length of time."""
    example = place.example
    told = re.search(r"milli|\bms\b", place.description)
    if isinstance(example, int) and example < 10**8:
        return None
    if isinstance(example, int):
        return moment_number(rank(place.snake), 1 if example >= 10**11 else 1000)
    if told or re.search(r"epoch|unix|timestamp", place.description, re.IGNORECASE):
        return moment_number(rank(place.snake), 1 if told else 1000)
    return moment_number(rank(place.snake), 1) if place.snake.endswith("_ts") else None


def _concurrency(place: EventPlace) -> Maker:
    if "limited" in place.event:
        return constant(_LIMIT + 1)
    return whole(_LIMIT * 4 // 5 + 1, _LIMIT - 1, "concurrency")


def _percentage(place: EventPlace) -> Maker:
    if "concurrency" not in place.event:
        return whole(1, 100, place.pointer)
    number = _concurrency(place)
    return lambda w, n: number(w, n) * 100 // _LIMIT


_RULES: Sequence[tuple[str, Callable[[EventPlace], Maker | None]]] = (
    ("event_ts", lambda place: moment_number(16, 1)),
    ("id", _id),
    ("(meeting|webinar)_(id|number)", lambda place: entity("meeting_number", place.snake[:7])),
    ("session_id", lambda place: entity("session_number", "session")),
    ("user_id|participant_id", lambda place: entity("user_number", place.person)),
    (".*phone.*|from_number|to_number", lambda place: entity(
        "phone_number", place.snake + place.item)),
    ("concurrency_limit", lambda place: constant(_LIMIT)),
    ("concurrency_number", _concurrency),
    ("percentage|percent", _percentage),
    ("duration", lambda place: lambda w, n: (w.now_s - w.start_s) // 60),
    (".*(_time|_ts|timestamp|_at|_date)|time|date|recording_(start|end)", _time),
    (".*size", lambda place: whole(10_000, 50_000_000, place.pointer)),
    (".*count|total.*|.*_num", lambda place: whole(1, 9, place.pointer)),
)  # fmt: skip
