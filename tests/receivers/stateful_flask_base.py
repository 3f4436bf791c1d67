"""The correct receivers of `stateful_flask.py`: one that works at once, and three other styles."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from flask import Response, jsonify, request
from stateful_flask_store import RECORDING, Event, Store, text

CHALLENGE = "endpoint.url_validation"
REPLAY_WINDOW_S = 300
PLAIN_TOKEN = re.compile(r"[\w+/=-]{8,128}", re.ASCII)
PLAIN = frozenset(
    ["session.started", "session.ended"] + [f"session.recording_{verb}" for verb in RECORDING]
)
"""Events that say no more of a session than their names, but for a recording's files."""
NOTICES_LOSS_S = 0.15
"""Between the head of an answer and its end: time in which a lost connection is noticed."""


def hmac_hex(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


class Receiver:
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    store_type: type[Store] = Store

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.store = self.store_type()

    def receive(self) -> Response:
        raw = request.get_data()
        if not self.authentic(raw):
            return answer(401, error="not authentic")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            return answer(400, error="not JSON")
        if not isinstance(body, dict):
            return answer(400, error="not an object")
        if body.get("event") == CHALLENGE:
            return self.challenge(body.get("payload"))
        return self.take(self.read(body, raw))

    def authentic(self, raw: bytes) -> bool:
        timestamp = request.headers.get("x-zm-request-timestamp", "")
        signature = request.headers.get("x-zm-signature", "")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp):
            return False
        if abs(time.time() - int(timestamp)) > REPLAY_WINDOW_S:
            return False
        expected = "v0=" + hmac_hex(self.secret, b"v0:%b:%b" % (timestamp.encode(), raw))
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

    def challenge(self, payload: Any) -> Response:
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not PLAIN_TOKEN.fullmatch(token):
            return answer(400, error="not a token")
        return answer(200, plainToken=token, encryptedToken=hmac_hex(self.secret, token.encode()))

    def read(self, body: dict[str, Any], raw: bytes) -> Event:
        name, ts, payload = body.get("event"), body.get("event_ts"), body.get("payload")
        seq, epoch = self.store.arrival()
        return Event(
            name=text(name),
            payload=payload if isinstance(payload, dict) else {},
            ts=ts if isinstance(ts, int) and 0 <= ts < 2**53 else int(time.time() * 1000),
            seq=seq,
            epoch=epoch,
            raw=raw,
            request_id=request.headers.get("x-zm-request-id", ""),
            timestamp=request.headers["x-zm-request-timestamp"],
            signature=request.headers["x-zm-signature"],
        )

    def key(self, event: Event) -> str:
        return event.request_id or hashlib.sha256(event.raw).hexdigest()

    def take(self, event: Event) -> Response:
        with self.store.transaction():
            if self.store.claim(self.key(event)):
                self.store.apply(event)
        return acknowledged()


def answer(status: int, /, **content: Any) -> Response:
    response = jsonify(content)
    response.status_code = status
    return response


def acknowledged() -> Response:
    return answer(200, status="received")


class WorksAfterAnswering(Receiver):
    """No defect: claims the event, answers, and applies it on a thread of its own."""

    def take(self, event: Event) -> Response:
        with self.store.transaction():
            new = self.store.claim(self.key(event))
        if new:
            threading.Thread(target=self.work, args=(event,), daemon=True).start()
        return acknowledged()

    def work(self, event: Event) -> None:
        time.sleep(random.uniform(0.05, 0.4))
        with self.store.transaction():
            self.store.apply(event)


class StateMachine(Receiver):
    """No defect: the key is what happened, to what, and when; request ids are not looked at.

    What an event brings (URLs, files, a reason) belongs to the key, since two may have one
    millisecond. Events that change no entity are told apart by their bytes.
    """

    def key(self, event: Event) -> str:
        brought: Any = [event.place.get("server_urls"), event.place.get("stop_reason")]
        brought += event.files
        if not (event.stream or event.user or event.callee or event.name in PLAIN):
            brought = hashlib.sha256(event.raw).hexdigest()
        entity = [event.stream, event.session, event.user, event.callee]
        return json.dumps([event.name, entity, event.ts, brought])


class Undelivered(Exception):
    """The connection was gone before the answer was complete."""


class RollsBack(Receiver):
    """No defect: commits only while the sender still listens, so that a retry finds nothing done.

    The head of the answer goes out first; its end follows the commit.
    """

    def take(self, event: Event) -> Response:
        return Response(self.answering(event), mimetype="application/json")

    def answering(self, event: Event) -> Iterator[str]:
        return self.steps(event, request.environ["werkzeug.socket"])

    def steps(self, event: Event, connection: socket.socket) -> Iterator[str]:
        yield '{"status":'
        time.sleep(NOTICES_LOSS_S)
        try:
            with self.store.transaction():
                if self.store.claim(self.key(event)):
                    self.store.apply(event)
                    if hung_up(connection):
                        raise Undelivered
        except Undelivered:
            return
        yield '"received"}'


def hung_up(connection: socket.socket) -> bool:
    """Tell whether the peer has closed the connection or reset it."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
