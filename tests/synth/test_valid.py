"""Valid events: every shape of every bundled event, judged by both validators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.contract import Contract
from mockzoom.model import EventSpec
from mockzoom.synth import DEFAULT_AT_MS, encode, shapes, synthesise
from tests.each import thorough

from .conftest import every, every_event, seconds


@pytest.mark.parametrize("seed", [1, *thorough(2, 99, -4)])
@every_event
def test_both_validators_accept_every_shape(spec: EventSpec, seed: int) -> None:
    for event in every(spec, seed=seed, entities=seed % 3, at_ms=DEFAULT_AT_MS + seed):
        assert contract.valid(spec, event.body)
        assert contract.errors(spec, event.body) == ()


@every_event
def test_the_event_is_named_by_its_spec(spec: EventSpec) -> None:
    assert all(event.body["event"] == event.name == spec.name for event in every(spec))


@every_event
def test_the_same_arguments_give_the_same_bytes(spec: EventSpec) -> None:
    for index in range(shapes(spec) + 2):
        first, again = (encode(synthesise(spec, seed=4, index=index).body) for _ in range(2))
        assert first == again


@every_event
def test_every_enum_value_and_every_optional_field_is_reached(spec: EventSpec) -> None:
    wanted = set(_options(spec.schema, ""))
    reached: set[tuple[str, object]] = set()
    for index in range(shapes(spec)):
        body = synthesise(spec, index=index).body
        reached |= set(_reached(spec.schema, body, ""))
    assert wanted - reached == set()


def _options(schema: Any, path: str) -> Iterator[tuple[str, object]]:
    """Enum values, optional fields present (True) and absent (False), boolean values."""
    yield from ((path, value) for value in schema.get("enum", ()))
    for name, part in schema.get("properties", {}).items():
        if name not in schema.get("required", ()):
            yield (f"{path}/{name}?", True)
            yield (f"{path}/{name}?", False)
        yield from _options(part, f"{path}/{name}")
    if "items" in schema:
        yield from _options(schema["items"], f"{path}/*")
    for branch in schema.get("oneOf", ()):
        yield from _options(branch, path)
    if schema.get("type") == "boolean":
        yield from ((path, True), (path, False))


def _reached(schema: Any, value: Any, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            yield (f"{path}/{name}?", name in value)
            if name in value:
                yield from _reached(part, value[name], f"{path}/{name}")
        for branch in schema.get("oneOf", ()):
            yield from _reached(branch, value, path)
    elif isinstance(value, list):
        for item in value:
            yield from _reached(schema.get("items", {}), item, f"{path}/*")
    else:
        yield (path, value)


def test_every_branch_of_the_concurrency_event_is_reached(contract: Contract) -> None:
    spec = contract.get("rtms.concurrency_limited")
    fields = {key for event in every(spec) for key in event.payload["id_field"]}
    assert fields == {"meeting_uuid", "webinar_uuid", "session_id"}


def test_index_0_is_full_and_index_1_bare(contract: Contract) -> None:
    spec = contract.get("session.user_phone_callout_ringing")
    session = spec.schema["properties"]["payload"]["properties"]["object"]
    full, bare = (synthesise(spec, index=index).payload["object"] for index in (0, 1))
    assert set(full) == set(session["properties"])
    assert set(bare) == set(session["required"])


@every_event
def test_no_object_is_left_without_any_field(spec: EventSpec) -> None:
    assert all("{}" not in encode(event.body).decode() for event in every(spec))


def test_indexes_wrap_in_shape_with_new_values(contract: Contract) -> None:
    spec = contract.get("session.recording_completed")
    first, again = (synthesise(spec, index=index).body for index in (0, shapes(spec)))
    assert first != again
    assert first["payload"]["object"]["session_id"] == again["payload"]["object"]["session_id"]
    kinds = [file["recording_type"] for file in first["payload"]["object"]["recording_files"]]
    assert kinds == [f["recording_type"] for f in again["payload"]["object"]["recording_files"]]


@every_event
def test_keys_come_in_the_order_of_the_example(spec: EventSpec) -> None:
    if not spec.examples:
        return
    example, body = spec.examples[0], synthesise(spec).body
    shown = [key for key in example if key in body]
    assert [key for key in body if key in shown] == shown
    inner = [key for key in example["payload"] if key in body["payload"]]
    assert [key for key in body["payload"] if key in inner] == inner


# -- values that agree -------------------------------------------------------------------------


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, name)
    else:
        yield name, value


@pytest.mark.parametrize("at_ms", [DEFAULT_AT_MS, 1_626_230_691_572, DEFAULT_AT_MS + 86_399_999])
@every_event
def test_no_time_lies_after_event_ts_and_nothing_ends_before_it_begins(
    spec: EventSpec, at_ms: int
) -> None:
    for event in every(spec, at_ms=at_ms, entities=at_ms % 5):
        assert event.body["event_ts"] <= at_ms
        times = {
            name: seconds(value)
            for name, value in leaves(event.body)
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
        }
        assert all(time * 1000 <= at_ms for time in times.values())
        _in_order(times, "start_time", "join_time", "leave_time")
        _in_order(times, "start_time", "end_time")
        if "recording_end" in times and "recording_start" in times:
            # Zoom's example of a recording that has just started has an end, too.
            assert times["recording_start"] <= times["recording_end"]
            if "started" not in spec.name:
                assert times["recording_start"] < times["recording_end"]


def _in_order(times: dict[str, float], *names: str) -> None:
    found = [times[name] for name in names if name in times]
    assert found == sorted(found)


@every_event
def test_the_session_is_the_same_under_each_of_its_names(spec: EventSpec) -> None:
    for event in every(spec):
        session = event.payload.get("object", {})
        if "session_id" in session:
            for name in ("id", "uuid"):
                if isinstance(session.get(name), str):
                    assert session[name] == session["session_id"]


def test_one_entity_set_speaks_of_one_session_in_every_event(contract: Contract) -> None:
    ids = {
        value
        for spec in contract.events.values()
        for event in every(spec, seed=8)
        for name, value in leaves(event.body)
        if name == "session_id"
    }
    assert len(ids) == 1


PAIRS = {
    "MP4": "MP4", "M4A": "M4A", "CHAT": "TXT", "TRANSCRIPT": "VTT", "CC": "VTT", "CSV": "CSV",
    "TIMELINE": "JSON", "TB": "JPG", "CHAT_MESSAGE": "JSON",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["session.recording_completed", "session.recording_transcript_completed"]
)
def test_file_types_go_with_their_extensions(contract: Contract, name: str) -> None:
    odd = 0
    for event in every(contract.get(name)):
        for files in event.payload["object"].values():
            for file in files if isinstance(files, list) else ():
                if "file_type" in file and "file_extension" in file:
                    odd += PAIRS[file["file_type"]] != file["file_extension"]
    assert odd == 0


def test_the_concurrency_numbers_agree(contract: Contract) -> None:
    for seed in range(20):
        near = synthesise(contract.get("rtms.concurrency_near_limit"), seed=seed).payload
        limit, number = near["concurrency_limit"], near["concurrency_number"]
        assert number < limit
        assert near["percentage"] == number * 100 // limit
        reached = synthesise(contract.get("rtms.concurrency_limited"), seed=seed).payload
        assert reached["concurrency_number"] > limit


@every_event
def test_numbers_are_those_that_javascript_prints(spec: EventSpec) -> None:
    for event in every(spec, seed=12):
        for _, value in leaves(event.body):
            if isinstance(value, int):
                assert abs(value) <= 2**53 - 1
            assert not isinstance(value, float)


FREE = {"session_name", "name", "inviter_name", "invitee_name", "leave_reason", "stream_name",
        "stream_description"}  # fmt: skip


@every_event
def test_text_beyond_ascii_stands_in_free_text_only(spec: EventSpec) -> None:
    for event in every(spec, seed=3):
        for name, value in leaves(event.body):
            assert name in FREE or not isinstance(value, str) or value.isascii()


@every_event
def test_ascii_only_changes_nothing_but_free_text(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        rich = dict(leaves(synthesise(spec, index=index).body))
        plain = dict(leaves(synthesise(spec, index=index, ascii_only=True).body))
        assert encode(plain).isascii()
        assert {n: v for n, v in rich.items() if n not in FREE} == {
            n: v for n, v in plain.items() if n not in FREE
        }


@every_event
def test_hosts_are_reserved_ones(spec: EventSpec) -> None:
    for event in every(spec):
        for _, value in leaves(event.body):
            for url in str(value).split(",") if "://" in str(value) else ():
                assert re.match(r"[a-z]+://[a-z0-9.-]+\.example[:/]", url), url


def test_server_urls_are_one_or_several_with_commas(contract: Contract) -> None:
    urls = {
        event.payload["server_urls"].count(",")
        for event in every(contract.get("meeting.rtms_started"))
    }
    assert urls == {0, 1}


def test_leave_reasons_are_the_documented_ones(contract: Contract) -> None:
    reasons = {
        event.payload["object"]["user"].get("leave_reason", "")
        for event in every(contract.get("session.user_left"))
    }
    name = synthesise(contract.get("session.user_left")).payload["object"]["user"]["name"]
    assert f"{name} left the session." in reasons
    assert f"{name} left the session.<br>Reason: Host ended the session." in reasons
    assert len(reasons - {""}) == 12
