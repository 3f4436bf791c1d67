"""A request as it was received: signed or not, and with which secret."""

from __future__ import annotations

from mockzoom.zoom.received import is_signed, is_signed_with, missing_headers
from mockzoom.zoom.signing import sign

BODY = '{"event":"a","payload":{"name":"Zoë"}}'.encode()
HEADERS = {
    "x-zm-signature": sign("secret", "1790000000", BODY),
    "x-zm-request-timestamp": "1790000000",
}


def test_a_signature_is_over_timestamp_and_bytes_under_one_secret() -> None:
    assert is_signed_with("secret", HEADERS, BODY)
    assert not is_signed_with("other", HEADERS, BODY)
    assert not is_signed_with("secret", HEADERS, BODY.replace(b":", b": ", 1))
    assert not is_signed_with("secret", {**HEADERS, "x-zm-request-timestamp": "1790000001"}, BODY)


def test_a_signature_that_no_header_carries_is_none() -> None:
    assert not is_signed_with("secret", {**HEADERS, "x-zm-signature": "v0=\ud800"}, BODY)
    assert not is_signed_with("secret", {**HEADERS, "x-zm-request-timestamp": "\ud800"}, BODY)


def test_a_request_is_signed_only_with_both_headers() -> None:
    assert is_signed(HEADERS)
    assert not is_signed(None)
    assert not is_signed({"x-zm-signature": "v0=00"})
    assert missing_headers({}) == ("x-zm-signature", "x-zm-request-timestamp")
