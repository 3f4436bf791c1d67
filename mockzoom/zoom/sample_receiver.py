"""The sample receiver of `mockzoom demo`: Flask, correct, or with three mistakes that are frequent.

It shares no code with mockzoom: it verifies as a team would write it from Zoom's documentation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, request

WINDOW_S = 300
DEFECTS = {
    "MZ107": "answers 501 to events of namespaces that it does not handle",
    "MZ205": "takes signatures of any age",
    "MZ305, MZ306": "answers the URL validation before it has verified the signature",
}
_HANDLED = ("meeting.", "webinar.", "session.", "contact_center.", "rtms.")


def create_app(secret: str, *, defective: bool = False) -> Flask:
    """Return the receiver; with `defective`, it makes the three mistakes of `DEFECTS`."""
    app = Flask("mockzoom-sample-receiver")

    @app.post("/webhook")
    def webhook() -> Response | tuple[str, int] | dict[str, str]:
        body = request.get_data()
        event = _parsed(body)
        challenge = event.get("event") == "endpoint.url_validation"
        early = defective and challenge
        if not early and not _authentic(secret, body, any_age=defective):
            return "signature refused", 401
        if not event:
            return "no JSON object", 400
        if challenge:
            return _validated(secret, event)
        if defective and not str(event.get("event")).startswith(_HANDLED):
            return "event not handled", 501
        return "", 200

    return app


def _authentic(secret: str, body: bytes, *, any_age: bool) -> bool:
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    signature = request.headers.get("x-zm-signature", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    if not any_age and abs(time.time() - int(timestamp)) > WINDOW_S:
        return False
    message = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _validated(secret: str, event: dict[str, Any]) -> dict[str, str]:
    payload = event.get("payload")
    token = str(payload.get("plainToken", "")) if isinstance(payload, dict) else ""
    digest = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    return {"plainToken": token, "encryptedToken": digest}


@contextmanager
def serving(app: Callable[..., Iterable[bytes]]) -> Iterator[str]:
    """Serve `app` on an ephemeral port of the loopback interface; yield its webhook URL."""
    import logging

    from werkzeug.serving import WSGIRequestHandler, make_server

    class KeepAlive(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    if isinstance(app, Flask):
        app.logger.disabled = True
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAlive)
    thread = threading.Thread(target=server.serve_forever, name="sample-receiver", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
