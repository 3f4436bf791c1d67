"""Values saved by a step: each world of `together` keeps its own."""

from __future__ import annotations

import json
from typing import Any

from mockzoom.client import Settings, load_contract, names_for, play
from mockzoom.play import PlayPlan
from mockzoom.scenario import Names, read_text

TEXT = """
name: worlds
steps:
  - together:
      - - send: session.started
          save: {id: payload.object.id}
        - wait: 1m
        - send: session.ended
          with: {payload.object.session_name: "ends ${id}"}
    entity_sets: 5
"""


def test_each_world_of_lanes_at_once_keeps_what_it_has_saved() -> None:
    names: Names = names_for(load_contract(Settings()))
    told: list[tuple[str, str]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = json.load(environ["wsgi.input"])
        if body["event"] == "session.ended":
            told.append(
                (body["payload"]["object"]["id"], body["payload"]["object"]["session_name"])
            )
        start_response("200 OK", [])
        return [b""]

    scenarios = read_text(TEXT, "worlds.yaml", names)
    result = play(app, Settings(secret="s3cret"), PlayPlan(scenarios))
    assert (result.violations, result.breakages) == ((), ())
    assert len({own for own, _ in told}) == 5
    assert all(name == f"ends {own}" for own, name in told)
