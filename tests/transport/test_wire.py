"""The HTTP client: what it sends, what it makes of any answer, and when the deadline passes."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from mockzoom.model import Attempt, Failure, Request, Response
from mockzoom.transport.answer import KEPT_BODY
from mockzoom.transport.dial import Dialer
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.target import parse_target
from tests.transport.conftest import Authority
from tests.transport.servers import OK, Peer, answering, http, serving

HEADERS = (
    ("host", "receiver.test"),
    ("X-Second", "Mixed Case"),
    ("content-type", "application/json; charset=utf-8"),
    ("a-last", "é"),
)
SECURED = pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])


def trusting(authority: Authority, secured: bool) -> dict[str, Any]:
    """Return what a sender needs to trust the server of a test, nothing for plain http."""
    return {"cafile": authority.cafile} if secured else {}


def request(url: str, body: bytes = b'{"name":"\xc3\xa9"}') -> Request:
    length = (("content-length", str(len(body))),)
    return Request("POST", url, HEADERS + length, body)


async def post(url: str, *, body: bytes = b"{}", timeout: float = 2.0, **options: Any) -> Attempt:
    """Send one request over a transport of its own."""
    transport = HttpTransport(Dialer(parse_target(url), timeout, **options))
    try:
        return await transport.exchange(request(url, body), timeout)
    finally:
        await transport.close()


def once(*answers: bytes, pause: float = 0.0, end: str = "close") -> Callable[[Peer], None]:
    """Read a request, write these bytes with pauses between them, then end as `end` says."""

    def script(peer: Peer) -> None:
        peer.read()
        for index, answer in enumerate(answers):
            if index:
                time.sleep(pause)
            peer.write(answer)
        if end == "reset":
            peer.reset()
        elif end == "linger":
            peer.linger()

    return script


def response(attempt: Attempt) -> Response:
    assert isinstance(attempt.outcome, Response), attempt.outcome
    return attempt.outcome


def failure(attempt: Attempt) -> tuple[str, str]:
    assert isinstance(attempt.outcome, Failure), attempt.outcome
    return attempt.outcome.kind, attempt.outcome.message


# -- what goes out -----------------------------------------------------------------------------


def test_headers_go_out_in_their_order_and_spelling_and_the_body_byte_for_byte(play: Any) -> None:
    with serving(answering()) as server:
        play(post(server.url + "?a=b", body=b'{ "odd" :\t"\xf0\x9f\x98\x80"}'))
    expected = (
        b"POST /webhook?a=b HTTP/1.1\r\nhost: receiver.test\r\nX-Second: Mixed Case\r\n"
        b"content-type: application/json; charset=utf-8\r\na-last: \xe9\r\ncontent-length: 17"
    )
    assert server.received[0].head == expected
    assert server.received[0].body == b'{ "odd" :\t"\xf0\x9f\x98\x80"}'


# -- what comes back ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK, 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nto\r\n5;x=y\r\ngethe\r\n1\r\n"
         b"r\r\n0\r\nTrailer: x\r\n\r\n", 200, b"together"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 204\r\n\r\n", 204, b""),
        (b"HTTP/1.1 599 \r\ncontent-length: 0\r\n\r\n", 599, b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304, b""),
        (b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\ncontent-length: 2\r\n\r\nok",
         200, b"ok"),
    ],
    ids=["length", "chunked", "until close", "1.0", "204", "no reason", "599",
         "304 with a length", "200 that offers an upgrade"],
)  # fmt: skip
def test_every_form_of_answer_is_read(play: Any, answer: bytes, status: int, body: bytes) -> None:
    with serving(once(answer)) as server:
        got = response(play(post(server.url)))
    assert (got.status, got.body) == (status, body)


def test_an_answer_in_single_bytes_is_read(play: Any) -> None:
    with serving(once(*[bytes([byte]) for byte in OK], pause=0.001)) as server:
        assert response(play(post(server.url))).body == b"ok"


def test_interim_answers_are_skipped(play: Any) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    for answers in ((interim + OK,), (interim, OK)):
        with serving(once(*answers, pause=0.02)) as server:
            got = response(play(post(server.url)))
        assert (got.status, got.reason, got.body) == (200, "OK", b"ok")
        assert got.headers == (("content-length", "2"),)


def test_a_switch_of_protocols_is_refused(play: Any) -> None:
    switch = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    )
    with serving(once(switch, end="linger")) as server:
        found = failure(play(post(server.url)))
    assert found == ("protocol", "the answer switches protocols, which nobody asked for")


@pytest.mark.parametrize("surplus", [b"HTTP/1.1 500 Oops\r\nx-y: z\r\ncontent-length: 0\r\n\r\n",
                                     b"surplus text", b"\0\0"])  # fmt: skip
def test_what_follows_the_answer_changes_nothing_of_it(play: Any, surplus: bytes) -> None:
    for answer in (OK, b"HTTP/1.1 204 No Content\r\n\r\n"):
        with serving(once(answer + surplus, end="linger")) as server:
            got = response(play(post(server.url)))
        assert (got.status, got.headers) in (
            (200, (("content-length", "2"),)),
            (204, ()),
        )


@pytest.mark.parametrize(
    ("answer", "end", "expected"),
    [
        (b"", "close", ("closed", "the connection was closed without an answer")),
        (b"", "reset", ("reset", "the connection was reset before an answer")),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "close", ("closed", "the answer was cut short")),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut", "close",
         ("closed", "the answer was cut short")),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\ncu", "close",
         ("closed", "the answer was cut short")),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncut\r\n", "close",
         ("closed", "the answer was cut short")),
        (b"HTTP/1.1 200 OK\r\n\r\n", "close", None),
    ],
    ids=["closed", "reset", "in the head", "in the body", "in a chunk", "before the last chunk",
         "until close, empty"],
)  # fmt: skip
def test_an_answer_that_is_missing_or_cut_short_says_so(
    play: Any, answer: bytes, end: str, expected: tuple[str, str] | None
) -> None:
    with serving(once(answer, end=end)) as server:
        attempt = play(post(server.url))
    if expected is None:
        assert response(attempt).body == b""
    else:
        assert failure(attempt) == expected


def test_a_reset_in_the_midst_of_an_answer_without_length_is_no_whole_answer(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        time.sleep(0.05)
        peer.reset()

    with serving(script) as server:
        assert failure(play(post(server.url))) == ("reset", "the answer was cut short")


@pytest.mark.parametrize(
    "answer",
    [b"HTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 OK 200\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n", b"\x16\x03",
     b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok", b"200 OK\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
     b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_an_answer_that_is_no_http_says_so(play: Any, answer: bytes) -> None:
    with serving(once(answer, end="linger")) as server:
        kind, message = failure(play(post(server.url)))
    assert kind == "protocol"
    assert message.startswith("the answer is no HTTP: ")
    assert len(message) > len("the answer is no HTTP: ")


@pytest.mark.parametrize(
    "headers",
    [b"x: y\r\n" * 10_000, b"x: " + b"y" * 200_000 + b"\r\n", b"x: y\r\n" * 1001],
    ids=["10,000", "one of 200 KB", "1001"],
)
def test_headers_without_bounds_are_cut_off(play: Any, headers: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + headers + b"content-length: 0\r\n\r\n"
    with serving(once(answer, end="linger")) as server:
        found = failure(play(post(server.url)))
    limit = "the answer has more than 1000 headers or 65536 bytes of headers"
    assert found == ("protocol", limit)


def test_a_single_header_without_end_is_cut_off_in_memory_and_time(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.write(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            peer.write(b"y" * 65536)

    with serving(script) as server:
        attempt, peak = _peak(play, post(server.url, timeout=0.5))
    assert failure(attempt)[0] in ("protocol", "timeout")
    assert peak < 16e6


def test_a_thousand_headers_are_taken(play: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 999 + b"content-length: 0\r\n\r\n"
    with serving(once(answer)) as server:
        assert len(response(play(post(server.url))).headers) == 1000


def test_a_large_body_is_read_to_its_end_and_its_beginning_is_kept(play: Any) -> None:
    body = b"0123456789abcdef" * 500_000
    with serving(answering(http(200, body))) as server:
        got = response(play(post(server.url)))
    assert (got.truncated, got.body) == (True, body[:KEPT_BODY])


def test_a_body_of_just_the_kept_size_is_whole(play: Any) -> None:
    with serving(answering(http(200, b"x" * KEPT_BODY))) as server:
        got = response(play(post(server.url)))
    assert (got.truncated, len(got.body)) == (False, KEPT_BODY)


@pytest.mark.parametrize("form", ["content-length: 1073741824", "transfer-encoding: chunked"])
def test_an_endless_body_is_cut_by_the_deadline_and_held_within_bounds(
    play: Any, form: str
) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.write(f"HTTP/1.1 200 OK\r\n{form}\r\n\r\n".encode())
        chunk = b"x" * 65536
        if "chunked" in form:
            chunk = b"10000\r\n" + chunk + b"\r\n"
        for _ in range(16384):
            peer.write(chunk)
            time.sleep(0.0005)

    with serving(script) as server:
        attempt, peak = _peak(play, post(server.url, timeout=0.4))
    assert failure(attempt) == ("timeout", "the answer was not complete within 0.4 s")
    assert peak < 16e6


def _peak(play: Any, work: Any) -> tuple[Attempt, int]:
    tracemalloc.start()
    try:
        attempt = play(work)
        return attempt, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# -- time --------------------------------------------------------------------------------------


def test_silence_past_the_deadline_is_a_timeout(play: Any) -> None:
    with serving(once(end="linger")) as server:
        started = time.perf_counter()
        attempt = play(post(server.url, timeout=0.3))
        took = time.perf_counter() - started
    assert failure(attempt) == ("timeout", "no answer within 0.3 s")
    assert took > 0.29
    assert attempt.timings.sent is not None
    assert attempt.timings.first_byte is None


def test_a_slow_drip_does_not_move_the_deadline(play: Any) -> None:
    with serving(once(*[bytes([byte]) for byte in OK], pause=0.05)) as server:
        attempt = play(post(server.url, timeout=0.3))
    assert failure(attempt) == ("timeout", "the answer was not complete within 0.3 s")
    assert attempt.timings.first_byte is not None


@pytest.mark.slow
def test_the_deadline_counts_from_the_request_fully_sent(play: Any) -> None:
    """A receiver that takes longer to read a large body than the deadline is not late."""

    def script(peer: Peer) -> None:
        head = peer.head()
        assert head is not None
        taken, started = peer.ahead, time.monotonic()
        while taken < 12_000_000:
            taken += len(peer.sock.recv(200_000))
            # 8 MB a second, but no wait for the last few, which our own kernel holds.
            time.sleep(max(0.0, min(taken, 9e6) / 8e6 - (time.monotonic() - started)))
        time.sleep(0.1)
        peer.write(OK)

    with serving(script, buffer=65536) as server:
        began = time.monotonic()
        attempt = play(post(server.url, body=b" " * 12_000_000, timeout=0.8))
    assert response(attempt).status == 200
    assert time.monotonic() - began > 0.8


@pytest.mark.slow
def test_a_request_that_nobody_reads_ends_with_the_deadline(play: Any) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        time.sleep(8)

    with serving(script, buffer=4096) as server:
        attempt = play(post(server.url, body=b" " * 16_000_000, timeout=0.3))
    assert failure(attempt) == ("timeout", "the request was not taken within 0.3 s")
    assert attempt.timings.sent is None


@SECURED
@pytest.mark.parametrize("end", ["linger", "close"])
def test_an_answer_before_the_body_is_read_counts(
    play: Any, authority: Authority, end: str, secured: bool
) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.write(http(413, b"too large"))
        if end == "linger":
            time.sleep(0.5)

    with serving(script, authority.server() if secured else None, buffer=4096) as server:
        options = trusting(authority, secured)
        attempt = play(post(server.url, body=b" " * 16_000_000, timeout=1, **options))
    assert (response(attempt).status, response(attempt).body) == (413, b"too large")


@SECURED
def test_the_phases_follow_one_another(play: Any, authority: Authority, secured: bool) -> None:
    script = once(b"HTTP/1.1 200 OK\r\n", b"content-length: 0\r\n\r\n", pause=0.5)
    with serving(script, authority.server() if secured else None) as server:
        timings = play(post(server.url, **trusting(authority, secured))).timings
    assert timings.connected is not None
    assert timings.sent is not None
    assert timings.first_byte is not None
    assert timings.complete is not None
    assert 0 < timings.connected <= timings.sent <= timings.first_byte
    assert timings.first_byte < timings.complete
    assert timings.answer == timings.complete - timings.sent


def test_nothing_is_followed_and_nothing_is_decoded(play: Any) -> None:
    answer = http(302, b"\x1f\x8b", "location: http://127.0.0.1:1/", "content-encoding: gzip")
    with serving(answering(answer)) as server:
        got = response(play(post(server.url)))
    assert (got.status, got.body, len(server.received)) == (302, b"\x1f\x8b", 1)
    assert got.header("Location") == "http://127.0.0.1:1/"


def test_a_header_that_is_no_ascii_is_kept_as_latin_1(play: Any) -> None:
    with serving(once(b"HTTP/1.1 200 \xe9\r\nx: \xe9\xff\r\ncontent-length: 0\r\n\r\n")) as server:
        got = response(play(post(server.url)))
    assert (got.reason, got.header("x")) == ("é", "éÿ")
