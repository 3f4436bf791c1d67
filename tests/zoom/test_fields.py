"""Tables of field names: whatever they name exists, and each row can be met."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockzoom.synth import fields as strings
from mockzoom.synth import leaves as numbers
from mockzoom.zoom.field_values import (
    By,
    FieldRow,
    Id,
    OneOf,
    Text,
)
from mockzoom.zoom.fields import DESCRIBED, ENDINGS, NUMBERS, STRINGS
from mockzoom.zoom.ids import NAMES, SHAPES
from tests.each import each

VALUES = [*(row.value for row in (*STRINGS, *NUMBERS)), *(value for _, value in DESCRIBED)]
PLACES = {"name", "stem", "item", "parent", "person", "path", "event", "space"}


@each("value", VALUES, str)
def test_a_value_names_kinds_roles_and_pools_that_exist(value: Any) -> None:
    if isinstance(value, Id):
        assert value.kind in NAMES
    if isinstance(value, Id | Text):
        assert set(re.findall(r"\{(\w+)\}", value.role)) <= PLACES
    if isinstance(value, Text):
        assert value.pool in ("people", "given", "family", "titles", "sentences")
    if isinstance(value, OneOf):
        assert value.values


@pytest.mark.parametrize(
    ("table", "ways"), [(STRINGS, strings._WAYS), (NUMBERS, numbers._WAYS)], ids=["text", "number"]
)
def test_every_way_that_a_table_names_is_a_function_and_none_is_left_over(
    table: tuple[FieldRow, ...], ways: dict[str, Any]
) -> None:
    assert {row.value.way for row in table if isinstance(row.value, By)} == set(ways)


def test_no_row_repeats_an_earlier_one() -> None:
    for table in (STRINGS, NUMBERS):
        rows = [(row.name.pattern, row.parent, row.event) for row in table]
        assert len(set(rows)) == len(rows)


def test_shapes_and_endings_name_kinds_of_ids() -> None:
    assert {*(kind for _, kind in SHAPES), *ENDINGS.values()} <= NAMES


def test_a_row_may_be_for_some_objects_and_events_only() -> None:
    row = next(row for row in STRINGS if row.name.pattern == "meeting_id" and row.parent)
    assert row.fits("meeting_id", "recording_files", "recording.completed")
    assert not row.fits("meeting_id", "object", "recording.completed")
    assert not row.fits("meeting_id", "recording_files", "session.recording_completed")
    assert not row.fits("meeting", "recording_files", "recording.completed")
