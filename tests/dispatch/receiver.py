"""A receiver on a thread whose answers the test decides, and a service that runs fast."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mockzoom.service import Service, ServiceSettings
from mockzoom.zoom.signing import encrypted_token, verify
from tests.dispatch.clocks import FastClock

SECRET = "secret-of-the-receiver"


@dataclass(frozen=True)
class Got:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def event(self) -> str:
        try:
            return str(json.loads(self.body or b"{}").get("event"))
        except (ValueError, RecursionError):
            return ""


class Receiver:
    """Answers challenges rightly while `valid`, events with what `answer` returns (a status)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[Got] = []
        self.secret = SECRET
        self.valid = True
        self.verifies = True
        self.answer: Callable[[Got], int] = lambda got: 200
        self.tokens = True
        self.token_answer = (
            b'{"access_token":"t0ken-t0ken","token_type":"bearer","expires_in":3600}'
        )

    def events(self) -> list[Got]:
        plain = [got for got in self.got if not got.path.startswith("/oauth")]
        return [got for got in plain if got.event != "endpoint.url_validation"]

    def challenges(self) -> list[Got]:
        return [got for got in self.got if got.event == "endpoint.url_validation"]

    def reply(self, got: Got) -> tuple[int, bytes]:
        if got.path.startswith("/oauth"):
            if not self.tokens:
                return 401, b"{}"
            return 200, self.token_answer
        timestamp = got.headers.get("x-zm-request-timestamp", "")
        signature = got.headers.get("x-zm-signature", "")
        if self.verifies and not verify(self.secret, timestamp, got.body, signature):
            return 401, b""
        if got.event != "endpoint.url_validation":
            return self.answer(got), b""
        if not self.valid:
            return 500, b""
        plain = json.loads(got.body)["payload"]["plainToken"]
        answer = {"plainToken": plain, "encryptedToken": encrypted_token(self.secret, plain)}
        return 200, json.dumps(answer).encode()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.path, headers, body, time.time())
            receiver.got.append(got)
            status, answer = receiver.reply(got)
            self.send_response_only(status)
            if 300 <= status < 400:
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/zoom")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running(path: Path, scale: float = 1.0, **settings: Any) -> Iterator[Service]:
    """Run a service for the length of the block; `scale` of its seconds pass in a real one."""
    service = Service(ServiceSettings(path, SECRET, clock=FastClock(scale), **settings))
    try:
        yield service
    finally:
        service.close()


def until(done: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until `done` returns something true, and return that."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = done()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds:g} s")


__all__ = ["SECRET", "Got", "Receiver", "receiving", "running", "until"]
