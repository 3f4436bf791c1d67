"""Mistakes: how receivers are known to check a signature wrongly.

Each is the request that a receiver with this mistake takes for a genuine one, although Zoom would
never sign it so. Where every genuine delivery is refused, one that is acknowledged proves the
cause. Seen in public code and forums.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping

from mockzoom.delivery.forgeries import Forgery, SignedBody
from mockzoom.signing import sign


def _over(spell: Callable[[bytes], bytes]) -> Callable[[str, int, bytes], SignedBody]:
    """Sign another spelling of the body than the one that goes out."""

    def apply(secret: str, now: int, body: bytes) -> SignedBody:
        return SignedBody(body, str(now), sign(secret, str(now), spell(body)))

    return apply


def _reprinted(body: bytes) -> bytes:
    return json.dumps(json.loads(body)).encode()


def _reprinted_escaped(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def _ascii_only(body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode("ascii", "ignore")


def _latin_1(body: bytes) -> bytes:
    return body.decode("utf-8", "replace").encode("latin-1", "replace")


def _reprinted_unicode(body: bytes) -> bytes:
    return json.dumps(json.loads(body), ensure_ascii=False).encode()


def _reprinted_slashes(body: bytes) -> bytes:
    return _reprinted_escaped(body).replace(b"/", b"\\/")


def _reprinted_sorted(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True).encode()


def _milliseconds(secret: str, now: int, body: bytes) -> SignedBody:
    timestamp = str(now * 1000)
    return SignedBody(body, timestamp, sign(secret, timestamp, body))


def _mac(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def _body_alone(secret: str, now: int, body: bytes) -> SignedBody:
    return SignedBody(body, str(now), "v0=" + _mac(secret, body).hex())


def _without_version(secret: str, now: int, body: bytes) -> SignedBody:
    right = sign(secret, str(now), body)
    return SignedBody(body, str(now), right.removeprefix("v0="))


def _in_base64(secret: str, now: int, body: bytes) -> SignedBody:
    digest = _mac(secret, f"v0:{now}:".encode() + body)
    return SignedBody(body, str(now), "v0=" + base64.b64encode(digest).decode())


_REPRINTED = "the receiver signs the JSON as it prints it again, not the raw bytes of the body"
_NO_BODY = "the receiver signs no body: a body parser has read it before, or it was read twice"

_ALL = (
    Forgery("reprinted", _REPRINTED, _over(_reprinted)),
    Forgery("reprinted-escaped", _REPRINTED, _over(_reprinted_escaped)),
    Forgery(
        "ascii-only", "the receiver hashes only the ASCII characters of a body", _over(_ascii_only)
    ),
    Forgery("latin-1", "the receiver hashes the text of a body as Latin-1", _over(_latin_1)),
    Forgery("reprinted-unicode", _REPRINTED, _over(_reprinted_unicode)),
    Forgery("reprinted-slashes", _REPRINTED, _over(_reprinted_slashes)),
    Forgery("reprinted-sorted", f"{_REPRINTED}, with its keys sorted", _over(_reprinted_sorted)),
    Forgery(
        "milliseconds", "the receiver reads the timestamp header as milliseconds", _milliseconds
    ),
    Forgery("no-body", _NO_BODY, _over(lambda body: b"")),
    Forgery("no-body-object", _NO_BODY, _over(lambda body: b"{}")),
    Forgery("no-body-undefined", _NO_BODY, _over(lambda body: b"undefined")),
    Forgery(
        "object-as-text",
        "the receiver signs `[object Object]`: the parsed body, not the raw one",
        _over(lambda body: b"[object Object]"),
    ),
    Forgery(
        "body-alone", "the receiver signs the body alone, without `v0:{timestamp}:`", _body_alone
    ),
    Forgery("without-version", "the receiver expects a signature without `v0=`", _without_version),
    Forgery("base64", "the receiver prints the hash in base64, not in hex", _in_base64),
)

MISTAKES: Mapping[str, Forgery] = {item.name: item for item in _ALL}
