"""What values of an event look like at the leaves of its shape: by the names of its fields.

What the name and the example say is kept inside pattern, format, length and bounds of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from mockzoom.model import JSON
from mockzoom.schema.form import Contradiction, Form
from mockzoom.schema.leaves import Leaves, bounded_number, is_bound, searched_text
from mockzoom.schema.makers import SAFE_INTEGER, Constant, Fits, Maker, cut, guarded, whole
from mockzoom.schema.shape import Node
from mockzoom.synth.changes import leave_unchanged_out
from mockzoom.synth.entity_set import DEFAULT_AT_MS, EntitySet
from mockzoom.synth.entity_values import entity
from mockzoom.synth.fields import makers_of, options_for, string_makers
from mockzoom.synth.makers import (
    Earlier,
    MomentNumber,
    MomentText,
    Within,
    lasting,
    total,
    unless_pinned,
)
from mockzoom.synth.place import EventPlace, is_free_text
from mockzoom.zoom.entities import entity_of
from mockzoom.zoom.field_values import (
    CHANGED,
    CONCURRENCY_LIMIT,
    IDENTITY,
    INSTANT,
    MADE_FIRST,
    PERSON_OBJECTS,
    UNCHANGED,
)
from mockzoom.zoom.fields import EVENTS_VALUES, FIRST_VALUES, NUMBERS
from mockzoom.zoom.moments import NOW

_PROBES = tuple(EntitySet(seed, DEFAULT_AT_MS + seed, seed) for seed in range(4))


def string_choices(form: Form, place: EventPlace, fits: Fits) -> Sequence[Maker]:
    """Return the makers for a string at `place`; more than one where the shape may choose.

    Raises `Contradiction` where no string for which `fits` holds could be found.
    """
    natural = string_makers(place)
    if not is_bound(form):
        return natural
    bound = bool(form.all("pattern") or form.all("format") or form.hard)
    lengths = "minLength" in form.merged or "maxLength" in form.merged
    low, high = form.low("minLength"), form.high("maxLength")
    if not bound and is_free_text(place):
        return [unless_pinned(maker, cut(maker, low, high)) for maker in natural]
    good = [maker for maker in natural if all(fits(maker(entities, 7)) for entities in _PROBES)]
    if good:
        if not (form.all("pattern") or form.hard or lengths or is_free_text(place)):
            return good  # a format alone
        fallback = _fallback(form, place, fits, good[0])
        return [unless_pinned(maker, guarded(maker, fits, fallback)) for maker in good]
    searched = _searched(form, place, fits)
    return [unless_pinned(natural[0], searched)] if natural else [searched]


def _fallback(form: Form, place: EventPlace, fits: Fits, good: Maker) -> Maker:
    try:
        return _searched(form, place, fits)
    except Contradiction:
        return Constant(good(_PROBES[0], 7))


def _searched(form: Form, place: EventPlace, fits: Fits) -> Maker:
    for name in form.all("format"):
        maker = _FORMATS[name](place) if name in _FORMATS else None
        if maker and all(fits(maker(entities, n)) for entities in _PROBES for n in (3, 11)):
            return guarded(maker, fits, Constant(maker(_PROBES[0], 3)))
    natural = [str(m(probe, n)) for m in string_makers(place) for probe in _PROBES for n in (1, 2)]
    return searched_text(form, place, fits, natural)


_FORMATS: dict[str, Callable[[EventPlace], Maker]] = {
    "date-time": lambda place: (
        next(iter(string_makers(place)), MomentText(NOW, place.event))
        if place.snake.endswith(("time", "_at"))
        else MomentText(place.moment, place.event)
    ),
    "date": lambda place: lambda w, n: str(MomentText("recording_start", place.event)(w, n))[:10],
    "time": lambda place: lambda w, n: str(MomentText("recording_start", place.event)(w, n))[11:],
    "email": lambda place: entity("email", place.person),
    "uuid": lambda place: entity("dashed", place.owned),
    "ipv4": lambda place: entity("ipv4", place.owned),
    "ipv6": lambda place: entity("ipv6", place.owned),
}


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
    event = place.event
    unit_s = 1 if event.startswith("phone.") or "second" in place.snake else 60
    if event.startswith("recording."):
        start, end = MomentText("recording_start", event), MomentText("recording_end", event)
        return [lasting(start, end, unit_s)]
    if event.startswith("phone."):
        return [lasting(MomentText("answer", event), MomentText("end", event), unit_s)]
    return [lambda w, n: w.planned_minutes * 60 // unit_s]


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


PROBES = (EntitySet(1, DEFAULT_AT_MS), EntitySet(2, DEFAULT_AT_MS + 77_777, 3))
"""Entity sets in which a shape is tried out."""


class EventLeaves(Leaves[EventPlace]):
    """Leaves of events; contexts are entity sets."""

    contexts: Sequence[EntitySet] = PROBES

    def texts(self, form: Form, place: EventPlace, fits: Fits) -> Sequence[Maker]:
        """Return makers of a string, by the field's name."""
        found = string_choices(form, _of_now(place), fits)
        return [Earlier(maker) for maker in found] if _has_changed(place) else found

    def number(self, form: Form, place: EventPlace, fits: Fits) -> Maker:
        """Return the maker of a number, by the field's name."""
        found = number_maker(form, _of_now(place), fits)
        return Earlier(found) if _has_changed(place) else found

    def untyped(self, place: EventPlace) -> str:
        """Return the type of what stands at a place whose schema says nothing."""
        return "object" if place.name in ("payload", "object") else "string"

    def listed(self, place: EventPlace, values: list[JSON]) -> list[JSON]:
        """Return the event's own name for `event`, else all values, the usual ones first."""
        if place.path == "/event" and place.event in values:
            return [place.event]
        for path, event, usual in FIRST_VALUES:
            if path == place.path and re.fullmatch(event, place.event):
                return sorted(values, key=lambda value: value not in usual)
        return values

    def allowed(
        self, place: EventPlace, values: list[JSON], siblings: Mapping[str, JSON]
    ) -> list[int] | None:
        """Return the values that go with the event and other fields: a transcript is a VTT file.

        Others are in shapes of their own, since they are documented.
        """
        for name, event, theirs in EVENTS_VALUES:
            if name == place.name and re.fullmatch(event, place.event):
                return [at for at, value in enumerate(values) if value in theirs] or None
        return options_for(place.name, values, siblings)

    def rank(self, name: str) -> int:
        """Return the turn of a field, so that those which go together are made in order."""
        return MADE_FIRST.get(name, 9)

    def complete(self, fields: Mapping[str, Node]) -> None:
        """Let numbers say what is there: how many files, their size in all, how long it lasted."""
        for name, node in fields.items():
            if node.make is None:
                continue
            stem = name.removesuffix("_count")
            if stem != name:
                _count(stem, node, fields)
            elif name == "total_size":
                _add_up(node, fields)
            elif name == "duration":
                _last(node, fields)
        _begin_at_once(fields)
        leave_unchanged_out(fields)

    def counterpart(self, path: str) -> str | None:
        """Return where an event about a change has the other value of the same member."""
        for here, there in ((CHANGED, UNCHANGED), (UNCHANGED, CHANGED)):
            if path.startswith(here + "/"):
                return there + path[len(here) :]
        return None


