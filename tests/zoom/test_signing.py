"""The signature is HMAC-SHA256 of RFC 2104, for keys of every length."""

from __future__ import annotations

import hmac

import pytest

from mockzoom.zoom import signing

BODY = bytes(range(256)) * 3


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 200])
def test_a_key_of_any_length_signs_as_the_standard_library_does(length: int) -> None:
    key = bytes(range(length))
    wanted = hmac.digest(key, b"v0:1700000000:" + BODY, "sha256").hex()
    for _ in range(2):  # what is kept of the key is not changed by signing
        assert signing.sign(key, "1700000000", BODY) == f"v0={wanted}"


def test_a_key_in_text_is_the_same_as_in_utf8() -> None:
    assert signing.sign("clé", "1", BODY) == signing.sign("clé".encode(), "1", BODY)
    assert signing.encrypted_token("clé", "t") == signing.encrypted_token("clé".encode(), "t")
    assert signing.sign("clé", "1", BODY) != signing.sign("cle", "1", BODY)
