"""MZ301 to MZ306: the answer to the URL validation, and whom it is given to."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import zlib
from typing import Any

import pytest

from mockzoom.engine.evidence import judge
from mockzoom.model import Response
from tests.each import each
from tests.suites.evidence import FAILURES, SECRET, TIMEOUT, TOKEN, evidence, failure, response


def digest(key: str = SECRET, message: str = TOKEN) -> bytes:
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()


RIGHT = digest().hex()


def answer(**changes: Any) -> bytes:
    values = {"plainToken": TOKEN, "encryptedToken": RIGHT, **changes}
    return json.dumps({name: value for name, value in values.items() if value is not None}).encode()


def rules(outcome: object, kind: str = "challenge") -> list[str]:
    return [item.rule for item in judge(evidence(kind, outcome))]  # type: ignore[arg-type]


# -- right answers -----------------------------------------------------------------------------

gzipped = ("Content-Encoding", "gzip")


@pytest.mark.parametrize(
    "right",
    [
        response(200, answer()),
        response(200, answer(), ("content-type", "text/html")),
        response(200, answer(), ("content-type", "application/json; charset=utf-8")),
        response(200, b" \r\n" + answer() + b"\n"),
        response(200, b"\xef\xbb\xbf" + answer()),
        response(200, answer(extra=1, event="endpoint.url_validation", nested={"a": []})),
        response(200, gzip.compress(answer()), gzipped),
        response(200, gzip.compress(answer()), ("content-encoding", " X-GZIP ")),
        response(200, zlib.compress(answer()), ("content-encoding", "deflate")),
        response(200, answer(), ("content-encoding", "identity")),
        response(200, json.dumps(json.loads(answer()), indent=4).encode()),
    ],
    ids=["plain", "as HTML", "as JSON", "white space", "byte order mark", "more fields", "gzip",
         "x-gzip", "deflate", "identity", "indented"],
)  # fmt: skip
def test_a_right_answer_is_right_however_it_is_dressed(right: Response) -> None:
    assert rules(right) == []


# -- no answer ---------------------------------------------------------------------------------


@each("status", [201, 202, 204, 206, 301, 304, 400, 401, 404, 418, 500, 599])
def test_only_200_answers_a_validation(status: int) -> None:
    (found,) = judge(evidence("challenge", response(status, answer())))
    assert found.rule == "MZ301"
    assert found.message == f"URL validation: answered {status} in place of 200"


def test_429_is_no_violation() -> None:
    assert rules(response(429)) == []


@each(
    ("body", "why"),
    [
        (b"", "the answer is no JSON"),
        (TOKEN.encode(), "the answer is no JSON"),
        (b"\xff\xfe\x00", "the answer is no JSON"),
        (b"[" * 100_000, "the answer is no JSON"),
        (b'{"plainToken": ' + b"9" * 400 + b"}", "the answer is no JSON"),
        (b"null", "the answer is no JSON object"),
        (json.dumps([TOKEN, RIGHT]).encode(), "the answer is no JSON object"),
        (json.dumps(answer().decode()).encode(), "the answer is no JSON object"),
        (answer(plainToken=None), "plainToken (a string) is missing in the answer"),
        (answer(encryptedToken=None), "encryptedToken (a string) is missing in the answer"),
        (answer(plainToken=7), "plainToken (a string) is missing in the answer"),
        (
            b'{"plaintoken":"x","encryptedtoken":"y"}',
            "plainToken (a string) is missing in the answer",
        ),
    ],
)
def test_an_answer_without_the_tokens_says_what_is_missing(body: bytes, why: str) -> None:
    (found,) = judge(evidence("challenge", response(200, body)))
    assert (found.rule, found.cause) == ("MZ301", why)
    assert found.message == f"URL validation: {why}"


def test_an_answer_that_says_gzip_and_is_not_is_no_json() -> None:
    for coding in ("gzip", "deflate"):
        (found,) = judge(
            evidence("challenge", response(200, answer(), ("content-encoding", coding)))
        )
        assert (found.rule, found.cause) == ("MZ301", "the answer is no JSON")


def test_silence_is_slow_and_every_other_failure_unanswered() -> None:
    (slow,) = judge(evidence("challenge", TIMEOUT))
    assert (slow.rule, slow.message) == ("MZ304", "URL validation: no answer within 3 s")
    for kind in FAILURES:
        (found,) = judge(evidence("challenge", failure(kind)))
        assert (found.rule, found.message) == ("MZ301", f"URL validation: seen: {kind}")


# -- wrong answers -----------------------------------------------------------------------------

ALTERED = TOKEN.lower()
MISTAKES = {
    RIGHT.upper(): "it is in upper case",
    "v0=" + RIGHT: "it carries the prefix v0= of a signature",
    base64.b64encode(digest()).decode(): "it is base64, not hex",
    base64.urlsafe_b64encode(digest()).decode(): "it is base64, not hex",
    base64.urlsafe_b64encode(digest()).decode().rstrip("="): "it is base64, not hex",
    hashlib.sha256(TOKEN.encode()).hexdigest(): "it is plain SHA-256 without a key",
    digest("").hex(): "it is made with an empty key: the secret is not set",
    digest(TOKEN, SECRET).hex(): "key and message are exchanged",
    digest(SECRET + "\n").hex(): "the secret has a line feed at its end",
    TOKEN: "it repeats plainToken",
    digest("another").hex(): "it has the right form, so it was made with another key or another"
                             " message",
    "": "it has 0 characters, expected 64 lower-case hex digits",
    RIGHT[:-1]: "it has 63 characters, expected 64 lower-case hex digits",
    "g" * 64: "it has 64 characters, expected 64 lower-case hex digits",
}  # fmt: skip


@each(("encrypted", "cause"), MISTAKES.items())
def test_a_wrong_hash_names_its_likely_cause(encrypted: str, cause: str) -> None:
    (found,) = judge(evidence("challenge", response(200, answer(encryptedToken=encrypted))))
    assert (found.rule, found.cause) == ("MZ303", cause)
    assert found.message.endswith(f"under the secret: {cause}")
    assert SECRET not in found.message


def test_an_altered_plain_token_is_told_with_both_tokens() -> None:
    body = answer(plainToken=ALTERED)
    (found,) = judge(evidence("challenge", response(200, body)))
    assert found.rule == "MZ302"
    assert found.message == f"plainToken comes back as {ALTERED!r}, sent was {TOKEN!r}"


def test_the_hash_of_an_altered_token_is_explained_by_it() -> None:
    body = answer(plainToken=ALTERED, encryptedToken=digest(message=ALTERED).hex())
    found = judge(evidence("challenge", response(200, body)))
    assert [item.rule for item in found] == ["MZ302", "MZ303"]
    assert found[1].cause == "it is the hash of the altered plainToken"


def test_a_secret_with_white_space_around_it_is_right_as_it_stands() -> None:
    body = answer(encryptedToken=digest(SECRET + "\n").hex())
    assert judge(evidence("challenge", response(200, body), secret=SECRET + "\n")) == ()


@each("plain", ["\ud800", "a\0b", "\x1b[31m"])
def test_a_strange_plain_token_is_told_and_printable(plain: str) -> None:
    found = judge(evidence("challenge", response(200, answer(plainToken=plain))))
    assert [item.rule for item in found] == ["MZ302"]
    assert found[0].message.isprintable()
    found[0].message.encode()


# -- strangers ---------------------------------------------------------------------------------


@each("forge", ["unsigned", "unsigned-bare", "wrong-secret"])
def test_a_stranger_who_gets_the_right_answer_is_one_finding(forge: str) -> None:
    found = judge(evidence("forged-challenge", response(200, answer()), forge=forge))
    assert [item.rule for item in found] == ["MZ305"]
    assert found[0].message == "a URL validation is answered although a detail"


@each(
    "outcome",
    [response(401), response(403), response(400), response(500), TIMEOUT, failure("closed"),
     response(200), response(200, b"ok"), response(401, answer()),
     response(200, answer(encryptedToken="x")), response(200, answer(plainToken="x"))],
)  # fmt: skip
def test_a_stranger_who_gets_no_right_answer_is_none(outcome: Response) -> None:
    assert rules(outcome, "forged-challenge") == []


@each(
    "body",
    [answer(), RIGHT.encode(), b"<p>" + RIGHT.encode() + b"</p>", answer(plainToken="other")],
)
def test_an_oracle_is_one_whatever_form_its_answer_has(body: bytes) -> None:
    (found,) = judge(evidence("oracle", response(200, body), forge="unsigned"))
    assert found.rule == "MZ306"
    assert found.message.endswith("for a forged event, although a detail")
    squeezed = response(200, gzip.compress(body), gzipped)
    assert rules(squeezed, "oracle") == ["MZ306"]


@each(
    "outcome",
    [response(401), response(200), response(200, answer(encryptedToken="no")), TIMEOUT,
     response(403, b"no")],
)  # fmt: skip
def test_no_hash_no_oracle(outcome: Response) -> None:
    assert rules(outcome, "oracle") == []
