"""Numbers of an event: what its name and example say, kept inside the schema's bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from mockzoom.schema.form import Form
from mockzoom.schema.leaves import Fits
from mockzoom.schema.makers import SAFE_INTEGER, Constant, Maker, guarded, whole
from mockzoom.schema.numbers import bounded_number
from mockzoom.synth.draws import entity
from mockzoom.synth.fields import makers_of
from mockzoom.synth.makers import (
    MomentNumber,
    MomentText,
    Within,
    lasting,
    unless_pinned,
)
from mockzoom.synth.place import EventPlace
from mockzoom.zoom.entities import entity_of
from mockzoom.zoom.fields import CONCURRENCY_LIMIT, NUMBERS, PERSON_OBJECTS
from mockzoom.zoom.moments import NOW

_EXCLUSIVE = {"exclusiveMinimum", "exclusiveMaximum"}


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
        return unless_pinned(named, guarded(named, fits, by_schema))
    low = form.lows.get("minimum", -SAFE_INTEGER)
    return Within(named, low, form.highs.get("maximum", SAFE_INTEGER), by_schema)


def _named(place: EventPlace) -> Maker | None:
    for row in NUMBERS:
        if row.fits(place.snake, place.parent, place.event):
            return next(iter(makers_of(row.value, place, _WAYS)), None)
    example = place.example
    if isinstance(example, int) and not isinstance(example, bool) and example > 1:
        return whole(max(1, example // 2), min(example * 2, SAFE_INTEGER), place.pointer)
    return None


def _id(place: EventPlace) -> Sequence[Maker]:
    if place.parent in PERSON_OBJECTS:
        return [entity("user_number", place.person)]
    owner = entity_of(place.event) if place.parent == "object" else None
    if owner is not None and owner.object_number:
        return [entity(owner.object_number, owner.owner)]
    return [entity("session_number", place.parent + place.item)]


def _time(place: EventPlace) -> Sequence[Maker]:
    """Return milliseconds or seconds since the epoch; nothing where it is a length of time."""
    example = place.example
    told = re.search(r"milli|\bms\b", place.description)
    if isinstance(example, int) and example < 10**8:
        return []
    if isinstance(example, int):
        return [MomentNumber(place.moment, place.event, 1 if example >= 10**11 else 1000)]
    if told or re.search(r"epoch|unix|timestamp", place.description, re.IGNORECASE):
        return [MomentNumber(place.moment, place.event, 1 if told else 1000)]
    in_ms = place.snake.endswith("_ts")
    return [MomentNumber(place.moment, place.event, 1)] if in_ms else []


def _duration(place: EventPlace) -> Sequence[Maker]:
    """How long something lasted, or is planned to last, in minutes; of calls in seconds.

    A recording's is that of what was recorded (captured, 2025), a call's that of the talk. What has
    start and end beside it is corrected by these (`mockzoom.synth.leaves`).
    """
    event, unit_s = place.event, duration_unit_s(place)
    if event.startswith("recording."):
        start, end = MomentText("recording_start", event), MomentText("recording_end", event)
        return [lasting(start, end, unit_s)]
    if event.startswith("phone."):
        return [lasting(MomentText("answer", event), MomentText("end", event), unit_s)]
    return [lambda w, n: w.planned_minutes * 60 // unit_s]


def duration_unit_s(place: EventPlace) -> int:
    """Return the seconds of one unit of a duration."""
    return 1 if place.event.startswith("phone.") or "second" in place.snake else 60


def _concurrency(place: EventPlace) -> Maker:
    if "limited" in place.event:
        return Constant(CONCURRENCY_LIMIT + 1)
    return whole(CONCURRENCY_LIMIT * 4 // 5 + 1, CONCURRENCY_LIMIT - 1, "concurrency")


def _concurrency_percent(place: EventPlace) -> Sequence[Maker]:
    number = _concurrency(place)
    return [lambda w, n: number(w, n) * 100 // CONCURRENCY_LIMIT]


_WAYS: Mapping[str, Callable[[EventPlace], Sequence[Maker]]] = {
    "concurrency": lambda place: [_concurrency(place)],
    "concurrency-percent": _concurrency_percent,
    "duration": _duration,
    "instant": lambda place: [MomentNumber(NOW, place.event, 1)],
    "object-id": _id,
    "time": _time,
}
"""What the table calls by name."""
