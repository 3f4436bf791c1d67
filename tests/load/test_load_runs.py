"""Load runs against receivers of a known capacity: workers, and seconds for each event."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.loading import load
from mockzoom.load import LoadPlan
from mockzoom.model import ExchangeFinished, RunEvent, RunResult
from mockzoom.settings import Settings
from tests.each import each

pytestmark = pytest.mark.slow
SECRET = "s3cret-of-the-tests"
SETTINGS = Settings(SECRET, events=("session.started", "session.ended"), timeout=0.5)


@contextmanager
def working(workers: int, seconds: float, answers: Any = lambda count: 200) -> Iterator[str]:
    """Serve a receiver in which so many events are worked on at the same time, each so long."""
    places, counted = threading.Semaphore(workers), iter(range(10**9))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            with places:
                time.sleep(seconds)
            self.send_response(answers(next(counted)))
            self.send_header("content-length", "0")
            self.end_headers()

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
        result = load(url, LoadPlan(20, 2), SETTINGS, listen)
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
        result = load(url, LoadPlan(40, 2), SETTINGS)
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
    capacity = workers / seconds
    with working(workers, seconds) as url:
        result: RunResult = load(url, LoadPlan(2.5 * capacity, 20), Settings(SECRET))
    assert result.load is not None
    assert result.load.knee == pytest.approx(capacity, rel=0.15), result.load
    assert any(item.rule == "MZ102" for item in result.violations)
