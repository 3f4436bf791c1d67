"""WSGI receivers for the tests of `verify`: each keeps the bodies that it was given."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from typing import Any

SECRET = "k-9f3é"


class Receiver:
    """Answers the challenge, refuses what is not signed, and has `handle` answer events."""

    def __init__(self, handle: Callable[[Any], int] = lambda event: 200) -> None:
        self.handle = handle
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status, answer = self._answer(environ, body)
        start_response(f"{status} -", [("Content-Type", "application/json")])
        return [answer]

    def _answer(self, environ: dict[str, Any], body: bytes) -> tuple[int, bytes]:
        timestamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        signed = b"v0:%b:%b" % (timestamp.encode(), body)
        expected = "v0=" + hmac.digest(SECRET.encode(), signed, "sha256").hex()
        if environ.get("HTTP_X_ZM_SIGNATURE") != expected:
            return 401, b""
        event = json.loads(body)
        if event.get("event") == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            hashed = hmac.digest(SECRET.encode(), token.encode(), "sha256").hex()
            return 200, json.dumps({"plainToken": token, "encryptedToken": hashed}).encode()
        self.bodies.append(body)
        return self.handle(event), b""
