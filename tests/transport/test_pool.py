"""Pooled connections: when one is used again, and which failure counts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mockzoom.model import Attempt, Failure, Request, Response
from mockzoom.transport.dial import Dialer
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.target import parse_target
from tests.transport.conftest import Authority
from tests.transport.servers import OK, PATIENCE_S, Peer, answering, http, serving, unused_port


def transport(url: str, timeout: float = 2.0, **options: Any) -> HttpTransport:
    return HttpTransport(Dialer(parse_target(url), timeout, **options))


def request(url: str, body: bytes = b"{}") -> Request:
    headers = (("host", "x"), ("content-length", str(len(body))))
    return Request("POST", url, headers, body)


def status(attempt: Attempt) -> int | str:
    outcome = attempt.outcome
    return outcome.status if isinstance(outcome, Response) else outcome.kind


async def posts(
    pool: HttpTransport,
    count: int,
    *,
    timeout: float = 2.0,
    between: Callable[[], None] | None = None,
) -> list[Attempt]:
    """Send several requests one after the other, blocking the loop in between."""
    attempts = []
    for index in range(count):
        if index and between is not None:
            between()
        attempts.append(await pool.exchange(request(pool.target.url), timeout))
    await pool.close()
    return attempts


@pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
def test_a_connection_is_kept_and_used_again(
    play: Any, authority: Authority, secured: bool
) -> None:
    tls = authority.server() if secured else None
    with serving(answering(), tls) as server:

        async def work() -> list[Attempt]:
            pool = transport(server.url, cafile=authority.cafile if secured else None)
            assert await pool.reach() is None
            first = await pool.exchange(request(server.url), 2)
            # The tickets of TLS 1.3 come after the handshake and may cost the first connection.
            return [first, *await posts(pool, 3)]

        attempts = play(work())
    assert [status(attempt) for attempt in attempts] == [200] * 4
    assert [attempt.reused for attempt in attempts[1:]] == [True] * 3
    assert server.accepted <= (2 if secured else 1)
    assert len({received.connection for received in server.received[1:]}) == 1


@pytest.mark.parametrize("tickets", [0, 1, 2, 3])
def test_with_any_number_of_tickets_it_is_known_when_a_request_was_sent(
    play: Any, authority: Authority, tickets: int
) -> None:
    """Tickets of TLS 1.3 are read at some time; TLS 1.2 sends none after the handshake."""
    tls = authority.server()
    tls.num_tickets = tickets
    with serving(answering(), tls) as server:

        async def work() -> list[Attempt]:
            pool = transport(server.url, cafile=authority.cafile)
            assert await pool.reach() is None
            await asyncio.sleep(0.05)
            return await posts(pool, 4)

        attempts = play(work())
    assert [status(attempt) for attempt in attempts] == [200] * 4
    assert all(attempt.timings.sent is not None for attempt in attempts)
    assert [attempt.reused for attempt in attempts[1:]] == [True] * 3
    assert server.accepted <= 2


@pytest.mark.parametrize(
    "answer",
    [
        http(200, b"", "connection: close"),
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        OK + b"HTTP/1.1 200 Twice\r\ncontent-length: 0\r\n\r\n",
        OK + b"surplus",
    ],
    ids=["asks for a close", "HTTP/1.0", "a second answer", "surplus bytes"],
)
def test_a_connection_that_cannot_be_trusted_is_thrown_away(play: Any, answer: bytes) -> None:
    with serving(answering(answer)) as server:
        attempts = play(posts(transport(server.url), 3))
    assert [status(attempt) for attempt in attempts] == [200] * 3
    assert not any(attempt.reused for attempt in attempts)
    assert [received.connection for received in server.received] == [1, 2, 3]


def test_bytes_that_come_after_the_answer_make_the_connection_unusable(play: Any) -> None:
    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(OK)
            time.sleep(0.02)
            peer.write(b"HTTP/1.1 500 Late\r\ncontent-length: 0\r\n\r\n")

    with serving(script) as server:
        attempts = play(posts(transport(server.url), 2, between=lambda: time.sleep(0.1)))
    assert [status(attempt) for attempt in attempts] == [200, 200]
    assert [received.connection for received in server.received] == [1, 2]


def test_bytes_that_come_later_are_seen_after_answers_that_are_all_alike(play: Any) -> None:
    def script(peer: Peer) -> None:
        for _ in range(3):
            peer.read()
            peer.write(OK)
        time.sleep(0.02)
        peer.write(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")
        peer.linger()

    pauses = iter((0, 0, 0.1, 0))  # they block the loop: only the socket itself tells
    with serving(script) as server:
        attempts = play(posts(transport(server.url), 4, between=lambda: time.sleep(next(pauses))))
    assert [status(attempt) for attempt in attempts] == [200] * 4
    assert [received.connection for received in server.received] == [1, 1, 1, 2]


@pytest.mark.parametrize("end", ["close", "reset"])
def test_an_end_after_answers_that_are_all_alike_is_no_failure(play: Any, end: str) -> None:
    def script(peer: Peer) -> None:
        for _ in range(3):
            peer.read()
            peer.write(OK)
        if end == "reset":
            time.sleep(0.01)  # lest the reset overtakes the answer
            peer.reset()

    with serving(script) as server:
        attempts = play(posts(transport(server.url), 12))
    assert [status(attempt) for attempt in attempts] == [200] * 12
    assert [received.connection for received in server.received] == sorted([1, 2, 3, 4] * 3)


@pytest.mark.slow
def test_a_connection_past_its_deadline_is_thrown_away(play: Any) -> None:
    """The late answer to one request must not be taken for the answer to the next."""

    def script(peer: Peer) -> None:
        peer.read()
        if peer.number == 1:
            time.sleep(0.8)
        peer.write(http(500 if peer.number == 1 else 200))
        peer.linger()

    with serving(script) as server:
        pause = lambda: time.sleep(0.5)  # noqa: E731
        attempts = play(posts(transport(server.url), 2, timeout=0.5, between=pause))
    assert [status(attempt) for attempt in attempts] == ["timeout", 200]
    assert server.accepted == 2


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
def test_an_idle_connection_that_the_receiver_closed_is_no_failure(
    play: Any, authority: Authority, secured: bool, end: str
) -> None:
    closed = threading.Event()

    def script(peer: Peer) -> None:
        peer.read()
        peer.write(OK)
        if end == "reset":
            time.sleep(0.05)  # lest the reset overtakes the answer
            peer.reset()
        peer.sock.close()
        closed.set()

    def wait() -> None:
        # Blocks the loop: only a look at the socket itself can tell that the end has come.
        assert closed.wait(PATIENCE_S)
        closed.clear()
        time.sleep(0.02)

    with serving(script, authority.server() if secured else None) as server:
        pool = lambda: transport(server.url, insecure=True)  # noqa: E731

        async def work() -> list[Attempt]:
            return await posts(pool(), 3, between=wait)

        attempts = play(work())
    assert [status(attempt) for attempt in attempts] == [200] * 3
    assert not any(attempt.reused for attempt in attempts)
    assert [received.connection for received in server.received] == [1, 2, 3]


@pytest.mark.parametrize("end", ["close", "reset"])
def test_an_end_at_the_very_moment_of_reuse_is_repeated_and_no_failure(play: Any, end: str) -> None:
    """Our request and the receiver's end cross: the receiver never answers it."""

    def script(peer: Peer) -> None:
        peer.read()
        peer.write(OK)
        if peer.number == 1:
            peer.read()
            if end == "reset":
                peer.reset()
        else:
            peer.linger()

    with serving(script) as server:
        attempts = play(posts(transport(server.url), 2))
    assert [status(attempt) for attempt in attempts] == [200, 200]
    assert [received.connection for received in server.received] == [1, 1, 2]
    assert not attempts[1].reused


