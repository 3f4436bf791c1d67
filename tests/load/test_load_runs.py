"""Load runs against receivers of a known capacity: workers, and seconds for each event."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from mockzoom.client.loading import load
from mockzoom.errors import UsageError
from mockzoom.load import LoadPlan
from mockzoom.model import ExchangeFinished, RunEvent, RunResult
from mockzoom.probe_source import ProbeSource
from mockzoom.settings import Settings
from tests.each import each

pytestmark = pytest.mark.slow
SECRET = "s3cret-of-the-tests"
SETTINGS = Settings(SECRET, events=("session.started", "session.ended"), timeout=0.5)
PATIENT = replace(SETTINGS, timeout=60.0)
"""For receivers that answer at once: what is late is the machine's."""
KNEE_TRIES = 3
FAIRLY = 1.25
"""A receiver on a busy machine works longer on each event; by more than that, it is too busy."""


@contextmanager
def working(
    workers: int, seconds: float, answers: Any = lambda count: 200,
    shows: Any = lambda taken: taken, took: Callable[[float], None] = lambda seconds: None,
) -> Iterator[str]:  # fmt: skip
    """Serve a receiver in which so many events are worked on at the same time, each so long.

    `GET /state` shows of the events that it has taken what `shows` returns. `took` is told for how
    many seconds each event has really kept its place.
    """
    places, counted = threading.Semaphore(workers), iter(range(10**9))
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with places:
                began = time.perf_counter()
                time.sleep(seconds)
                took(time.perf_counter() - began)
            taken.append({"request": self.headers["x-zm-request-id"], **json.loads(body)})
            self.send_response(answers(next(counted)))
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            body = json.dumps(shows(list(taken))).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 512

        def handle_error(self, *args: Any) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_rate_that_holds_passes_and_each_event_is_sent_when_it_is_due() -> None:
    starts: list[float] = []

    def listen(event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished):
            starts.append(event.exchange.last.started_at)

    with working(50, 0.01) as url:
        for _ in range(KNEE_TRIES):
            result = load(url, LoadPlan(20, 2), PATIENT, listen)
            if not result.breakages:  # it may say that this machine is the limit
                break
    assert not result.violations
    assert result.load is not None
    (window,) = result.load.windows
    assert (window.due, window.acknowledged, window.lost) == (40, 40, {})
    assert result.load.at_least
    assert result.load.knee == pytest.approx(20)
    sent = sorted(starts)[-40:]
    assert sent[-1] - sent[0] > 1.5


def test_what_is_lost_is_reported_by_what_became_of_it_and_names_the_rate() -> None:
    with working(50, 0.0, lambda count: 429 if count % 4 == 3 else 200) as url:
        result = load(url, LoadPlan(40, 2), PATIENT)
    (found,) = [item for item in result.violations if item.cause == "429"]
    assert found.rule == "MZ101"
    assert "at 40 a second" in found.message
    assert "were answered 429, so the receiver limits the rate" in found.message
    assert found.count == result.load.windows[0].lost["429"] if result.load else None
    assert "mockzoom load http" in found.reproduce
    assert "--rate 40 --for 2s --profile steady" in found.reproduce
    assert SECRET not in found.reproduce


def test_a_receiver_that_is_not_there_or_refuses_everything_is_no_matter_of_load() -> None:
    gone = load("http://127.0.0.1:9/webhook", LoadPlan(5, 1), SETTINGS)
    assert "cannot be reached" in gone.breakages[0] or "connection" in gone.breakages[0]
    with working(5, 0.0, lambda count: 401) as url:
        refused = load(url, LoadPlan(5, 1), SETTINGS)
    assert "no event was acknowledged without load" in refused.breakages[0]
    assert {item.rule for item in refused.violations} == {"MZ101"}
    assert refused.load == refused.load.__class__("steady", 5.0)


def test_a_machine_that_sends_late_says_nothing_of_a_receiver_that_is_late() -> None:
    def busy(event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished):
            time.sleep(0.03)

    with working(50, 0.0) as url:
        result = load(url, LoadPlan(60, 2), SETTINGS, busy)
    assert "this machine is the limit: at 60 a second" in result.breakages[0]
    assert not result.violations
    assert result.load is not None
    assert result.load.knee is None


def test_a_public_address_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(UsageError, match="loopback and private addresses only"):
        load("http://8.8.8.8/webhook", LoadPlan(1, 1), SETTINGS, confirmed=True)


