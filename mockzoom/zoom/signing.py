"""Zoom's webhook signature and challenge answer: bytes in, text out.

Facts (Zoom, "Using webhooks"): the signature is `v0=` and the lower-case hex HMAC-SHA256 of
`v0:{timestamp}:{raw body}` under the secret token; the answer to a URL validation is the lower-case
hex HMAC-SHA256 of `plainToken` under the same token. The handshakes of a stream are signed with the
app's client id and secret (Zoom, "RTMS event reference").
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

VERSION = "v0"


def sign(secret: str | bytes, timestamp: str, body: bytes) -> str:
    """Return the `x-zm-signature` value for `body` at `timestamp` (epoch seconds, as sent)."""
    inner, outer = _begun_at(secret, timestamp)
    return f"{VERSION}={_finished(inner.copy(), outer.copy(), body)}"


def verify(secret: str | bytes, timestamp: str, body: bytes, signature: str) -> bool:
    """Return whether `signature` is the one for `body` at `timestamp`, in constant time."""
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode())


def encrypted_token(secret: str | bytes, plain_token: str) -> str:
    """Return the `encryptedToken` that answers a URL validation carrying `plain_token`."""
    return _hmac_hex(secret, plain_token.encode())


def stream_signature(client_id: str, client_secret: str, owner_id: str, stream_id: str) -> str:
    """Return the `signature` of both handshakes of a stream.

    `owner_id` is the meeting's or webinar's UUID, the Video SDK session's id or the engagement's.
    """
    return _hmac_hex(client_secret, f"{client_id},{owner_id},{stream_id}".encode())


def _hmac_hex(secret: str | bytes, message: bytes) -> str:
    inner, outer = _begun(secret)
    return _finished(inner.copy(), outer.copy(), message)


def _finished(inner: _Hash, outer: _Hash, message: bytes) -> str:
    inner.update(message)
    outer.update(inner.digest())
    return outer.hexdigest()


@lru_cache(maxsize=64)
def _begun(secret: str | bytes) -> tuple[_Hash, _Hash]:
    """Return the two hashes of HMAC (RFC 2104) after they have taken their blocks of the key.

    They depend on the key alone; what `hmac` sets up for each message costs more than a body does.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(
        bytes(byte ^ 0x5C for byte in block)
    )


@lru_cache(maxsize=64)
def _begun_at(secret: str | bytes, timestamp: str) -> tuple[_Hash, _Hash]:
    """Return the same after what stands before the body, which is one for all of a second."""
    inner, outer = _begun(secret)
    inner = inner.copy()
    inner.update(f"{VERSION}:{timestamp}:".encode())
    return inner, outer
