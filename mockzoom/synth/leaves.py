"""What values of an event look like at the leaves of its shape: by the names of its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from mockzoom.model import JSON
from mockzoom.schema.form import Form
from mockzoom.schema.leaves import Fits
from mockzoom.schema.makers import Constant, Maker
from mockzoom.schema.shape import Node
from mockzoom.synth.changes import leave_unchanged_out
from mockzoom.synth.fields import options_for
from mockzoom.synth.makers import Earlier, MomentText, lasting, total
from mockzoom.synth.numbers import number_maker
from mockzoom.synth.place import EventPlace
from mockzoom.synth.strings import string_choices
from mockzoom.synth.world import DEFAULT_AT_MS, World
from mockzoom.zoom.fields import CHANGED, IDENTITY, INSTANT, MADE_FIRST, UNCHANGED
from mockzoom.zoom.known_values import EVENTS_VALUES, FIRST_VALUES

PROBES = (World(1, DEFAULT_AT_MS), World(2, DEFAULT_AT_MS + 77_777, 3))
"""Worlds in which a shape is tried out."""


class EventLeaves:
    """Leaves of events; contexts are worlds."""

    contexts: Sequence[World] = PROBES

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
    return replace(place, path=path, pointer=pointer, parent=parent)


def _has_changed(place: EventPlace) -> bool:
    """Tell whether an old value stands at `place`, which is not the value of now."""
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
