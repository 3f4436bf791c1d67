"""The text of a shape is that of the body that its makers give, whatever stands in it."""

from __future__ import annotations

import json

import pytest

from mockzoom.model import JSON, EventSpec
from mockzoom.schema.makers import Constant, whole
from mockzoom.schema.shape import Node, frozen
from mockzoom.synth import DEFAULT_AT_MS, EntitySet, encode, encoded, shapes, synthesise
from mockzoom.synth.entity_values import entity, fresh
from mockzoom.synth.makers import Framed, MomentNumber, Within
from mockzoom.synth.template import printed
from mockzoom.synth.valid import recipe
from mockzoom.zoom.encoding import in_utf8
from mockzoom.zoom.ids import COUNTED, KINDS

from .conftest import every_event

ENTITY_SETS = (
    EntitySet(1, DEFAULT_AT_MS), EntitySet(-7, 1_626_230_691_572, 12_345, ascii_only=True),
)  # fmt: skip
ODD: list[JSON] = [
    None, True, 0, -5, 2**53, 10**30, "", "'\"\\\n\0{}%s", "é🎉\ud800", 1.5, float("inf"),
    {"a": [1]}, [], {},
]  # fmt: skip


@every_event
def test_the_text_of_a_shape_is_that_of_its_body(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        shape = recipe(spec).shape(index)
        spell = printed(shape.node)
        for entities in ENTITY_SETS:
            for number in (0, 1, 2**32 - 1):
                assert in_utf8(spell(entities, number)) == encode(shape.make(entities, number))


@every_event
def test_encoded_is_the_event_of_the_same_arguments_in_bytes(spec: EventSpec) -> None:
    for number in range(60):  # of the same shape often enough that it is printed
        third = number % 3
        chosen = {"seed": -3, "index": third, "at_ms": 1_626_230_691_572, "entities": third}
        event = synthesise(spec, ascii_only=number % 2 == 1, **chosen)
        assert encoded(spec, ascii_only=number % 2 == 1, **chosen) == encode(event.body)


@every_event
def test_an_event_has_the_same_bytes_however_many_were_made_before(spec: EventSpec) -> None:
    wanted = [encode(synthesise(spec, entities=number).body) for number in range(3)]
    for number in range(40):
        synthesise(spec, entities=number)
    assert [encode(synthesise(spec, entities=number).body) for number in range(3)] == wanted


@pytest.mark.parametrize("value", ODD, ids=[ascii(value) for value in ODD])
def test_any_constant_stands_in_a_printed_shape(value: JSON) -> None:
    node = Node(fields={'it\'s \ud800 "new"\n': Node(items=[Node(make=Constant(value))])})
    make = frozen(node)
    body = {'it\'s \ud800 "new"\n': [value]}
    assert make(ENTITY_SETS[0], 1) == body
    text = printed(node)
    assert in_utf8(text(ENTITY_SETS[0], 1)) == encode(body)


def test_bodies_of_a_shape_share_no_container() -> None:
    inner = Node(make=Constant({"a": [1]}))
    make = frozen(Node(fields={"one": inner, "list": Node(items=[inner])}))
    first, second = make(ENTITY_SETS[0], 1), make(ENTITY_SETS[0], 1)
    first["one"]["a"].append(2)
    assert first["list"] == [{"a": [1]}] == [second["one"]]


def test_an_id_that_stands_twice_is_the_same_and_a_fresh_one_of_another_place_is_not() -> None:
    fields = {
        "id": Node(make=entity("uuid", "session")),
        "session_id": Node(make=entity("uuid", "session")),
        "one": Node(make=fresh("id22", "/one")),
        "two": Node(make=fresh("id22", "/two")),
    }
    make = frozen(Node(fields=fields))
    body = make(ENTITY_SETS[0], 5)
    assert body["id"] == body["session_id"]
    assert body["one"] != body["two"]
    assert body["one"] != make(ENTITY_SETS[0], 6)["one"]


def test_constant_text_around_an_id_is_kept_as_it_is() -> None:
    frames = ("{", "}}", "'\"\\\n", "{n}", "event * é\ud800")
    for maker in (entity("word", "one"), fresh("word", "/one")):
        items = [Node(make=Framed(text, maker, text)) for text in frames]
        make = frozen(Node(items=items))
        word = maker(ENTITY_SETS[1], 9)
        body = [f"{text}{word}{text}" for text in frames]
        assert make(ENTITY_SETS[1], 9) == body
        spell = printed(Node(items=items))
        assert in_utf8(spell(ENTITY_SETS[1], 9)) == encode(body)


def test_a_maker_of_any_value_is_printed_as_that_value() -> None:
    for value in ODD:
        items = [Node(make=lambda w, n, value=value: value), Node(fields={}), Node(items=[])]
        spell = printed(Node(items=items))
        assert in_utf8(spell(ENTITY_SETS[0], 1)) == encode([value, {}, []])


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_id_gives_always_texts_or_always_integers(kind: str) -> None:
    # The text of a shape relies on it.
    assert len({type(KINDS[kind](number)) for number in (0, 1, 2**200 + 5, 2**256 - 1)}) == 1


def test_every_number_of_a_counted_kind_differs() -> None:
    for kind, (size, dress) in COUNTED.items():
        shown = range(size) if size < 2**17 else range(0, size, 997)
        assert len({dress(index) for index in shown}) == len(shown), kind
        assert len({type(dress(index)) for index in shown}) == 1, kind


def test_a_shape_may_be_deep() -> None:
    node = Node(make=entity("uuid", "session"))
    for _ in range(200):
        node = Node(items=[node])
    body = frozen(node)(ENTITY_SETS[0], 1)
    assert json.dumps(body).startswith("[" * 200)
    assert in_utf8(printed(node)(ENTITY_SETS[0], 1)) == encode(body)


@pytest.mark.slow
def test_a_shape_may_be_large() -> None:
    node = Node(items=[Node(make=Constant(1)), Node(make=fresh("id22", "/one"))] * 50_000)
    body = frozen(node)(ENTITY_SETS[0], 1)
    assert len(body) == 100_000
    assert in_utf8(printed(node)(ENTITY_SETS[0], 1)) == encode(body)


def test_a_shape_may_be_one_value() -> None:
    for maker in (entity("uuid", "session"), Constant(7), Constant({"a": [1]}), Constant([])):
        node = Node(make=maker)
        body = maker(ENTITY_SETS[0], 1)
        assert frozen(node)(ENTITY_SETS[0], 1) == body
        assert in_utf8(printed(node)(ENTITY_SETS[0], 1)) == encode(body)


def test_no_kind_of_id_has_a_character_that_json_escapes() -> None:
    for kind, dress in KINDS.items():
        for product in (1, 2**255 - 1, 0x5A17 << 200 | 0xC0FFEE << 100):
            value = dress(product)
            assert encode(value) == (b"%d" if isinstance(value, int) else b'"%s"') % (
                value if isinstance(value, int) else value.encode("ascii")
            ), kind


def test_a_number_outside_its_bounds_is_replaced_in_the_text_too() -> None:
    for maker in (
        entity("meeting_number", "meeting"),
        MomentNumber("now", "made.up", 1),
        whole(1, 9, "/n"),
    ):
        for low, high in ((0, 2**53), (0, 0.5), (2**60, 2**61)):
            for other in (Constant(0.25), Constant(7)):
                node = Node(items=[Node(make=Within(maker, low, high, other))])
                make, spell = frozen(node), printed(node)
                for entities in ENTITY_SETS:
                    assert in_utf8(spell(entities, 11)) == encode(make(entities, 11))
