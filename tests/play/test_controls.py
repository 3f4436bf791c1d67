"""The controls of a play, against a real receiver: what each does, when, and what stays judged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.errors import UsageError
from mockzoom.model import RunResult
from mockzoom.play import Controls, PlayPlan, View
from mockzoom.settings import Settings
from tests.transport.servers import (
    NO_CONTENT,
    OK,
    PATIENCE_S,
    Peer,
    Received,
    Server,
    answering,
    http,
    serving,
)

pytestmark = pytest.mark.slow

SECRET = "s3cret-of-the-tests"
SETTINGS = Settings(secret=SECRET, timeout=PATIENCE_S)
THREE = """
name: three
steps:
  - {name: first, send: session.started}
  - {name: pause, wait: 10m}
  - {name: second, send: session.user_joined}
  - {name: third, send: session.ended}
"""


@dataclass
class Steered:
    """A play under way, and what steers it."""

    controls: Controls
    thread: threading.Thread
    outcome: list[RunResult]

    def until(self, condition: Callable[[View], object]) -> View:
        """Wait until a condition holds of the view."""
        ends = time.monotonic() + 4 * PATIENCE_S
        while not condition(view := self.controls.view()):
            assert time.monotonic() < ends, f"it never came to that: {view}"
            time.sleep(0.005)
        return view

    def waiting_at(self, cursor: int) -> View:
        """Wait until the play waits before the step of this index."""
        return self.until(lambda view: view.phase == "waiting" and view.cursor == cursor)

    def result(self) -> RunResult:
        """Wait for the end, and return the outcome."""
        self.thread.join(4 * PATIENCE_S)
        assert self.outcome, "the play has not ended"
        return self.outcome[0]


@contextmanager
def steered(
    folder: Path, url: str, *texts: str, controls: Controls | None = None, **plan: Any
) -> Iterator[Steered]:
    """Play scenarios on a thread, paused unless other controls are given."""
    files = []
    for number, text in enumerate(texts):
        file = folder / f"scenario-{number}.yaml"
        file.write_text(text)
        files.append(str(file))
    controls = controls or Controls(paused=True)
    scenarios = load_scenarios(tuple(files), load_contract(SETTINGS), {}, ())
    outcome: list[RunResult] = []
    whole = PlayPlan(scenarios, controls=controls, **plan)
    thread = threading.Thread(target=lambda: outcome.append(play(url, SETTINGS, whole)))
    thread.start()
    try:
        yield Steered(controls, thread, outcome)
    finally:
        controls.stop()
        thread.join(4 * PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serving(answering(NO_CONTENT)) as server:
        yield server


def events(server: Server) -> list[str]:
    return [json.loads(received.body)["event"] for received in server.received]


def request_ids(server: Server) -> list[str | None]:
    return [received.header("x-zm-request-id") for received in server.received]


class Door:
    """A receiver that holds its answers back until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, peer: Peer) -> None:
        while peer.read():
            self.opened.wait(PATIENCE_S)
            peer.write(NO_CONTENT)


# -- going on ----------------------------------------------------------------------------------


def test_a_paused_play_delivers_nothing_until_it_is_told_and_then_one_step(
    tmp_path: Path, receiver: Server
) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        view = run.waiting_at(0)
        assert (view.title, view.number, view.total) == ("three", 1, 1)
        assert not receiver.received
        run.controls.next()
        view = run.waiting_at(1)
        assert events(receiver) == ["session.started"]
        assert [step.status for step in view.steps] == ["done", "next", "waiting", "waiting"]
        run.controls.play()
        assert run.result().violations == ()
    assert events(receiver) == ["session.started", "session.user_joined", "session.ended"]


def test_without_any_call_it_plays_to_the_end(tmp_path: Path, receiver: Server) -> None:
    with steered(tmp_path, receiver.url, THREE, controls=Controls()) as run:
        run.result()
        assert {step.status for step in run.controls.steps} == {"done"}
        assert run.controls.finished
    assert len(receiver.received) == 3


def test_commands_given_before_the_play_began_are_not_lost(
    tmp_path: Path, receiver: Server
) -> None:
    controls = Controls(paused=True)
    controls.inject("lost-answer")
    controls.edit({"event": "session.started", "mine": True})
    controls.next()
    controls.next()
    with steered(tmp_path, receiver.url, THREE, controls=controls) as run:
        run.waiting_at(2)
        assert json.loads(receiver.received[0].body) == {"event": "session.started", "mine": True}
        assert run.controls.upcoming.fault == ""


