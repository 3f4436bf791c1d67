"""Deliveries over time: retries, clocks, validations, interruption, and what cannot go on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockzoom.model import Exchange, ExchangeFinished, RunEvent, RunResult, StepStarted
from mockzoom.play import Controls
from tests.play.fakes import Fake, perform, right, rules

pytestmark = pytest.mark.usefixtures("quick_looks")
ONE = "  - {name: one, send: session.started}\n"


def answers(*statuses: int) -> Fake:
    """Return a receiver that answers so, then 200."""
    left = list(statuses)
    return Fake(lambda fake, event, request_id: left.pop(0) if left else 200)


def exchanges(folder: Path, receiver: Any, steps: str, **plan: Any) -> tuple[RunResult, list[Any]]:
    found: list[Exchange] = []

    def listener(event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished):
            found.append(event.exchange)

    return perform(folder, receiver, steps, listener=listener, **plan), found


# -- retries -----------------------------------------------------------------------------------


def test_server_errors_are_retried_after_5_25_and_85_minutes(tmp_path: Path) -> None:
    began = time.process_time()
    result, found = exchanges(tmp_path, answers(500, 502, 503, 504), ONE)
    assert time.process_time() - began < 1
    (one,) = found
    assert [attempt.status for attempt in one.attempts] == [500, 502, 503, 504]
    assert [round(at) for at in one.schedule] == [0, 300, 1500, 5100]
    assert rules(result) == {"MZ101"}


def test_a_retry_has_the_same_body_and_request_id_and_a_new_signature(tmp_path: Path) -> None:
    _, (one,) = exchanges(tmp_path, answers(500, 500), ONE)
    first, *others = [attempt.request for attempt in one.attempts]
    assert len(others) == 2
    for other in others:
        assert other.body == first.body
        assert _header(other, "x-zm-request-id") == _header(first, "x-zm-request-id")
    stamps = [int(_header(each, "x-zm-request-timestamp")) for each in (first, *others)]
    assert all(abs(stamp - time.time()) < 30 for stamp in stamps)  # receivers check them


def _header(request: Any, name: str) -> str:
    return str({key.lower(): value for key, value in request.headers}[name])


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 409, 410, 422, 499])
def test_redirections_and_client_errors_are_never_retried(tmp_path: Path, status: int) -> None:
    result, (one,) = exchanges(tmp_path, answers(status), ONE)
    assert len(one.attempts) == 1
    assert rules(result) == {"MZ104" if status < 400 else "MZ101"}


@pytest.mark.parametrize(
    ("policy", "status", "attempts"),
    [
        ("zoom", 500, 2), ("zoom", 404, 1), ("zoom", 202, 1), ("zoom-blog", 404, 2),
        ("zoom-blog", 202, 2), ("zoom-blog", 204, 1), ("zoom-blog", 503, 2), ("none", 500, 1),
    ],
)  # fmt: skip
def test_the_policy_says_what_is_retried(
    tmp_path: Path, policy: str, status: int, attempts: int
) -> None:
    steps = f"  - {{name: one, send: session.started, deliver: {{retry: {policy}}}}}\n"
    _, (one,) = exchanges(tmp_path, answers(status), steps)
    assert len(one.attempts) == attempts


def test_what_is_acknowledged_on_a_retry_has_arrived_and_is_noted(tmp_path: Path) -> None:
    result = perform(tmp_path, answers(503), ONE)
    assert not result.violations
    assert any("acknowledged only at a retry" in notice for notice in result.notices)


def test_a_lost_answer_has_zooms_code_and_is_retried(tmp_path: Path) -> None:
    steps = "  - {name: one, send: session.started, deliver: {lose_response: 2}}\n"
    result, (one,) = exchanges(tmp_path, Fake(right), steps)
    assert [attempt.delivery_code for attempt in one.attempts] == [-7, -7, None]
    assert [round(at) for at in one.schedule] == [0, 300, 1500]
    assert not result.violations


def test_retries_go_on_beside_what_the_scenario_does_meanwhile(tmp_path: Path) -> None:
    steps = ONE + "  - wait: 10m\n  - {name: two, send: session.ended}\n"
    fake = answers(500, 500)
    perform(tmp_path, fake, steps)
    told = [event["event"].rpartition(".")[2] for event in fake.events]
    assert told == ["started", "started", "ended", "started"]


# -- clocks ------------------------------------------------------------------------------------

STORY = """
  - {name: a, send: session.started}
  - wait: 2s
  - {name: b, send: session.user_joined, after: 1s}
  - shuffle:
      - {name: c, send: session.rtms_started}
      - {name: d, send: session.rtms_stopped}
  - {name: e, send: session.user_left, deliver: {late: 2s}}
  - {name: f, send: session.ended}
