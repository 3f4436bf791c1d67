"""Pinned entities: they stand wherever the set's own would, or are refused with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.engine.case import CaseName
from mockzoom.errors import UsageError
from mockzoom.suites.cases import TestCases
from mockzoom.synth import DEFAULT_AT_MS, shapes, synthesise
from mockzoom.synth.pins import PinnedValueError, parse_entity, pins_of
from mockzoom.zoom.entities import PINNABLE, PINNED_NUMBERS
from mockzoom.zoom.ids import NAMES
from tests.each import each

from .conftest import spec_of

ALL = contract.load()
OURS = {
    "account_id": "OurAccount-0123456789a", "host_id": "OurHost-0123456789abcd",
    "host_email": "host@ours.example", "user_id": "OurUser-0123456789abcd",
    "user_email": "user@ours.example", "user_name": "Ada Lovelace", "meeting_id": "85012345678",
    "meeting_uuid": "AAAAAAAAAAAAAAAAAAAAAA==", "topic": "Our meeting",
    "caller_number": "+12025550100", "callee_extension": "10800",
}  # fmt: skip


def made(event: str, entities: int = 0, pinned: dict[str, str] | None = None) -> Any:
    pins = pins_of(OURS if pinned is None else pinned)
    return synthesise(ALL.known[event], entities=entities, pins=pins).payload


@each("entities", [0, 1, 9])
def test_a_pinned_value_stands_in_every_entity_set_and_event(entities: int) -> None:
    started, user = made("meeting.started", entities), made("user.created", entities)
    recorded, call = made("recording.completed", entities), made("phone.callee_ended", entities)
    for payload in (started, user, recorded, call):
        assert payload["account_id"] == OURS["account_id"]
    assert started["object"]["host_id"] == recorded["object"]["host_id"] == OURS["host_id"]
    assert recorded["object"]["host_email"] == OURS["host_email"]
    assert (started["object"]["id"], recorded["object"]["id"]) == ("85012345678", 85012345678)
    assert recorded["object"]["recording_files"][0]["meeting_id"] == OURS["meeting_uuid"]
    assert started["object"]["topic"] == OURS["topic"]
    assert (user["object"]["first_name"], user["object"]["last_name"]) == ("Ada", "Lovelace")
    assert user["object"]["email"] == OURS["user_email"]
    left = made("meeting.participant_left", entities)["object"]["participant"]
    assert left["leave_reason"] == "Ada Lovelace left the meeting."
    assert call["object"]["caller"]["phone_number"] == OURS["caller_number"]
    assert call["object"]["callee"]["extension_number"] == 10800


def test_everything_else_is_as_it_is_without_pins() -> None:
    spec = ALL.known["user.created"]
    plain = synthesise(spec, entities=4).body
    pinned = synthesise(spec, entities=4, pins=pins_of({"account_id": "ours"})).body
    assert pinned["payload"] == {**plain["payload"], "account_id": "ours"}


def test_a_pinned_value_is_there_after_a_shape_was_flattened() -> None:
    spec = ALL.known["meeting.started"]
    for _ in range(40):
        synthesise(spec)
    assert made("meeting.started")["account_id"] == OURS["account_id"]
    case = TestCases(ALL, 1, DEFAULT_AT_MS, pins_of(OURS)).prepare(spec.name, CaseName("valid"))
    assert json.loads(case.body)["payload"]["account_id"] == OURS["account_id"]


@pytest.mark.slow
def test_events_with_pins_are_valid_by_both_validators() -> None:
    for event in ("meeting.updated", "user.updated", "recording.completed", "session.user_left",
                  "meeting.rtms_started", "phone.callee_call_log_completed"):  # fmt: skip
        spec = ALL.known[event]
        for index in range(min(shapes(spec), 6)):
            body = synthesise(spec, index=index, pins=pins_of(OURS)).body
            assert contract.valid_by_both(spec, body)


def test_a_prelude_has_the_pins_of_its_case() -> None:
    cases = TestCases(ALL, 1, DEFAULT_AT_MS, pins_of(OURS))
    case = cases.prepare("session.user_left", CaseName("valid", entities=5))
    for earlier in cases.prelude(case):
        assert json.loads(earlier.body)["payload"]["account_id"] == OURS["account_id"]


def test_a_value_that_breaks_its_schema_is_refused_with_event_place_and_reason() -> None:
    with pytest.raises(PinnedValueError) as refused:
        made("user.created", pinned={"user_email": "nobody"})
    told = str(refused.value)
    assert told.startswith("entity user_email=nobody: user.created at /payload/object/email: ")
    assert "is not a 'email'" in told


@each("schema", [{"maxLength": 4}, {"pattern": "^[a-z]{3}$"}, {"minLength": 40}], str)
def test_a_value_is_never_bent_to_fit(schema: dict[str, Any]) -> None:
    text = {"type": "string", **schema}
    spec = spec_of({"type": "object", "required": ["topic"], "properties": {"topic": text}})
    with pytest.raises(PinnedValueError, match=r"entity topic=Our topic: .* at /payload/topic: "):
        synthesise(spec, pins=pins_of({"topic": "Our topic"}))


def test_a_number_outside_its_bounds_is_refused_too() -> None:
    number = {"type": "integer", "maximum": 2**31}
    spec = spec_of(
        {"type": "object", "required": ["meeting_id"], "properties": {"meeting_id": number}}
    )
    with pytest.raises(PinnedValueError, match=r"entity meeting_id=85012345678: .*/meeting_id"):
        synthesise(spec, pins=pins_of(OURS))


def test_every_shape_of_the_events_is_tried_before_anything_is_sent() -> None:
    cases = TestCases(ALL, 1, DEFAULT_AT_MS, pins_of({"user_email": "nobody"}))
    cases.check_pins([ALL.known["meeting.started"]])
    with pytest.raises(PinnedValueError, match=r"user\.created"):
        cases.check_pins([ALL.known["meeting.started"], ALL.known["user.created"]])


@pytest.mark.parametrize(
    ("entities", "reason"),
    [
        ({"acount_id": "x"}, r"no entity is called 'acount_id'; did you mean account_id"),
        ({"account_id": ""}, r"entity account_id: the value is empty; expected 1 to 1024"),
        ({"account_id": "x" * 1025}, r"entity account_id: the value is 1025 characters long"),
        ({"meeting_id": "seven"}, r"entity meeting_id=seven: .*expected up to 15 digits"),
        ({"caller_number": "+1" + "2" * 15}, r"entity caller_number=.*expected up to 15 digits"),
        ({"user_name": "Ada Lovelace", "first_name": "Eve"}, r"entity first_name=Eve: user_name"),
    ],
)
def test_what_cannot_be_pinned_is_refused_with_the_reason(
    entities: dict[str, str], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        pins_of(entities)


def test_an_option_names_an_entity_and_its_value() -> None:
    assert parse_entity("account_id=a=b") == ("account_id", "a=b")
    assert parse_entity("account-id=x") == ("account_id", "x")
    for text in ("account_id", "=x", ""):
        with pytest.raises(UsageError, match="expected NAME=VALUE, such as account_id="):
            parse_entity(text)


@pytest.mark.slow
def test_what_can_be_pinned_is_met_in_events() -> None:
    for name, keys in PINNABLE.items():
        for kind, _ in keys:
            assert kind in NAMES or kind in ("people", "given", "family", "titles"), name
    values = {name: _value(name, keys) for name, keys in PINNABLE.items()}
    for name, value in values.items():
        if name in ("user_name", "first_name", "last_name"):
            continue
        told = any(
            value in json.dumps(synthesise(ALL.known[event], pins=pins_of({name: value})).body)
            for event in _EVENTS
        )
        assert told or name in ("caller_id", "callee_id"), name


def _value(name: str, keys: Any) -> str:
    kinds = {kind for kind, _ in keys}
    if kinds & PINNED_NUMBERS:
        return "85012345678"
    return f"{name}@ours.example" if "email" in kinds else f"pinned-{name}"


_EVENTS = (
    "meeting.rtms_started", "webinar.rtms_started", "session.user_joined", "meeting.created",
    "webinar.started", "recording.completed", "user.deactivated", "phone.callee_ended",
    "phone.voicemail_received", "group.created", "whiteboard.shared", "zoomroom.checked_in",
    "workspace.reservation_created", "contact_center.voice_rtms_started", "account.created",
    "phone.callee_call_log_completed", "zoomroom.alert", "zoomroom.created",
    "session.user_room_system_callout_ringing",
)  # fmt: skip
