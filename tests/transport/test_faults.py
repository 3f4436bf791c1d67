"""Transport faults, read byte by byte by a server that waits for the rest."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from mockzoom.errors import UsageError
from mockzoom.model import Attempt, Failure, Request
from mockzoom.transport.dial import Dialer
from mockzoom.transport.faults import (
    FAULTS,
    IN_TWO_PIECES,
    LOST_ANSWER,
    MISSING_BYTES,
    TransportFault,
    dripped_until,
    fault_named,
    lost_answer,
    without_answer,
)
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.target import parse_target
from tests.transport.servers import OK, Peer, serving

BODY = b'{"event":"session.started"}'
TIMEOUT_S = 0.2


class Seen:
    """What a server read until our side closed."""

    def __init__(self) -> None:
        self.data = b""
        self.reset = False
        self._ended = threading.Event()

    def read_on(self, peer: Peer) -> None:
        """Read until the end of the connection, and answer nothing."""
        try:
            while part := peer.sock.recv(65536):
                self.data += part
        except ConnectionResetError:
            self.reset = True
        self._ended.set()

    def split(self) -> tuple[bytes, bytes]:
        """Return head and body once the connection has ended."""
        assert self._ended.wait(10), "our side never closed"
        head, _, body = self.data.partition(b"\r\n\r\n")
        return head, body


def send(
    url: str, fault: TransportFault, body: bytes = BODY, timeout: float = TIMEOUT_S
) -> Attempt:
    async def work() -> Attempt:
        pool = HttpTransport(Dialer(parse_target(url), 2.0))
        headers = (("host", "x"), ("content-length", str(len(body))))
        attempt = await pool.exchange(Request("POST", url, headers, body), timeout, fault)
        await pool.close()
        return attempt

    return asyncio.run(work())


def played(fault: TransportFault) -> tuple[Attempt, Seen]:
    seen = Seen()
    with serving(seen.read_on) as server:
        attempt = send(server.url, fault)
        seen.split()
    return attempt, seen


def test_declared_longer_sends_the_whole_body_under_a_length_that_is_too_large() -> None:
    attempt, seen = played(fault_named("declared-longer"))
    head, body = seen.split()
    assert b"content-length: %d\r\n" % (len(BODY) + MISSING_BYTES) in head + b"\r\n"
    assert body == BODY
    assert isinstance(attempt.outcome, Failure)


def test_dripped_never_sends_the_last_byte() -> None:
    attempt, seen = played(fault_named("dripped"))
    head, body = seen.split()
    assert b"content-length: %d\r\n" % len(BODY) in head + b"\r\n"
    assert 2 <= len(body) < len(BODY)
    assert BODY.startswith(body)
    assert isinstance(attempt.outcome, Failure)


def test_a_dripping_request_ends_early_when_it_is_told_to() -> None:
    async def stopped() -> asyncio.Event:
        stop = asyncio.Event()
        stop.set()
        return stop

    began = time.monotonic()
    _, seen = played(dripped_until(asyncio.run(stopped())))
    assert seen.split()[1] == b""
    assert time.monotonic() - began < 30


def test_reset_mid_body_sends_half_of_the_body_and_resets() -> None:
    attempt, seen = played(fault_named("reset-mid-body"))
    assert seen.split()[1] == BODY[: len(BODY) // 2]
    assert seen.reset
    assert isinstance(attempt.outcome, Failure)


def test_chunked_leaves_out_the_last_chunk() -> None:
    attempt, seen = played(fault_named("chunked"))
    head, body = seen.split()
    half = len(BODY) // 2
    assert b"content-length" not in head
    assert b"\r\ntransfer-encoding: chunked" in head
    assert body == b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:half], BODY[half:])
    )
    assert isinstance(attempt.outcome, Failure)


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ('{"event":"a","topic":"Café €"}'.encode(), b'{"event":"a","topic":"Caf\xc3'),
        ('{"event":"€"}'.encode(), b'{"event":"\xe2'),
        (b'{"event":"ab"}', b'{"event'),
    ],
)
def test_two_pieces_part_the_first_character_of_several_bytes(body: bytes, first: bytes) -> None:
    pieces: list[bytes] = []

    def answer(peer: Peer) -> None:
        data = b""
        while not data.endswith(body):
            piece = peer.sock.recv(65536)
            assert piece, "our side closed before the body was whole"
            data += piece
            pieces.append(piece)
        peer.sock.sendall(OK)

    with serving(answer) as server:
        attempt = send(server.url, IN_TWO_PIECES, body, timeout=10.0)
    assert attempt.status == 200
    assert pieces[0].endswith(b"\r\n\r\n" + first)
    assert b"".join(pieces[1:]) == body[len(first) :]


def test_a_lost_answer_is_given_by_the_receiver_and_never_seen_by_the_sender() -> None:
    got: list[bytes] = []

    def answer(peer: Peer) -> None:
        request = peer.read()
        assert request is not None
        got.append(request.body)
        peer.sock.sendall(OK)
        peer.read()

    with serving(answer) as server:
        attempt = without_answer(send(server.url, LOST_ANSWER))
    assert got == [BODY]
    assert isinstance(attempt.outcome, Failure)
    assert attempt.outcome.message == "the answer was lost on the way, as the scenario has it"


def test_an_answer_lost_before_it_begins_finds_the_receiver_at_work() -> None:
    got: list[bytes] = []
    over = threading.Event()

    def answer(peer: Peer) -> None:
        request = peer.read()
        assert request is not None
        got.append(request.body)
        assert peer.read() is None  # our side closes while the receiver works
        over.set()

    with serving(answer) as server:
        attempt = send(server.url, lost_answer("before-answer"))
        assert over.wait(10)
    assert got == [BODY]
    assert isinstance(attempt.outcome, Failure)
    assert attempt.outcome.message == "the answer was lost on the way, as the scenario has it"


def test_a_receiver_that_closes_first_has_lost_no_answer() -> None:
    def close(peer: Peer) -> None:
        peer.read()

    with serving(close) as server:
        attempt = send(server.url, lost_answer("mid-answer"))
    assert isinstance(attempt.outcome, Failure)
    assert attempt.outcome.message == "the connection was closed without an answer"


def test_each_has_a_name_of_its_own_and_an_unknown_one_is_refused_with_the_nearest() -> None:
    names = [fault.name for fault in (*FAULTS, LOST_ANSWER)]
    assert len(set(names)) == len(names)
    assert [fault_named(fault.name) for fault in FAULTS] == list(FAULTS)
    with pytest.raises(UsageError, match="did you mean dripped"):
        fault_named("driped")