"""
CLOCKS: dict[str, dict[str, Any]] = {
    "virtual": {"clock": "virtual"}, "scaled": {"scale": 100.0}, "real": {"clock": "real"},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("clock", CLOCKS)
def test_no_event_lies_in_the_future_and_time_goes_on_through_a_scenario(
    tmp_path: Path, clock: str
) -> None:
    arrived: list[tuple[str, int, float]] = []

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        arrived.append((event["event"], event["event_ts"], time.time() * 1000))
        return 200

    result = perform(tmp_path, Fake(take), STORY, **CLOCKS[clock])
    assert not result.violations
    assert all(at <= now for _, at, now in arrived)
    at = {name: at for name, at, _ in arrived}
    natural = ["session.started", "session.user_joined", "session.rtms_started",
               "session.rtms_stopped", "session.user_left", "session.ended"]  # fmt: skip
    stamps = [at[name] for name in natural]
    assert stamps == sorted(set(stamps))
    assert stamps[1] - stamps[0] >= 3000


def test_a_scaled_clock_takes_its_part_of_the_time(tmp_path: Path) -> None:
    began = time.perf_counter()
    perform(tmp_path, Fake(right), ONE + "  - wait: 1h\n", scale=7200.0)
    assert 0.45 < time.perf_counter() - began < 60


def test_a_week_of_validations_takes_no_time(tmp_path: Path) -> None:
    began = time.process_time()
    result, found = exchanges(
        tmp_path, Fake(right), ONE + "  - wait: 7d\n", top="revalidate: 72h", clock="virtual"
    )
    assert time.process_time() - began < 1
    events = [exchange.delivery.event for exchange in found]
    assert events == [
        "endpoint.url_validation", "session.started", "endpoint.url_validation",
        "endpoint.url_validation",
    ]  # fmt: skip
    assert not result.violations


# -- the subscription --------------------------------------------------------------------------


def test_six_failed_validations_disable_the_subscription(tmp_path: Path) -> None:
    lost = "".join(
        f"  - {{name: v{number}, challenge: true, after: 72h, deliver: {{lose_response: true}}}}\n"
        for number in range(6)
    )
    again = "  - {name: on, challenge: {enable: true}}\n  - {name: two, send: session.ended}\n"
    fake = Fake(right)
    emitted = list[RunEvent]()
    result = perform(tmp_path, fake, lost + ONE + again, listener=emitted.append)
    assert [event["event"] for event in fake.events] == ["session.ended"]
    steps = [event.about for event in emitted if isinstance(event, StepStarted)]
    said = [about for about in steps if "the URL validation has failed" in about]
    assert all(word in about for word, about in zip(("2", "4", "disabled"), said, strict=True))
    [notice] = result.notices  # what the scenario itself brings about is none
    assert "one was not delivered" in notice
    assert not result.violations


def test_the_owner_is_told_of_validations_that_the_receiver_fails(tmp_path: Path) -> None:
    def refusing(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("500 Said", [])
        return [b""]

    twice = "".join(f"  - {{name: v{n}, challenge: true, after: 72h}}\n" for n in range(2))
    assert not perform(tmp_path, Fake(right), twice).notices
    [notice] = perform(tmp_path, refusing, twice).notices
    assert "the URL validation has failed 2 times in a row" in notice


# -- ends --------------------------------------------------------------------------------------


def test_a_scenario_that_cannot_go_on_says_which_step_and_why(tmp_path: Path) -> None:
    steps = (
        "  - name: one\n    send: session.started\n    save: {x: answer.body.token}\n"
        "  - {name: two, send: session.ended}\n"
    )
    fake = Fake(right)
    result = perform(tmp_path, fake, steps)
    assert result.breakages == ("told: one: save x: there is nothing at 'answer.body.token'",)
    assert [event["event"] for event in fake.events] == ["session.started"]


def test_stopping_reports_what_was_played(tmp_path: Path) -> None:
    controls = Controls()

    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if event["event"] == "session.user_joined":
            controls.stop()
        return 404

    steps = ONE + "  - {name: two, send: session.user_joined}\n  - {send: session.ended}\n"
    fake = Fake(take)
    result = perform(tmp_path, fake, steps, controls=controls)
    assert [event["event"] for event in fake.events] == ["session.started", "session.user_joined"]
    assert rules(result) == {"MZ101"}
    assert any("stopped" in notice for notice in result.notices)


def interrupt() -> None:
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_an_interrupt_finishes_the_report_of_what_was_played(tmp_path: Path) -> None:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        if event["event"] == "session.ended":
            threading.Timer(0.2, interrupt).start()
        return 404

    steps = ONE + "  - {name: two, send: session.ended}\n  - wait: 1h\n"
    result = perform(tmp_path, Fake(take), steps, clock="real")
    assert rules(result) == {"MZ101"}
    assert any("interrupted" in text for text in result.breakages)
    assert result.elapsed < 600


# -- receivers that do not answer --------------------------------------------------------------


def slow(statuses: Callable[[dict[str, Any]], bool]) -> Fake:
    def take(fake: Fake, event: dict[str, Any], request_id: str) -> int:
        return 200

    fake = Fake(take)

    class Slow(Fake):
        def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
            said = Fake.__call__(self, environ, start_response)
            if statuses(self.events[-1]):
                time.sleep(0.6)
            return said

    fake.__class__ = Slow
    return fake


@pytest.mark.slow
def test_a_receiver_that_is_always_late_is_given_up(tmp_path: Path) -> None:
    from mockzoom.client.playing import play
    from mockzoom.client.scenarios import load_scenarios
    from mockzoom.client.settings import load_contract
    from mockzoom.play import PlayPlan
    from mockzoom.settings import Settings
    from tests.play.fakes import SECRET

    settings = Settings(secret=SECRET, timeout=0.3)
    scenarios = load_scenarios(["all"], load_contract(settings))
    kept = tuple(one for one in scenarios if not one.rotates and one.stream is None)
    kept = tuple(one for one in kept if one.name != "burst")
    fake = slow(lambda event: True)
    began = time.perf_counter()
    result = play(fake, settings, PlayPlan(kept))
    assert time.perf_counter() - began < 120
    assert "MZ102" in rules(result)
    assert any("skipped, same cause" in text for text in (*result.notices, *result.breakages))


@pytest.mark.slow
def test_scenarios_with_an_event_known_to_be_late_are_skipped(tmp_path: Path) -> None:
    from mockzoom.client.playing import play
    from mockzoom.client.scenarios import load_scenarios
    from mockzoom.client.settings import load_contract
    from mockzoom.play import PlayPlan
    from mockzoom.settings import Settings
    from tests.play.fakes import SECRET

    settings = Settings(secret=SECRET, timeout=0.3)
    paths = []
    for number in range(5):
        path = tmp_path / f"s{number}.yaml"
        path.write_text(f"name: s{number}\nsteps:\n{ONE}  - send: session.ended\n", "utf-8")
        paths.append(path)
    fake = slow(lambda event: event["event"] == "session.started")
    result = play(fake, settings, PlayPlan(load_scenarios(paths, load_contract(settings))))
    assert rules(result) == {"MZ102"}
    assert any(
        notice.startswith("s3, s4: not played") and "same cause" in notice
        for notice in result.notices
    )


@pytest.mark.slow
def test_a_late_answer_to_an_event_with_saved_values_is_looked_at_again(tmp_path: Path) -> None:
    from mockzoom.client.playing import play
    from mockzoom.client.scenarios import load_scenarios
    from mockzoom.client.settings import load_contract
    from mockzoom.play import PlayPlan
    from mockzoom.settings import Settings
    from tests.play.fakes import SECRET

    path = tmp_path / "saved.yaml"
    path.write_text(
        "name: saved\nsteps:\n"
        "  - {send: session.started, save: {id: payload.object.id}}\n"
        "  - {send: session.ended, with: {payload.object.id: '${id}'}}\n",
        encoding="utf-8",
    )
    settings = Settings(secret=SECRET, timeout=0.3)
    fake = slow(lambda event: event["event"] == "session.ended")
    result = play(fake, settings, PlayPlan(load_scenarios([path], load_contract(settings))))
    assert rules(result) == {"MZ102"}
    assert not result.breakages