def _of_now(place: EventPlace) -> EventPlace:
    """Return the place of the new value, where `place` has the old one."""
    if not place.path.startswith(UNCHANGED):
        return place
    path, pointer = (CHANGED + text[len(UNCHANGED) :] for text in (place.path, place.pointer))
    is_member = place.parent == UNCHANGED.rpartition("/")[2]
    parent = CHANGED.rpartition("/")[2] if is_member else place.parent
    return structs.replace(place, path=path, pointer=pointer, parent=parent)


def _has_changed(place: EventPlace) -> bool:
    """Return whether an old value stands at `place`, which is not the value of now."""
    return place.path.startswith(UNCHANGED + "/") and not IDENTITY.fullmatch(place.snake)


def _begin_at_once(fields: Mapping[str, Node]) -> None:
    """Let an instant meeting, which has no time zone, be of that type and not be planned to last.

    How long its recording lasted is what it is.
    """
    zone = fields.get("timezone")
    if zone is None or not isinstance(zone.make, Constant) or zone.make.value != "":
        return
    for name, value in INSTANT.items():
        node = fields.get(name)
        is_recorded = name == "duration" and "recording_files" in fields
        if node is None or node.make is None or is_recorded:
            continue
        if isinstance(node.make, Constant):
            node.choices.clear()
            value = type(node.make.value)(value)
        node.make = Constant(value)


_COUNTED_AS = {"recording": ("archive_files",)}


def _count(stem: str, node: Node, fields: Mapping[str, Node]) -> None:
    """Let `recording_count` say how many `recording_files` there are."""
    for other, sibling in fields.items():
        if sibling.items is not None and (
            other.startswith(stem.removesuffix("s")) or other in _COUNTED_AS.get(stem, ())
        ):
            node.make = Constant(len(sibling.items))


def _add_up(node: Node, fields: Mapping[str, Node]) -> None:
    """Let `total_size` be the sum of the `file_size` of the files beside it."""
    files = next((each.items for name, each in fields.items()
                  if each.items and name in ("recording_files", "archive_files")), [])  # fmt: skip
    sizes = [
        file.fields["file_size"].make
        for file in files or []
        if file.fields and "file_size" in file.fields
    ]
    found = [make for make in sizes if make is not None]
    if found:
        node.make = total(found)


_STARTS = ("start_time", "answer_start_time", "answer_time")
_ENDS = ("end_time", "call_end_time")


def _last(node: Node, fields: Mapping[str, Node]) -> None:
    """Let `duration` be the time between the start and the end that stand beside it."""
    start, end = _moment(_STARTS, fields), _moment(_ENDS, fields)
    begun = _moment(("date_time",), fields)
    if start is None and begun is not None and begun.moment == "recording_start":
        start = begun
    if start is not None and end is not None:
        node.make = lasting(start, end, 1 if end.event.startswith("phone.") else 60)


def _moment(names: Sequence[str], fields: Mapping[str, Node]) -> MomentText | None:
    makers = [fields[name].make for name in reversed(names) if name in fields]
    return next((make for make in makers if isinstance(make, MomentText)), None)


EVENT_LEAVES = EventLeaves()
