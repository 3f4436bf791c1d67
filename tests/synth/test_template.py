"""Compiled shapes give what their makers give, whatever stands in them."""

from __future__ import annotations

import json

import pytest

from mockzoom.model import JSON, EventSpec
from mockzoom.synth import DEFAULT_AT_MS, World, encode, shapes, synthesise
from mockzoom.synth.makers import constant, entity, framed, fresh
from mockzoom.synth.node import Node, frozen
from mockzoom.synth.recipe import recipe
from mockzoom.synth.template import compiled

WORLDS = (World(1, DEFAULT_AT_MS), World(-7, 1_626_230_691_572, 12_345, ascii_only=True))
ODD: list[JSON] = [
    None, True, 0, -5, 2**53, 10**30, "", "'\"\\\n\0{}%s", "é🎉\ud800", 1.5, float("inf"),
    {"a": [1]}, [], {},
]  # fmt: skip


def test_a_shape_makes_the_same_before_and_after_it_is_compiled(spec: EventSpec) -> None:
    for index in range(shapes(spec)):
        shape = recipe(spec).shape(index)
        if shape.node is None:
            continue
        before = shape.make
        shape.compile()
        assert shape.make is not before
        for world in WORLDS:
            for number in (0, 1, 2**32 - 1):
                assert encode(shape.make(world, number)) == encode(before(world, number))


def test_an_event_has_the_same_bytes_however_many_were_made_before(spec: EventSpec) -> None:
    wanted = [encode(synthesise(spec, world=number).body) for number in range(3)]
    for number in range(40):
        synthesise(spec, world=number)
    assert [encode(synthesise(spec, world=number).body) for number in range(3)] == wanted


@pytest.mark.parametrize("value", ODD, ids=[ascii(value) for value in ODD])
def test_any_constant_stands_in_a_compiled_shape(value: JSON) -> None:
    node = Node(fields={'it\'s \ud800 "new"\n': Node(items=[Node(make=constant(value))])})
    make = compiled(node)
    assert make is not None
    assert make(WORLDS[0], 1) == {'it\'s \ud800 "new"\n': [value]}


def test_bodies_of_a_compiled_shape_share_no_container() -> None:
    inner = Node(make=constant({"a": [1]}))
    make = compiled(Node(fields={"one": inner, "list": Node(items=[inner])}))
    assert make is not None
    first, second = make(WORLDS[0], 1), make(WORLDS[0], 1)
    first["one"]["a"].append(2)
    assert first["list"] == [{"a": [1]}] == [second["one"]]


def test_an_id_that_stands_twice_is_the_same_and_a_fresh_one_of_another_place_is_not() -> None:
    fields = {
        "id": Node(make=entity("uuid", "session")),
        "session_id": Node(make=entity("uuid", "session")),
        "one": Node(make=fresh("id22", "/one")),
        "two": Node(make=fresh("id22", "/two")),
    }
    make = compiled(Node(fields=fields))
    assert make is not None
    body = make(WORLDS[0], 5)
    assert body["id"] == body["session_id"]
    assert body["one"] != body["two"]
    assert body["one"] != make(WORLDS[0], 6)["one"]


def test_constant_text_around_an_id_is_kept_as_it_is() -> None:
    frames = ("{", "}}", "'\"\\\n", "{n}", "event * é\ud800")
    for maker in (entity("word", "one"), fresh("word", "/one")):
        items = [Node(make=framed(text, maker, text)) for text in frames]
        make = compiled(Node(items=items))
        assert make is not None
        word = maker(WORLDS[1], 9)
        assert make(WORLDS[1], 9) == [f"{text}{word}{text}" for text in frames]


def test_what_is_too_deep_for_an_expression_is_not_compiled() -> None:
    node = Node(make=entity("uuid", "session"))
    for _ in range(200):
        node = Node(items=[node])
    assert compiled(node) is None
    assert json.dumps(frozen(node)(WORLDS[0], 1)).startswith("[" * 200)


def test_what_is_too_large_for_an_expression_is_not_compiled() -> None:
    assert compiled(Node(items=[Node(make=constant(1))] * 100_000)) is None
