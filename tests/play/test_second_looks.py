"""Second looks: a variant that is refused first is compared with a plain event of its type."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.model import RunResult, StepStarted
from mockzoom.play import PlayPlan
from mockzoom.scenario.model import Deliver, Place, Scenario, Send
from mockzoom.settings import Settings

SECRET = "s3cret-of-tests"
STOPPED = "meeting.rtms_stopped"


class Timing:
    """Answers what `waits(payload, number)` holds for too late; `number` counts the events."""

    def __init__(self, waits: Any) -> None:
        self.waits = waits
        self.number = 0

    def __call__(self, payload: Any) -> bool:
        self.number += 1
        if self.waits(payload, self.number):
            time.sleep(0.5)
        return False


def result_of(
    refuses: Any,
    listener: Any = lambda event: None,
    timeout: float = 3.0,
    *,
    plain_first: int = 0,
    reason: int = 5,
) -> RunResult:
    """Play one stop, with a reason that is documented only; `refuses(payload)` gets a 500."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read()
        stamp = environ["HTTP_X_ZM_REQUEST_TIMESTAMP"]
        message = f"v0:{stamp}:".encode() + body
        right = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        assert environ["HTTP_X_ZM_SIGNATURE"] == right
        status = "500 Oops" if refuses(json.loads(body)["payload"]) else "200 OK"
        start_response(status, [])
        return [b""]

    place = Place("x.yaml", 1, 1)
    plain, step = (
        Send(
            place=place, name=f"stop {reason}", event=STOPPED, deliver=Deliver(retry="none"),
            changes=(("payload.stop_reason", reason),),
        )
        for reason in (2, reason)
    )  # fmt: skip
    plan = PlayPlan((Scenario("x", "x.yaml", (plain,) * plain_first + (step,)),))
    return play(app, Settings(secret=SECRET, timeout=timeout), plan, listener)


def test_who_refuses_only_the_variant_breaks_the_rule_of_variants() -> None:
    result = result_of(lambda payload: payload["stop_reason"] == 5)
    assert [item.rule for item in result.violations] == ["MZ109"]


def test_who_refuses_what_was_observed_in_production_breaks_the_rule_of_events() -> None:
    for reason in (6, 18):
        result = result_of(lambda payload: payload["stop_reason"] in (6, 18), reason=reason)
        assert [item.rule for item in result.violations] == ["MZ101"]


def test_an_event_type_counts_whatever_reading_its_event_has() -> None:
    assert result_of(lambda payload: False).coverage.events == (1, 1)
    assert result_of(lambda payload: payload["stop_reason"] == 5).coverage.events == (1, 1)
    assert result_of(lambda payload: True).coverage.events == (1, 1)


@pytest.mark.parametrize(("status", "broken"), [("200 OK", []), ("500 Oops", ["MZ101"])])
def test_an_event_type_without_any_plain_event_is_judged_as_valid(
    tmp_path: Path, status: str, broken: list[str]
) -> None:
    name = "session.started"
    mark = {"id": "x", "reason": "x", "other-reading": {"pointer": "/event", "values": [name]}}
    action = {"target": f"$.webhooks['{name}'].post", "update": {}, "x-mockzoom-erratum": mark}
    errata = tmp_path / "x.overlay.json"
    errata.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [])
        return [b""]

    step = Send(place=Place("x.yaml", 1, 1), name="x", event=name, deliver=Deliver(retry="none"))
    settings = Settings(secret=SECRET, errata=(errata,))
    result = play(app, settings, PlayPlan((Scenario("x", "x.yaml", (step,)),)))
    assert [item.rule for item in result.violations] == broken
    assert result.coverage.events == (1, 1)


def test_who_refuses_every_event_of_the_type_breaks_the_rule_of_events() -> None:
    result = result_of(lambda payload: True)
    assert [item.rule for item in result.violations] == ["MZ101"]


def test_nothing_is_found_where_the_variant_is_acknowledged() -> None:
    assert result_of(lambda payload: False).violations == ()


def test_second_looks_are_announced_as_such() -> None:
    told: list[str] = []

    def listen(event: Any) -> None:
        if isinstance(event, StepStarted):
            told.append(event.name)

    result_of(lambda payload: False, listen)
    assert "once more" not in told
    result_of(lambda payload: payload["stop_reason"] == 5, listen)
    assert told[-1] == "once more"


