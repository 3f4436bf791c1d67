"""What events are about: their ids come from one table, and agree within one entity set."""

from __future__ import annotations

import re
from typing import Any

from mockzoom.model import Event
from mockzoom.synth import synthesise
from mockzoom.zoom.entities import KINDS, TURNS, entity_of
from mockzoom.zoom.ids import KINDS as IDS
from mockzoom.zoom.ids import NAMES
from tests.each import each
from tests.synth.conftest import spec_of

TEXT: dict[str, Any] = {"type": "string"}


def made(name: str, numbers: bool = False, **more: Any) -> dict[str, Any]:
    """Return `payload.object` of an event with an id, a UUID and some more fields."""
    kind = {"type": "integer"} if numbers else TEXT
    fields = {"id": kind, "uuid": TEXT, **more}
    inner = {"type": "object", "required": list(fields), "properties": fields}
    payload = {"type": "object", "required": ["object"], "properties": {"object": inner}}
    event: Event = synthesise(spec_of(payload, name))
    found: dict[str, Any] = event.payload["object"]
    return found


@each("kind", KINDS, lambda kind: kind.name)
def test_a_kind_has_kinds_of_ids_that_exist(kind: Any) -> None:
    named = {kind.object_id, kind.object_number, kind.object_uuid, *kind.fields.values(),
             *kind.numbers.values()}  # fmt: skip
    assert named - {""} <= NAMES
    for number in (kind.object_number, *kind.numbers.values()):
        assert not number or isinstance(IDS[number](2**200), int)


def test_no_two_kinds_share_a_name_or_a_namespace() -> None:
    namespaces = [namespace for kind in KINDS for namespace in kind.namespaces]
    assert len(set(namespaces)) == len(namespaces)
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert {role.partition(".")[0] for role in TURNS} <= {kind.owner for kind in KINDS}


def test_what_an_event_is_about_depends_on_its_namespace_only() -> None:
    named = {
        name: None if (kind := entity_of(name)) is None else kind.name
        for name in ("recording.completed", "session.rtms_started", "contact_center.voice_x",
                     "phone.callee_ringing", "user.created", "meetings.started", "nothing", "")
    }  # fmt: skip
    assert named == {
        "recording.completed": "meeting", "session.rtms_started": "session",
        "contact_center.voice_x": "engagement", "phone.callee_ringing": "call",
        "user.created": "user", "meetings.started": None, "nothing": None, "": None,
    }  # fmt: skip


def test_a_recording_belongs_to_the_meeting_that_ended() -> None:
    file = {"type": "object", "required": ["meeting_id"], "properties": {"meeting_id": TEXT}}
    files = {"type": "array", "minItems": 1, "items": file}
    ended = made("meeting.ended")
    recording = made("recording.completed", recording_files=files)
    assert (recording["id"], recording["uuid"]) == (ended["id"], ended["uuid"])
    assert {file["meeting_id"] for file in recording["recording_files"]} == {ended["uuid"]}
    assert made("recording.completed", numbers=True)["id"] == int(ended["id"])


def test_no_other_namespace_has_the_ids_of_a_meeting() -> None:
    meeting = made("meeting.started")
    for name in ("webinar.started", "session.started", "user.created", "phone.callee_ringing",
                 "contact_center.engagement_started", "zoomroom.alert", "made.up"):  # fmt: skip
        other = made(name)
        assert other["id"] != meeting["id"], name
        assert other["uuid"] != meeting["uuid"], name


def test_ids_look_as_documents_and_captures_have_them() -> None:
    assert re.fullmatch(r"[1-9]\d{10}", made("meeting.started")["id"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{22}==", made("session.started")["id"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", made("user.created")["id"])
    assert re.fullmatch(r"[1-9]\d{18}", made("phone.callee_ringing", call_id=TEXT)["call_id"])


def test_an_engagement_has_one_id_wherever_it_stands() -> None:
    found = made("contact_center.engagement_started", engagement_id=TEXT)
    assert found["id"] == found["engagement_id"]
