"""Malformed events: each invalid for exactly the reason that it records."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from mockzoom import contract
from mockzoom.contract import Contract
from mockzoom.model import Event, EventSpec, Mutation, Variant
from mockzoom.schema.pointer import join
from mockzoom.schema.validators import exact_validator
from mockzoom.synth import (
    all_mutants,
    constraint_of,
    constraints,
    encode,
    mutants,
    mutants_from,
    mutate,
    proves,
    shapes,
    synthesise,
)
from tests.each import thorough

from .conftest import every_event, spec_of


def reasons(spec: EventSpec, body: Any) -> set[tuple[str, str]]:
    """Ask jsonschema directly, so that this does not rest on the code under test."""
    found = exact_validator(spec.schema).iter_errors(body)
    return {(str(error.validator), join(error.absolute_path)) for error in found}


def only(spec: EventSpec, keyword: str, pointer: str | None = None) -> list[Event]:
    return [
        made
        for made in all_mutants(spec)
        if made.mutation and made.mutation.keyword == keyword
        and pointer in (None, made.mutation.pointer)
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, *thorough(2, 77)])
@every_event
def test_every_mutant_is_invalid_for_the_reason_it_records(spec: EventSpec, seed: int) -> None:
    made = list(all_mutants(spec, seed))
    assert made
    for mutant in made:
        mutation = mutant.mutation
        assert mutation is not None
        assert not contract.valid(spec, mutant.body)
        found = reasons(spec, mutant.body)
        assert (mutation.keyword, mutation.pointer) in found
        assert {pointer for _, pointer in found} == {mutation.pointer}
        assert proves(spec, mutant)


@pytest.mark.slow
def test_every_constraint_of_every_bundled_event_is_broken(contract: Contract) -> None:
    total = 0
    for spec in contract.events.values():
        broken = {constraint_of(spec, position) for position, _ in mutants_from(spec, 0)}
        total += constraints(spec)
        assert len(broken) >= constraints(spec) * 0.9
    assert total > 1400


@every_event
def test_what_is_required_typed_and_formatted_is_broken_at_every_place(spec: EventSpec) -> None:
    """Walk the schema independently of the code under test."""
    wanted = set(_expected(spec.schema, "", {_star(v.pointer) for v in spec.variants}))
    got = set()
    for mutant in all_mutants(spec):
        assert mutant.mutation
        place = _star(mutant.mutation.pointer)
        got.add((mutant.mutation.keyword, place, _missing(mutant.mutation)))
    assert wanted - got == set()


def _star(pointer: str) -> str:
    return re.sub(r"/\d+(?=/|$)", "/*", pointer)


def _missing(mutation: Mutation) -> str:
    name = mutation.operator.removeprefix("without ")
    return name if name != mutation.operator else ""


def _expected(schema: Any, path: str, variants: set[str]) -> Any:
    if path:
        yield ("type", path, "") if "type" in schema else ("oneOf", path, "")
    for name in schema.get("required", ()):
        yield ("required", path, name)
    for keyword in ("format", "minimum", "maximum"):
        if keyword in schema:
            yield (keyword, path, "")
    if "enum" in schema and schema.get("type") == "string" and path not in {*variants, "/event"}:
        yield ("enum", path, "")
    for name, part in schema.get("properties", {}).items():
        yield from _expected(part, f"{path}/{name}", variants)
    if "items" in schema:
        yield from _expected(schema["items"], f"{path}/*", variants)


def test_before_and_after_are_the_values_there(contract: Contract) -> None:
    spec = contract.get("session.user_joined")
    event = synthesise(spec)
    for mutant in mutants(spec, event):
        mutation = mutant.mutation
        assert mutation
        if mutation.operator.startswith("without "):
            name = mutation.operator.removeprefix("without ")
            assert _at(event.body, mutation.pointer)[name] == mutation.before
            assert name not in _at(mutant.body, mutation.pointer)
            assert mutation.after is None
        else:
            assert _at(event.body, mutation.pointer) == mutation.before
            assert _at(mutant.body, mutation.pointer) == mutation.after


def _at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def test_the_event_that_is_mutated_is_left_alone(contract: Contract) -> None:
    spec = contract.get("session.recording_completed")
    event = synthesise(spec)
    before = encode(event.body)
    assert len(list(mutants(spec, event))) > 100
    assert encode(event.body) == before


@every_event
def test_the_payload_is_missing_null_and_empty(spec: EventSpec) -> None:
    operators = {(m.mutation.operator, m.mutation.pointer) for m in all_mutants(spec) if m.mutation}
    assert ("without payload", "") in operators
    assert ("null", "/payload") in operators
    assert ("empty object", "/payload") in operators


def test_the_bounds_of_int64_are_passed_by_one(contract: Contract) -> None:
    spec = contract.get("meeting.rtms_started")
    assert {m.body["event_ts"] for m in only(spec, "maximum", "/event_ts")} == {2**63}
    assert {m.body["event_ts"] for m in only(spec, "minimum", "/event_ts")} == {-(2**63) - 1}


def test_what_zoom_extends_is_no_mutant(contract: Contract) -> None:
    """New values of /event, of integer codes and of variants, and new fields, are evolved."""
    for spec in contract.events.values():
        for mutant in all_mutants(spec):
            mutation = mutant.mutation
            assert mutation
            assert mutation.keyword != "additionalProperties"
            assert (mutation.keyword, mutation.pointer) not in {
                ("enum", "/event"), ("const", "/event"), ("enum", "/payload/stop_reason"),
                ("enum", "/payload/object/reason_type"),
            }  # fmt: skip


def test_a_type_that_another_reading_gives_is_no_mutant(contract: Contract) -> None:
    """session_id is a number in the examples of the recording events."""
    spec = contract.get("session.recording_started")
    place = "/payload/object/session_id"
    assert place in {variant.pointer for variant in spec.variants}
    after = [m.mutation.after for m in only(spec, "type", place) if m.mutation]
    assert after
    assert not any(isinstance(value, (int, float)) for value in after)


def test_an_enum_with_a_variant_is_evolved_and_not_mutated(contract: Contract) -> None:
    spec = contract.get("session.live_streaming_started")
    place = "/payload/object/live_streaming/service"
    assert only(spec, "enum", place)
    told = replace(spec, variants=(Variant(place, "Vimeo", "described"),))
    assert not only(told, "enum", place)


def test_mutants_of_other_shapes_are_added(contract: Contract) -> None:
    spec = contract.get("rtms.concurrency_limited")
    operators = Counter(m.mutation.operator for m in all_mutants(spec) if m.mutation)
    for name in ("meeting_uuid", "webinar_uuid", "session_id"):
        assert operators[f"without {name}"] == 1
        assert operators[f"null at /{name}"] == 1
    assert operators["several branches"] >= 1


KEYWORDS: dict[str, tuple[dict[str, Any], str]] = {
    "minLength": ({"type": "string", "minLength": 3}, "too short"),
    "maxLength": ({"type": "string", "maxLength": 3}, "too long"),
    "pattern": ({"type": "string", "pattern": "^[a-c]+$"}, "text against the pattern"),
    "const": ({"const": "only"}, "another value"),
    "enum": ({"enum": ["a", "b"]}, "value outside the enum"),
    "exclusiveMinimum": ({"type": "integer", "exclusiveMinimum": 0}, "at the exclusive minimum"),
    "exclusiveMaximum": ({"type": "number", "exclusiveMaximum": 5}, "at the exclusive maximum"),
    "multipleOf": ({"type": "integer", "multipleOf": 5}, "no multiple"),
    "minItems": ({"type": "array", "minItems": 2, "items": {"type": "string"}}, "too few items"),
    "maxItems": ({"type": "array", "maxItems": 2, "items": {"type": "string"}}, "too many items"),
    "uniqueItems": (
        {"type": "array", "uniqueItems": True, "items": {"type": "string"}}, "an item twice",
    ),
    "contains": ({"type": "array", "contains": {"const": 1}}, "nothing that is wanted"),
    "minProperties": ({"type": "object", "minProperties": 2}, "too few fields"),
    "maxProperties": ({"type": "object", "maxProperties": 2}, "too many fields"),
    "dependentRequired": (
        {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"]}}, "without b",
    ),
    "not": ({"type": "string", "not": {"const": "x"}}, "what is ruled out"),
    "anyOf": ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "no branch"),
}  # fmt: skip


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_each_keyword_is_broken_alone(keyword: str) -> None:
    schema, operator = KEYWORDS[keyword]
    spec = spec_of({"type": "object", "required": ["thing"], "properties": {"thing": schema}})
    found = [m for m in only(spec, keyword) if m.mutation and m.mutation.operator == operator]
    assert found
    for mutant in found:
        assert reasons(spec, mutant.body) == {(keyword, "/payload/thing")}


@pytest.mark.parametrize(
    "name", ["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "json-pointer",
             "time", "uri", "uri-reference", "uuid"],
)  # fmt: skip
def test_each_format_is_broken_alone(name: str) -> None:
    spec = spec_of({"type": "object", "required": ["thing"], "properties": {
        "thing": {"type": "string", "format": name}}})  # fmt: skip
    found = only(spec, "format")
    assert found
    assert all(reasons(spec, m.body) == {("format", "/payload/thing")} for m in found)


def test_items_of_an_array_count_as_one_place(contract: Contract) -> None:
    spec = contract.get("session.recording_completed")
    nulls = Counter(
        _star(m.mutation.pointer) for m in all_mutants(spec)
        if m.mutation and m.mutation.operator == "null"
    )  # fmt: skip
    assert max(nulls.values()) == 1


@every_event
def test_the_same_seed_gives_the_same_mutants(spec: EventSpec) -> None:
    first, again = (
        [(encode(m.body), str(m.mutation)) for m in all_mutants(spec, 5)] for _ in range(2)
    )
    assert first == again
    assert len(set(first)) == len(first)


def test_a_mutant_proves_nothing_about_another_reason(contract: Contract) -> None:
    spec = contract.get("meeting.rtms_started")
    mutant = next(all_mutants(spec))
    assert mutant.mutation
    assert not proves(spec, replace(mutant, mutation=replace(mutant.mutation, pointer="/event")))
    assert not proves(spec, replace(mutant, mutation=replace(mutant.mutation, keyword="format")))
    assert not proves(spec, synthesise(spec))
    genuine = replace(synthesise(spec), mutation=mutant.mutation)
    assert not proves(spec, genuine)


@pytest.mark.slow
@every_event
def test_mutants_of_any_valid_event_can_be_made(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        event = synthesise(spec, seed=9, index=index, entities=4)
        for mutant in mutants(spec, event):
            assert proves(spec, mutant)


@pytest.mark.slow
def test_each_event_of_a_contract_is_worked_out_once_however_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run asks for the shapes, all counts, all mutants and all counts again."""
    made: Counter[str] = Counter()

    class Counted(mutate._Mutator):
        def __init__(self, spec: EventSpec) -> None:
            made[spec.name] += 1
            super().__init__(spec)

    monkeypatch.setattr(mutate, "_Mutator", Counted)
    specs = [spec_of({"type": "object"}, f"room.event_{number}") for number in range(600)]
    for spec in specs:
        synthesise(spec, index=shapes(spec) - 1)
    before = [constraints(spec) for spec in specs]
    for spec in specs:
        assert all(constraint_of(spec, position) for position, _ in mutants_from(spec, 0))
    assert [constraints(spec) for spec in specs] == before
    assert set(made.values()) == {1}
    assert len(made) == 600


