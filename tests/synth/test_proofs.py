"""The quick proof of a mutant says what jsonschema says of the whole body."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from msgspec.structs import replace

from mockzoom.contract import errors
from mockzoom.model import JSON, Event, EventSpec, Mutation
from mockzoom.schema.pointer import MISSING, put
from mockzoom.synth import proves, synthesise
from mockzoom.synth.mutate import Proofs

from .conftest import spec_of
from .strategies import specs

INSTEAD: tuple[JSON, ...] = (MISSING, None, True, 7, -3.5, "", "text", [], ["a", "a"], {}, {"a": 1})
WORDS = {"type": "string", "minLength": 2}
INTERWOVEN = (
    {"type": "object", "properties": {"a": WORDS, "b": WORDS}, "dependentRequired": {"a": ["b"]}},
    {"type": "object", "properties": {"a": WORDS}, "unevaluatedProperties": False},
    {"type": "object", "properties": {"a": WORDS}, "minProperties": 1},
    {"type": "object", "properties": {"a": WORDS, "b": {}}, "allOf": [{"required": ["b"]}]},
    {"type": "object", "properties": {"a": WORDS}, "additionalProperties": {"type": "integer"}},
    {"type": "object", "properties": {"list": {"type": "array", "items": WORDS, "minItems": 2}}},
    {"type": "array", "prefixItems": [WORDS], "items": {"type": "integer"}, "uniqueItems": True},
)  # fmt: skip


def places(value: JSON, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for token, part in pairs:
        yield (*way, token)
        if isinstance(part, dict | list):
            yield from places(part, (*way, token))


def agreements(spec: EventSpec, index: int) -> Iterator[bool]:
    """Yield, for every change at every place, what both say of each reason for it; they agree."""
    body = synthesise(spec, index=index).body
    proof = Proofs(spec).of(body)
    for place in places(body):
        for value in INSTEAD:
            changed = put(body, place, value)
            found = errors(spec, changed)
            reasons = {(error.keyword, error.pointer) for error in found} | {("type", "/event")}
            for keyword, pointer in reasons:
                record = Mutation("changed", keyword, pointer, None, None)
                mutant = Event(spec.name, changed, record)
                assert proof(mutant, place) is proves(spec, mutant), (place, value, record)
                yield proves(spec, mutant)


@pytest.mark.slow
@given(specs())
def test_both_proofs_agree_about_whatever_is_drawn(spec: EventSpec) -> None:
    for index in (0, 1):
        list(agreements(spec, index))


@pytest.mark.parametrize("payload", INTERWOVEN)
def test_both_proofs_agree_where_one_place_decides_about_another(payload: JSON) -> None:
    verdicts = list(agreements(spec_of(payload), 0))
    assert set(verdicts) == {True, False}


def test_what_a_reference_leads_to_is_not_cut_away() -> None:
    payload = {"type": "object", "required": ["a", "b"], "properties": {
        "a": {"type": "string", "minLength": 3}, "b": {"$ref": "#/properties/payload/properties/a"},
    }}  # fmt: skip
    spec = spec_of(payload)
    body = {"event": spec.name, "event_ts": 1, "payload": {"a": "long", "b": "long"}}
    record = Mutation("short", "minLength", "/payload/b", None, None)
    mutant = Event(spec.name, put(body, ("payload", "b"), "x"), record)
    proof = Proofs(spec).of(body)
    assert proof(mutant, ("payload", "b"))
    assert not proof(replace(mutant, body=body), ("payload", "b"))


def test_a_mutant_of_a_body_that_was_broken_before_is_not_proven() -> None:
    spec = spec_of({"type": "object", "properties": {"a": WORDS, "b": WORDS}})
    broken = {"event": spec.name, "event_ts": 1, "payload": {"a": "x", "b": "long"}}
    record = Mutation("short", "minLength", "/payload/b", None, None)
    mutant = Event(spec.name, put(broken, ("payload", "b"), "y"), record)
    assert not Proofs(spec).of(broken)(mutant, ("payload", "b"))