def test_a_stop_before_the_play_began_delivers_nothing(tmp_path: Path, receiver: Server) -> None:
    controls = Controls()
    controls.stop()
    with steered(tmp_path, receiver.url, THREE, controls=controls) as run:
        assert "stopped at the controls; what follows was not played" in run.result().notices
    assert not receiver.received


def test_next_called_while_a_step_plays_plays_one_more_and_pause_takes_it_back(
    tmp_path: Path,
) -> None:
    door = Door()
    with serving(door) as server, steered(tmp_path, server.url, THREE) as run:
        run.waiting_at(0)
        for _ in range(3):
            run.controls.next()
        run.until(lambda view: view.steps[0].status == "playing" and server.received)
        run.controls.pause()
        door.opened.set()
        run.waiting_at(1)
        run.controls.next()
        run.waiting_at(2)
        assert len(server.received) == 1


def test_pause_while_playing_on_waits_before_the_next_step(tmp_path: Path) -> None:
    door = Door()
    with (
        serving(door) as server,
        steered(tmp_path, server.url, THREE, controls=Controls()) as run,
    ):
        run.until(lambda view: server.received)
        run.controls.pause()
        door.opened.set()
        run.waiting_at(1)
        assert len(server.received) == 1


def test_skip_leaves_the_next_step_out_and_not_the_one_that_plays(tmp_path: Path) -> None:
    door = Door()
    with serving(door) as server, steered(tmp_path, server.url, THREE) as run:
        run.waiting_at(0)
        run.controls.next()
        run.until(lambda view: server.received)
        run.controls.skip()
        door.opened.set()
        view = run.waiting_at(2)
        assert [step.status for step in view.steps] == ["done", "skipped", "next", "waiting"]
        run.controls.skip()
        run.waiting_at(3)
        run.controls.play()
        run.result()
    assert events(server) == ["session.started", "session.ended"]


def test_several_scenarios_are_each_waited_for(tmp_path: Path, receiver: Server) -> None:
    other = "name: other\nsteps: [{name: only, send: session.ended}]"
    with steered(tmp_path, receiver.url, other, THREE) as run:
        run.waiting_at(0)
        run.controls.next()
        run.waiting_at(1)  # the end: the last event can be repeated still
        run.controls.next()
        view = run.until(lambda view: view.number == 2 and view.phase == "waiting")
        assert (view.title, view.cursor, view.total) == ("three", 0, 2)
        assert len(view.exchanges) == 1
        assert len(receiver.received) == 1


def test_a_validation_on_a_schedule_waits_for_the_first_step(tmp_path: Path) -> None:
    text = "name: v\nrevalidate: 72h\nsteps: [{name: only, send: session.ended}]"
    with serving(answering(OK)) as server, steered(tmp_path, server.url, text) as run:
        run.waiting_at(0)
        time.sleep(0.1)
        assert not server.received
        run.controls.next()
        view = run.waiting_at(1)
        assert events(server) == ["endpoint.url_validation", "session.ended"]
        assert len(view.steps[0].exchanges) == 2


# -- stopping ----------------------------------------------------------------------------------


@pytest.mark.parametrize("interrupted", [False, True])
def test_stop_ends_a_long_step_at_once_and_the_report_has_what_was_played(
    tmp_path: Path, interrupted: bool
) -> None:
    with (
        serving(answering(http(500))) as server,
        steered(tmp_path, server.url, THREE.replace("10m", "9h"), controls=Controls(),
                clock="real") as run,
    ):  # fmt: skip
        run.until(lambda view: view.cursor == 1 and view.steps[1].status == "playing")
        began = time.monotonic()
        run.controls.stop(interrupted=interrupted)
        result = run.result()
        assert time.monotonic() - began < PATIENCE_S
        statuses = [step.status for step in run.controls.steps]
    assert statuses == ["done", "stopped", "waiting", "waiting"]
    assert result.deliveries == 1
    stopped = "stopped at the controls; what follows was not played" in result.notices
    broken = "interrupted; what follows was not played" in result.breakages
    assert (stopped, broken) == (not interrupted, interrupted)


