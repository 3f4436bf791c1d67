"""A receiver on Flask and werkzeug's threaded server, and its defective variants.

Legitimate choices made here: HTTP/1.1 with keep-alive, 200 with a JSON body, 400 for what is
signed but no JSON object, acknowledgement of every object.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import count
from queue import Empty, Full, Queue
from typing import Any, ClassVar

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from werkzeug.serving import WSGIRequestHandler, make_server

CHALLENGE = "endpoint.url_validation"
REPLAY_WINDOW = 5 * 60
PLAIN_TOKEN = re.compile(r"[\w+/=-]{8,128}", re.ASCII)


def hmac_hex(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


class ZoomWebhook(MethodView):
    """The correct receiver. A defect is a subclass that gets one step wrong."""

    threaded: ClassVar[bool] = True
    secret: ClassVar[bytes] = b""
    auth: ClassVar[str] = ""
    inbox: ClassVar[Queue[Mapping[str, Any]]] = Queue(maxsize=1000)

    def post(self) -> ResponseReturnValue:
        raw = request.get_data()
        if not self.credentials_match() or not self.verified(raw):
            return self.rejected()
        try:
            event = self.load(raw)
        except (ValueError, RecursionError):
            return self.malformed()
        if not isinstance(event, dict):
            return self.malformed()
        if event.get("event") == CHALLENGE:
            return self.challenge(event.get("payload"))
        return self.handle(event)

    def credentials_match(self) -> bool:
        """Check the endpoint authentication that was set in the Zoom app, if there is one."""
        kind, _, rest = self.auth.partition(":")
        given = request.headers.get("Authorization", "")
        wanted = ""
        if kind == "basic":
            wanted = "Basic " + base64.b64encode(rest.encode()).decode()
        elif kind == "bearer":
            wanted = f"Bearer {rest}"
        elif kind == "header":
            name, _, wanted = rest.partition(":")
            given = request.headers.get(name, "")
        return not kind or hmac.compare_digest(given.encode(), wanted.encode())

    def verified(self, raw: bytes) -> bool:
        timestamp = request.headers.get("x-zm-request-timestamp", "")
        signature = request.headers.get("x-zm-signature", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return False
        if abs(int(time.time()) - int(timestamp)) > REPLAY_WINDOW:
            return False
        message = b"v0:%b:%b" % (timestamp.encode(), raw)
        return any(
            hmac.compare_digest(f"v0={hmac_hex(key, message)}".encode(), signature.encode())
            for key in self.keys(raw)
        )

    def keys(self, raw: bytes) -> list[bytes]:
        return [self.secret]

    def load(self, raw: bytes) -> Any:
        return json.loads(raw)

    def challenge(self, payload: Any) -> ResponseReturnValue:
        plain = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(plain, str) or not PLAIN_TOKEN.fullmatch(plain):
            return self.malformed()
        return jsonify(plainToken=plain, encryptedToken=self.hash_token(plain))

    def hash_token(self, plain: str) -> str:
        return hmac_hex(self.secret, plain.encode())

    def handle(self, event: dict[str, Any]) -> ResponseReturnValue:
        """Put the event aside for a worker, the oldest going first, and acknowledge."""
        while True:
            try:
                self.inbox.put_nowait(event)
            except Full:
                self.drop_oldest()
            else:
                return jsonify(status="received")

    def drop_oldest(self) -> None:
        with suppress(Empty):
            self.inbox.get_nowait()

    def rejected(self) -> ResponseReturnValue:
        return jsonify(error="not authentic"), 401

    def malformed(self) -> ResponseReturnValue:
        return jsonify(error="malformed"), 400


class RateLimited(ZoomWebhook):
    """No defect: refuses a few requests for a second each, and says when to come back."""

    served: ClassVar[Iterator[int]] = count()

    def post(self) -> ResponseReturnValue:
        if next(self.served) in (20, 40):
            return jsonify(error="slow down"), 429, {"Retry-After": "1"}
        return super().post()


class RefusesOneEvent(ZoomWebhook):
    """Takes an event of the contract for an error."""

    def handle(self, event: dict[str, Any]) -> ResponseReturnValue:
        if event.get("event") == "session.user_left":
            return jsonify(error="unexpected event"), 400
        return super().handle(event)


class WorksBeforeAnswering(ZoomWebhook):
    """Downloads, transcodes, stores; then acknowledges."""

    def handle(self, event: dict[str, Any]) -> ResponseReturnValue:
        time.sleep(3.5)
        return super().handle(event)


class SignsParsedJson(ZoomWebhook):
    """Signs compact JSON made from the parsed body, not the bytes that came."""

    def verified(self, raw: bytes) -> bool:
        try:
            text = json.dumps(json.loads(raw), separators=(",", ":"), ensure_ascii=False)
            return super().verified(text.encode())
        except (ValueError, RecursionError):
            return False


class NoSignatureCheck(ZoomWebhook):
    """Takes anybody's word."""

    def verified(self, raw: bytes) -> bool:
        return True


