"""Receivers as they are met in the field: each has one peculiarity, and is right in all else.

`application(name)` makes a WSGI application, `node(name)` runs the two that live by how Node hands
over headers and bodies. `tests/test_field_receivers.py` has the verdicts that they must get.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mockzoom.zoom.sample_receiver import serving
from tests.receivers.launch import SECRET

Answer = tuple[int, Any]
"""A status, and what is printed as JSON (None: an empty body)."""
WINDOW_S = 300
PART = ("meeting.rtms_*", "session.started", "session.user_joined", "session.user_left")
"""Enough event types for each peculiarity to show."""
REFUSED = (401, {"error": "invalid signature"})


def mac(message: bytes) -> str:
    return hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()


def is_genuine(environ: dict[str, Any], raw: bytes) -> bool:
    """Whether the signature is right and at most five minutes old or ahead."""
    stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    if abs(time.time() - int(stamp)) > WINDOW_S:
        return False
    wanted = "v0=" + mac(b"v0:" + stamp.encode() + b":" + raw)
    given = environ.get("HTTP_X_ZM_SIGNATURE", "").encode("latin-1", "replace")
    return hmac.compare_digest(wanted.encode(), given)


def tokens(event: dict[str, Any]) -> Answer:
    plain = event["payload"]["plainToken"]
    return 200, {"plainToken": plain, "encryptedToken": mac(plain.encode())}


class Right:
    """Verifies, parses, answers; what a receiver does otherwise is in its subclass."""

    retry_after = "60"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, value = self.answer(environ, raw)
        body = b"" if value is None else json.dumps(value).encode()
        headers = [("content-length", str(len(body))), ("content-type", "application/json")]
        if status == 429:
            headers.append(("retry-after", self.retry_after))
        start_response(f"{status} -", headers)
        return [body]

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        if not self.is_genuine(environ, raw):
            return self.refused()
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            return 400, None
        if not isinstance(event, dict) or not isinstance(event.get("payload"), dict):
            return 400, None
        if event.get("event") == "endpoint.url_validation":
            return (
                tokens(event) if isinstance(event["payload"].get("plainToken"), str) else (400, 0)
            )
        return self.take(event)

    def is_genuine(self, environ: dict[str, Any], raw: bytes) -> bool:
        return is_genuine(environ, raw)

    def refused(self) -> Answer:
        return REFUSED

    def take(self, event: dict[str, Any]) -> Answer:
        return 200, None


class StatefulStop(Right):
    """A stop of a stream that it does not know is answered 500."""

    def __init__(self) -> None:
        self.streams: set[str] = set()

    def take(self, event: dict[str, Any]) -> Answer:
        stream = event["payload"].get("rtms_stream_id")
        if stream is not None and not isinstance(stream, str):
            return 400, None
        if event.get("event") == "meeting.rtms_started":
            self.streams.add(stream)
        elif event.get("event") == "meeting.rtms_stopped":
            if stream not in self.streams:
                return 500, None
            self.streams.remove(stream)
        return 200, None


class ColdStart(Right):
    """The first request takes 4 s, as in a function that has to be loaded."""

    cold = True
    takes_s = 4.0

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        if self.cold:
            self.cold = False
            time.sleep(self.takes_s)
        return super().answer(environ, raw)


class EventAge(Right):
    """Guards against replays by the age of the event, and so refuses what Zoom repeats."""

    def take(self, event: dict[str, Any]) -> Answer:
        at_ms = event.get("event_ts")
        if not isinstance(at_ms, int) or abs(time.time() * 1000 - at_ms) > WINDOW_S * 1000:
            return 401, {"error": "replay"}
        return 200, None


class OneIn41(Right):
    """Every 41st request is answered 503, whatever is in it."""

    def __init__(self) -> None:
        self.number = 0

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        self.number += 1
        return (503, None) if self.number % 41 == 0 else super().answer(environ, raw)


class HiddenRefusals(Right):
    """Verifies everything, and answers an empty 200 to what it refuses."""

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        status, value = super().answer(environ, raw)
        return (status, value) if status == 200 else (200, None)


class RefusesAll(Right):
    """Answers the URL validation without a look at its signature, and 400 to all else."""

    said = "unknown field"

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        try:
            event = json.loads(raw)
            if event["event"] == "endpoint.url_validation":
                return tokens(event)
            if event["event"] == "recording.transcript_completed":
                return 200, None
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            pass
        return 400, self.said


class OtherProduct(RefusesAll):
    """Handles another product's events only."""

    said = "Unexpected event type"


class RateLimited(Right):
    """Verifies no signature of an event; answers 429 after 300 requests."""

    def __init__(self) -> None:
        self.number = 0

    def answer(self, environ: dict[str, Any], raw: bytes) -> Answer:
        self.number += 1
        if self.number > 300:
            return 429, None
        answer = super().answer(environ, raw)
        return (200, None) if answer == REFUSED and b"plainToken" not in raw else answer


APPLICATIONS: dict[str, Callable[[], Right]] = {
    "stateful-stop": StatefulStop,
    "cold-start": ColdStart,
    "event-age": EventAge,
    "one-in-41": OneIn41,
    "hidden-refusals": HiddenRefusals,
    "refuses-captured-body": RefusesAll,
    "other-product": OtherProduct,
    "rate-limited": RateLimited,
}
NODE = ("exact-case", "body-already-read")


def application(name: str) -> Right:
    """Return the receiver of this name, as a new WSGI application."""
    return APPLICATIONS[name]()


@contextmanager
def running_field(name: str) -> Iterator[str]:
    """Serve a receiver for the length of the block, and give its URL."""
    if name in NODE:
        with _node(name) as url:
            yield url
        return
    with serving(application(name)) as url:
        yield url


@contextmanager
def _node(name: str) -> Iterator[str]:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    script = Path(__file__).with_name("node") / "field.js"
    process = subprocess.Popen(
        ["node", str(script), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait(10)