def test_stop_ends_a_play_that_waits_or_has_a_delivery_under_way(tmp_path: Path) -> None:
    door = Door()
    with serving(door) as server, steered(tmp_path, server.url, THREE) as run:
        run.waiting_at(0)
        run.controls.next()
        run.until(lambda view: server.received)
        run.controls.stop()
        assert run.result().breakages == ()
        door.opened.set()
    with (
        serving(answering(NO_CONTENT)) as server,
        steered(tmp_path, server.url, THREE) as run,
    ):
        run.waiting_at(0)
        run.controls.stop()
        assert run.result().deliveries == 0


TWICE = THREE.replace("session.ended", "session.ended, deliver: {times: 2}")


def when_comparing(
    controls: Controls, receiver: Server, act: Callable[[], object]
) -> tuple[Callable[[], dict[str, int]], list[int]]:
    """Return a probe that acts once, in the plays for comparison, and what had come by then."""
    acted_at: list[int] = []

    def state() -> dict[str, int]:
        if controls.view().phase == "comparing" and not acted_at:
            acted_at.append(len(receiver.received))
            act()
        return {"count": len(receiver.received)}

    return state, acted_at


def test_stop_ends_the_plays_for_comparison(tmp_path: Path, receiver: Server) -> None:
    controls = Controls()
    state, stopped_at = when_comparing(controls, receiver, controls.stop)
    with steered(tmp_path, receiver.url, TWICE, controls=controls, reader=state) as run:
        result = run.result()
    assert "stopped at the controls; what follows was not played" in result.notices
    assert result.breakages == ()
    assert stopped_at
    assert len(receiver.received) <= stopped_at[0] + 1


def test_commands_after_the_end_do_nothing(tmp_path: Path, receiver: Server) -> None:
    with steered(tmp_path, receiver.url, THREE, controls=Controls()) as run:
        run.result()
        for command in (run.controls.next, run.controls.resend, run.controls.stop):
            command()
        assert run.controls.finished
    assert len(receiver.received) == 3


def test_a_scenario_that_cannot_go_on_says_why_and_waits_to_be_looked_at(
    tmp_path: Path, receiver: Server
) -> None:
    text = """
name: broken
steps:
  - {name: first, send: session.started, save: {token: answer.body.token}}
  - {name: second, send: session.ended}
"""
    with steered(tmp_path, receiver.url, text) as run:
        run.waiting_at(0)
        run.controls.next()
        view = run.waiting_at(2)
        assert view.steps[0].status == "failed"
        assert "there is nothing at 'answer.body.token'" in view.note
        run.controls.next()
        assert any("answer.body.token" in line for line in run.result().breakages)


# -- again -------------------------------------------------------------------------------------


def test_resend_with_nothing_sent_says_so_and_the_play_goes_on(
    tmp_path: Path, receiver: Server
) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        run.waiting_at(0)
        run.controls.resend()
        run.until(lambda view: "nothing has been delivered" in view.note)
        assert run.waiting_at(0).phase == "waiting"
        run.controls.next()
        run.waiting_at(1)
    assert len(receiver.received) == 1


def test_resend_is_a_new_delivery_and_duplicate_has_the_same_request_id(
    tmp_path: Path, receiver: Server
) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        run.waiting_at(0)
        run.controls.next()
        run.waiting_at(1)
        run.controls.resend()
        run.until(lambda view: len(view.exchanges) == 2)
        run.controls.duplicate()
        view = run.until(lambda view: len(view.steps[0].exchanges) == 3)
        assert len({received.body for received in receiver.received}) == 1
        first, second, third = request_ids(receiver)
        assert first != second == third
        assert view.cursor == 1


def test_the_last_event_can_be_repeated_at_the_end(tmp_path: Path, receiver: Server) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        for cursor in range(4):
            run.waiting_at(cursor)
            run.controls.next()
        run.waiting_at(4)
        run.controls.duplicate()
        run.until(lambda view: len(view.steps[3].exchanges) == 2)
        run.controls.next()
        assert run.result().violations == ()
    assert request_ids(receiver)[-1] == request_ids(receiver)[-2]


