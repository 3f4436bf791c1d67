"""MZ510: what a scenario expects, and what it says where that is not so."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.model import Attempt, Failure, Request, Response, Timings
from mockzoom.scenario.model import Assert, Expect, Place
from mockzoom.suites.expectations import mismatches, unmet, wanted

PLACE = Place("x.yaml", 3, 5)


def expect(**more: Any) -> Expect:
    return Expect(PLACE, **more)


def answer(status: int = 200, body: bytes = b"{}", took: float = 0.1, **headers: str) -> Attempt:
    outcome = Response(status, "Said", tuple(headers.items()), body)
    return Attempt(Request("POST", "/", (), b""), outcome, Timings(0.0, 0.0, took, took), 0.0)


def test_a_status_within_one_of_the_ranges_is_met() -> None:
    wanted = expect(statuses=((200, 200), (400, 499)))
    assert not unmet(wanted, answer(200))
    assert not unmet(wanted, answer(404))
    assert unmet(wanted, answer(500)) == ["status 500, expected 200 or 400-499"]
    assert unmet(wanted, answer(204)) == ["status 204, expected 200 or 400-499"]


def test_an_answer_may_come_too_late() -> None:
    assert not unmet(expect(within=1.0), answer(took=0.9))
    assert unmet(expect(within=1.0), answer(took=1.5)) == [
        "answered after 1500 ms, expected within 1 s"
    ]


def test_a_header_has_to_match_as_a_whole() -> None:
    wanted = expect(headers=(("kind", "a+"),))
    assert not unmet(wanted, answer(Kind="aaa"))
    assert unmet(wanted, answer(Kind="aab")) == ["header kind is 'aab', expected one like a+"]
    assert unmet(wanted, answer()) == ["no header kind, expected one like a+"]


def test_no_answer_meets_nothing_that_says_anything() -> None:
    failed = Attempt(Request("POST", "/", (), b""), Failure("refused", "nobody"), Timings(), 0.0)
    assert unmet(expect(statuses=((200, 200),)), failed) == ["nobody"]
    assert unmet(expect(body=None), failed) == ["nobody"]
    assert not unmet(expect(), failed)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"9" * 400])
def test_a_body_that_is_no_json_is_said_to_be_none(body: bytes) -> None:
    assert unmet(expect(body={}), answer(body=body)) == ["the body is no JSON"]


@pytest.mark.parametrize(
    ("expected", "value", "missed"),
    [
        ({"n": 1}, {"n": 1, "more": 2}, []),
        ({"n": 1}, {"n": 2}, ["/n is 2, expected 1"]),
        ({"n": 1}, {}, ["/n is missing, expected 1"]),
        ({"n": None}, {}, ["/n is missing, expected null"]),
        ({"n": None}, {"n": None}, []),
        ({"n": True}, {"n": 1}, ["/n is 1, expected true"]),
        ({"n": 1}, {"n": 1.0}, []),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ["/a/b/1/c is 3, expected 2"]),
        ([1, 2], [1], ["/ is [1], expected [1, 2]"]),
        (None, {}, ["/ is {}, expected null"]),
    ],
)
def test_a_body_is_compared_by_value_and_may_have_more_fields(
    expected: Any, value: Any, missed: list[str]
) -> None:
    assert mismatches(expect(body=expected), value) == missed


def test_a_schema_says_where_it_is_not_met() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    assert not mismatches(expect(schema=schema), {"n": 1})
    assert mismatches(expect(schema=schema), {"n": 0}) == ["$.n: 0 is less than the minimum of 1"]


def test_what_is_wanted_is_said_with_its_place() -> None:
    said = wanted(expect(statuses=((200, 299),), within=1.0, headers=(("kind", "a"),), body={}))
    assert said == "status 200-299, within 1 s, header kind like a, {} (x.yaml:3:5)"


def test_of_a_long_text_the_part_that_differs_is_shown_with_what_is_around_it() -> None:
    left, right = "a" * 200 + "X" + "b" * 200, "a" * 200 + "Y" + "b" * 200
    [told] = mismatches(expect(body={"text": left}), {"text": right})
    assert told == (
        f'/text is …"{"a" * 30}Y{"b" * 29}"…, expected …"{"a" * 30}X{"b" * 29}"…'
        " (they differ from character 201 on)"
    )


def test_of_a_long_list_the_first_item_that_differs_is_shown() -> None:
    rows = [{"id": number, "name": "x" * 20} for number in range(9)]
    [told] = mismatches(expect(body={"rows": rows}), {"rows": [*rows[:4], *rows[5:]]})
    assert told.startswith("/rows has 8 items, expected 9; the first that differs is /rows/4: ")
    assert '{"id": 5' in told
    assert 'expected {"id": 4' in told
    [told] = mismatches(expect(body={"rows": rows}), {"rows": rows[:-1]})
    assert told.endswith('/rows/8: missing, expected {"id": 8, "name": "xxxxxxxxxxxxxxxxxxxx"}')


def test_a_value_is_named_by_what_it_is_in_the_play() -> None:
    def role(value: Any) -> str:
        return "payload.object.id of starts" if value == "abc123" else ""

    assert mismatches(expect(body={"last": "abc123"}), {"last": "other"}, role) == [
        '/last is "other", expected "abc123" (payload.object.id of starts)'
    ]
    schema = {"properties": {"last": {"const": "other"}}}
    assert mismatches(expect(schema=schema), {"last": "abc123"}, role) == [
        '$.last is "abc123" (payload.object.id of starts), expected "other"'
    ]


def test_of_very_many_differences_the_first_are_looked_for() -> None:
    asked: list[Any] = []

    def role(value: Any) -> str:
        asked.append(value)
        return ""

    body, state = [1] * 10_000, [2] * 10_000
    assert len(mismatches(expect(body=body), state, role)) == 20
    assert len(asked) < 100


def test_a_schema_fetches_nothing() -> None:
    [told] = mismatches(expect(schema={"$ref": "http://127.0.0.1:1/schema.json"}), {})
    assert told.startswith("the schema refers to what is not in it")


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    assert mismatches(expect(schema=schema), {}) == ["the schema refers to itself without end"]


def test_asserts_are_held_against_the_body_of_an_answer() -> None:
    place = Place("x.yaml", 4, 7)
    wanted_total = expect(asserts=(Assert(place, "$.total", (("at_least", 2),)),))
    assert unmet(wanted_total, answer(body=b'{"total": 2}')) == []
    assert unmet(wanted_total, answer(body=b'{"total": 1}')) == [
        "$.total is 1, expected at least 2"
    ]
    assert unmet(wanted_total, answer(body=b"no")) == ["the body is no JSON"]
    assert wanted(wanted_total) == "$.total: at least 2 (x.yaml:3:5)"
