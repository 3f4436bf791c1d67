"""Correct receivers with odd HTTP manners: `verify` finds nothing wrong with any of them."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import pytest

from mockzoom.client.verifying import verify
from mockzoom.settings import Settings
from tests.transport.servers import Peer, Received, Script, serving

pytestmark = pytest.mark.slow

SECRET = "odd manners"


def judged(received: Received) -> tuple[int, bytes]:
    """Status and body of a correct receiver's answer."""
    timestamp = received.header("x-zm-request-timestamp") or ""
    message = b"v0:" + timestamp.encode() + b":" + received.body
    right = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    if received.header("x-zm-signature") != right:
        return 401, b"no"
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return 401, b"late"
    try:
        event = json.loads(received.body)
    except (ValueError, RecursionError):
        return 400, b"no JSON"
    if isinstance(event, dict) and event.get("event") == "endpoint.url_validation":
        token = str(event["payload"]["plainToken"])
        digest = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        return 200, json.dumps({"plainToken": token, "encryptedToken": digest}).encode()
    return 200, b"taken"


def length(status: int, body: bytes, *headers: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} X", *headers))
    return head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body


def one_request(peer: Peer) -> None:
    """One request a connection, the end told by the close."""
    request = peer.read()
    if request is not None:
        status, body = judged(request)
        peer.write(b"HTTP/1.1 %d X\r\n\r\n" % status + body)


def old_http(peer: Peer) -> None:
    request = peer.read()
    if request is not None:
        status, body = judged(request)
        peer.write(b"HTTP/1.0 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)


def silent_close(peer: Peer) -> None:
    """Closes idle connections without a word after every second request."""
    for _ in range(2):
        request = peer.read()
        if request is None:
            return
        peer.write(length(*judged(request)))


def close_on_reuse(peer: Peer) -> None:
    """Takes the second request of a connection and closes without an answer, as a race does."""
    request = peer.read()
    if request is not None:
        peer.write(length(*judged(request)))
        if peer.head() is not None:
            peer.reset()


def persistent(dress: Callable[[int, bytes], bytes]) -> Script:
    def script(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            peer.write(dress(*judged(request)))

    return script


def chunked(status: int, body: bytes) -> bytes:
    head = b"HTTP/1.1 %d X\r\ntransfer-encoding: chunked\r\n\r\n" % status
    return head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


def interim(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 102 Processing\r\n\r\n" + length(status, body)


def zipped(status: int, body: bytes) -> bytes:
    return length(status, gzip.compress(body), "content-encoding: gzip")


def surplus(status: int, body: bytes) -> bytes:
    return length(status, body) + b"\r\n<!-- served by us -->"


def says_close(status: int, body: bytes) -> bytes:
    return length(status, body, "Connection: close")


def empty(status: int, body: bytes) -> bytes:
    """204 in the place of an empty 200, and a body that a 204 must not have."""
    return b"HTTP/1.1 204 No Content\r\n\r\nbody" if body == b"taken" else length(status, body)


SCRIPTS = {
    "one request a connection": one_request,
    "HTTP/1.0": old_http,
    "closes idle connections": silent_close,
    "closes at the moment of reuse": close_on_reuse,
    "chunks of one byte": persistent(chunked),
    "interim answers": persistent(interim),
    "gzip": persistent(zipped),
    "surplus after the answer": persistent(surplus),
    "says close and stays open": persistent(says_close),
    "204 with a body": persistent(empty),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_correct_receiver_passes_whatever_its_manners(name: str) -> None:
    with serving(SCRIPTS[name]) as server:
        settings = Settings(secret=SECRET, events=("session.rtms_started",))
        result = verify(server.url, settings)
    assert [item.message for item in result.violations] == []
    assert result.breakages == ()
    assert result.deliveries > 50