def test_an_event_that_is_sent_again_is_not_expected_to_get_the_same_body(
    tmp_path: Path,
) -> None:
    answers = iter((b'{"new": true}', b'{"new": false}'))

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(http(200, next(answers)))

    text = """
name: expecting
steps: [{name: only, send: session.started, expect: {status: 200, body: {new: true}}}]
"""
    with serving(script) as server, steered(tmp_path, server.url, text) as run:
        run.waiting_at(0)
        run.controls.next()
        run.waiting_at(1)
        run.controls.duplicate()
        run.until(lambda view: len(view.steps[0].exchanges) == 2)
        run.controls.next()
        assert run.result().violations == ()


# -- what comes next ---------------------------------------------------------------------------


def test_the_draft_is_what_is_sent(tmp_path: Path, receiver: Server) -> None:
    text = """
name: saving
steps:
  - {name: first, send: session.started, save: {topic: payload.object.id}}
  - {name: second, send: session.user_joined, with: {payload.object.id: "${topic}"}}
  - {name: many, together: [[{send: session.user_left}], [{send: session.ended}]]}
"""
    with steered(tmp_path, receiver.url, text) as run:
        drafts = []
        for cursor in range(2):
            drafts.append(run.waiting_at(cursor).draft)
            run.controls.next()
        view = run.waiting_at(2)
        assert [draft.body for draft in drafts] == [json.loads(r.body) for r in receiver.received]
        assert [draft.step for draft in drafts] == ["first", "second"]
        assert "many delivers several events" in view.draft.why
        run.controls.next()
        assert "no event is left" in run.waiting_at(3).draft.why


def test_the_draft_of_a_start_names_the_stream_server_that_the_event_will_name(
    tmp_path: Path, receiver: Server
) -> None:
    text = """
name: streamed
stream: {media: [transcript]}
steps:
  - {name: rest, wait: 10ms}
  - {name: started, send: meeting.rtms_started}
  - {name: again, send: meeting.rtms_started}
"""
    with steered(tmp_path, receiver.url, text, client_id="id", client_secret="secret") as run:
        drafts = []
        for cursor in range(3):
            drafts.append(run.waiting_at(cursor).draft)
            run.controls.next()
        run.waiting_at(3)
        run.controls.stop()
        run.result()
    first, second = (json.loads(received.body) for received in receiver.received)
    assert first["payload"]["server_urls"].startswith("ws://127.0.0.1:")
    assert [draft.step for draft in drafts] == ["started", "started", "again"]
    assert drafts[1].body == first
    assert drafts[2].body == second
    assert drafts[0].body["payload"] == first["payload"]


def test_an_edit_is_kept_until_its_step_is_played(tmp_path: Path, receiver: Server) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        run.waiting_at(0)
        run.controls.next()
        draft = run.waiting_at(1).draft
        assert draft.step == "second"
        edited = {**draft.body, "mine": "é"}
        run.controls.edit_text(json.dumps(edited))
        run.controls.next()
        assert run.waiting_at(2).upcoming.body == edited
        run.controls.resend()
        run.until(lambda view: len(view.exchanges) == 2)
        run.controls.next()
        run.waiting_at(3)
        run.controls.play()
        run.result()
    bodies = [json.loads(received.body) for received in receiver.received]
    assert [body.get("mine") for body in bodies] == [None, None, "é", None]


def test_an_edit_goes_with_its_step_when_that_is_skipped_or_when_it_is_taken_back(
    tmp_path: Path, receiver: Server
) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        run.waiting_at(0)
        run.controls.edit({"event": "session.started", "mine": 1})
        run.controls.skip()
        assert run.waiting_at(1).upcoming.step == ""
        run.controls.edit({"event": "session.user_joined", "mine": 2})
        run.controls.unedit()
        run.controls.play()
        run.result()
    assert not any(b"mine" in received.body for received in receiver.received)


@pytest.mark.parametrize(
    ("text", "why"),
    [("{", "line 1, column 2"), ("{}\n}", "line 2, column 1"), ("NaN", "NaN is no JSON number"),
     ("", "line 1, column 1"), ("[" * 100_000, "no JSON")],
)  # fmt: skip
def test_an_edit_that_is_no_json_says_where_and_changes_nothing(text: str, why: str) -> None:
    controls = Controls(paused=True)
    controls.edit({"kept": True})
    with pytest.raises(UsageError, match=why):
        controls.edit_text(text)
    assert controls.upcoming.body == {"kept": True}


