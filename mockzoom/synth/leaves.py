"""What values of an event look like at the leaves of its shape: by the names of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockzoom.model import JSON
from mockzoom.schema.form import Form
from mockzoom.schema.leaves import Fits
from mockzoom.schema.makers import Maker, constant
from mockzoom.schema.shape import Node
from mockzoom.synth.fields import options_for
from mockzoom.synth.numbers import number_maker
from mockzoom.synth.place import EventPlace
from mockzoom.synth.strings import string_choices
from mockzoom.synth.world import DEFAULT_AT_MS, World
from mockzoom.zoom.fields import MADE_FIRST

PROBES = (World(1, DEFAULT_AT_MS), World(2, DEFAULT_AT_MS + 77_777, 3))
"""Worlds in which a shape is tried out."""


class EventLeaves:
    """Leaves of events; contexts are worlds."""

    contexts: Sequence[World] = PROBES

    def texts(self, form: Form, place: EventPlace, fits: Fits) -> Sequence[Maker]:
        """Return makers of a string, by the field's name."""
        return string_choices(form, place, fits)

    def number(self, form: Form, place: EventPlace, fits: Fits) -> Maker:
        """Return the maker of a number, by the field's name."""
        return number_maker(form, place, fits)

    def untyped(self, place: EventPlace) -> str:
        """Return the type of what stands at a place whose schema says nothing."""
        return "object" if place.name in ("payload", "object") else "string"

    def listed(self, place: EventPlace, values: list[JSON]) -> list[JSON]:
        """Return the event's own name for `event`, else all values."""
        if place.path == "/event" and place.event in values:
            return [place.event]
        return values

    def allowed(
        self, place: EventPlace, values: list[JSON], siblings: Mapping[str, JSON]
    ) -> list[int] | None:
        """Return the values that go with other fields: a transcript is a VTT file."""
        return options_for(place.name, values, siblings)

    def rank(self, name: str) -> int:
        """Return the turn of a field, so that those which go together are made in order."""
        return MADE_FIRST.get(name, 9)

    def complete(self, fields: Mapping[str, Node]) -> None:
        """Let `recording_count` say how many `recording_files` there are."""
        for name, node in fields.items():
            stem = name.removesuffix("_count")
            if stem == name or node.make is None:
                continue
            for other, sibling in fields.items():
                if other.startswith(stem.removesuffix("s")) and sibling.items is not None:
                    node.make = constant(len(sibling.items))


EVENT_LEAVES = EventLeaves()
