"""Every forgery differs from the genuine delivery in exactly what its name says."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from mockzoom.errors import UsageError
from mockzoom.zoom.forgeries import FORGERIES, SignedBody, forgery, genuine

SECRET = "s3cret-ä"
NOW = 1_790_000_000
BODY = '{"event":"a.b","event_ts":1790000000123,"payload":{"topic":"Caf\u00e9","n":1}}'.encode()


def signature(key: str, timestamp: int | str, body: bytes = BODY) -> str:
    """The signature as Zoom's documentation has it, made without mockzoom."""
    message = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


RIGHT = signature(SECRET, NOW)
TEXT = BODY.replace("Café".encode(), b"Cafa")
TIME = BODY.replace(b"1790000000123", b"1790000001123")
# body, timestamp header, signature header, endpoint authentication
EXPECTED = {
    "tampered-text": (TEXT, str(NOW), RIGHT, "right"),
    "tampered-time": (TIME, str(NOW), RIGHT, "right"),
    "unsigned": (BODY, str(NOW), None, "right"),
    "unsigned-bare": (BODY, None, None, "right"),
    "shifted-back": (BODY, str(NOW - 5), RIGHT, "right"),
    "shifted-ahead": (BODY, str(NOW + 5), RIGHT, "right"),
    "stale": (BODY, str(NOW - 86400), signature(SECRET, NOW - 86400), "right"),
    "empty-secret": (BODY, str(NOW), signature("", NOW), "right"),
    "signature-empty": (BODY, str(NOW), "", "right"),
    "signature-version-only": (BODY, str(NOW), "v0=", "right"),
    "signature-short": (BODY, str(NOW), RIGHT[:11], "right"),
    "signature-not-hex": (BODY, str(NOW), "v0=" + "zoom" * 16, "right"),
    "signature-long": (BODY, str(NOW), "v0=" + "0" * 2000, "right"),
    "timestamp-missing": (BODY, None, RIGHT, "right"),
    "timestamp-empty": (BODY, "", RIGHT, "right"),
    "timestamp-word": (BODY, "now", RIGHT, "right"),
    "timestamp-huge": (BODY, "9" * 30, RIGHT, "right"),
    "timestamp-fraction": (BODY, f"{NOW}.5", RIGHT, "right"),
    "signature-non-ascii": (BODY, str(NOW), f"{RIGHT[:-1]}\xe9", "right"),
    "timestamp-non-ascii": (BODY, f"{NOW}\xe9", RIGHT, "right"),
    "timestamp-superscript": (BODY, "\xb2", RIGHT, "right"),
    "future": (BODY, str(NOW + 86_400), signature(SECRET, NOW + 86_400), "right"),
    "no-endpoint-auth": (BODY, str(NOW), RIGHT, "missing"),
    "wrong-endpoint-auth": (BODY, str(NOW), RIGHT, "wrong"),
}


def test_the_genuine_signature_is_zooms() -> None:
    assert genuine(SECRET, NOW, BODY) == SignedBody(BODY, str(NOW), RIGHT, "right")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_forgery_is_exactly_what_it_says(name: str) -> None:
    assert forgery(name).apply(SECRET, NOW, BODY) == SignedBody(*EXPECTED[name])  # type: ignore[arg-type]


def test_another_secret_signs_whatever_the_secret_is() -> None:
    for secret in (SECRET, "", "a", "aba"):
        made = forgery("wrong-secret").apply(secret, NOW, BODY)
        assert (made.body, made.timestamp, made.endpoint_auth) == (BODY, str(NOW), "right")
        assert made.signature is not None
        assert len(made.signature) == len(RIGHT)
        assert made.signature not in {signature(key, NOW) for key in (secret, secret[::-1], "")}


def test_every_forgery_stands_in_the_table() -> None:
    assert set(FORGERIES) == {*EXPECTED, "wrong-secret"}


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"payload":{}}', b'{"payload":[1,[],{}]}', b'{"event":"x","payload":null}',
     b'{"payload":{"a":"","b":""}}', b'{"a":""}', b'{"event_ts":"1"}', b'{"event_ts":null}'],
)  # fmt: skip
def test_tampering_changes_even_a_body_without_texts(body: bytes) -> None:
    for name in ("tampered-text", "tampered-time"):
        made = forgery(name).apply(SECRET, NOW, body)
        assert made.body != body
        assert json.loads(made.body) != json.loads(body)
        assert made.signature == signature(SECRET, NOW, body)


@pytest.mark.parametrize("body", [b"", b"[1]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_tampering_changes_even_what_is_no_object(body: bytes) -> None:
    for name in ("tampered-text", "tampered-time"):
        made = forgery(name).apply(SECRET, NOW, body)
        assert made.body != body
        assert made.signature == signature(SECRET, NOW, body)


def test_tampering_alters_one_character_of_the_last_text_only() -> None:
    body = b'{"payload":{"first":"a","list":[{"deep":"b"},"last a"],"n":1},"event":"e"}'
    made = forgery("tampered-text").apply(SECRET, NOW, body).body
    assert made == b'{"payload":{"first":"a","list":[{"deep":"b"},"last b"],"n":1},"event":"e"}'


def test_an_unknown_forgery_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        forgery("unsignd")
    assert "no forgery is called 'unsignd'; did you mean unsigned" in str(caught.value)
    assert "known: wrong-secret, unsigned, " in str(caught.value)