def test_an_edited_event_is_judged_by_the_rules_and_not_by_what_its_step_expects(
    tmp_path: Path,
) -> None:
    def script(peer: Peer) -> None:
        while received := peer.read():
            peer.write(http(400) if b"broken" in received.body else NO_CONTENT)

    text = """
name: expecting
steps:
  - {name: first, send: session.started, expect: {status: 204}}
  - {name: second, send: session.started, expect: {status: 204}}
"""
    with serving(script) as server, steered(tmp_path, server.url, text) as run:
        run.waiting_at(0)
        run.controls.next()
        run.waiting_at(1)
        run.controls.edit({"event": "session.started", "payload": "broken"})
        run.controls.next()
        run.waiting_at(2)
        run.controls.next()
        assert run.result().violations == ()
        assert b"broken" in server.received[1].body


def test_an_injected_fault_spoils_one_attempt_and_is_not_held_against_the_receiver(
    tmp_path: Path, receiver: Server
) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        run.waiting_at(0)
        run.controls.inject("reset-mid-body")
        run.controls.play()
        result = run.result()
        (exchange,) = run.controls.steps[0].exchanges
    assert [attempt.acknowledged for attempt in exchange.attempts] == [False, True]
    assert result.violations == ()
    assert run.controls.upcoming.fault == ""


