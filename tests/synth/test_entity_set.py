"""Entity sets: the same meeting throughout, on any machine, with nothing in the future."""

from __future__ import annotations

import base64
import random
import re
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mockzoom.model import EventSpec
from mockzoom.synth import DEFAULT_AT_MS, EntitySet, encode, shapes, synthesise
from mockzoom.synth.entity_set import stamp
from mockzoom.synth.entity_values import entity
from tests.each import each

from .conftest import every_event


def drawn(kind: str, role: str, number: int = 0, seed: int = 1) -> str:
    return str(entity(kind, role)(EntitySet(seed, DEFAULT_AT_MS, number), 0))


@each("number", range(40))
def test_ids_look_like_zooms(number: int) -> None:
    assert len(base64.b64decode(drawn("uuid", "meeting", number), validate=True)) == 16
    assert len(base64.urlsafe_b64decode(drawn("id22", "operator", number) + "==")) == 16
    assert re.fullmatch(r"[0-9a-f]{32}", drawn("hex32", "stream", number))
    assert re.fullmatch(r"[A-Za-z0-9_-]{21}[AQgw]", drawn("id22", "operator", number))
    assert re.fullmatch(r"[A-Za-z0-9]{12}", drawn("alnum12", "key", number))
    assert re.fullmatch(r"[A-Za-z0-9]{19}", drawn("alnum19", "key", number))
    assert re.fullmatch(r"[a-z0-9]{6}", drawn("word", "server", number))
    assert re.fullmatch(r"[1-9]\d{10}", drawn("meeting_digits", "meeting", number))
    assert re.fullmatch(r"1\d{3}55501\d\d", drawn("phone_digits", "x", number))
    assert re.fullmatch(r"[a-z]+\.[a-z]{12}@example\.(com|org|net)", drawn("email", "host", number))
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        drawn("dashed", "file", number),
    )
    head, body, signature = drawn("jwt", "token", number).split(".")
    assert base64.urlsafe_b64decode(head) == b'{"alg":"HS512"}'
    assert b"zoom.example" in base64.urlsafe_b64decode(body)
    assert len(base64.urlsafe_b64decode(signature + "==")) == 64


@each("number", range(8))
def test_every_entity_set_has_a_uuid_that_begins_with_a_slash(number: int) -> None:
    roles = ("meeting", "webinar", "session", "guest.uuid", "message", "stream_id")
    uuids = [drawn("uuid", role, number, seed=5) for role in roles]
    assert any(uuid.startswith("/") for uuid in uuids)
    assert any("/" in uuid[1:] or "+" in uuid for uuid in uuids)


def test_ids_of_neighbouring_entity_sets_and_roles_have_nothing_in_common() -> None:
    found = [
        int(drawn("hex32", role, number, seed), 16)
        for seed in (-1, 0, 1, 2)
        for number in range(64)
        for role in ("a", "b", "stream", "meeting")
    ]
    assert len(set(found)) == len(found)
    for bit in range(128):
        ones = sum(number >> bit & 1 for number in found)
        assert 0.42 < ones / len(found) < 0.58, bit
    for one, other in pairwise(found):
        assert 30 < (one ^ other).bit_count() < 98


@given(st.integers(-86_400 * 365, 4_102_444_800))
def test_an_instant_is_spelled_as_the_standard_library_would(second: int) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    assert stamp(second) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_pinned_bytes_are_the_same_on_any_machine(contract: object) -> None:
    spec = contract.events["meeting.rtms_interrupted"]  # type: ignore[attr-defined]
    assert encode(synthesise(spec, seed=7, entities=2).body) == (
        b'{"event":"meeting.rtms_interrupted","event_ts":1767268800000,"payload":'
        b'{"meeting_uuid":"/nhFqx0hhy9gQcBCGpQlFw==","rtms_stream_id":"37730a78d9f21515601780c3b39b0ec4"}}'
    )


def test_pinned_text_is_the_same_with_any_version_of_faker(contract: object) -> None:
    spec = contract.events["session.user_joined"]  # type: ignore[attr-defined]
    session = synthesise(spec, seed=7).payload["object"]
    assert session["session_name"] == "週次ミーティング 🇺🇳 Zukozizupemo"
    assert session["user"]["name"] == "𠮷野 Dvořák-Soteroragifi"


@every_event
def test_module_level_randomness_is_left_alone(spec: EventSpec) -> None:
    random.seed(1)
    before = random.getstate()
    synthesise(spec, seed=3, index=shapes(spec) + 1)
    assert random.getstate() == before


def test_the_start_stays_the_same_at_a_later_instant() -> None:
    entities = EntitySet(1, DEFAULT_AT_MS)
    assert entities.at(DEFAULT_AT_MS + 3_600_000).start_s == entities.start_s


def test_an_entity_set_given_as_an_object_keeps_its_start_in_every_event(contract: object) -> None:
    events = contract.events  # type: ignore[attr-defined]
    entities = EntitySet(3, DEFAULT_AT_MS, 1)
    later = DEFAULT_AT_MS + 20 * 3_600_000
    began = synthesise(events["session.started"], entities=entities, at_ms=DEFAULT_AT_MS)
    ended = synthesise(events["session.ended"], entities=entities, at_ms=later)
    assert began.payload["object"]["start_time"] == ended.payload["object"]["start_time"]
    assert ended.payload["object"]["end_time"] == stamp(later // 1000)
    assert began.payload["object"]["session_id"] == ended.payload["object"]["session_id"]


@every_event
def test_the_same_index_in_another_set_has_the_same_shape_and_other_ids(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        here, there = (synthesise(spec, index=index, entities=number).body for number in (0, 1))
        assert _structure(here) == _structure(there)
        if spec.name != "rtms.concurrency_near_limit":
            assert here["payload"] != there["payload"]


def _structure(value: object) -> object:
    if isinstance(value, dict):
        return {key: _structure(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_structure(item) for item in value]
    return type(value)
