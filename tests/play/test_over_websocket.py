"""Which scenarios are played to a client over WebSocket, and what is played in place of retries."""

from __future__ import annotations

from pathlib import Path

from mockzoom.client.scenarios import load_scenarios
from mockzoom.contract import Contract, load
from mockzoom.play.over_websocket import (
    NO_RETRIES,
    NO_SUCH_STEP,
    over_websocket,
    unjudged_over_websocket,
)
from mockzoom.scenario import Scenario
from mockzoom.scenario.model import Send, Shuffle, sends, walk

CONTRACT: Contract = load()


def left(*names: str | Path, events: str = "*") -> tuple[Scenario, ...]:
    """Return what is played of some scenarios to a client that gets these events."""
    chosen = [spec.name for spec in CONTRACT.select((events,))]
    return over_websocket(load_scenarios(names, CONTRACT), chosen)


def test_an_event_whose_answers_would_be_lost_comes_twice() -> None:
    (outage,) = left("outage")
    first, *_ = sends(walk(outage.steps))
    assert isinstance(first, Send)
    assert (first.deliver.times, first.deliver.same_id, first.deliver.gap) == (2, True, None)
    steps = sends(walk(outage.steps))
    assert {(step.deliver.lose_response, step.deliver.retry) for step in steps} == {(0, "none")}


def test_copies_late_events_and_other_orders_are_played_as_they_are() -> None:
    (started,) = left("rtms-duplicate-start")
    assert [step.deliver.gap for step in sends(started.steps)] == [2.0, 0.0, None]
    assert [step.deliver.times for step in sends(started.steps)] == [3, 2, 2]
    (late,) = left("video-sdk-late-left")
    assert max(step.deliver.late for step in sends(late.steps)) > 0
    (reordered,) = left("reordered-session")
    assert isinstance(reordered.steps[0], Shuffle)


def test_what_needs_answers_or_has_nothing_irregular_is_left_out(tmp_path: Path) -> None:
    forged = tmp_path / "forged.yaml"
    forged.write_text(
        "name: forged\nsteps:\n"
        "  - send: session.started\n    deliver: {times: 2}\n"
        "  - send: session.started\n    deliver: {forge: unsigned}\n"
    )
    without = ("revalidation", "burst", "rtms-streamed", "rtms-start-stop", "secret-rotation")
    assert left(forged, *without) == ()


def test_only_scenarios_whose_events_all_are_the_clients_are_played() -> None:
    names = ("outage", "rtms-duplicate-start")
    assert [each.name for each in left(*names, events="session.*")] == ["outage"]
    assert left(*names, events="session.started") == ()


def test_the_rules_that_no_scenario_judges_are_told_with_the_reason() -> None:
    assert unjudged_over_websocket(left("outage")) == {
        "MZ502": NO_SUCH_STEP, "MZ503": NO_RETRIES, "MZ504": NO_SUCH_STEP,
    }  # fmt: skip
    assert set(unjudged_over_websocket(())) == {"MZ501", "MZ502", "MZ503", "MZ504", "MZ505"}