class OldSecretDefaultsToEmpty(ZoomWebhook):
    """Accepts events under the secret before rotation, which is "" where there is none."""

    def keys(self, raw: bytes) -> list[bytes]:
        if CHALLENGE.encode() in raw:
            return [self.secret]
        return [self.secret, os.environ.get("ZOOM_OLD_SECRET_TOKEN", "").encode()]


class MissingHeaderCrash(ZoomWebhook):
    """Indexes the headers: one that is missing raises KeyError."""

    def verified(self, raw: bytes) -> bool:
        for name in ("X_ZM_REQUEST_TIMESTAMP", "X_ZM_SIGNATURE"):
            request.environ[f"HTTP_{name}"]
        return super().verified(raw)


class ForgeryBadRequest(ZoomWebhook):
    """Says 400 to whatever is not authentic."""

    def rejected(self) -> ResponseReturnValue:
        return jsonify(error="bad signature"), 400


class ChallengeBase64(ZoomWebhook):
    """Encodes the challenge's hash in base64."""

    def hash_token(self, plain: str) -> str:
        digest = hmac.new(self.secret, plain.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


class ChallengeOracle(ZoomWebhook):
    """Answers any challenge before it looks at the signature: it signs for everybody."""

    def post(self) -> ResponseReturnValue:
        try:
            plain = json.loads(request.get_data())["payload"]["plainToken"]
            return jsonify(plainToken=plain, encryptedToken=self.hash_token(plain))
        except Exception:
            return super().post()


class BasicNotEnforced(ZoomWebhook):
    """Basic authentication was set in the Zoom app and is looked at by nobody."""

    def credentials_match(self) -> bool:
        return True


class MissingFieldCrash(ZoomWebhook):
    """Indexes a field that the contract requires: an event without it raises KeyError."""

    def handle(self, event: dict[str, Any]) -> ResponseReturnValue:
        if event.get("event") == "session.started":
            str(event["payload"]["object"]["session_id"])
        return super().handle(event)


class BadJsonCrash(ZoomWebhook):
    """Nothing catches the parser's exception."""

    def verified(self, raw: bytes) -> bool:
        authentic = super().verified(raw)
        if authentic:
            json.loads(raw)
        return authentic


class DiesAfterAnswering(ZoomWebhook):
    """Acknowledges, then works: a missing payload ends the process."""

    def handle(self, event: dict[str, Any]) -> ResponseReturnValue:
        response = jsonify(status="received")
        if "payload" not in event:
            response.call_on_close(lambda: os._exit(1))
        return response


class OneAtATime(ZoomWebhook):
    """Runs on a server without threads, so that a slow sender holds up the rest."""

    threaded = False


DEFECTS: dict[str, type[ZoomWebhook]] = {
    "legit-rate-limited": RateLimited,
    "refuses-one-event": RefusesOneEvent,
    "works-before-answering": WorksBeforeAnswering,
    "signs-parsed-json": SignsParsedJson,
    "no-signature-check": NoSignatureCheck,
    "old-secret-defaults-to-empty": OldSecretDefaultsToEmpty,
    "missing-header-crash": MissingHeaderCrash,
    "forgery-400": ForgeryBadRequest,
    "challenge-base64": ChallengeBase64,
    "challenge-oracle": ChallengeOracle,
    "basic-not-enforced": BasicNotEnforced,
    "missing-field-crash": MissingFieldCrash,
    "bad-json-crash": BadJsonCrash,
    "dies-after-answering": DiesAfterAnswering,
    "one-at-a-time": OneAtATime,
}


class KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


class CloseEach(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"


def create_app(view: type[ZoomWebhook]) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 2 * 1024 * 1024
    app.logger.disabled = True
    app.add_url_rule("/webhook", view_func=view.as_view("webhook"))
    return app


def main() -> None:
    from program import options, serve

    given = options(__doc__, DEFECTS, str)
    view = DEFECTS.get(given.defect, ZoomWebhook)
    view.auth = given.auth
    view.secret = given.secret.encode()
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL + 1)
    handler = KeepAlive if view.threaded else CloseEach
    server = make_server(
        "127.0.0.1",
        given.port,
        create_app(view),
        threaded=view.threaded,
        request_handler=handler,
    )
    serve(server)


if __name__ == "__main__":
    main()
