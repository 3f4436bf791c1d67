"""Rules MZ301 to MZ306: the answer to Zoom's URL validation."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator

from msgspec.structs import replace

from mockzoom.checks.trial import Trial, violation
from mockzoom.model import Failure, Response, Violation
from mockzoom.signing import encrypted_token

_LARGEST = 1024 * 1024
"""Bytes of an answer that are inflated at most."""
_EXPECTED = '200 and {"plainToken": "…", "encryptedToken": "…"} within 3 s'


def challenge(trial: Trial) -> Iterator[Violation]:
    """MZ301 to MZ304: judge the answer to a genuine, signed validation."""
    if trial.throttled:
        return
    outcome = trial.attempt.outcome
    if isinstance(outcome, Failure):
        if outcome.kind == "timeout":
            yield violation("MZ304", trial, f"URL validation: {outcome.message}", _EXPECTED)
        else:
            yield violation("MZ301", trial, f"URL validation: {outcome.message}", _EXPECTED)
        return
    tokens = answered_tokens(outcome)
    if isinstance(tokens, str):
        yield violation("MZ301", trial, f"URL validation: {tokens}", _EXPECTED, tokens)
        return
    plain, encrypted = tokens
    if plain != trial.plain_token:
        yield violation(
            "MZ302",
            trial,
            f"plainToken comes back as {plain[:80]!r}, sent was {trial.plain_token!r}",
            f'"plainToken": "{trial.plain_token}"',
            "plain",
        )
    if encrypted != encrypted_token(trial.secret, trial.plain_token):
        why = likely_cause(encrypted, plain, trial.plain_token, trial.secret)
        yield violation(
            "MZ303",
            trial,
            f"encryptedToken is not the hash of plainToken under the secret: {why}",
            "lower-case hex HMAC-SHA256(key = secret token, message = plainToken)",
            why,
        )


def unsigned_challenge(trial: Trial) -> Iterator[Violation]:
    """MZ305 and MZ306: a validation without a valid signature was answered with the right hash."""
    outcome = trial.attempt.outcome
    if isinstance(outcome, Failure) or not 200 <= outcome.status < 300:
        return
    right = encrypted_token(trial.secret, trial.plain_token)
    tokens = answered_tokens(outcome)
    if trial.kind == "challenge-oracle":
        # Any answer that gives the hash away is an oracle, whatever form it has.
        if right.encode() in decoded_body(outcome):
            found = violation(
                "MZ306",
                trial,
                "the hash that answers a URL validation is a valid signature for a forged event,"
                f" although {trial.detail}",
                "401 or 403",
                "oracle",
            )
            yield replace(found, actual=f"{outcome.status}, with the hash in its body")
    elif not isinstance(tokens, str) and tokens == (trial.plain_token, right):
        yield violation(
            "MZ305",
            trial,
            f"a URL validation is answered although {trial.detail}",
            "401 or 403",
            "answered",
        )


def answered_tokens(response: Response) -> tuple[str, str] | str:
    """Return `(plainToken, encryptedToken)` of an answer, or what is wrong with it."""
    if response.status != 200:
        return f"answered {response.status} in place of 200"
    try:
        value = json.loads(decoded_body(response))
    except (ValueError, RecursionError):
        return "the answer is no JSON"
    if not isinstance(value, dict):
        return "the answer is no JSON object"
    for name in ("plainToken", "encryptedToken"):
        if not isinstance(value.get(name), str):
            return f"the answer lacks {name} (a string)"
    return value["plainToken"], value["encryptedToken"]


def decoded_body(response: Response) -> bytes:
    """Return the body without its content coding (we ask for gzip, as Zoom does)."""
    coding = (response.header("content-encoding") or "").strip().lower()
    try:
        if coding in ("gzip", "x-gzip", "deflate"):
            # 32 + MAX_WBITS reads both headers, gzip's and zlib's.
            return zlib.decompressobj(32 + zlib.MAX_WBITS).decompress(response.body, _LARGEST)
    except zlib.error:
        return b""
    return response.body


def likely_cause(encrypted: str, returned: str, token: str, secret: str) -> str:
    """Name the mistake that leads to `encrypted`, by making the frequent ones."""
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
        encrypted_token(secret, returned): "it is the hash of the altered plainToken",
        encrypted_token(secret.strip() + "\n", token): "the secret has a line feed at its end",
        token: "it repeats plainToken",
    }
    if encrypted in guesses:
        return guesses[encrypted]
    if len(encrypted) == 64 and not encrypted.strip("0123456789abcdef"):
        return "it has the right form, so it was made with another key or another message"
    return f"it has {len(encrypted)} characters, expected 64 lower-case hex digits"
