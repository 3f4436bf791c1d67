"""The Locust user: a master and two workers send genuine events, and never the same one twice."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.web.conftest import until

# Locust is not imported here: its import would replace the sockets and threads of all tests.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("locust") is None, reason="needs the extra load"),
]
SECRET = "s3cret-of-the-tests"
ENOUGH = 40
"""Events for which six users, at one a second each, take longer than workers are silent."""


class Handler(BaseHTTPRequestHandler):
    """Refuses what is not signed, and remembers what is."""

    protocol_version = "HTTP/1.1"
    taken: list[tuple[str | None, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        message = b"v0:" + self.headers["x-zm-request-timestamp"].encode() + b":" + body
        signature = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(signature, self.headers["x-zm-signature"])
        if genuine:
            self.taken.append((self.headers["x-zm-request-id"], body))
        self.send_response(200 if genuine else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


def test_two_workers_send_signed_events_and_none_of_them_twice(tmp_path: Path) -> None:
    Handler.taken = taken = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "locustfile.py").write_text("from mockzoom.locust_user import ZoomUser\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    locust = [sys.executable, "-m", "locust"]
    environment = {**os.environ, "MOCKZOOM_SECRET": SECRET, "MOCKZOOM_EVENTS": "session.*"}
    workers = [
        subprocess.Popen(
            [*locust, "--worker", "--master-host", "127.0.0.1", "--master-port", port],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    master = subprocess.Popen(
        [*locust, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port,
         "--headless", "--expect-workers", "2", "--users", "6", "--spawn-rate", "6",
         "--run-time", "3m", "--host", f"http://127.0.0.1:{server.server_port}/webhook",
         "--json"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until(lambda: len(taken) >= ENOUGH, 150)
        master.terminate()
        said, errors = master.communicate(timeout=60)
        for worker in workers:
            worker.wait(60)
    finally:
        for process in (master, *workers):
            process.kill()
        server.shutdown()
        server.server_close()
    assert master.returncode == 0, errors
    assert '"name": "session.started"' in said
    assert len(taken) >= 6  # each user at least once, so both workers
    assert len({name for name, _ in taken}) == len(taken)
    assert len({body for _, body in taken}) == len(taken)


def test_without_a_secret_locust_ends_at_once_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("from mockzoom.locust_user import ZoomUser\n")
    environment = {name: text for name, text in os.environ.items() if name != "MOCKZOOM_SECRET"}
    ended = subprocess.run(
        [sys.executable, "-m", "locust", "--headless", "--host", "http://127.0.0.1:1/webhook"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("mockzoom: no secret: ")
    assert "set MOCKZOOM_SECRET" in line
