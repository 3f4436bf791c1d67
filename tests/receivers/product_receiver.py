"""A correct receiver for the events of any product; `--defect KIND:EVENT` spoils one event.

KIND is `refused` (answered 404, as where no handler is registered), `crashes` (500 where its
`event_ts` is no number) or `closed` (400 where a field is added beside its payload). All others are
handled correctly. The secret is read from `ZOOM_WEBHOOK_SECRET_TOKEN`.
"""

from __future__ import annotations

import hmac
import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

KINDS = ("refused", "crashes", "closed")
ENVELOPE = {"event", "event_ts", "payload", "download_token"}
"""The members beside a payload that the events of any product have."""


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    secret: ClassVar[bytes] = b""
    defect: ClassVar[str] = ""
    event: ClassVar[str] = ""

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,7}", length):
            self.close_connection = True
            self.answer(411)
            return
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
        elif not self.is_signed(body):
            self.answer(401)
        else:
            self.answer(*self.judge(body))

    def is_signed(self, body: bytes) -> bool:
        timestamp = self.headers.get("x-zm-request-timestamp", "")
        if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > 300:
            return False
        digest = hmac.digest(self.secret, b"v0:%b:%b" % (timestamp.encode(), body), "sha256")
        given = self.headers.get("x-zm-signature", "").encode()
        return hmac.compare_digest(b"v0=" + digest.hex().encode(), given)

    def judge(self, body: bytes) -> tuple[int, Any]:
        """Return the status, and the JSON if there is any, that answer a signed body."""
        try:
            event = json.loads(body)
            name = event["event"]
            if name == "endpoint.url_validation":
                return 200, self.tokens(event["payload"]["plainToken"])
        except Exception:  # whatever is wrong with it, it is the sender's
            return 400, None
        return (self.spoilt(event) if name == self.event else 200), None

    def spoilt(self, event: dict[str, Any]) -> int:
        """Return the status that the defect answers to its event."""
        if self.defect == "refused":
            return 404
        if self.defect == "crashes":
            return 200 if isinstance(event.get("event_ts"), int | float) else 500
        return 200 if event.keys() <= ENVELOPE else 400

    def tokens(self, plain: str) -> dict[str, str]:
        if not re.fullmatch(r"[A-Za-z0-9_+/=-]{8,128}", plain):
            raise ValueError("not a token")
        digest = hmac.digest(self.secret, plain.encode(), "sha256")
        return {"plainToken": plain, "encryptedToken": digest.hex()}

    def answer(self, status: int, body: Any = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def main() -> None:
    from program import options, serve

    given = options(__doc__)  # each defect takes an event: `tests/test_product_receivers.py`
    kind, _, event = (given.defect or "").partition(":")
    if kind and (kind not in KINDS or not event):
        sys.exit(f"--defect {given.defect}: expected KIND:EVENT, KIND one of {KINDS}")
    Receiver.secret, Receiver.defect, Receiver.event = given.secret.encode(), kind, event
    server = Server(("127.0.0.1", given.port), Receiver)
    serve(server)


if __name__ == "__main__":
    main()
