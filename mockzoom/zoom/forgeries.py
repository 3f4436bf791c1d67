"""What authenticates a delivery: timestamp and signature headers, rightly made or forged.

Each forgery is one entry of `FORGERIES`: what it does to the signature of a genuine body. The rule
that a receiver breaks by accepting it stands in `mockzoom.suites.authenticity`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.signing import sign

SHIFT_S = 5
"""Seconds by which a signed timestamp is shifted: well inside any replay window."""
STALE_S = 24 * 3600
"""Age of a replayed delivery, in seconds: beyond every window seen in the wild (90 min at most)."""


class SignedBody(Struct, frozen=True, gc=False):
    """What goes out with a body: `None` leaves the header away."""

    body: bytes
    timestamp: str | None
    signature: str | None
    endpoint_auth: Literal["right", "missing", "wrong"] = "right"


@dataclass(frozen=True, slots=True)
class Forgery:
    """A named way of authenticating a delivery wrongly; `apply(secret, now, body)` makes it."""

    name: str
    about: str
    apply: Callable[[str, int, bytes], SignedBody]
    signed_now: bool = False
    """Whether its signature is right and fresh: what is wrong with it lies elsewhere."""
    fix: str = ""
    """What to do, where a receiver takes it for genuine by a known mistake."""


def genuine(secret: str, now: int, body: bytes) -> SignedBody:
    """Sign `body` as Zoom does, at `now` (epoch seconds)."""
    timestamp = str(now)
    return SignedBody(body, timestamp, sign(secret, timestamp, body))


def forgery(name: str) -> Forgery:
    """Return the forgery called `name`; raise `UsageError` with the nearest names."""
    try:
        return FORGERIES[name]
    except KeyError:
        raise UsageError(
            f"no forgery is called {name!r}{nearest(name, FORGERIES)}"
            f" (known: {', '.join(FORGERIES)})"
        ) from None


def _signature(change: Callable[[str], str | None]) -> Callable[[str, int, bytes], SignedBody]:
    def apply(secret: str, now: int, body: bytes) -> SignedBody:
        right = genuine(secret, now, body)
        return replace(right, signature=change(right.signature or ""))

    return apply


def _timestamp(change: Callable[[int], str | None]) -> Callable[[str, int, bytes], SignedBody]:
    def apply(secret: str, now: int, body: bytes) -> SignedBody:
        return replace(genuine(secret, now, body), timestamp=change(now))

    return apply


def _signed_with(key: Callable[[str], str]) -> Callable[[str, int, bytes], SignedBody]:
    return lambda secret, now, body: genuine(key(secret), now, body)


def _tampered(change: Callable[[JSON], JSON]) -> Callable[[str, int, bytes], SignedBody]:
    def apply(secret: str, now: int, body: bytes) -> SignedBody:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            return replace(genuine(secret, now, body), body=body + b" ")
        altered = encode(change(value))
        if altered == body:
            altered = encode({**value, "tampered": 1})
        return replace(genuine(secret, now, body), body=altered)

    return apply


def _alter_text(value: JSON) -> JSON:
    """Alter the last string of the payload by one character (its last letter or digit)."""
    done = False

    def walk(node: JSON) -> JSON:
        nonlocal done
        if isinstance(node, dict):
            changed = {key: walk(node[key]) for key in reversed(node)}
            return {key: changed[key] for key in node}
        if isinstance(node, list):
            return [walk(item) for item in reversed(node)][::-1]
        if not done and isinstance(node, str) and node:
            done = True
            return node[:-1] + ("b" if node[-1] == "a" else "a")
        return node

    return {**value, "payload": walk(value["payload"])} if "payload" in value else walk(value)


def _alter_time(value: JSON) -> JSON:
    before = value.get("event_ts")
    return {**value, "event_ts": before + 1000 if isinstance(before, int) else 1000}


def _endpoint(state: Literal["missing", "wrong"]) -> Callable[[str, int, bytes], SignedBody]:
    return lambda secret, now, body: replace(genuine(secret, now, body), endpoint_auth=state)


_ALL = (
    Forgery(
        "wrong-secret", "it is signed with another secret",
        _signed_with(lambda key: f"mockzoom-forged-{key[::-1]}"),
    ),
    Forgery("unsigned", "it has no signature header", _signature(lambda text: None)),
    Forgery(
        "unsigned-bare", "it has no signature and no timestamp header",
        lambda secret, now, body: SignedBody(body, None, None),
    ),
    Forgery(
        "tampered-text", "a text of its payload was changed after signing", _tampered(_alter_text),
    ),
    Forgery("tampered-time", "its event_ts was changed after signing", _tampered(_alter_time)),
    Forgery(
        "shifted-back", f"its timestamp header is {SHIFT_S} s earlier than the signed one",
        _timestamp(lambda now: str(now - SHIFT_S)),
    ),
    Forgery(
        "shifted-ahead", f"its timestamp header is {SHIFT_S} s later than the signed one",
        _timestamp(lambda now: str(now + SHIFT_S)),
    ),
    Forgery(
        "stale", "its signature is 24 hours old",
        lambda secret, now, body: genuine(secret, now - STALE_S, body),
    ),
    Forgery(
        "future", "its signature is from 24 hours ahead",
        lambda secret, now, body: genuine(secret, now + STALE_S, body),
    ),
    Forgery("empty-secret", "it is signed with an empty key", _signed_with(lambda key: "")),
    Forgery("signature-empty", "its signature header is empty", _signature(lambda text: "")),
    Forgery("signature-version-only", "its signature is `v0=`", _signature(lambda t: "v0=")),
    Forgery(
        "signature-short", "its signature is cut after 8 digits",
        _signature(lambda text: text[:11]),
    ),
    Forgery(
        "signature-not-hex", "its signature holds no hex digits",
        _signature(lambda text: "v0=" + "zoom" * 16),
    ),
    Forgery(
        "signature-long", "its signature is 2,000 characters long",
        _signature(lambda text: "v0=" + "0" * 2000),
    ),
    Forgery(
        "signature-non-ascii", "its signature header holds a byte that is no ASCII",
        _signature(lambda text: f"{text[:-1]}\xe9"),
    ),
    Forgery("timestamp-missing", "it has no timestamp header", _timestamp(lambda now: None)),
    Forgery("timestamp-empty", "its timestamp header is empty", _timestamp(lambda now: "")),
    Forgery("timestamp-word", "its timestamp is a word", _timestamp(lambda now: "now")),
    Forgery("timestamp-huge", "its timestamp has 30 digits", _timestamp(lambda now: "9" * 30)),
    Forgery(
        "timestamp-fraction", "its timestamp has a fraction", _timestamp(lambda now: f"{now}.5"),
    ),
    Forgery(
        "timestamp-non-ascii", "its timestamp header holds a byte that is no ASCII",
        _timestamp(lambda now: f"{now}\xe9"),
    ),
    Forgery(
        "timestamp-superscript", "its timestamp is `²`, a digit that is no number",
        _timestamp(lambda now: "\xb2"),
    ),
    Forgery(
        "no-endpoint-auth", "the endpoint's credentials are missing", _endpoint("missing"), True,
    ),
    Forgery(
        "wrong-endpoint-auth", "the endpoint's credentials are wrong", _endpoint("wrong"), True,
    ),
)  # fmt: skip

FORGERIES: Mapping[str, Forgery] = {item.name: item for item in _ALL}
