"""kill -9 at random moments: nothing accepted is lost, and every repeat has its explanation."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from mockzoom.journal import Archive, AttemptRow, DeliveryRow
from tests.dispatch import victim

pytestmark = pytest.mark.slow

KILLS = 60
MOST_KILLS = 600
ENOUGH = 800
"""Deliveries accepted, and requests that the receiver got, before the last life."""
ENDLESS = 1_000_000
SEED = int(os.environ.get("KILL_SEED", "20261121"))


@dataclass(frozen=True)
class Seen:
    """One request that the receiver got, and what it answered."""

    request_id: str
    attempt: str
    body: bytes
    status: int


class Receiver(ThreadingHTTPServer):
    """Answers 500 to some requests, and takes its time with others; remembers all of them."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self.random = random.Random(SEED)
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            luck = self.server.random.random()
            status = 500 if luck < 0.25 else 204
            headers = self.headers
            self.server.seen.append(
                Seen(headers["x-zm-request-id"], headers["x-zm-trackingid"], body, status)
            )
        if luck % 0.1 < 0.02:
            time.sleep(0.05)
        self.send_response_only(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


class Lives:
    """Starts the victim over and over; collects what it says it has accepted."""

    def __init__(self, path: Path, url: str) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.dispatch.victim"])
        self._arguments = (str(path), url)
        self.accepted: dict[int, str] = {}
        self.ended = False

    def live(self, seconds: float | None) -> bool:
        """Let it live for `seconds`, or to its end; tell whether it was killed."""
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=victim.run, args=(*self._arguments, 0 if seconds is None else ENDLESS, theirs)
        )
        process.start()
        theirs.close()
        dies_at = time.monotonic() + (120 if seconds is None else seconds)
        while time.monotonic() < dies_at and not self.ended:
            self._listen(ours, max(0.0, dies_at - time.monotonic()))
        killed = not self.ended and process.is_alive()
        if killed:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        while not self.ended and ours.poll():
            try:
                self._take(ours)
            except (EOFError, OSError):
                break
        return killed

    def _listen(self, ours: Connection, seconds: float) -> None:
        if ours.poll(seconds):
            self._take(ours)

    def _take(self, ours: Connection) -> None:
        said = ours.recv()
        if said is None:
            self.ended = True
        else:
            self.accepted[said[0]] = said[1]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Receiver, Lives, Archive, int]:
    """The whole story: 60 kills, or as many as it takes, then a life to the end."""
    path = tmp_path_factory.mktemp("kill") / "journal.db"
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    lives = Lives(path, f"http://127.0.0.1:{receiver.server_port}/zoom")
    moments = random.Random(SEED)
    kills = sum(lives.live(moments.uniform(0.02, 0.9)) for _ in range(KILLS))
    while (len(lives.accepted) < ENOUGH or len(receiver.seen) < ENOUGH) and kills < MOST_KILLS:
        kills += lives.live(moments.uniform(0.5, 3.0))  # a busy machine: most died as they started
    lives.live(None)
    receiver.shutdown()
    assert lives.ended, "the last life did not settle everything"
    return receiver, lives, Archive(path), kills


Story = tuple[Receiver, Lives, Archive, int]


def attempts_of(archive: Archive) -> dict[str, tuple[DeliveryRow, list[AttemptRow]]]:
    """Every delivery with its attempts, by request id."""
    found = archive.deliveries(limit=1_000_000)
    return {row.delivery.request_id: (row, archive.attempts(row)) for row in found}


def tracking(row: AttemptRow) -> str:
    return dict(row.request.headers)["x-zm-trackingid"]


def test_the_process_was_killed_often_enough_and_in_the_midst_of_work(story: Story) -> None:
    _, _, archive, kills = story
    assert kills >= 50
    states = Counter(row.state for _, rows in attempts_of(archive).values() for row in rows)
    assert states["unknown"] >= 20, states
    assert states["answered"] >= 500


def test_no_accepted_delivery_is_lost(story: Story) -> None:
    _, lives, archive, _ = story
    kept = {row.id: row for row in archive.deliveries(limit=1_000_000)}
    assert len(lives.accepted) >= 500
    for number, request_id in lives.accepted.items():
        assert kept[number].delivery.request_id == request_id
    assert {row.state for row in kept.values()} <= {"delivered", "failed"}


def test_each_request_that_was_seen_was_intended_before(story: Story) -> None:
    receiver, _, archive, _ = story
    known = attempts_of(archive)
    for seen in receiver.seen:
        row, rows = known[seen.request_id]
        assert seen.attempt in {tracking(item) for item in rows}
        assert seen.body == row.delivery.body
    assert max(Counter(seen.attempt for seen in receiver.seen).values()) == 1


def test_each_answer_in_the_journal_is_the_one_that_was_given(story: Story) -> None:
    receiver, _, archive, _ = story
    given = {seen.attempt: seen.status for seen in receiver.seen}
    for _, rows in attempts_of(archive).values():
        for item in rows:
            if item.state == "answered":
                assert item.attempt is not None
                assert given[tracking(item)] == item.attempt.status


def test_every_repeat_is_a_retry_or_follows_an_unknown_outcome(story: Story) -> None:
    receiver, _, archive, _ = story
    times: dict[str, int] = defaultdict(int)
    for seen in receiver.seen:
        times[seen.request_id] += 1
    repeated, explained = 0, Counter[str]()
    for request_id, (row, rows) in attempts_of(archive).items():
        *earlier, last = rows
        for item in earlier:
            status = item.attempt.status if item.attempt is not None else None
            assert item.state == "unknown" or status == 500, (row, item)
        assert last.state == "answered", (row, last)
        assert times[request_id] >= sum(item.state == "answered" for item in rows)
        assert times[request_id] <= len(rows)
        if times[request_id] > 1:
            repeated += 1
            explained["unknown" if any(i.state == "unknown" for i in earlier) else "retry"] += 1
    assert repeated == sum(explained.values())
    assert explained["retry"] > 0
    assert explained["unknown"] > 0


def test_an_unknown_outcome_costs_no_retry(story: Story) -> None:
    _, _, archive, _ = story
    for row, rows in attempts_of(archive).values():
        known = [item for item in rows if item.state == "answered"]
        assert len(known) <= 4
        if row.state == "failed":
            assert len(known) == 4, (row, rows)
