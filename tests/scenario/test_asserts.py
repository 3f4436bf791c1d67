"""Asserts: JSONPaths into an answer or a state, and comparison operators."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from readers import mistake, steps

from mockzoom.model import JSON
from mockzoom.scenario.asserts import MOST_FOUND, said, unkept
from mockzoom.scenario.model import Assert, Place

STATE: JSON = {
    "total": 2,
    "name": "Zoë",
    "rows": [{"id": "a", "n": 1, "on": True}, {"id": "b", "n": 2.0, "on": False}],
    "at": "2026-01-02T00:00:00Z",
}


def missed(path: str, value: JSON = STATE, **checks: JSON) -> list[str]:
    return list(
        unkept(Assert(Place("x.yaml", 1, 1), path, tuple(checks.items())), value, json.dumps)
    )


@pytest.mark.parametrize(
    ("path", "checks"),
    [
        ("$.total", {"equals": 2, "at_least": 2, "at_most": 2, "more_than": 1, "less_than": 3}),
        ("$.total", {"differs": 3, "equals": 2.0}),
        ("$.rows[*].id", {"matches": "[ab]", "count": 2, "exists": True}),
        ("$.rows[?(@.id=='b')].n", {"equals": 2}),
        ("$.rows[0]", {"equals": {"on": True, "n": 1, "id": "a"}}),
        ("$.name", {"contains": "Zo"}),
        ("$", {"exists": True}),
        ("$.absent", {"exists": False, "count": 0}),
        ("$.at", {"more_than": "2026-01-01T00:00:00Z"}),
        ("$.rows", {"contains": {"id": "a", "n": 1, "on": True}}),
    ],
)
def test_what_is_as_it_has_to_be_is_not_told(path: str, checks: dict[str, JSON]) -> None:
    assert missed(path, **checks) == []


@pytest.mark.parametrize(
    ("path", "checks", "told"),
    [
        ("$.total", {"equals": 3}, "$.total is 2, expected 3"),
        ("$.total", {"more_than": 2}, "$.total is 2, expected more than 2"),
        ("$.total", {"less_than": "3"}, '$.total is 2, expected less than "3"'),
        ("$.rows[*].n", {"at_most": 1}, "$.rows[1].n is 2.0, expected at most 1"),
        ("$.rows[0].on", {"equals": 1}, "$.rows[0].on is true, expected 1"),
        ("$.rows[0].on", {"at_least": 0}, "$.rows[0].on is true, expected at least 0"),
        ("$.absent", {"equals": None}, "$.absent finds nothing, expected null"),
        ("$.absent", {"exists": True}, "$.absent finds nothing, expected something"),
        ("$.total", {"exists": False}, "$.total is 2, expected nothing"),
        ("$.rows[*]", {"count": 3}, "$.rows[*] finds 2, expected 3"),
        ("$.name", {"matches": "Z"}, '$.name is "Zo\\u00eb", expected a text like Z'),
        ("$.total", {"contains": 2}, "$.total is 2, expected one that contains 2"),
        ("$.total", {"differs": 2}, "$.total is 2, expected anything but 2"),
    ],
)
def test_what_is_not_is_told_with_the_place_and_both_values(
    path: str, checks: dict[str, JSON], told: str
) -> None:
    assert missed(path, **checks) == [told]


def test_a_path_that_finds_very_much_is_bounded() -> None:
    started = time.process_time()
    [told] = missed("$[*]", list(range(MOST_FOUND + 5)), at_least=0)
    assert told == f"$[*]: it finds more than {MOST_FOUND:,} places"
    assert time.process_time() - started < 5


def test_what_is_wanted_is_said() -> None:
    wanted = Assert(Place("x.yaml", 1, 1), "$.a", (("at_least", 1), ("matches", "x+")))
    assert said(wanted) == "$.a: at least 1, a text like x+"


def test_asserts_are_read_with_their_place() -> None:
    [probe] = steps(
        "  - probe: true\n    expect:\n      asserts:\n"
        "        - {path: $.total, at_least: 1, less_than: 5}\n"
    )
    place = Place("mine.yaml", 7, 11)
    assert probe.expect.asserts == (Assert(place, "$.total", (("at_least", 1), ("less_than", 5))),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{path: $.a, equls: 1}", "an assert has no 'equls'"),
        ("{path: $.a}", "this assert says only where, and not what"),
        ("{equals: 1, differs: 2}", "the assert has no `path`"),
        ("{path: a.b, equals: 1}", "no JSONPath: a.b"),
        ("{path: '$.a[', equals: 1}", "no JSONPath: $.a[: Parse error near the end of string!"),
        ("{path: '$..a..b..c', equals: 1}",
         "no JSONPath: $..a..b..c: `..` stands more than 2 times in it"),
        ("{path: $.a, at_least: [1]}", "`at_least` is a list"),
        ("{path: $.a, exists: 1}", "`exists` is the number 1"),
        ("{path: $.a, count: -1}", "`count` is the number -1"),
        ("{path: $.a, matches: '('}",
         "no regular expression: missing ), unterminated subpattern at position 0"),
    ],
)  # fmt: skip
def test_an_assert_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    step: Any = f"name: mine\nsteps: [{{probe: true, expect: {{asserts: [{text}]}}}}]"
    assert mistake(step).message == message
