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

# Locust is not imported here: its import would replace the sockets and threads of all tests.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("locust") is None, reason="needs the extra load"),
]
SECRET = "s3cret-of-the-tests"


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
    try:
        done = subprocess.run(
            [*locust, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port,
             "--headless", "--expect-workers", "2", "--users", "6", "--spawn-rate", "6",
             "--run-time", "4s", "--host", f"http://127.0.0.1:{server.server_port}/webhook",
             "--json"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        for worker in workers:
            worker.wait(60)
    finally:
        for worker in workers:
            worker.kill()
        server.shutdown()
        server.server_close()
    assert done.returncode == 0, done.stderr
    assert '"name": "session.started"' in done.stdout
    assert len(taken) >= 6  # each user at least once, so both workers
    assert len({name for name, _ in taken}) == len(taken)
    assert len({body for _, body in taken}) == len(taken)
