"""Random bodies: what they break is the schema, and everything else about them is likely."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from mockzoom.contract import bundled, load, valid
from mockzoom.model import EventSpec, Variant
from mockzoom.synth import RandomBodies, breaks, reductions, synthesise

AT = 1_790_000_000_000
CONTRACT = load()
STOPPED = CONTRACT.get("meeting.rtms_stopped")
JOINED = CONTRACT.get("session.user_joined")


def genuine(spec: EventSpec, **payload: Any) -> dict[str, Any]:
    body = json.loads(json.dumps(synthesise(spec, at_ms=AT).body))
    body["payload"].update(payload)
    return body


def settled(
    spec: EventSpec, drawn: Any, *, malformed: bool = False, ascii_only: bool = False
) -> Any:
    data = RandomBodies(spec, AT, ascii_only=ascii_only).settle(drawn, malformed=malformed)
    return None if data is None else json.loads(data)


# -- what counts as malformed ------------------------------------------------------------------


def test_a_valid_body_breaks_nothing() -> None:
    assert breaks(STOPPED, genuine(STOPPED)) == ()


@pytest.mark.parametrize(
    ("change", "keyword"),
    [
        ({"stop_reason": "6"}, "type"),
        ({"stop_reason": None}, "type"),
        ({"meeting_uuid": 7}, "type"),
    ],
)
def test_a_broken_constraint_is_named(change: dict[str, Any], keyword: str) -> None:
    found = breaks(STOPPED, genuine(STOPPED, **change))
    [place] = change
    assert (f"/payload/{place}", keyword) in {(error.pointer, error.keyword) for error in found}


def test_what_zoom_may_send_any_day_is_not_malformed() -> None:
    closed = json.loads(json.dumps(STOPPED.schema))
    closed["additionalProperties"] = False
    closed["properties"]["event"]["enum"] = [STOPPED.name]
    spec = replace(STOPPED, schema=closed)
    for body in (
        genuine(spec, stop_reason=99),
        {**genuine(spec), "event": "meeting.rtms_halted"},
        {**genuine(spec), "new": 1},
    ):
        assert not valid(spec, body)
        assert breaks(spec, body) == ()


def test_the_other_documented_reading_is_not_malformed() -> None:
    spec = replace(STOPPED, variants=(Variant("/payload/meeting_uuid", 7, "an example"),))
    assert breaks(spec, genuine(spec, meeting_uuid=7)) == ()
    assert breaks(spec, genuine(spec, rtms_stream_id=7)) != ()


# -- how a drawn body is settled ---------------------------------------------------------------


@pytest.mark.parametrize("drawn", [None, 1, "text", [], b"\x00", object()])
def test_what_is_no_object_is_no_event(drawn: Any) -> None:
    assert settled(STOPPED, drawn, malformed=True) is None


def test_the_event_and_its_time_are_genuine() -> None:
    body = settled(STOPPED, {**genuine(STOPPED), "event": "x", "event_ts": -5})
    assert (body["event"], body["event_ts"]) == (STOPPED.name, AT)
    nameless = {key: value for key, value in genuine(STOPPED).items() if key != "event"}
    assert settled(STOPPED, nameless)["event"] == STOPPED.name


def test_a_time_that_breaks_the_schema_stays_as_it_was_drawn() -> None:
    for broken in (2**63, -(2**70), "now", None, [], True, 1.5):
        body = settled(STOPPED, {**genuine(STOPPED), "event_ts": broken}, malformed=True)
        assert body["event_ts"] == broken
        assert breaks(STOPPED, body)


def test_fields_that_the_schema_does_not_know_are_gone() -> None:
    drawn = genuine(STOPPED, new={"a": 1}, stop_reason="6")
    body = settled(STOPPED, {**drawn, "other": 1}, malformed=True)
    assert set(body) == {"event", "event_ts", "payload"}
    assert "new" not in body["payload"]


def test_what_stands_in_a_place_of_another_type_is_kept_whole() -> None:
    body = settled(STOPPED, genuine(STOPPED, meeting_uuid={"any": ["thing"]}), malformed=True)
    assert body["payload"]["meeting_uuid"] == {"any": ["thing"]}


def test_a_fault_that_goes_while_the_body_is_settled_leaves_a_valid_body() -> None:
    body = settled(STOPPED, {**genuine(STOPPED), "event": 7}, malformed=True)
    assert valid(STOPPED, body)


def test_a_body_that_is_only_evolved_is_not_delivered() -> None:
    assert settled(STOPPED, genuine(STOPPED, stop_reason=99), malformed=True) is None


def test_a_broken_body_is_not_delivered_as_a_valid_one() -> None:
    assert settled(STOPPED, genuine(STOPPED, stop_reason="6")) is None


def test_control_characters_become_other_scripts_where_people_write_and_ascii_elsewhere() -> None:
    drawn = genuine(JOINED)
    person = drawn["payload"]["object"]["user"]
    person["name"], person["id"] = "a\x01\x02\x7f", "a\x01\x02\x7f"
    user = settled(JOINED, drawn)["payload"]["object"]["user"]
    assert user["name"][0] == "a"
    assert len(user["name"]) == 4
    assert not user["name"].isascii()
    assert user["name"].isprintable() or "\u200d" in user["name"]
    assert user["id"].isascii()
    assert user["id"].isprintable()
    assert len(user["id"]) == 4


def test_with_ascii_only_no_place_has_another_script() -> None:
    drawn = genuine(JOINED)
    drawn["payload"]["object"]["user"]["name"] = "a\x01é\ud800"
    data = RandomBodies(JOINED, AT, ascii_only=True).settle(drawn, malformed=False)
    assert data is not None
    assert data.isascii()


def test_date_times_are_spelled_as_zoom_spells_them() -> None:
    drawn = genuine(JOINED)
    drawn["payload"]["object"]["user"]["join_time"] = "0096-02-29T23:59:60.25+14:03"
    body = settled(JOINED, drawn)
    assert body["payload"]["object"]["user"]["join_time"] == "2096-02-29T23:59:59Z"


def test_numbers_of_a_valid_body_are_those_of_javascript() -> None:
    spec = CONTRACT.get("meeting.rtms_started")
    drawn = genuine(spec, meeting_id=-(2**63))
    assert settled(spec, drawn)["payload"]["meeting_id"] in range(2**53)


def test_whole_numbers_written_as_fractions_are_no_fault() -> None:
    drawn = {**genuine(STOPPED), "event_ts": 12.0}
    assert valid(STOPPED, settled(STOPPED, drawn, malformed=True))


def test_every_bundled_event_keeps_its_own_values() -> None:
    """Settling changes nothing of what the synthesiser makes, but the time."""
    assert bundled("specs").is_dir()
    for spec in CONTRACT.events.values():
        body = json.loads(json.dumps(synthesise(spec, at_ms=AT).body))
        assert settled(spec, body) == {**body, "event_ts": AT}, spec.name


def test_reductions_take_one_thing_away_at_any_depth() -> None:
    assert list(reductions({"a": [1, "x"], "b": {"c": True}})) == [
        {"b": {"c": True}},
        {"a": ["x"], "b": {"c": True}},
        {"a": [0, "x"], "b": {"c": True}},
        {"a": [1], "b": {"c": True}},
        {"a": [1, ""], "b": {"c": True}},
        {"a": [1, "x"]},
        {"a": [1, "x"], "b": {}},
    ]
    assert list(reductions("")) == list(reductions(0)) == list(reductions(None)) == []
