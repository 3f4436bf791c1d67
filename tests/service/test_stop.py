"""SIGTERM: the server stops at once and quietly whatever is open, and nothing is lost."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.dispatch.receiver import SECRET, Got, Receiver, receiving, until

pytestmark = pytest.mark.slow


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`mockzoom serve`, which waits for answers longer than this test does."""
    command = [sys.executable, "-m", "mockzoom", "serve", "--port", "0", "--db", "j.db",
               "--secret", SECRET, "--timeout", "300"]  # fmt: skip
    with subprocess.Popen(command, cwd=folder, stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[3]
        finally:
            process.kill()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def client_of(url: str) -> socket.socket:
    """A client over WebSocket that reads nothing, so it never answers a close frame."""
    made = ask(f"{url}/api/v1/subscriptions", {"url": "websocket"})
    asked = urllib.request.Request(f"{url}/oauth/token?grant_type=client_credentials", b"")
    asked.add_header("Authorization", "Basic YTpi")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        token = json.load(answer)["access_token"]
    place = urlsplit(url)
    opened = socket.create_connection((place.hostname, place.port))
    opened.sendall(
        f"GET {made['url']}&access_token={token} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    until(lambda: ask(f"{url}/api/v1/subscriptions")[-1]["connected"])
    return opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_with_open_feeds_runs_and_attempts_and_loses_nothing(
    tmp_path: Path, receiver: Receiver, number: signal.Signals
) -> None:
    released = threading.Event()

    def hang(got: Got) -> int:
        released.wait(60)
        return 200

    with ExitStack() as stack:
        process, url = stack.enter_context(serving(tmp_path))
        made = ask(f"{url}/api/v1/subscriptions", {"url": receiver.url, "validate": True})
        assert made["state"] == "validated"
        receiver.answer = hang
        sent = ask(f"{url}/api/v1/deliveries", {"event": "session.started"})
        run = ask(f"{url}/api/v1/runs", {"kind": "verify", "subscription": made["id"]})
        for path in ("/api/v1/feed", f"/api/v1/runs/{run['id']}/events"):
            for _ in range(5):
                stack.enter_context(urllib.request.urlopen(url + path, timeout=60))
        stack.enter_context(client_of(url))
        until(lambda: len(receiver.events()) >= 2)
        process.send_signal(number)
        process.send_signal(number)  # who is impatient sees no traceback either
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in told
        assert "still running" not in told
    released.set()
    receiver.answer = lambda got: 200
    with serving(tmp_path) as (_, url):
        path = f"{url}/api/v1/deliveries/{sent[0]['id']}"
        until(lambda: ask(path)["state"] == "delivered")
        assert [item["state"] for item in ask(path)["history"]] == ["unknown", "answered"]
        assert ask(f"{url}/api/v1/runs/{run['id']}")["state"] in ("finished", "interrupted")


def test_a_run_under_way_at_a_crash_is_kept_with_what_was_judged(
    tmp_path: Path, receiver: Receiver
) -> None:
    released = threading.Event()

    def refuse_then_hang(got: Got) -> int:
        if len(receiver.events()) > 5:
            released.wait(60)
        return 500

    receiver.answer = refuse_then_hang
    with serving(tmp_path) as (process, url):
        made = ask(f"{url}/api/v1/subscriptions", {"url": receiver.url, "validate": True})
        asked = {"kind": "verify", "subscription": made["id"], "events": ["session.started"]}
        run = ask(f"{url}/api/v1/runs", asked)
        until(lambda: ask(f"{url}/api/v1/runs/{run['id']}")["deliveries"] > 0)
        process.kill()
        process.wait(60)
    released.set()
    with serving(tmp_path) as (_, url):
        kept = ask(f"{url}/api/v1/runs/{run['id']}")
        assert kept["state"] == "interrupted"
        assert kept["verdict"] in ("fail", "broken")
        assert kept["deliveries"] > 0
        shown = ask(f"{url}/api/v1/runs/{run['id']}/report?format=json")
        assert any("interrupted: mockzoom ended" in item for item in shown["breakages"])
        with urllib.request.urlopen(f"{url}/runs/{run['id']}", timeout=60) as page:
            assert "interrupted" in page.read().decode()
