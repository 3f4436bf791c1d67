"""Events as Zoom may send them tomorrow."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from mockzoom.contract import Contract
from mockzoom.model import EventSpec, Variant
from mockzoom.synth import new_fields, shapes, synthesise, unknown_event, variants
from mockzoom.synth.evolve import NEW_FIELD

from .conftest import every_event


@every_event
def test_an_unknown_event_has_its_siblings_body_and_a_new_name(
    contract: Contract, spec: EventSpec
) -> None:
    event = synthesise(spec)
    unknown = unknown_event(event, known=contract.events)
    assert unknown.name not in contract.events
    assert unknown.name.partition(".")[0] == spec.name.partition(".")[0]
    assert unknown.body == {**event.body, "event": unknown.name}
    assert list(unknown.body) == list(event.body)


def test_names_that_are_known_are_passed_over(contract: Contract) -> None:
    event = synthesise(contract.get("meeting.rtms_started"))
    first = unknown_event(event)
    assert first.name == "meeting.rtms_annotated"
    assert unknown_event(event, known=[first.name]).name == "meeting.rtms_mirrored"


def test_an_invented_namespace_is_nobodys(contract: Contract) -> None:
    event = unknown_event(synthesise(contract.get("meeting.rtms_started")), invented=True)
    namespace = event.name.partition(".")[0]
    assert namespace.startswith("mz")
    assert namespace not in {name.partition(".")[0] for name in contract.events}


def test_a_new_field_comes_at_each_level_and_then_at_all(contract: Contract) -> None:
    event = synthesise(contract.get("session.recording_completed"))
    evolved = list(new_fields(event))
    places = [_holders(extended.body) for extended in evolved]
    files = [f"/payload/object/{name}/0" for name in (
        "recording_files", "participant_audio_files", "participant_video_files")]  # fmt: skip
    levels = ["", "/payload", "/payload/object", *files]
    assert places[:-2] == [[level] for level in levels]
    assert places[-2:] == [levels, levels]
    assert isinstance(evolved[-2].body[NEW_FIELD], str)
    assert isinstance(evolved[-1].body[NEW_FIELD], dict)


@every_event
def test_new_fields_change_nothing_else(spec: EventSpec) -> None:
    event = synthesise(spec)
    for extended in new_fields(event):
        assert _without(extended.body) == event.body


def _holders(value: Any, here: str = "") -> list[str]:
    found = [here] if isinstance(value, dict) and NEW_FIELD in value else []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, (dict, list)) else ():
        if key != NEW_FIELD and isinstance(item, (dict, list)):
            found += _holders(item, f"{here}/{key}")
    return found


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items() if key != NEW_FIELD}
    return [_without(item) for item in value] if isinstance(value, list) else value


def test_each_documented_variant_is_set_where_its_parent_is(contract: Contract) -> None:
    spec = contract.get("meeting.rtms_stopped")
    event = synthesise(spec)
    found = {
        (variant.pointer, made.payload["stop_reason"]) for variant, made in variants(spec, event)
    }
    assert found == {("/payload/stop_reason", 5)}


@every_event
def test_a_variant_changes_one_place(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        event = synthesise(spec, index=index)
        for variant, made in variants(spec, event):
            assert made.body != event.body
            assert made.name == event.name == made.body["event"]
            assert variant in spec.variants


def test_no_variant_of_name_or_time_and_none_without_a_parent(contract: Contract) -> None:
    odd = (
        Variant("/event", "x", "example"),
        Variant("/payload/nowhere/deep", 1, "example"),
        Variant("/payload/stop_reason", 1, "the value that is there"),
        Variant("/payload/more", 1, "an absent field of a parent that is there"),
        Variant("/event_ts", "1626230691572", "example"),
    )
    spec = replace(contract.get("meeting.rtms_stopped"), variants=odd)
    assert [variant for variant, _ in variants(spec, synthesise(spec))] == [odd[3]]
