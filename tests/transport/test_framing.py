"""HTTP messages are found in streams of bytes, however they are cut."""

from __future__ import annotations

import pytest

from mockzoom.transport.framing import KEPT_BODY, MAX_HEAD, Framing, FramingError, Head, HttpMessage
from tests.each import each

POST = b"POST /webhook HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
)
GET = b"GET /health HTTP/1.1\r\nHost: a.example\r\n\r\n"


def read(framing: Framing, data: bytes, step: int) -> tuple[bytes, list[HttpMessage]]:
    passed, found = b"", []
    for start in range(0, len(data), step):
        for piece in framing.feed(data[start : start + step]):
            if isinstance(piece, bytes):
                passed += piece
            else:
                found.append(piece)
    return passed, found


def test_requests_are_found_and_their_bytes_stay_however_they_are_cut() -> None:
    data = POST + CHUNKED + GET + POST

    @each("step", (1, 2, 3, 7, 40, 1000))
    def check(step: int) -> None:
        framing = Framing()
        passed, found = read(framing, data, step)
        assert passed == data
        assert [item.body for item in found] == [b"hello", b"abc0123456789", b"", b"hello"]
        assert [item.start.split()[0] for item in found] == ["POST", "POST", "GET", "POST"]
        assert found[0].header("host") == "a.example"
        assert framing.is_between

    check()


def test_answers_end_as_their_requests_and_statuses_say() -> None:
    framing = Framing(answers=True)
    for method in ("HEAD", "POST", "POST", "GET"):
        framing.expect(method)
    data = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
        b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"
        b"HTTP/1.0 200 OK\r\n\r\nto the end"
    )
    passed, found = read(framing, data, 5)
    assert passed == data
    assert [(item.status, item.body) for item in found] == [
        (200, b""), (100, b""), (204, b""), (200, b"ok"),
    ]  # fmt: skip
    last = framing.end()
    assert last is not None
    assert last.body == b"to the end"


def test_of_a_large_body_the_beginning_is_kept_and_its_size() -> None:
    size = KEPT_BODY + 10
    data = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    _, (found,) = read(Framing(), data, 65536)
    assert (len(found.body), found.size) == (KEPT_BODY, size)


def test_a_head_is_a_piece_of_its_own() -> None:
    pieces = [piece for piece in Framing().feed(POST + GET) if isinstance(piece, Head)]
    assert b"".join(pieces) == POST[:-5] + GET


def test_what_is_no_http_is_refused_and_what_was_not_passed_on_is_at_hand() -> None:
    @each("case", {
        "no HTTP": b"\x16\x03\x01\r\n\r\n",
        "no header": b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        "a content-length that is no number": b"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
        "a body framed as": b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "a head of more than": b"x" * (MAX_HEAD + 1),
    }.items())  # fmt: skip
    def check(case: tuple[str, bytes]) -> None:
        reason, data = case
        framing = Framing()
        with pytest.raises(FramingError, match=reason):
            list(framing.feed(data))
        assert framing.held == data

    check()
    framing = Framing()
    with pytest.raises(FramingError, match="no size of a chunk"):
        list(framing.feed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"))
    both = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
    with pytest.raises(FramingError, match="a body framed as"):
        list(Framing().feed(both))
