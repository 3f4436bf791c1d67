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
from dataclasses import replace
from typing import Any

from mockzoom.zoom.forgeries import Forgery, SignedBody, genuine
from mockzoom.zoom.signing import sign


def _signed(
    signature: Callable[[str, int, bytes], str],
) -> Callable[[str, int, bytes], SignedBody]:
    return lambda secret, now, body: SignedBody(body, str(now), signature(secret, now, body))


def _over(spell: Callable[[bytes], bytes]) -> Callable[[str, int, bytes], SignedBody]:
    """Sign another spelling of the body than the one that goes out."""
    return _signed(lambda secret, now, body: sign(secret, str(now), spell(body)))


def _over_reprinted(**how: Any) -> Callable[[str, int, bytes], SignedBody]:
    return _over(lambda body: json.dumps(json.loads(body), **how).encode())


def _over_text(codec: str, errors: str) -> Callable[[str, int, bytes], SignedBody]:
    return _over(lambda body: body.decode("utf-8", "replace").encode(codec, errors))


def _reprinted_slashes(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=_TIGHT).encode().replace(b"/", b"\\/")


def _mac(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def _in_base64(secret: str, now: int, body: bytes) -> str:
    return "v0=" + base64.b64encode(_mac(secret, f"v0:{now}:".encode() + body)).decode()


def _in_capitals(secret: str, now: int, body: bytes) -> str:
    return "v0=" + _mac(secret, f"v0:{now}:".encode() + body).hex().upper()


_TIGHT = (",", ":")
_REPRINTED = "the receiver computes the signature over JSON that it prints again"
_NO_BODY = "the receiver computes the signature over no body: a parser has read it before"
_RAW = "Compute the signature over the raw bytes of the body, before any parser reads them."
_RULE = "Compare `v0=` and the lower-case hex HMAC-SHA256 of `v0:{timestamp}:{raw body}`."

_ALL = (
    Forgery("reprinted", _REPRINTED, _over_reprinted(), fix=_RAW),
    Forgery("reprinted-escaped", _REPRINTED, _over_reprinted(separators=_TIGHT), fix=_RAW),
    Forgery(
        "ascii-only", "the receiver hashes only the ASCII characters of a body",
        _over_text("ascii", "ignore"), fix=_RAW,
    ),
    Forgery(
        "latin-1", "the receiver hashes the text of a body as Latin-1",
        _over_text("latin-1", "replace"), fix=_RAW,
    ),
    Forgery("reprinted-unicode", _REPRINTED, _over_reprinted(ensure_ascii=False), fix=_RAW),
    Forgery("reprinted-slashes", _REPRINTED, _over(_reprinted_slashes), fix=_RAW),
    Forgery(
        "reprinted-sorted", _REPRINTED, _over_reprinted(separators=_TIGHT, sort_keys=True),
        fix=_RAW,
    ),
    Forgery(
        "milliseconds", "the receiver reads the timestamp header as milliseconds",
        lambda secret, now, body: genuine(secret, now * 1000, body),
        fix="Compare the timestamp header in seconds.",
    ),
    Forgery("no-body", _NO_BODY, _over(lambda body: b""), fix=_RAW),
    Forgery("no-body-object", _NO_BODY, _over(lambda body: b"{}"), fix=_RAW),
    Forgery("no-body-undefined", _NO_BODY, _over(lambda body: b"undefined"), fix=_RAW),
    Forgery(
        "object-as-text",
        "the receiver computes the signature over `[object Object]`, the parsed body as text",
        _over(lambda body: b"[object Object]"), fix=_RAW,
    ),
    Forgery(
        "body-alone",
        "the receiver computes the signature over the body alone, without `v0:{timestamp}:`",
        _signed(lambda secret, now, body: "v0=" + _mac(secret, body).hex()), fix=_RULE,
    ),
    Forgery(
        "without-version", "the receiver expects a signature without `v0=`",
        _signed(lambda secret, now, body: sign(secret, str(now), body).removeprefix("v0=")),
        fix=_RULE,
    ),
    Forgery(
        "capitals", "the receiver expects the hash in capital letters", _signed(_in_capitals),
        fix=_RULE,
    ),
    Forgery(
        "base64", "the receiver prints the hash in base64, not in hex", _signed(_in_base64),
        fix=_RULE,
    ),
)  # fmt: skip
_FORGED = ", another secret"

MISTAKES: Mapping[str, Forgery] = {item.name: item for item in _ALL}


def mistake(name: str) -> Forgery | None:
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
    """Return whether a request with this mistake differs from the genuine one for `body`."""
    found = MISTAKES.get(name)
    return found is None or found.apply("secret", 1, body) != genuine("secret", 1, body)
