"""Events of one entity set agree: what two of them say of one thing is the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from mockzoom.schema.pointer import get, split
from mockzoom.synth import DEFAULT_AT_MS, EntitySet, shapes, synthesise
from mockzoom.zoom.preludes import AFTER, prelude
from tests.each import each
from tests.whole_contract import whole_contract

from .conftest import seconds

SAID = re.compile(
    r"(.*_)?(id|uuid|udid|jid|email|first_name|last_name|display_name|user_name|topic|role"
    r"|extension_number|extension_type|device_type|phone_number|duration|timezone|site|size)"
)
"""Names of fields that say something about one thing, whichever event says it."""
OTHERWISE = (
    (r"(meeting|webinar) .*participant_uuid", "a changed role has another form (captured, 2025)"),
    (r"(meeting|webinar) .*participant/email", "one event's pattern wants two letters at the end"),
    (r"meeting .*participant/phone_number", "a number, in some events with a plus"),
    (r"(meeting|webinar|recording) .*/duration", "planned, or how long it was"),
    (r"session /payload/object/id", "the id, or the number of the session"),
    (r"(recording|session) .*recording_files/\d+/(id|file_size)", "a transcript is another file"),
    (r"(recording|session) .*total_size", "of other files"),
    (r"phone .*call_logs/\d+/id", "a log, or an entry of the history"),
    (r"phone .*/(id|user_id|owner/.*|sender/.*|to_members/.*|transfer_phone_number)",
     "of the caller, or of the callee, and of other things"),
    (r"scheduler .*text_phone_number", "by its pattern"),
)  # fmt: skip
"""What differs, by the first word of events and the pointer, and why."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}/{number}")
    else:
        yield path, value


def in_order() -> Iterator[str]:
    """Yield every event of Zoom, each after those that come before it."""
    told: dict[str, None] = {}
    events = whole_contract().events

    def add(name: str) -> None:
        if name in events and name not in told:
            told[name] = None
            for after in AFTER.get(name, ()):
                add(after)

    for name in events:
        add((*prelude(name), name)[0])
        add(name)
    yield from told


def bodies() -> Iterator[tuple[str, Any]]:
    """Yield every event as it is told in one entity set, a minute after the other."""
    events, at_ms = whole_contract().events, DEFAULT_AT_MS
    entity_sets: dict[str, EntitySet] = {}
    for name in in_order():
        at_ms += 60_000
        scene = entity_sets.setdefault(
            name.partition(".")[0], EntitySet(1, at_ms, 5, known_times={})
        )
        yield name, synthesise(events[name], at_ms=at_ms, entities=scene).body


@pytest.mark.slow
def test_every_event_of_an_entity_set_says_the_same_of_one_thing() -> None:
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, body in bodies():
        for path, value in leaves(body):
            field = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(r"/\d+", "", path).split("/")[-1])
            is_told = "old_object" not in path and "/settings/" not in path and value != ""
            if is_told and SAID.fullmatch(field.lower()):
                said[f"{name.partition('.')[0]} {path}"][str(value)].append(name)
    differing = {key: dict(values) for key, values in said.items() if len(values) > 1}
    unexpected = {
        key: values
        for key, values in differing.items()
        if not any(re.fullmatch(pattern, key) for pattern, _ in OTHERWISE)
    }
    assert unexpected == {}
    idle = [each for each, _ in OTHERWISE if not any(re.fullmatch(each, key) for key in differing)]
    assert idle == []
    assert len(said) > 400


@pytest.mark.slow
def test_ids_are_those_of_their_entity_set_alone() -> None:
    """Two entity sets share no id: one that its example decides would belong to nobody."""
    shared = set()
    for name, spec in whole_contract().events.items():
        one, other = (dict(leaves(synthesise(spec, seed=2, entities=w).body)) for w in (0, 9))
        for path, value in one.items():
            if re.search(r"/(\w+_)?(id|uuid|udid|jid)$", path) and value not in ("", None):
                same = isinstance(value, str) and other.get(path) == value
                shared |= {(name.partition(".")[0], path.rpartition("/")[2])} if same else set()
    assert shared <= {
        ("app_deauthorized", "client_id"), ("calendar", "setting_id"), ("meeting", "harddisk_id"),
        ("session", "harddisk_id"), ("webinar", "harddisk_id"),
    }  # fmt: skip


def phone_events() -> list[str]:
    return [name for name in whole_contract().events if name.startswith("phone.")]


@each("event", phone_events)
def test_a_phone_rings_for_seconds(event: str) -> None:
    for entities in range(3):
        spec = whole_contract().events[event]
        told = synthesise(spec, entities=entities).payload.get("object", {})
        if "ringing_start_time" in told:
            rings = seconds(told["ringing_start_time"])
            ends = told.get("answer_start_time", told.get("connected_start_time"))
            last = ends or told.get("call_end_time") or told["ringing_start_time"]
            assert 0 <= seconds(last) - rings < 20, told


@pytest.mark.slow
@each("event", ["group.settings_updated", "user.settings_updated"])
def test_every_member_of_changed_settings_is_reached_with_both_values(event: str) -> None:
    spec = whole_contract().events[event]
    met = {
        re.sub(r"/\d+", "", path)
        for index in range(shapes(spec))
        for path, _ in leaves(synthesise(spec, index=index).body)
    }
    for side in ("object", "old_object"):
        schema = get(spec.schema, split(f"/properties/payload/properties/{side}"))
        assert {f"/payload/{side}{path}" for path in scalars(schema)} - met == set()


def scalars(schema: Any, path: str = "") -> Iterator[str]:
    """Yield the pointers, without positions, of what a schema says is a scalar."""
    for name, part in schema.get("properties", {}).items():
        yield from scalars(part, f"{path}/{name}")
    if "items" in schema:
        yield from scalars(schema["items"], path)
    if schema.get("type") in ("string", "integer", "number", "boolean"):
        yield path


def test_an_instant_meeting_has_no_time_zone_and_is_not_planned_to_last() -> None:
    spec = whole_contract().events["meeting.participant_joined"]
    told = [synthesise(spec, index=index).payload["object"] for index in range(shapes(spec))]
    instant = [each for each in told if each.get("timezone") == ""]
    assert instant
    for meeting in instant:
        assert (meeting["type"], meeting.get("duration", 0)) == (1, 0)


@each("event", ["recording.transcript_completed", "session.recording_transcript_completed"])
def test_a_transcript_is_a_transcript(event: str) -> None:
    for index in (0, 1):
        spec = whole_contract().events[event]
        for file in synthesise(spec, index=index).payload["object"]["recording_files"]:
            found = {file.get(key) for key in ("recording_type", "file_type", "file_extension")}
            assert found - {None} <= {"audio_transcript", "TRANSCRIPT", "VTT"}
