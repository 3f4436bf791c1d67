"""`call`: requests to other endpoints of the receiver, in process and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, request

from mockzoom.client.playing import play
from mockzoom.client.scenarios import names_for
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.scenario import ScenarioError, read_text
from mockzoom.settings import Settings
from mockzoom.zoom.sample_receiver import serving

TEXT = """
name: calls
let: {name: first}
steps:
  - call: PUT /admin/rooms?kind=${name}
    headers: {X-Api-Key: "${name}"}
    body: {name: "${name}"}
    expect: {status: 201, headers: {content-type: .*json}}
    save: {room: answer.body.id}
  - send: session.started
    with: {payload.object.session_name: "room ${room}"}
  - name: look
    call: GET /admin/rooms/${room}
    expect: {asserts: [{path: $.sessions, equals: 1}]}
"""


class Office:
    """A receiver with rooms at other paths than its webhook."""

    def __init__(self) -> None:
        self.sessions = 0
        self.calls: list[tuple[str, str, str, Any]] = []

    def app(self) -> Flask:
        app = Flask("office")

        @app.post("/webhook")
        @app.post("/hook")
        def hook() -> str:
            self.sessions += 1
            return ""

        @app.put("/admin/rooms")
        def create() -> tuple[dict[str, Any], int]:
            key = request.headers.get("x-api-key", "")
            self.calls.append((request.method, request.full_path, key, request.get_json()))
            return {"id": 'a "b"'}, 201

        @app.get("/admin/rooms/<room>")
        def show(room: str) -> dict[str, Any]:
            assert request.get_data() == b""
            return {"id": room, "sessions": self.sessions}

        return app


@contextmanager
def reached(app: Flask, *, wire: bool) -> Iterator[Any]:
    if not wire:
        yield app
        return
    with serving(app) as url:
        yield url.replace("/webhook", "/hook")


def played(receiver: Any, text: str) -> RunResult:
    scenarios = read_text(text, "calls.yaml", names_for(load_contract(Settings())), trusted=True)
    return play(receiver, Settings(secret="s3cret"), PlayPlan(scenarios, compare=False))


@pytest.mark.parametrize("wire", [True, False])
def test_a_call_is_sent_with_its_values_and_what_it_saves_is_known(wire: bool) -> None:
    office = Office()
    with reached(office.app(), wire=wire) as receiver:
        result = played(receiver, TEXT)
    assert (result.violations, result.breakages) == ((), ())
    [(method, path, key, body)] = office.calls
    assert (method, path, key, body) == (
        "PUT", "/admin/rooms?kind=first", "first", {"name": "first"}
    )  # fmt: skip


def test_an_answer_that_is_not_as_expected_is_told_with_step_place_and_both_values() -> None:
    office = Office()
    office.sessions = 4
    with reached(office.app(), wire=True) as receiver:
        result = played(receiver, TEXT)
    [found] = result.violations
    assert found.rule == "MZ510"
    assert found.message == "look (GET /admin/rooms/a%20%22b%22): $.sessions is 5, expected 1"
    assert "calls.yaml:14:13" in found.expected


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("call: GET /absent", "calls.yaml:4:5: call absent: GET /absent: 404"),
        ("call: GET /x\n    headers: {a: \"b\\r\\nc: d\"}", "no value for a header"),
        ("call: PUT /admin/rooms\n    body: {}\n    save: {x: answer.body.absent}",
         "there is nothing at 'answer.body.absent'"),
    ],
)  # fmt: skip
def test_a_call_that_fails_stops_the_scenario_with_the_reason(step: str, reason: str) -> None:
    with reached(Office().app(), wire=True) as receiver:
        result = played(receiver, f"name: calls\nsteps:\n\n  - {step}\n")
    assert reason in result.breakages[0]


def test_a_call_never_leaves_the_receivers_host() -> None:
    text = (
        "name: calls\nsteps:\n  - send: session.started\n"
        "    with: {payload.object.session_name: //elsewhere.example/x}\n"
        "    save: {where: payload.object.session_name}\n"
        "  - call: GET /${where}\n"
    )
    with reached(Office().app(), wire=True) as receiver:
        result = played(receiver, text)
    assert "no path at the receiver's host: '///elsewhere.example/x'" in result.breakages[0]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "{call: GET /a, headers: {Host: x}}",
            "the header Host is what the request makes",
        ),
        ("{call: GET /a, save: {x: payload.id}}", "a call has no 'payload.id'"),
        ("{call: GET /a, save: {x: answer.stats}}", "an answer has no 'stats'"),
        ("{call: /a}", "no request: /a"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(step: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        played(None, f"name: calls\nsteps: [{step}]\n")
