"""Worlds: the same meeting throughout, on any machine, with nothing in the future."""

from __future__ import annotations

import base64
import random
import re

import pytest

from mockzoom.model import EventSpec
from mockzoom.synth import DEFAULT_AT_MS, World, encode, shapes, synthesise
from mockzoom.synth.world import stamp


def test_ids_look_like_zooms() -> None:
    ids = World(1, DEFAULT_AT_MS).ids
    assert len(base64.b64decode(str(ids["uuid", "meeting"]))) == 16
    assert re.fullmatch(r"[0-9a-f]{32}", str(ids["hex32", "stream"]))
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", str(ids["id22", "operator"]))
    assert re.fullmatch(r"1\d{3}55501\d\d", str(ids["phone_digits", "x"]))
    assert re.fullmatch(r"[a-z]+\.[a-z]+\d+@example\.(com|org|net)", str(ids["email", "host"]))
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        str(ids["dashed", "file"]),
    )


@pytest.mark.parametrize("number", range(8))
def test_every_world_has_a_uuid_that_begins_with_a_slash(number: int) -> None:
    ids = World(5, DEFAULT_AT_MS, number).ids
    roles = ("meeting", "webinar", "session", "guest.uuid", "message", "stream_id")
    uuids = [str(ids["uuid", role]) for role in roles]
    assert any(uuid.startswith("/") for uuid in uuids)
    assert any("/" in uuid[1:] or "+" in uuid for uuid in uuids)


def test_pinned_bytes_are_the_same_on_any_machine(contract: object) -> None:
    spec = contract.events["meeting.rtms_interrupted"]  # type: ignore[attr-defined]
    assert encode(synthesise(spec, seed=7, world=2).body) == (
        b'{"event":"meeting.rtms_interrupted","event_ts":1767268800000,"payload":'
        b'{"meeting_uuid":"/0sHn9aKw97siIpoZMtiWg==","rtms_stream_id":"99c65cecc816f9525de7dffbee262601"}}'
    )


def test_pinned_text_is_the_same_with_any_version_of_faker(contract: object) -> None:
    spec = contract.events["session.user_joined"]  # type: ignore[attr-defined]
    session = synthesise(spec, seed=7).payload["object"]
    assert (session["session_name"], session["user"]["name"]) == ("프로젝트 회의 🧪", "Zoë Nguyễn")


def test_module_level_randomness_is_left_alone(spec: EventSpec) -> None:
    random.seed(1)
    before = random.getstate()
    synthesise(spec, seed=3, index=shapes(spec) + 1)
    assert random.getstate() == before


def test_the_start_stays_the_same_at_a_later_instant() -> None:
    world = World(1, DEFAULT_AT_MS)
    assert world.at(DEFAULT_AT_MS + 3_600_000).start_s == world.start_s


def test_a_world_given_as_an_object_keeps_its_start_in_every_event(contract: object) -> None:
    events = contract.events  # type: ignore[attr-defined]
    world = World(3, DEFAULT_AT_MS, 1)
    later = DEFAULT_AT_MS + 20 * 3_600_000
    began = synthesise(events["session.started"], world=world, at_ms=DEFAULT_AT_MS)
    ended = synthesise(events["session.ended"], world=world, at_ms=later)
    assert began.payload["object"]["start_time"] == ended.payload["object"]["start_time"]
    assert ended.payload["object"]["end_time"] == stamp(later // 1000)
    assert began.payload["object"]["session_id"] == ended.payload["object"]["session_id"]


def test_the_same_index_in_another_world_has_the_same_shape_and_other_ids(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        here, there = (synthesise(spec, index=index, world=number).body for number in (0, 1))
        assert _structure(here) == _structure(there)
        if spec.name != "rtms.concurrency_near_limit":
            assert here["payload"] != there["payload"]


def _structure(value: object) -> object:
    if isinstance(value, dict):
        return {key: _structure(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_structure(item) for item in value]
    return type(value)
