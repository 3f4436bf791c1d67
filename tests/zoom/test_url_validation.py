"""URL validation: the challenge, its right answer, and what is wrong with another one."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from mockzoom.model import Headers, Response
from mockzoom.zoom.url_validation import (
    EVENT,
    OTHER_KEY,
    answered_tokens,
    challenge_body,
    decoded_body,
    likely_cause,
    new_token,
    plain_token,
    right_answer,
)
from tests.each import each

SECRET = "a secret – not in ASCII"
BOMB = gzip.compress(bytes(50_000_000))


def answered(body: bytes, *headers: tuple[str, str], status: int = 200) -> Response:
    return Response(status, "", tuple(headers), body)


def test_a_challenge_is_answered_with_its_own_token_and_hash() -> None:
    token = new_token()
    body = json.loads(challenge_body(token, 1_790_000_000_000))
    assert (body["event"], body["event_ts"]) == (EVENT, 1_790_000_000_000)
    assert plain_token(body) == token
    answer = right_answer(SECRET, token)
    assert answered_tokens(answered(json.dumps(answer).encode())) == tuple(answer.values())


def test_new_tokens_have_22_characters_and_differ() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {22}


ODD: tuple[Any, ...] = (
    None, [], 1, "text", {}, {"payload": None}, {"payload": []}, {"payload": {}},
    {"payload": {"plainToken": 5}}, {"payload": {"plainToken": None}},
)  # fmt: skip


@each("body", ODD, str)
def test_a_body_without_a_token_has_none(body: Any) -> None:
    assert plain_token(body) == ""


@pytest.mark.parametrize(
    ("body", "status", "wrong"),
    [
        (b"{}", 204, "answered 204 in place of 200"),
        (b"", 200, "the answer is no JSON"),
        (b"[]", 200, "the answer is no JSON object"),
        (b"{}", 200, "plainToken (a string) is missing in the answer"),
        (b'{"plainToken":"a"}', 200, "encryptedToken (a string) is missing in the answer"),
        (
            b'{"plainToken":1,"encryptedToken":"b"}',
            200,
            "plainToken (a string) is missing in the answer",
        ),
    ],
)
def test_another_answer_is_refused_with_its_reason(body: bytes, status: int, wrong: str) -> None:
    assert answered_tokens(answered(body, status=status)) == wrong


@pytest.mark.parametrize(
    ("headers", "body", "length"),
    [
        ((("content-encoding", "gzip"),), gzip.compress(b"text"), 4),
        ((("Content-Encoding", " X-GZIP "),), gzip.compress(b"text"), 4),
        ((("content-encoding", "gzip"),), b"no gzip", 0),
        ((("content-encoding", "gzip"),), BOMB, 1024 * 1024),
        ((), b"text", 4),
    ],
    ids=["gzip", "any case", "not compressed", "bomb", "plain"],
)
def test_a_compressed_answer_is_inflated_within_bounds(
    headers: Headers, body: bytes, length: int
) -> None:
    assert len(decoded_body(answered(body, *headers))) == length


def test_a_wrong_hash_is_told_by_its_form() -> None:
    assert likely_cause("0" * 64, "t", "t", SECRET) == OTHER_KEY
    assert likely_cause("t", "t", "t", SECRET) == "it repeats plainToken"
    assert "expected 64 lower-case hex digits" in likely_cause("zz", "t", "t", SECRET)
