"""URL validation: the challenge by which an endpoint shows that it has the secret token.

Facts (Zoom, "Using webhooks"): Zoom sends `endpoint.url_validation` with a `plainToken` before an
endpoint gets events, and every 72 hours; the answer is 200 and JSON with the same token and its
hash, within 3 s. The owner gets an e-mail after 2 and after 4 failures in a row; after 6 the
subscription is disabled and its events stop, until it is validated again.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import zlib
from collections.abc import Mapping

from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Response
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.signing import encrypted_token

EVENT = "endpoint.url_validation"
"""A document may describe it, so a contract may have it, but it is no event to be acknowledged like
the others: the answer has to prove the secret (rules MZ3xx)."""
PLAIN, ENCRYPTED = "plainToken", "encryptedToken"
EXPECTED = f'200 and {{"{PLAIN}": "…", "{ENCRYPTED}": "…"}} within 3 s'
HASH = f"lower-case hex HMAC-SHA256(key = secret token, message = {PLAIN})"
REVALIDATE_S = 72 * 3600.0
"""Seconds between two validations of a subscription's URL."""
MAILED_AFTER = (2, 4)
"""Failed validations in a row after which its owner gets an e-mail."""
DISABLED_AFTER = 6
"""Failed validations in a row after which it is disabled, and its events stop."""
ORACLE_PREFIX = "v0:"
"""How a token begins whose hash would be a signature."""
OTHER_KEY = "it has the right form, so it was made with another key or another message"
"""The cause of a wrong hash that another secret has."""
_LARGEST = 1024 * 1024
"""Bytes of an answer that are inflated at most."""


def new_token() -> str:
    """Return a new `plainToken`: 22 base64url characters."""
    return secrets.token_urlsafe(16)


def challenge_body(token: str, at_ms: int) -> bytes:
    """Return the body of a URL validation with this `plainToken`, at `at_ms` (epoch ms)."""
    return encode({"payload": {PLAIN: token}, "event_ts": at_ms, "event": EVENT})


def plain_token(body: JSON) -> str:
    """Return the `plainToken` of a URL validation; empty where it has none that is text."""
    payload = body.get("payload") if isinstance(body, Mapping) else None
    token = payload.get(PLAIN) if isinstance(payload, Mapping) else None
    return token if isinstance(token, str) else ""


def right_answer(secret: str, token: str) -> dict[str, str]:
    """Return the JSON object that answers the URL validation of `token`."""
    return {PLAIN: token, ENCRYPTED: encrypted_token(secret, token)}


def answered_tokens(response: Response) -> tuple[str, str] | str:
    """Return `(plainToken, encryptedToken)` of an answer, or what is wrong with it."""
    if response.status != 200:
        return f"answered {response.status} in place of 200"
    try:
        value = read_json(decoded_body(response))
    except ForeignJSONError:
        return "the answer is no JSON"
    if not isinstance(value, dict):
        return "the answer is no JSON object"
    for name in (PLAIN, ENCRYPTED):
        if not isinstance(value.get(name), str):
            return f"{name} (a string) is missing in the answer"
    return value[PLAIN], value[ENCRYPTED]


def decoded_body(response: Response) -> bytes:
    """Return the body without its content coding (deliveries ask for gzip, as Zoom's do)."""
    coding = (response.header("content-encoding") or "").strip().lower()
    try:
        if coding in ("gzip", "x-gzip", "deflate"):
            # 32 + MAX_WBITS reads both headers, gzip's and zlib's.
            return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(response.body, _LARGEST)
    except zlib.error:
        return b""
    return response.body


def likely_cause(encrypted: str, returned: str, token: str, secret: str) -> str:
    """Name the mistake that leads to the hash `encrypted`, by making the frequent ones.

    `returned` is the token of the answer, `token` the one that was sent.
    """
    right = encrypted_token(secret, token)
    digest = bytes.fromhex(right)
    guesses = {
        right.upper(): "it is in upper case",
        f"v0={right}": "it carries the prefix v0= of a signature",
        base64.b64encode(digest).decode(): "it is base64, not hex",
        base64.urlsafe_b64encode(digest).decode().rstrip("="): "it is base64, not hex",
        base64.urlsafe_b64encode(digest).decode(): "it is base64, not hex",
        hashlib.sha256(token.encode()).hexdigest(): "it is plain SHA-256 without a key",
        encrypted_token("", token): "it is made with an empty key: the secret is not set",
        encrypted_token(token, secret): "key and message are exchanged",
        encrypted_token(secret, returned): f"it is the hash of the altered {PLAIN}",
        encrypted_token(secret.strip() + "\n", token): "the secret has a line feed at its end",
        token: f"it repeats {PLAIN}",
    }
    if encrypted in guesses:
        return guesses[encrypted]
    if len(encrypted) == 64 and not encrypted.strip("0123456789abcdef"):
        return OTHER_KEY
    return f"it has {len(encrypted)} characters, expected 64 lower-case hex digits"
