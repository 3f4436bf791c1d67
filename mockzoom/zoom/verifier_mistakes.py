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

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.zoom.forgeries import SignedBody, genuine
from mockzoom.zoom.signing import sign


class VerifierMistake(Struct, frozen=True):
    """A way of checking a signature wrongly; `apply(secret, now, body)` makes what it takes."""

    name: str
    about: str
    fix: str
    apply: Callable[[str, int, bytes], SignedBody]


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


_REPRINTED = "the receiver computes the signature over JSON that it prints again"
_NO_BODY = "the receiver computes the signature over no body: a parser has read it before"
_RAW = "Compute the signature over the raw bytes of the body, before any parser reads them."
_RULE = "Compare `v0=` and the hex HMAC-SHA256 of `v0:{timestamp}:{raw body}`."

_ALL = (
    VerifierMistake("reprinted", _REPRINTED, _RAW, _over(_reprinted)),
    VerifierMistake("reprinted-escaped", _REPRINTED, _RAW, _over(_reprinted_escaped)),
    VerifierMistake(
        "ascii-only",
        "the receiver hashes only the ASCII characters of a body",
        _RAW,
        _over(_ascii_only),
    ),
    VerifierMistake(
        "latin-1", "the receiver hashes the text of a body as Latin-1", _RAW, _over(_latin_1)
    ),
    VerifierMistake("reprinted-unicode", _REPRINTED, _RAW, _over(_reprinted_unicode)),
    VerifierMistake("reprinted-slashes", _REPRINTED, _RAW, _over(_reprinted_slashes)),
    VerifierMistake("reprinted-sorted", _REPRINTED, _RAW, _over(_reprinted_sorted)),
    VerifierMistake(
        "milliseconds",
        "the receiver reads the timestamp header as milliseconds",
        "Compare the timestamp header in seconds.",
        _milliseconds,
    ),
    VerifierMistake("no-body", _NO_BODY, _RAW, _over(lambda body: b"")),
    VerifierMistake("no-body-object", _NO_BODY, _RAW, _over(lambda body: b"{}")),
    VerifierMistake("no-body-undefined", _NO_BODY, _RAW, _over(lambda body: b"undefined")),
    VerifierMistake(
        "object-as-text",
        "the receiver computes the signature over `[object Object]`, the parsed body as text",
        _RAW,
        _over(lambda body: b"[object Object]"),
    ),
    VerifierMistake(
        "body-alone",
        "the receiver computes the signature over the body alone, without `v0:{timestamp}:`",
        _RULE,
        _body_alone,
    ),
    VerifierMistake(
        "without-version", "the receiver expects a signature without `v0=`", _RULE, _without_version
    ),
    VerifierMistake(
        "base64", "the receiver prints the hash in base64, not in hex", _RULE, _in_base64
    ),
)
_FORGED = ", another secret"

MISTAKES: Mapping[str, VerifierMistake] = {item.name: item for item in _ALL}


def mistake(name: str) -> VerifierMistake | None:
    """Return the mistake called `name`, or its `with_another_secret`; None where there is none."""
    found = MISTAKES.get(name.removesuffix(_FORGED))
    if found is None or not name.endswith(_FORGED):
        return found
    apply = found.apply
    return replace(found, apply=lambda secret, now, body: apply(f"not {secret}", now, body))


def with_another_secret(name: str) -> str:
    """Return the name of the same request signed with another secret, which nobody may take."""
    return name + _FORGED


def affects(name: str, body: bytes) -> bool:
    """Tell whether a request with this mistake differs from the genuine one for `body`."""
    found = MISTAKES.get(name)
    return found is None or found.apply("secret", 1, body) != genuine("secret", 1, body)
