"""A play that is stopped while a retry is due: shown and told of, and not judged."""

from __future__ import annotations

import threading
from typing import Any

from mockzoom.client.playing import play
from mockzoom.model import ExchangeFinished, RunEvent
from mockzoom.play import Controls, PlayPlan
from mockzoom.scenario.model import Place, Scenario, Send
from mockzoom.settings import Settings


def test_a_delivery_that_was_to_be_retried_is_told_of_and_not_judged() -> None:
    controls = Controls(paused=True)
    answered = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        answered.set()
        start_response("500 Oops", [])
        return [b""]

    steps = tuple(
        Send(place=Place("x.yaml", n, 1), name=f"s{n}", event="session.started") for n in (1, 2)
    )
    told: list[RunEvent] = []

    def stop_after_the_first() -> None:
        controls.next()
        assert answered.wait(10)
        while not any(step.status == "done" for step in controls.steps):
            threading.Event().wait(0.01)
        controls.stop()

    thread = threading.Thread(target=stop_after_the_first)
    thread.start()
    plan = PlayPlan((Scenario("x", "x.yaml", steps),), controls=controls)
    result = play(app, Settings(secret="s3cret"), plan, told.append)
    thread.join()
    assert result.violations == ()
    assert any("still to be retried" in notice and "500" in notice for notice in result.notices)
    assert sum(isinstance(event, ExchangeFinished) for event in told) == 1
