"""Values saved by a step: where they are filled in, and which lane knows which."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import names_for
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.scenario import Names, read_text
from mockzoom.settings import Settings

SETTINGS = Settings(secret="s3cret")
LANES = """
name: lanes
steps:
  - together:
      - - send: session.started
          save: {id: payload.object.id}
        - wait: 1m
        - send: session.ended
          with: {payload.object.session_name: "ends ${id}"}
    entity_sets: 5
"""
SAVED = """
name: saved
steps:
  - name: starts
    send: session.started
    save: {id: payload.object.id, code: answer.status, echoed: answer.body.id}
"""


class Rooms:
    """A receiver that answers with the session's id, and shows each session at its own path."""

    def __init__(self, *, wrong: bool = False) -> None:
        self.seen: list[dict[str, Any]] = []
        self.wrong = wrong
        self.status = "200 OK"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [])
            session = environ["PATH_INFO"].removeprefix("/rooms/")
            return [json.dumps({"id": session, "count": len(self.seen)}).encode()]
        body = json.load(environ["wsgi.input"])
        self.seen.append(body)
        session = "another one" if self.wrong else body["payload"]["object"]["id"]
        start_response(self.status, [("x-session", session)])
        return [json.dumps({"id": session}).encode()]


def played(app: Any, text: str, **more: Any) -> RunResult:
    names: Names = names_for(load_contract(Settings()))
    scenarios = read_text(text, "saved.yaml", names, trusted=True)
    return play(app, SETTINGS, PlayPlan(scenarios, compare=False, **more))


def test_each_entity_set_of_lanes_at_once_keeps_what_it_has_saved() -> None:
    app = Rooms()
    result = played(app, LANES)
    assert (result.violations, result.breakages) == ((), ())
    told = [
        (each["payload"]["object"]["id"], each["payload"]["object"]["session_name"])
        for each in app.seen
        if each["event"] == "session.ended"
    ]
    assert len({own for own, _ in told}) == 5
    assert all(name == f"ends {own}" for own, name in told)


EXPECTED = {
    "body": "  - {send: session.ended, expect: {body: {id: '${id}'}}}",
    "echo": "  - {send: session.ended, expect: {body: {id: '${echoed}'}}}",
    "status": "  - {send: session.ended, expect: {status: '${code}'}}",
    "headers": "  - {send: session.ended, expect: {headers: {x-session: '${id}|none'}}}",
    "schema": "  - {send: session.ended, expect: {schema: {properties: {id: {const: '${id}'}}}}}",
    "assert": "  - {send: session.ended, expect: {asserts: [{path: $.id, equals: '${id}'}]}}",
    "filter": "  - send: session.ended\n    expect:\n      asserts:\n"
    "        - {path: \"$[?(@=='${id}')]\", count: 1}\n"
    "        - {path: $.id, matches: '${id}'}",
    "challenge": "  - {challenge: true, expect: {body: {id: '${id}'}}}",
    "probe": "  - {probe: {get: '/rooms/${id}'}, expect: {body: {id: '${id}'}}}",
    "number": "  - {send: session.ended, expect: {schema: {maxProperties: '${code}'}}}",
    "shuffle": "  - orders: 1\n    shuffle:\n"
    "      - {send: session.ended, expect: {body: {id: '${id}'}}}\n"
    "      - {send: session.sharing_ended, expect: {body: {id: '${id}'}}}",
}


@pytest.mark.parametrize("place", sorted(set(EXPECTED) - {"challenge", "probe"}))
def test_a_saved_value_is_filled_into_what_is_expected(place: str) -> None:
    result = played(Rooms(), SAVED + EXPECTED[place])
    assert (result.violations, result.breakages) == ((), ())


def test_a_saved_value_is_filled_into_the_address_of_a_probe() -> None:
    result = played(Rooms(), SAVED.replace("name: saved", "name: saved\nprobe: {get: /rooms/0}")
                    + EXPECTED["probe"])  # fmt: skip
    assert (result.violations, result.breakages) == ((), ())


@pytest.mark.parametrize("place", ["body", "headers", "schema", "assert"])
def test_what_is_not_as_a_saved_value_has_it_is_told_with_both_and_the_role(place: str) -> None:
    app = Rooms(wrong=True)
    result = played(app, SAVED + EXPECTED[place].replace("{send", "{name: ends, send"))
    [found] = result.violations
    assert found.rule == "MZ510"
    assert found.message.startswith("ends (session.ended): ")
    assert "another one" in found.message
    session = app.seen[0]["payload"]["object"]["id"]
    if place != "headers":  # in a regular expression special characters are escaped
        assert session in found.message
    if place in ("body", "assert"):
        assert f'expected "{session}" (payload.object.id of starts)' in found.message


def test_a_value_that_makes_no_status_stops_the_scenario_with_the_reason() -> None:
    text = SAVED + EXPECTED["status"].replace("${code}", "${id}")
    result = played(Rooms(), text)
    assert "no HTTP status" in result.breakages[0]


def test_a_schema_that_becomes_none_stops_the_scenario_with_the_reason() -> None:
    text = SAVED + EXPECTED["number"].replace("${code}", "${id}")
    result = played(Rooms(), text)
    assert "no JSON Schema once it is filled in: at /maxProperties" in result.breakages[0]


RETRIED = """
name: retried
steps:
  - send: session.started
    save: {code: answer.status}
    deliver: {lose_response: 1}
"""


def test_what_is_saved_of_a_lost_answer_is_that_of_the_retry() -> None:
    ended = "  - {send: session.ended, expect: {status: '${code}'}}\n"
    result = played(Rooms(), f"{RETRIED}  - wait: 6m\n{ended}")
    assert (result.violations, result.breakages) == ((), ())
    result = played(Rooms(), RETRIED + ended)
    assert "${code} was saved by no step that has been played" in result.breakages[0]


def test_a_saved_text_that_doubles_with_every_step_stops_the_scenario() -> None:
    doubled = "".join(
        "  - send: session.started\n    with: {payload.object.session_name: '${s}${s}'}\n"
        "    save: {s: payload.object.session_name}\n"
        for _ in range(40)
    )
    first = "  - send: session.started\n    save: {s: payload.object.id}\n"
    app = Rooms()
    result = played(app, f"name: grows\nsteps:\n{first}{doubled}")
    assert "session.started 15: save s" in result.breakages[0]
    assert "expected at most 262,144" in result.breakages[0]
    assert len(app.seen) < 20


def test_a_saved_value_that_is_filled_in_very_often_stops_the_scenario() -> None:
    text = (
        "name: grows\nsteps:\n  - send: session.started\n"
        f"    with: {{payload.object.session_name: {'x' * 100_000}}}\n"
        "    save: {s: payload.object.session_name}\n"
        f"  - send: session.ended\n    with: {{payload.object.session_name: '{'${s}' * 50}'}}\n"
    )
    result = played(Rooms(), text)
    assert "characters once saved values are filled in; expected at most" in result.breakages[0]
