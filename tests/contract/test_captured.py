"""Captured events held against the contract: what deviates, where, and of which kind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockzoom.contract import load, valid
from mockzoom.contract.captured import MOST_DEVIATIONS, CaptureChecker, Deviation
from mockzoom.model import EventSpec
from mockzoom.schema import pointer
from mockzoom.synth import all_mutants, new_fields, shapes, synthesise, variants
from tests.contract.conftest import Documents
from tests.each import each

AT_MS = 1_790_000_000_000
EVENTS = load().events
CHECKER = CaptureChecker(EVENTS)
LEFT = {
    "id": {"type": "string"},
    "type": {"type": "integer", "enum": [1, 2, 3]},
    "settings": {"type": "object", "properties": {"host_video": {"type": "boolean"}}},
    "start_time": {"type": "string", "format": "date-time"},
    "files": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["status"],
            "properties": {
                "status": {"type": "string", "enum": ["completed"]},
                "size": {"type": "integer", "minimum": 0},
            },
        },
    },
    "closed": {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "additionalProperties": False,
    },
    "free": {"type": "object"},
    "map": {"type": "object", "additionalProperties": {"type": "string"}},
    "either": {
        "oneOf": [
            {"type": "string"},
            {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
        ]
    },
}
"""The payload of an event with every kind of place."""


def event(payload: Any, **more: Any) -> dict[str, Any]:
    return {"event": "room.opened", "event_ts": AT_MS, "payload": payload, **more}


def found(documents: Documents, body: Any, **properties: Any) -> list[tuple[str, str]]:
    """Kind and pointer of each deviation from the event with these properties."""
    contract = documents.load(documents.of(**(properties or LEFT)))
    checked = CaptureChecker(contract.events).deviations(body)
    return [(item.kind, item.pointer) for item in checked]


def specs() -> list[EventSpec]:
    return list(EVENTS.values())


def name(spec: EventSpec) -> str:
    return spec.name


# -- every event of the bundled contract -----------------------------------------------------------


@each("spec", specs(), name)
def test_every_shape_of_every_event_keeps_the_contract(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        made = synthesise(spec, seed=3, index=index, at_ms=AT_MS)
        assert CHECKER.deviations(made.body) == ()


@each("spec", specs(), name)
def test_a_new_field_is_undocumented_wherever_it_is(spec: EventSpec) -> None:
    made = synthesise(spec, seed=3, index=0, at_ms=AT_MS)
    for odd in new_fields(made):
        assert {item.kind for item in CHECKER.deviations(odd.body)} == {"field"}


@each("spec", specs(), name)
def test_the_other_documented_value_is_documented(spec: EventSpec) -> None:
    made = synthesise(spec, seed=3, index=0, at_ms=AT_MS)
    for _, odd in variants(spec, made):
        assert CHECKER.deviations(odd.body) == ()


@pytest.mark.slow
@each("spec", specs(), name)
def test_every_mutant_deviates_and_only_one_of_an_enum_is_mild(spec: EventSpec) -> None:
    for mutant in all_mutants(spec, 3, AT_MS):
        kinds = {item.kind for item in CHECKER.deviations(mutant.body)}
        assert mutant.mutation is not None
        assert kinds == {"value" if mutant.mutation.keyword == "enum" else "broken"}, mutant


def test_an_observed_value_is_documented_and_another_one_is_not() -> None:
    made = synthesise(EVENTS["meeting.rtms_stopped"], seed=1, index=0, at_ms=AT_MS).body
    for value, kinds in ((6, []), (18, []), (5, []), (99, ["value"])):
        body = {**made, "payload": {**made["payload"], "stop_reason": value}}
        assert [item.kind for item in CHECKER.deviations(body)] == kinds, value


def test_a_variant_of_another_type_stands_for_every_value_of_that_type() -> None:
    made = synthesise(EVENTS["session.recording_started"], seed=1, index=0, at_ms=AT_MS).body
    for value, kinds in ((987, []), (True, ["broken"]), (None, ["broken"])):
        inner = {**made["payload"]["object"], "session_id": value}
        body = {**made, "payload": {**made["payload"], "object": inner}}
        assert [item.kind for item in CHECKER.deviations(body)] == kinds, value


def test_an_event_under_the_other_documented_name_is_documented_only_if_it_is_wholly_so() -> None:
    spec = EVENTS["session.recording_transcript_failed"]
    made = synthesise(spec, seed=1, index=0, at_ms=AT_MS).body
    renamed = {**made, "event": "session.recording_transcript_completed"}
    assert CHECKER.deviations(renamed) == ()
    broken = CHECKER.deviations({**renamed, "event_ts": "now"})
    assert ("broken", "/event_ts") in [(item.kind, item.pointer) for item in broken]


# -- the kinds, by what captures were seen to have -------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "deviations"),
    [
        ({"id": "88031573992"}, []),
        ({"id": 88031573992}, [("broken", "/payload/id")]),
        ({"public_ip": "203.0.113.1", "private_ip": ""},
         [("field", "/payload/private_ip"), ("field", "/payload/public_ip")]),
        ({"type": 8}, [("value", "/payload/type")]),
        ({"type": "3"}, [("broken", "/payload/type")]),
        ({"settings": {"host_video": "false"}}, [("broken", "/payload/settings/host_video")]),
        ({"start_time": ""}, [("broken", "/payload/start_time")]),
        ({"files": [{"status": "completed", "encryption_fingerprint": ""}]},
         [("field", "/payload/files/0/encryption_fingerprint")]),
        ({"files": [{"status": ""}]}, [("value", "/payload/files/0/status")]),
        ({"files": [{"status": "completed"}, {}]}, [("broken", "/payload/files/1/status")]),
        ({"files": [{"status": "completed", "size": -1}]}, [("broken", "/payload/files/0/size")]),
        ({"closed": {"a": "x", "b": {"c": 1}}}, [("field", "/payload/closed/b")]),
        ({"free": {"anything": {"goes": 1}}}, []),
        ({"map": {"any": "text"}}, []),
        ({"map": {"any": 1}}, [("broken", "/payload/map/any")]),
        ({"either": {"n": 1}}, []),
        ({"either": {"n": 1, "m": 2}}, [("field", "/payload/either/m")]),
        ({"either": {"n": "1"}}, [("broken", "/payload/either/n")]),
        ({"either": 5}, [("broken", "/payload/either")]),
        ("no object", [("broken", "/payload")]),
    ],
)  # fmt: skip
def test_each_kind_of_deviation_has_its_pointer(
    documents: Documents, payload: Any, deviations: list[tuple[str, str]]
) -> None:
    assert found(documents, event(payload)) == deviations


def test_a_member_beside_the_payload_is_a_field_there_and_missing_in_it(
    documents: Documents,
) -> None:
    schema = documents.envelope(
        {"type": "object", "required": ["account_id"],
         "properties": {"account_id": {"type": "string"}}}
    )  # fmt: skip
    checker = CaptureChecker(documents.load(documents.document(schema)).events)
    checked = checker.deviations(event({}, account_id="a", download_token="t"))
    assert [(item.kind, item.pointer) for item in checked] == [
        ("field", "/account_id"), ("field", "/download_token"), ("broken", "/payload/account_id"),
    ]  # fmt: skip
    assert checked[2].message == "is missing"


def test_an_event_without_event_ts_is_broken(documents: Documents) -> None:
    body = event({})
    del body["event_ts"]
    assert found(documents, body) == [("broken", "/event_ts")]


def test_a_wrong_type_is_no_undocumented_value_as_well(documents: Documents) -> None:
    properties = {"n": {"type": "integer", "enum": [1, 2]}}
    assert found(documents, event({"n": 1.5}), **properties) == [("broken", "/payload/n")]
    assert found(documents, event({"n": None}), **properties) == [("broken", "/payload/n")]


def test_a_field_that_one_of_several_matching_alternatives_describes_is_documented(
    documents: Documents,
) -> None:
    part = {"type": "object", "properties": {"a": {"type": "string"}}}
    other = {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}}}
    properties = {"x": {"anyOf": [part, other]}}
    assert found(documents, event({"x": {"a": "1", "b": "2"}}), **properties) == []
    assert found(documents, event({"x": {"a": "1", "c": "2"}}), **properties) == [
        ("field", "/payload/x/c")
    ]


def test_the_fields_of_a_recursive_schema_are_followed_to_their_end(documents: Documents) -> None:
    properties = {"tree": {"$ref": "#/components/schemas/Tree"}}
    document = documents.of(**properties)
    document["components"] = {"schemas": {"Tree": {
        "type": "object",
        "properties": {"name": {"type": "string"},
                       "children": {"type": "array",
                                    "items": {"$ref": "#/components/schemas/Tree"}}},
    }}}  # fmt: skip
    checker = CaptureChecker(documents.load(document).events)
    tree = {"name": "a", "children": [{"name": "b", "children": [{"name": 1, "odd": 2}]}]}
    checked = checker.deviations(event({"tree": tree}))
    assert [(item.kind, item.pointer) for item in checked] == [
        ("broken", "/payload/tree/children/0/children/0/name"),
        ("field", "/payload/tree/children/0/children/0/odd"),
    ]


def test_a_field_that_no_part_of_a_schema_evaluates_is_undocumented(documents: Documents) -> None:
    part = {"type": "object", "properties": {"a": {"type": "string"}}}
    other = {"type": "object", "properties": {"b": {"type": "string"}}}
    properties = {"x": {"anyOf": [part, other], "unevaluatedProperties": False},
                  "empty": {"type": "object", "unevaluatedProperties": False}}  # fmt: skip
    body = event({"x": {"a": "1", "b": "2", "c": "3"}, "empty": {"d": 1}})
    assert found(documents, body, **properties) == [
        ("field", "/payload/empty/d"), ("field", "/payload/x/c"),
    ]  # fmt: skip


# -- names -----------------------------------------------------------------------------------------


def only(body: Any) -> Deviation:
    (item,) = CHECKER.deviations(body)
    return item


def test_an_undocumented_event_is_told_with_the_nearest_names_and_not_looked_into() -> None:
    item = only({"event": "meeting.rtms_stoped", "payload": 5})
    assert (item.kind, item.pointer, item.event) == ("event", "/event", "meeting.rtms_stoped")
    assert "did you mean meeting.rtms_stopped" in item.expected


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        ({}, "/event", "is missing"),
        ({"event": 5}, "/event", "is no text"),
        ([], "", "the body is of type array"),
        (None, "", "the body is of type null"),
    ],
)
def test_a_body_that_names_no_event_is_broken(body: Any, pointer: str, message: str) -> None:
    item = only(body)
    assert (item.kind, item.pointer, item.message) == ("broken", pointer, message)


def test_the_value_of_an_undocumented_field_is_not_repeated(documents: Documents) -> None:
    contract = documents.load(documents.of(**LEFT))
    (item,) = CaptureChecker(contract.events).deviations(event({"mail": "ada@example.com"}))
    assert "ada" not in f"{item.message} {item.expected} {item.actual}"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@pytest.mark.slow
@given(spec=st.sampled_from(specs()), shape=st.integers(0, 3), data=st.data())
def test_whatever_is_put_into_an_event_deviates_exactly_where_it_breaks_the_schema(
    spec: EventSpec, shape: int, data: st.DataObject
) -> None:
    made = synthesise(spec, seed=2, index=shape % shapes(spec), at_ms=AT_MS).body
    places = [pointer.split(place) for place, _ in pointer.leaves(made) if place != "/event"]
    tokens = data.draw(st.sampled_from(places))
    depth = data.draw(st.integers(1, len(tokens)))
    body = pointer.put(made, tokens[:depth], data.draw(VALUES))
    kinds = {item.kind for item in CHECKER.deviations(body)}
    if valid(spec, body):
        assert kinds <= {"field"}
    elif not spec.variants:
        assert kinds & {"broken", "value", "field"}


# -- bounds ----------------------------------------------------------------------------------------


def test_what_repeats_in_the_items_of_an_array_is_one_deviation_at_the_first(
    documents: Documents,
) -> None:
    files = [{"status": "completed", "odd": index} for index in range(5_000)]
    assert found(documents, event({"files": files})) == [("field", "/payload/files/0/odd")]


def test_a_broken_schema_behind_many_undocumented_fields_is_found(documents: Documents) -> None:
    odd = {f"odd_{index}": 1 for index in range(2 * MOST_DEVIATIONS)}
    checked = found(documents, event({"id": 5, "type": "x", "closed": odd, **odd}))
    assert [kind for kind, _ in checked].count("field") == MOST_DEVIATIONS
    assert ("broken", "/payload/id") in checked


def test_a_large_enum_is_told_by_its_first_values(documents: Documents) -> None:
    properties = {"zone": {"type": "string", "enum": [f"zone-{index}" for index in range(20_000)]}}
    contract = documents.load(documents.of(**properties))
    (item,) = CaptureChecker(contract.events).deviations(event({"zone": "Mars"}))
    assert (item.kind, item.actual) == ("value", '"Mars"')
    assert item.expected.endswith("or 19980 more")
    assert len(item.expected) < 500
