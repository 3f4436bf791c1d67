"""Schemas beyond the bundled ones: references, branches, patterns, bounds, unknown fields."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.contract.satisfy import sample
from mockzoom.model import EventSpec
from mockzoom.schema.build import Builder
from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Contradiction
from mockzoom.schema.shape import Node
from mockzoom.synth import DEFAULT_AT_MS, SynthesisError, encode, shapes, synthesise
from mockzoom.synth.leaves import EVENT_LEAVES

from .conftest import every, seconds, spec_of

HARD_SCHEMAS: dict[str, Any] = {
    "recursive": spec_of(
        {"$ref": "#/$defs/node"},
        **{"$defs": {"node": {
            "type": "object", "required": ["name", "children"],
            "properties": {
                "name": {"type": "string"}, "parent": {"$ref": "#/$defs/node"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
        }}},
    ),
    "recursive by anyOf": spec_of(
        {"$ref": "#/$defs/n"},
        **{"$defs": {"n": {"anyOf": [
            {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/n"}}},
            {"type": "null"},
        ]}}},
    ),
    "patterns": spec_of({"type": "object", "required": ["id", "code", "zip"], "properties": {
        "id": {"type": "string", "pattern": r"^[A-Z]{3}-\d{4,6}$"},
        "code": {"type": "string", "pattern": "^(?!.*--)[a-z]+(-[a-z]+)*$", "minLength": 5},
        "zip": {"type": "string", "pattern": r"^\d{5}(?:[-\s]\d{4})?$"},
    }}),
    "formats": spec_of({"type": "object", "properties": {
        name: {"type": "string", "format": name} for name in sorted(contract.COMMON_FORMATS)
    }}),
    "if then else": spec_of({
        "type": "object", "required": ["type"],
        "properties": {"type": {"enum": ["a", "b"]}, "x": {"type": "integer"}},
        "if": {"properties": {"type": {"const": "a"}}},
        "then": {"required": ["x"]}, "else": {"required": ["y"]},
    }),
    "oneOf of required": spec_of({
        "type": "object", "properties": {name: {"type": "string"} for name in "abc"},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    }),
    "closed allOf": spec_of({
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]},
        ],
        "unevaluatedProperties": False,
    }),
    "names": spec_of({
        "type": "object", "minProperties": 4, "propertyNames": {"pattern": "^[a-z]{3}$"},
        "additionalProperties": {"type": "integer"},
    }),
    "pattern properties": spec_of({
        "type": "object", "patternProperties": {"^x_[a-z]+$": {"type": "integer"}},
        "additionalProperties": False, "minProperties": 2,
    }),
    "contains": spec_of({
        "type": "array", "contains": {"const": "z"}, "minContains": 2, "maxContains": 2,
        "items": {"enum": ["x", "y", "z"]}, "minItems": 4,
    }),
    "unique": spec_of({
        "type": "array", "items": {"enum": [1, 2, 3, 4]}, "uniqueItems": True, "minItems": 4,
    }),
    "numbers": spec_of({"type": "object", "properties": {
        "a": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "b": {"type": "number", "multipleOf": 0.01, "maximum": 0.05, "minimum": 0.02},
        "c": {"type": "integer", "multipleOf": 7, "minimum": 100, "maximum": 110},
        "d": {"type": "integer", "minimum": 2**60}, "e": {"type": "integer", "maximum": -5},
        "f": {"type": "integer", "multipleOf": 2.5}, "g": {"type": "number", "minimum": 1e300},
    }}),
    "not": spec_of({
        "type": "object", "required": ["status"], "not": {"required": ["x"]},
        "properties": {"status": {"type": "string", "not": {"enum": ["started", "a"]}}},
    }),
    "dependent": spec_of({
        "type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "dependentSchemas": {"a": {"required": ["c"], "properties": {"c": {"type": "integer"}}}},
        "dependentRequired": {"b": ["a"]},
    }),
    "type lists": spec_of({"type": "object", "properties": {
        "a": {"type": ["string", "null"]}, "b": {"type": ["integer", "string"]},
        "c": {"type": ["null", "array"], "items": {"type": "string"}},
    }}),
    "tuples": spec_of({
        "type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False,
    }),
    "lengths": spec_of({"type": "object", "properties": {
        "topic": {"type": "string", "maxLength": 5},
        "name": {"type": "string", "minLength": 60, "maxLength": 60},
        "meeting_uuid": {"type": "string", "maxLength": 10},
        "session_key": {"type": "string", "minLength": 40},
    }}),
    "anything": spec_of({}),
    "const": spec_of({"const": {"deep": [1, None, "x"]}}),
}  # fmt: skip


@pytest.mark.parametrize("name", HARD_SCHEMAS)
def test_every_shape_of_a_hard_schema_is_valid(name: str) -> None:
    spec = HARD_SCHEMAS[name]
    for seed in (1, 6):
        for event in every(spec, seed=seed):
            assert contract.valid_by_both(spec, event.body), contract.errors(spec, event.body)


def test_a_full_shape_keeps_every_field_that_a_oneOf_allows() -> None:
    payload = synthesise(HARD_SCHEMAS["oneOf of required"]).payload
    assert set(payload) in ({"a", "c"}, {"b", "c"})


def test_a_recursion_ends_after_a_level_or_two() -> None:
    body = encode(synthesise(HARD_SCHEMAS["recursive"]).body)
    assert len(body) < 5_000


def test_numbers_are_whole_where_the_schema_lets_them_be() -> None:
    payload = synthesise(HARD_SCHEMAS["numbers"]).payload
    assert isinstance(payload["c"], int)
    assert isinstance(payload["f"], int)
    assert len(json.dumps(payload["a"])) <= 4


def test_counts_say_how_many_items_there_are() -> None:
    spec = spec_of({"type": "object", "required": ["recording_count", "recording_files"],
                    "properties": {
                        "recording_count": {"type": "integer"},
                        "recording_files": {"type": "array", "items": {"type": "string"}},
                    }})  # fmt: skip
    payload = synthesise(spec).payload
    assert payload["recording_count"] == len(payload["recording_files"])


def test_what_nothing_satisfies_is_named_with_event_place_and_reason() -> None:
    spec = spec_of({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "string", "pattern": "^a$", "minLength": 5}}})  # fmt: skip
    with pytest.raises(SynthesisError) as caught:
        synthesise(spec)
    assert caught.value.event == "meeting.thing_made"
    assert "/payload/a" in str(caught.value)
    assert "minLength" in str(caught.value)


def test_unknown_fields_are_told_by_their_example() -> None:
    schema = {
        "type": "object",
        "properties": {
            "payload": {"type": "object", "properties": {
                "chat_uuid": {"type": "string"}, "when": {"type": "string"},
                "state": {"type": "string"}, "join_url": {"type": "string"},
                "reply_at": {"type": "integer"}, "calls": {"type": "integer"},
            }},
        },
    }  # fmt: skip
    example = {"payload": {
        "chat_uuid": "atsXxhSEQWit9t+U02HXNQ==", "when": "2021-07-13T21:44:51Z", "state": "open",
        "join_url": "https://zoom.us/j/1", "reply_at": 1626230691572, "calls": 40,
    }}  # fmt: skip
    spec = EventSpec("chat.made", "x", "", "", schema, (example,))
    payload = synthesise(spec).payload
    assert re.fullmatch(r"[A-Za-z0-9+/]{22}==", payload["chat_uuid"])
    assert payload["chat_uuid"] != example["payload"]["chat_uuid"]
    assert seconds(payload["when"]) * 1000 <= DEFAULT_AT_MS
    assert payload["state"] == "open"
    assert payload["join_url"].startswith("https://")
    assert "example" in payload["join_url"]
    assert 10**12 < payload["reply_at"] <= DEFAULT_AT_MS
    assert 20 <= payload["calls"] <= 80


PATTERNS = [
    r"^[^\x00-\x7f]{3}$", r"^(?=.*\d)(?!.*x)[a-z\d]{8,12}$", r"^([a-f]{3})-\1$", r"^[^\s!-~]+$",
    r"^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^\w]).{8,}$", r"^\d{4}-05-\d\dT10:\d\d:(00)Z$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_for_which_the_catalog_finds_a_text_is_kept_and_met(pattern: str) -> None:
    spec = spec_of({"type": "object", "required": ["a"], "properties": {
        "a": {"type": "string", "pattern": pattern}}})  # fmt: skip
    assert sample(spec)
    for index in range(3):
        assert re.search(pattern, synthesise(spec, index=index).body["payload"]["a"])


def test_where_construction_fails_the_event_is_the_body_that_the_contract_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = Builder.build

    def fail(self: Builder, chooser: Chooser) -> Node:
        if self.leaves is not EVENT_LEAVES:
            return build(self, chooser)
        raise Contradiction("", "made to fail", "/payload")

    monkeypatch.setattr(Builder, "build", fail)
    spec = spec_of({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}})
    found = sample(spec)
    assert shapes(spec) == 2
    first, again = (synthesise(spec, at_ms=1_767_268_800_000 + n).body for n in (0, 1))
    assert first == {**found, "event_ts": 1_767_268_800_000}
    assert again == {**found, "event_ts": 1_767_268_800_001}
    assert first["payload"] is not again["payload"]


def test_where_only_the_full_shape_fails_the_others_are_still_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = Builder.build

    def fail_at_first(self: Builder, chooser: Chooser) -> Node:
        if chooser.full and self.leaves is EVENT_LEAVES:
            raise Contradiction("", "made to fail", "/payload")
        return build(self, chooser)

    monkeypatch.setattr(Builder, "build", fail_at_first)
    member = {"type": "string", "enum": ["x", "y", "z"]}
    spec = spec_of({"type": "object", "required": ["a"], "properties": {"a": member}})
    made = {synthesise(spec, index=index).body["payload"]["a"] for index in range(shapes(spec))}
    assert made == {"x", "y", "z"}


SAFE = 2**53 - 1
LARGE: list[tuple[dict[str, Any], set[str]]] = [
    ({"type": "integer", "minimum": SAFE - 1}, {"9007199254740990", "9007199254740991"}),
    ({"type": "integer", "maximum": 1 - SAFE}, {"-9007199254740990", "-9007199254740991"}),
    ({"type": "number", "exclusiveMinimum": SAFE - 1}, {"9007199254740991"}),
    ({"type": "integer", "minimum": 10**30}, {"1e+30"}),
    ({"type": "number", "minimum": 1e308}, {"1e+308"}),
    ({"type": "number", "minimum": 10**308}, {"1e+308"}),
    ({"type": "number", "maximum": -(10**21)}, {"-1e+21"}),
    ({"type": "integer", "const": 2**53 + 1}, {"9007199254740993"}),
    ({"type": "integer", "minimum": 2**53 + 1, "maximum": 2**53 + 1}, {"9007199254740993"}),
    ({"type": "integer", "minimum": 10**400, "maximum": 10**400}, {str(10**400)}),
]


@pytest.mark.parametrize(("number", "expected"), LARGE)
def test_large_numbers_are_printed_as_javascript_prints_them(
    number: dict[str, Any], expected: set[str]
) -> None:
    spec = spec_of({"type": "object", "required": ["n"], "properties": {"n": number}})
    bodies = [synthesise(spec, seed=seed).body for seed in range(12)]
    assert all(contract.valid_by_both(spec, body) for body in bodies)
    assert {encode(body["payload"]["n"]).decode() for body in bodies} == expected