def test_the_refusal_of_what_we_garbled_is_not_held_against_the_receiver(tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        while head := peer.head():
            peer.write(http(400) if b"chunked" in head else NO_CONTENT)
            peer.linger()

    text = "name: one\nsteps: [{name: only, send: session.started}]"
    with serving(script) as server, steered(tmp_path, server.url, text) as run:
        run.waiting_at(0)
        run.controls.inject("chunked")
        run.controls.play()
        result = run.result()
        (exchange,) = run.controls.steps[0].exchanges
    assert [attempt.status for attempt in exchange.attempts] == [400]
    assert result.violations == ()


def test_an_injected_lost_answer_is_retried_with_the_same_request_id(
    tmp_path: Path, receiver: Server
) -> None:
    with steered(tmp_path, receiver.url, THREE) as run:
        run.waiting_at(0)
        run.controls.inject("lost-answer")
        run.controls.play()
        assert run.result().violations == ()
    ids = request_ids(receiver)
    assert (len(ids), len(set(ids))) == (4, 3)


def test_an_unknown_fault_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean dripped"):
        Controls().inject("driped")
    Controls().inject("")


# -- what is shown and judged ------------------------------------------------------------------


def test_attempts_are_shown_as_they_are_made_with_the_step_that_they_belong_to(
    tmp_path: Path,
) -> None:
    answers = iter((http(503), NO_CONTENT, NO_CONTENT, OK, NO_CONTENT))

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(next(answers))

    text = """
name: nested
steps:
  - name: both
    together: [[{name: one, send: session.started}], [{wait: 1s}, {name: two, send: session.ended}]]
  - {name: late, send: session.user_joined, deliver: {late: 1h}}
  - {name: url, challenge: true}
  - {name: rest, wait: 2h}
"""
    with serving(script) as server, steered(tmp_path, server.url, text) as run:
        run.waiting_at(0)
        run.controls.next()
        view = run.waiting_at(1)
        shown = [[a.status for a in e.attempts] for e in view.steps[0].exchanges]
        assert shown == [[503], [204]]
        for cursor in (2, 3, 4):
            run.controls.next()
            view = run.waiting_at(cursor)
        shown = [[a.status for a in e.attempts] for e in view.steps[0].exchanges]
        assert len(shown[0]) == 2
        assert [len(step.exchanges) for step in view.steps] == [2, 1, 1, 0]


def test_what_was_changed_at_the_controls_is_not_compared_with_what_the_scenario_says(
    tmp_path: Path,
) -> None:
    counted: list[Received] = []

    def script(peer: Peer) -> None:
        while received := peer.read():
            counted.append(received)
            peer.write(NO_CONTENT)

    def state() -> dict[str, int]:
        return {"count": len(counted)}

    twice = THREE.replace("session.ended", "session.ended, deliver: {times: 2}")
    for altered in (True, False):
        with (
            serving(script) as server,
            steered(tmp_path, server.url, twice, reader=state) as run,
        ):
            run.waiting_at(0)
            if altered:
                run.controls.skip()
            run.controls.play()
            result = run.result()
        rules = {violation.rule for violation in result.violations}
        assert ("MZ501" in rules) is not altered
        assert any("changed at the controls" in text for text in result.notices) is altered


def test_the_watcher_is_told_of_every_change(tmp_path: Path, receiver: Server) -> None:
    told = threading.Semaphore(0)
    controls = Controls(paused=True, watcher=told.release)
    with steered(tmp_path, receiver.url, THREE, controls=controls) as run:
        run.waiting_at(0)
        while told.acquire(timeout=0.2):
            pass
        controls.inject("dripped")
        assert told.acquire(timeout=PATIENCE_S)


# -- a pause sends nothing ---------------------------------------------------------------------

RETRIED = """
name: retried
steps:
  - {name: first, send: session.started}
  - {name: rest, wait: 10m}
  - {name: last, send: session.ended}
"""


def test_an_event_that_is_late_shows_when_it_goes_out_and_waits_during_a_pause(
    tmp_path: Path, receiver: Server
) -> None:
    text = """
name: late
steps:
  - {name: first, send: session.started, deliver: {late: 1h}}
  - name: both
    together: [[{name: one, send: session.user_joined, deliver: {late: 2h}}], [{wait: 1s}]]
  - {name: rest, wait: 3h}
"""
    with steered(tmp_path, receiver.url, text) as run:
        run.waiting_at(0)
        assert not run.controls.view().late
        run.controls.next()
        assert run.waiting_at(1).late == {"first": 3600}
        run.controls.next()
        assert run.waiting_at(2).late == pytest.approx({"first": 3599, "both": 7199})
        assert not receiver.received
        run.controls.next()
        assert not run.waiting_at(3).late
    assert events(receiver) == ["session.started", "session.user_joined"]


def test_what_a_scenario_that_broke_off_left_undone_is_not_shown_with_the_next(
    tmp_path: Path,
) -> None:
    broken = """
name: broken
steps:
  - {name: late, send: session.started, deliver: {late: 1h}}
  - {name: retried, send: session.user_joined}
  - {name: lost, send: session.ended, save: {token: answer.body.token}}
"""
    with (
        serving(answering(http(503))) as server,
        steered(tmp_path, server.url, broken, THREE) as run,
    ):
        for cursor in range(3):
            view = run.waiting_at(cursor)
            run.controls.next()
        assert view.late
        assert view.retries
        run.waiting_at(3)
        run.controls.next()
        view = run.until(lambda view: view.number == 2 and view.phase == "waiting")
        assert (dict(view.late), dict(view.retries)) == ({}, {})


@contextmanager
def failing_once() -> Iterator[Server]:
    """A receiver that answers 503 to the first request alone."""
    answers = iter((http(503),))

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(next(answers, NO_CONTENT))

    with serving(script) as server:
        yield server


@pytest.mark.parametrize("plan", [{"clock": "virtual"}, {"scale": 300 / 0.3}])
def test_a_pause_between_steps_holds_a_retry_that_is_due_and_shows_when_it_comes(
    tmp_path: Path, plan: dict[str, Any]
) -> None:
    with failing_once() as server, steered(tmp_path, server.url, RETRIED, **plan) as run:
        run.waiting_at(0)
        run.controls.next()
        view = run.waiting_at(1)
        (name,) = (exchange.delivery.id for exchange in view.steps[0].exchanges)
        assert view.retries.keys() == {name}
        assert 0 < view.retries[name] <= 300
        time.sleep(0.8)
        later = run.controls.view()
        assert later.held
        assert later.retries == pytest.approx(view.retries, abs=1)
        assert len(server.received) == 1
        run.controls.next()
        view = run.waiting_at(2)
        assert [[a.status for a in e.attempts] for e in view.steps[0].exchanges] == [[503, 204]]
        assert not view.retries
        run.controls.play()
        assert run.result().violations == ()
    assert len(server.received) == 3


def test_a_pause_within_a_step_holds_the_retry_and_the_step_and_next_plays_it_to_its_end(
    tmp_path: Path,
) -> None:
    with (
        failing_once() as server,
        steered(tmp_path, server.url, RETRIED, controls=Controls(), scale=300 / 1.5) as run,
    ):
        run.until(lambda view: view.steps and view.steps[1].status == "playing")
        run.controls.pause()
        view = run.until(lambda view: view.held)
        assert (view.phase, view.cursor) == ("playing", 1)
        sent, due = len(server.received), dict(run.controls.view().retries)
        time.sleep(2)
        assert len(server.received) == sent
        assert run.controls.view().retries == pytest.approx(due, abs=1)
        run.controls.next()
        view = run.waiting_at(2)
        assert [step.status for step in view.steps] == ["done", "done", "next"]
        assert len(server.received) == 2
        run.controls.play()
        assert run.result().violations == ()


def test_a_pause_after_the_last_step_holds_the_retries_that_are_left(tmp_path: Path) -> None:
    one = "name: one\nsteps: [{name: only, send: session.started}]"
    with (
        failing_once() as server,
        steered(tmp_path, server.url, one, controls=Controls(), scale=300 / 1.5) as run,
    ):
        run.until(lambda view: view.retries)
        run.controls.pause()
        run.until(lambda view: view.held)
        sent = len(server.received)
        time.sleep(2)
        assert len(server.received) == sent
        run.controls.play()
        assert run.result().violations == ()
    assert len(server.received) == 2


def test_a_pause_holds_a_burst_in_its_midst(tmp_path: Path) -> None:
    controls = Controls()
    paused_at: list[int] = []

    def script(peer: Peer) -> None:
        while peer.read():
            if len(server.received) == 5 and not paused_at:
                controls.pause()
                paused_at.append(5)
            peer.write(NO_CONTENT)

    sends = ", ".join("{send: session.started}" for _ in range(10))
    text = f"name: burst\nsteps: [{{name: all, together: [[{sends}], [{sends}]]}}]"
    with (
        serving(script) as server,
        steered(tmp_path, server.url, text, controls=controls) as run,
    ):
        run.until(lambda view: view.held)
        time.sleep(0.3)
        assert len(server.received) <= 7
        run.controls.next()
        run.waiting_at(1)
        assert len(server.received) == 20


def test_a_pause_holds_the_plays_for_comparison(tmp_path: Path, receiver: Server) -> None:
    controls = Controls()
    state, paused_at = when_comparing(controls, receiver, controls.pause)
    with steered(tmp_path, receiver.url, TWICE, controls=controls, reader=state) as run:
        view = run.until(lambda view: view.held)
        assert (view.phase, view.moves) == ("comparing", False)
        time.sleep(0.3)
        assert len(receiver.received) <= paused_at[0] + 1
        run.controls.play()
        assert {violation.rule for violation in run.result().violations} == {"MZ501"}


def test_a_consumer_is_waited_for_as_long_after_a_pause_as_if_there_had_been_none(
    tmp_path: Path, receiver: Server
) -> None:
    text = """
name: streamed
stream: {media: [transcript]}
steps:
  - {name: started, send: meeting.rtms_started}
  - {name: ready, await: stream.ready, within: 1s}
"""
    credentials = {"client_id": "id", "client_secret": "secret"}
    with steered(tmp_path, receiver.url, text, controls=Controls(), **credentials) as run:
        run.until(lambda view: len(view.steps) == 2 and view.steps[1].status == "playing")
        run.controls.pause()
        time.sleep(2.5)
        view = run.controls.view()
        assert (view.held, view.steps[1].status) == (True, "playing")
        run.controls.next()
        run.until(lambda view: view.steps[1].status == "failed")
        run.controls.stop()


def test_a_held_play_can_be_stopped(tmp_path: Path) -> None:
    with (
        failing_once() as server,
        steered(tmp_path, server.url, RETRIED, controls=Controls(), scale=10.0) as run,
    ):
        run.until(lambda view: view.steps and view.steps[1].status == "playing")
        run.controls.pause()
        run.until(lambda view: view.held)
        run.controls.stop()
        result = run.result()
        assert "stopped at the controls; what follows was not played" in result.notices
        view = run.controls.view()
        assert (view.held, dict(view.retries)) == (False, {})
    assert len(server.received) == 1