@pytest.mark.parametrize("plain_first", [0, 1])
def test_a_variant_that_waits_in_a_crowd_only_is_not_reported(plain_first: int) -> None:
    timing = Timing(
        lambda payload, number: payload["stop_reason"] == 5 and number <= plain_first + 1
    )
    result = result_of(timing, timeout=0.2, plain_first=plain_first)
    assert result.violations == ()
    assert any("its repetition had: not reported" in text for text in result.notices)
    assert timing.number == plain_first + 2


@pytest.mark.parametrize("plain_first", [0, 1])
def test_a_variant_that_is_never_answered_in_time_is_refused(plain_first: int) -> None:
    timing = Timing(lambda payload, number: payload["stop_reason"] == 5)
    result = result_of(timing, timeout=0.2, plain_first=plain_first)
    assert [item.rule for item in result.violations] == ["MZ109"]
    assert "answer within 0.2 s" in result.violations[0].message


def test_whoever_answers_no_event_in_time_breaks_the_rule_of_time() -> None:
    result = result_of(Timing(lambda payload, number: True), timeout=0.2)
    assert [item.rule for item in result.violations] == ["MZ102"]


def played_late(is_late: Any, events: list[str]) -> RunResult:
    """Play events one after the other; those that `is_late(event, number)` holds for are late."""
    number = 0

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        nonlocal number
        number += 1
        event = json.loads(environ["wsgi.input"].read())["event"]
        if is_late(event, number):
            time.sleep(0.6)
        start_response("200 OK", [])
        return [b""]

    steps = tuple(
        Send(place=Place("x.yaml", 1, 1), name=f"step {each}", event=event,
             deliver=Deliver(retry="none"))
        for each, event in enumerate(events)
    )  # fmt: skip
    plan = PlayPlan((Scenario("x", "x.yaml", steps),))
    return play(app, Settings(secret=SECRET, timeout=0.3), plan)


@pytest.mark.slow
def test_a_slow_type_is_found_behind_others_that_were_slow_once() -> None:
    events = ["meeting.rtms_started"] * 5 + ["session.started"]
    result = played_late(lambda event, number: number < 5 or event == "session.started", events)
    assert [(item.rule, item.event) for item in result.violations] == [("MZ102", "session.started")]


@pytest.mark.slow
def test_a_run_that_is_cut_short_for_want_of_answers_is_not_complete() -> None:
    result = played_late(lambda event, number: number <= 6, ["meeting.rtms_started"] * 12)
    assert not result.violations
    [broken] = result.breakages
    assert "attempts in a row had no answer in time: what follows was skipped" in broken


class Streams:
    """Refuses a stop of a stream that it does not know, and a stop for one `reason`, if given."""

    def __init__(self, reason: int | None = None) -> None:
        self.reason = reason
        self.known: set[str] = set()
        self.events: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        event = json.loads(environ["wsgi.input"].read())
        payload = event["payload"]
        stream = payload["rtms_stream_id"]
        self.events.append(event["event"])
        if event["event"] == "meeting.rtms_started":
            self.known.add(stream)
        is_known = stream in self.known and payload.get("stop_reason", 0) != self.reason
        start_response("200 OK" if is_known else "404 Not Found", [])
        return [b""]


@pytest.mark.parametrize("control", [False, True])
def test_a_stop_that_came_before_its_start_is_not_refused_for_its_reason(control: bool) -> None:
    place = Place("x.yaml", 1, 1)
    known = Send(place=place, name="start", event="meeting.rtms_started")
    ended = Send(place=place, name="stop", event=STOPPED, changes=(("payload.stop_reason", 2),))
    other = Send(place=place, name="other stop", event=STOPPED, entities=1,
                 changes=(("payload.stop_reason", 5),))  # fmt: skip
    steps = (known, ended, other) if control else (other,)
    plan = PlayPlan((Scenario("x", "x.yaml", steps),))
    streams = Streams()
    result = play(streams, Settings(secret=SECRET), plan)
    assert [item.rule for item in result.violations] == ["MZ101"]
    assert "the answer depends on what came before" in result.violations[0].message
    assert "acknowledged after meeting.rtms_started" in result.violations[0].message
    assert streams.events[-2:] == ["meeting.rtms_started", STOPPED]
    assert [item.rule for item in play(Streams(5), Settings(secret=SECRET), plan).violations] == [
        "MZ109"
    ]
