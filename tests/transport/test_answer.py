"""An answer that comes again, byte for byte, is taken for the same one, and nothing else is."""

from __future__ import annotations

import pytest

from mockzoom.model import Response
from mockzoom.transport.answer import AnswerParser

OK = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\n\r\nok"


def parsed(parser: AnswerParser, *parts: bytes) -> Response | None:
    parser.begin()
    for part in parts:
        parser.feed(part)
    return parser.response


def test_the_same_answer_again_is_the_same_response_and_keeps_the_connection() -> None:
    parser = AnswerParser()
    first = parsed(parser, OK)
    assert first == Response(200, "OK", (("date", "today"), ("content-length", "2")), b"ok")
    assert not parser.repeated
    assert parsed(parser, OK) is first
    assert parser.repeated
    assert parser.keep_alive
    assert not parser.error


def test_an_answer_that_differs_in_one_byte_is_another_response() -> None:
    parser = AnswerParser()
    assert parsed(parser, OK) is not None
    other = parsed(parser, OK[:-1] + b"K")
    assert other is not None
    assert other.body == b"oK"
    first = parsed(parser, OK)
    assert first is not None
    assert first.body == b"ok"


def test_an_answer_in_pieces_is_read_between_two_that_are_alike() -> None:
    parser = AnswerParser()
    whole = parsed(parser, OK)
    assert parsed(parser, OK[:20]) is None
    parser.feed(OK[20:])
    assert parser.response == whole
    assert parsed(parser, OK) == whole


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"x",
        OK + OK,
        OK.replace(b"date: today", b"connection: close"),
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    ],
)
def test_an_answer_after_which_the_connection_cannot_be_used_is_not_remembered(
    answer: bytes,
) -> None:
    parser = AnswerParser()
    assert parsed(parser, answer) is not None
    assert not parser.keep_alive
    parser.begin()
    parser.feed(answer)
    assert not parser.keep_alive


def test_an_answer_that_is_no_http_is_an_error_each_time() -> None:
    for _ in range(2):
        parser = AnswerParser()
        for _ in range(2):
            assert parsed(parser, b"hello\r\n\r\n") is None
            assert parser.error
