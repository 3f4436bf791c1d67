"""Incomplete requests: what a receiver that minds them shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from mockzoom.client.verifying import verify
from mockzoom.engine import liveness
from mockzoom.model import ExchangeFinished, RunEvent, RunResult
from mockzoom.settings import Settings
from tests.transport.servers import Peer, Received, serving

pytestmark = pytest.mark.slow

ANSWER = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


FEW = 32
"""Bytes of a body: one that drips for a moment does not get as far, all others do."""
EACH_KIND = ["chunked", "closed", "dripped", "reset"]


class Receiver:
    """Acknowledges whatever is complete; notes what is not, and may not survive it."""

    def __init__(self, dies_of: str = "", away_s: float = 0.0, *, alone: bool = False) -> None:
        self.dies_of = dies_of
        self.away_s = away_s
        self.turn = threading.Lock() if alone else nullcontext()
        self.away_until = 0.0
        self.incomplete: list[str] = []

    def __call__(self, peer: Peer) -> None:
        with self.turn:
            if time.monotonic() < self.away_until:
                return
            head = peer.head()
            if head is None:
                return
            missing = self.missing(peer, head)
            if not missing:
                peer.write(ANSWER)
                return
            self.incomplete.append(missing)
            if missing == self.dies_of:
                self.away_until = time.monotonic() + self.away_s

    def noted(self, count: int) -> list[str]:
        """Wait until it has noted so many incomplete requests, and return their kinds."""
        ends = time.monotonic() + 5
        while len(self.incomplete) < count and time.monotonic() < ends:
            time.sleep(0.01)
        return sorted(self.incomplete)

    def missing(self, peer: Peer, head: bytes) -> str:
        """Read the body; say how it stayed incomplete, if it did."""
        length = Received(0, head, b"").header("content-length")
        if length is None:
            peer.linger()
            return "chunked"
        have = peer.ahead
        try:
            while have < int(length):
                data = peer.sock.recv(65536)
                if not data:
                    return "dripped" if have < FEW else "closed"
                have += len(data)
        except ConnectionResetError:
            return "reset"
        return ""


@contextmanager
def examined(receiver: Receiver, timeout: float = 3.0) -> Iterator[tuple[RunResult, list[str]]]:
    """Yield the outcome of the suite, and what was delivered while it lasted."""
    told: list[str] = []

    def listen(event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished):
            told.append(event.exchange.delivery.id)

    settings = Settings(
        secret="s", suites=("faults",), events=("meeting.rtms_started",), timeout=timeout
    )
    with serving(receiver) as server:
        yield verify(server.url, settings, listen), told


def rules(result: RunResult) -> set[str]:
    return {violation.rule for violation in result.violations}


def test_a_receiver_that_bears_them_gets_each_incomplete_request_once() -> None:
    receiver = Receiver()
    with examined(receiver) as (result, told):
        assert rules(result) == set()
        assert ("MZ407", "meeting.rtms_started") in result.cases
    assert receiver.noted(4) == EACH_KIND
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("dies_of", "about"),
    [
        ("closed", "more than come"),
        ("reset", "reset halfway"),
        ("chunked", "last chunk never"),
        ("dripped", "byte by byte"),
    ],
)
@pytest.mark.parametrize("away_s", [0.8, 60.0], ids=["comes back", "stays away"])
def test_the_fault_that_a_receiver_dies_of_is_named_alone(
    monkeypatch: pytest.MonkeyPatch, dies_of: str, about: str, away_s: float
) -> None:
    monkeypatch.setattr(liveness, "COMEBACK_S", 3.0 if away_s < 3 else 0.5)
    receiver = Receiver(dies_of, away_s)
    with examined(receiver) as (result, _):
        (death,) = result.violations
    assert death.rule == "MZ406"
    assert about in death.message
    assert "one of the last" not in death.message
    if away_s > 3:
        assert "did not come back within 0.5 s" in result.breakages[0]
    else:
        assert receiver.noted(4) == EACH_KIND
        assert result.breakages == ()


def test_a_receiver_that_serves_one_after_the_other_is_blocked_and_not_dead() -> None:
    with examined(Receiver(alone=True), timeout=0.6) as (result, _):
        assert rules(result) == {"MZ407"}
        assert result.breakages == ()