def test_only_the_failure_on_the_fresh_connection_counts(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        if peer.number == 1:
            peer.write(OK)
            peer.read()
            peer.reset()  # on the reused connection
        else:
            peer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ncu")

    with serving(script) as server:
        attempts = play(posts(transport(server.url), 2))
    assert attempts[1].outcome == Failure("closed", "the answer was cut short")
    assert not attempts[1].reused
    assert server.accepted == 2


def test_a_failure_on_a_fresh_connection_is_not_repeated(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.reset()

    with serving(script) as server:
        attempts = play(posts(transport(server.url), 1))
    assert status(attempts[0]) == "reset"
    assert len(server.received) == 1


def test_a_timeout_on_a_reused_connection_is_not_repeated(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.write(OK)
        peer.linger()

    with serving(script) as server:
        attempts = play(posts(transport(server.url), 2, timeout=0.5))
    assert [status(attempt) for attempt in attempts] == [200, "timeout"]
    assert attempts[1].reused
    assert server.accepted == 1


def test_fresh_leaves_idle_connections_alone(play: Any) -> None:
    with serving(answering()) as server:

        async def work() -> None:
            pool = transport(server.url)
            await pool.exchange(request(server.url), 2)
            attempt = await pool.exchange(request(server.url), 2, fresh=True)
            assert not attempt.reused
            await pool.close()

        play(work())
    assert [received.connection for received in server.received] == [1, 2]


def test_reach_tells_whether_and_why_not(play: Any) -> None:
    port = unused_port()
    refused = play(transport(f"http://127.0.0.1:{port}/").reach())
    assert refused == Failure("refused", f"connection to 127.0.0.1:{port} refused")
    unknown = play(transport("http://no-such-host.invalid/").reach())
    assert unknown is not None
    assert unknown.kind == "dns"
    assert unknown.message.startswith("host 'no-such-host.invalid' is unknown: ")


def test_a_closed_pool_leaves_no_connection_open(play: Any) -> None:
    ended = threading.Event()

    def script(peer: Peer) -> None:
        while peer.read():
            peer.write(OK)
        ended.set()

    with serving(script) as server:
        play(posts(transport(server.url), 1))
        assert ended.wait(PATIENCE_S)