def test_the_counts_outlive_the_mutators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutate, "_KEPT", 1)
    first, second = (spec_of({"type": "object"}, f"room.counted_{number}") for number in (1, 2))
    before = constraints(first), constraints(second)
    monkeypatch.setattr(mutate, "_Mutator", None)
    assert (constraints(first), constraints(second)) == before


def test_a_multiple_beyond_exact_floats_is_broken_too() -> None:
    payload = {"type": "object", "required": ["n"], "properties": {
        "n": {"type": "integer", "multipleOf": 10**300}}}  # fmt: skip
    found = only(spec_of(payload), "multipleOf")
    assert len(found) == 1
    assert found[0].body["payload"]["n"] % 10**300


@pytest.mark.slow
@every_event
def test_two_readers_of_the_mutants_of_one_event_get_the_same_ones(spec: EventSpec) -> None:
    copied = replace(spec)  # nothing is known of it yet
    first, second = all_mutants(copied), all_mutants(copied)
    begun = [next(first) for _ in range(3)]
    assert list(second) == [*begun, *first] == list(all_mutants(spec))
    assert constraints(copied) == constraints(spec)


@pytest.mark.slow
@every_event
def test_the_constraint_of_a_mutant_is_known_to_whoever_has_not_made_it(spec: EventSpec) -> None:
    places = [position for position, _ in mutants_from(spec, 0)]
    copied = replace(spec)
    assert [constraint_of(copied, at) for at in places] == [
        constraint_of(spec, at) for at in places
    ]


def test_a_second_walk_through_the_mutants_breaks_the_same_constraints() -> None:
    """Branches of one `oneOf` are told apart, though mutants of both do the same to one place."""
    kind = {"type": "string", "enum": ["a"]}
    branches = [
        {"type": "object", "required": ["kind"], "properties": {"kind": kind}},
        {"type": "object", "required": ["kind"], "properties": {"kind": {**kind, "enum": ["b"]}}},
    ]
    spec = spec_of({"type": "object", "properties": {"at": {"oneOf": branches}}})
    for _ in range(2):
        broken = {constraint_of(spec, position) for position, _ in mutants_from(spec, 0)}
        assert len(broken) == constraints(spec)
