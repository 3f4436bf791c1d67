"""MZ510: what a scenario expects, and what it says where that is not so."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.model import Attempt, Failure, Request, Response, Timings
from mockzoom.scenario.model import Expect, Place
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