def test_acknowledged_events_without_a_trace_are_counted() -> None:
    probe = ProbeSource("/state", within=1.0)

    dropped: list[Any] = []

    def dropping(taken: list[Any]) -> list[Any]:
        """Show the events without load, and of the others all but every fifth session."""
        sessions = [event["payload"]["object"]["id"] for event in taken]
        gone = {*list(dict.fromkeys(sessions[12:]))[::5]} - {*sessions[:12]}
        dropped[:] = [event for event, of in zip(taken, sessions, strict=True) if of in gone]
        return [event for event, of in zip(taken, sessions, strict=True) if of not in gone]

    with working(50, 0.0, shows=dropping) as url:
        result = load(url, LoadPlan(30, 2), PATIENT, probe=probe)
    (found,) = result.violations
    assert result.load is not None
    assert (found.rule, found.count) == ("MZ505", result.load.untraced)
    assert found.count == len(dropped) > 1
    assert f"{found.count} of {result.load.traced} acknowledged events left no trace" in (
        found.message
    )
    assert "--probe /state --probe-within 1s" in found.reproduce


def test_a_state_that_shows_everything_or_forgets_the_oldest_reports_nothing_lost() -> None:
    probe = ProbeSource("/state", within=0.5)

    @each("judged", {True: lambda taken: taken, False: lambda taken: taken[-20:]}.items())
    def check(judged: tuple[bool, Any]) -> None:
        is_judged, shows = judged
        with working(50, 0.0, shows=shows) as url:
            result = load(url, LoadPlan(30, 1), PATIENT, probe=probe)
        assert not result.violations
        assert result.load is not None
        assert (result.load.traced, result.load.untraced) == (30 if is_judged else 0, 0)
        assert any("the probe shows no trace" in text for text in result.notices) != is_judged

    check()


def test_processes_send_the_rate_together_and_no_event_twice() -> None:
    told: list[RunEvent] = []
    with working(50, 0.0, lambda count: 429 if count == 30 else 200) as url:
        result = load(
            url, LoadPlan(30, 2, processes=2), PATIENT, told.append,
            probe=ProbeSource("/state", within=1.0),
        )  # fmt: skip
        with urlopen(urljoin(url, "/state")) as answer:
            seen = json.load(answer)
    assert result.load is not None
    (window,) = result.load.windows
    assert (window.due, window.lost) == (60, {"429": 1})
    assert result.load.untraced == 0
    assert result.deliveries == len(seen)
    assert len({event["request"] for event in seen}) == len(seen)
    assert len({json.dumps({**event, "request": ""}) for event in seen}) == len(seen)
    (found,) = [item for item in result.violations if item.cause == "429"]
    assert "--processes 2" in found.reproduce
    assert found.delivery in [
        event.exchange.delivery.id for event in told if isinstance(event, ExchangeFinished)
    ]


def test_the_command_prints_a_table_and_writes_the_figures(tmp_path: Path) -> None:
    with working(20, 0.005) as url:
        done = subprocess.run(
            [sys.executable, "-m", "mockzoom", "load", url, "--rate", "10", "--for", "1s",
             "--events", "session.started", "--secret", SECRET, "--report", "json=load.json",
             "--journal", "runs.db"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Load: steady, at most 10 events a second" in done.stdout
    assert "The rate holds: up to 10 events a second" in done.stdout
    document = json.loads((tmp_path / "load.json").read_text("utf-8"))["load"]
    assert document["knee"] == 10.0
    assert document["windows"][0]["acknowledged"] == 10
    again = subprocess.run(
        [sys.executable, "-m", "mockzoom", "runs", "report", "1", "--journal", "runs.db"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "The rate holds: up to 10 events a second" in again.stdout


def test_bad_words_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    @each("words", {
        "--for '10': a duration without a unit": ("--for", "10"),
        "--profile steddy: no profile has this name": ("--profile", "steddy"),
        "--rate 5000: more than 1000 a second needs --yes": ("--rate", "5000"),
    }.items())  # fmt: skip
    def check(words: tuple[str, tuple[str, str]]) -> None:
        reason, flags = words
        done = subprocess.run(
            [sys.executable, "-m", "mockzoom", "load", "http://127.0.0.1:9/", "--secret", "x",
             *flags],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert reason in done.stderr

    check()


@pytest.mark.thorough
@pytest.mark.parametrize(("workers", "seconds"), [(4, 0.1), (2, 0.2), (10, 0.2)])
def test_the_knee_lies_within_fifteen_percent_of_the_capacity(workers: int, seconds: float) -> None:
    for _ in range(KNEE_TRIES):
        took: list[float] = []
        with working(workers, seconds, took=took.append) as url:
            result: RunResult = load(url, LoadPlan(2.5 * workers / seconds, 20), Settings(SECRET))
        capacity = workers / fmean(took)
        is_own_limit = any("this machine is the limit" in text for text in result.breakages)
        if not is_own_limit and fmean(took) <= FAIRLY * seconds:
            break
        busy = f"{fmean(took):.3f} s in the place of {seconds} s; {result.breakages}"
    else:
        pytest.skip(f"this machine is busy: an event kept its place for {busy}")
    assert result.load is not None
    assert result.load.knee == pytest.approx(capacity, rel=0.15), result.load
    assert any(item.rule == "MZ102" for item in result.violations)
