"""Load: clients poll and feeds are open while many deliveries are made; nothing is lost."""

from __future__ import annotations

import http.client
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.dispatch.receiver import SECRET
from tests.web.test_api import Follower

pytestmark = pytest.mark.slow

FEEDS = 10
SENDERS = 5
BOUND_S = 600.0
"""What the test waits for at most; a busy machine is slow and not wrong."""
PATIENT_S = 60
"""Seconds for which the mock waits for an answer: what is judged here is not the receiver."""
GROWTH_MB = 80
"""What the server may grow by: its caches and threads, and nothing for each delivery."""


class Acknowledging:
    """A quick receiver as a process of its own: it answers 204, and challenges rightly."""

    def __enter__(self) -> str:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _RECEIVER, SECRET], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


_RECEIVER = """
import asyncio, json, sys
from mockzoom.zoom.signing import encrypted_token
async def serve(reader, writer):
    try:
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\\r\\n")[0])
        body = json.loads(await reader.readexactly(length))
        plain = body["payload"].get("plainToken")
        answer = b""
        if plain:
            answer = json.dumps({"plainToken": plain,
                                 "encryptedToken": encrypted_token(sys.argv[1], plain)}).encode()
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(answer) + answer)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/zoom", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status < 300, (answer.status, text)
    return json.loads(text)


class Poller(threading.Thread):
    """A page that asks for deliveries again and again."""

    def __init__(self, url: str, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._where = urlsplit(url)
        self._done = done
        self.answers = 0
        self.error = ""

    def run(self) -> None:
        connection = http.client.HTTPConnection(
            self._where.hostname or "", self._where.port, timeout=60
        )
        try:
            while not self._done.wait(0.2):
                ask(connection, "GET", "/api/v1/deliveries?limit=20")
                self.answers += 1
        except Exception as error:
            self.error = repr(error)


class Mock:
    """`mockzoom serve` as a process of its own, whose memory can be read."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mockzoom", "serve", "--port", "0", "--db", "j.db",
             "--secret", SECRET, "--feeds", str(FEEDS), "--timeout", str(PATIENT_S)],
            cwd=folder, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[3]

    def connection(self) -> http.client.HTTPConnection:
        where = urlsplit(self.url)
        return http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)

    def memory_mb(self) -> float:
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(60)


def send(mock: Mock, number: int) -> None:
    connection = mock.connection()
    for _ in range(number):
        ask(connection, "POST", "/api/v1/deliveries", {"event": "session.started"})


def attempts(follower: Follower) -> Counter[int]:
    """How often a feed told of an attempt, by delivery."""
    return Counter(data["delivery"] for _, kind, data in follower.events
                   if kind == "attempt" and data["kind"] == "event")  # fmt: skip


def all_rows(mock: Mock) -> list[Any]:
    connection, rows, query = mock.connection(), [], "kind=event&limit=500"
    while True:
        page = ask(connection, "GET", f"/api/v1/deliveries?{query}")
        rows += page["items"]
        if page["next"] is None:
            return rows
        query = f"kind=event&limit=500&before={page['next']}"


def load(mock: Mock, followers: list[Follower], deliveries: int) -> tuple[float, float]:
    """Make all deliveries; return the seconds that took, and by how many MB the mock has grown."""
    before, began = mock.memory_mb(), time.monotonic()
    senders = [threading.Thread(target=send, args=(mock, deliveries // SENDERS))
               for _ in range(SENDERS)]  # fmt: skip
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(BOUND_S)
    while time.monotonic() - began < BOUND_S:
        if all(len(attempts(follower)) >= deliveries for follower in followers):
            break
        time.sleep(0.5)
    return time.monotonic() - began, mock.memory_mb() - before


def settled_rows(mock: Mock) -> list[Any]:
    """Return all deliveries once none is under way any more: a feed may tell of one before."""
    ends = time.monotonic() + BOUND_S
    while True:
        rows = all_rows(mock)
        if time.monotonic() > ends or not any(row["state"] == "sending" for row in rows):
            return rows
        time.sleep(0.2)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("deliveries", "clients"),
    [(1000, 10), pytest.param(5000, 50, marks=pytest.mark.thorough)],
)
def test_nothing_is_lost_and_memory_is_bounded(
    deliveries: int, clients: int, tmp_path: Path
) -> None:
    mock = Mock(tmp_path)
    with Acknowledging() as receiver:
        made = ask(mock.connection(), "POST", "/api/v1/subscriptions",
                   {"url": receiver, "validate": True})  # fmt: skip
        assert made["state"] == "validated"
        done = threading.Event()
        followers = [Follower(mock.url, "/api/v1/feed") for _ in range(FEEDS)]
        pollers = [Poller(mock.url, done) for _ in range(clients)]
        for poller in pollers:
            poller.start()
        time.sleep(1)
        took, grown = load(mock, followers, deliveries)
        done.set()
        for poller in pollers:
            poller.join(60)
        rows = settled_rows(mock)
        for follower in followers:
            follower.close()
    mock.end()
    print(f"{deliveries} deliveries in {took:.1f} s, {grown:.0f} MB more")
    assert Counter(row["state"] for row in rows) == {"delivered": deliveries}
    for follower in followers:
        counted = attempts(follower)
        assert len(counted) == deliveries  # each feed told each of them,
        assert set(counted.values()) == {1}  # once,
        ids = [int(number) for number, _, _ in follower.events]
        assert ids == sorted(set(ids))  # in order
    assert [poller.error for poller in pollers if poller.error] == []
    assert min(poller.answers for poller in pollers) > 0
    assert grown < GROWTH_MB
