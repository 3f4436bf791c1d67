"""A receiver for meetings, webinars, users and phone, which keeps what it is told in memory.

It needs nothing but the standard library. As it stands it keeps each event once, by its request id,
and works out what is so from the events in the order of their `event_ts`. `--defect NAME` gets one
thing wrong, or right in another way (`stateful_account_defects.py`). `GET /state` shows what it
knows (`/state/users` a part), `POST /reset` empties it. `Receiver` is a WSGI application, so it
works in process, too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

if __package__:
    from .stateful_account_book import Book
else:
    from stateful_account_book import Book

REPLAY_WINDOW_S = 300
MOST_BYTES = 2 * 1024 * 1024
TOKEN = re.compile(r"[\w+/=-]{8,128}", re.ASCII)
STATUS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized",
          404: "Not Found", 413: "Content Too Large"}  # fmt: skip
Answer = tuple[int, Any]


class Receiver:
    """Takes signed events into a book, and shows what is in it."""

    def __init__(self, secret: str, book: Book | None = None) -> None:
        self._secret = secret.encode()
        self.book = Book() if book is None else book

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        status, content = self._answer(environ)
        body = b"" if content is None else json.dumps(content).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status} {STATUS[status]}", headers)
        return [body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        first, _, part = path.strip("/").partition("/")
        if method == "GET" and first == "state":
            state = self.book.state()
            return (200, state[part] if part else state) if part in ("", *state) else (404, None)
        if method != "POST":
            return 404, None
        if first == "reset":
            self.book.clear()
            return 204, None
        return self._take(environ)

    def _take(self, environ: dict[str, Any]) -> Answer:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MOST_BYTES:
            return 413, None
        raw = environ["wsgi.input"].read(int(length))
        if not self._authentic(environ, raw):
            return 401, {"error": "not authentic"}
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            return 400, {"error": "not JSON"}
        if not isinstance(event, dict) or not isinstance(event.get("event"), str):
            return 400, {"error": "not an event"}
        if event["event"] == "endpoint.url_validation":
            return self._challenge(event.get("payload"))
        self.book.take(event, environ.get("HTTP_X_ZM_REQUEST_ID") or hashlib.md5(raw).hexdigest())
        return 200, {"status": "received"}

    def _authentic(self, environ: dict[str, Any], raw: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        if not re.fullmatch(r"[0-9]{1,12}", stamp):
            return False
        if abs(time.time() - int(stamp)) > REPLAY_WINDOW_S:
            return False
        told = environ.get("HTTP_X_ZM_SIGNATURE", "").encode("utf-8", "replace")
        due = "v0=" + self._hex(b"v0:%b:%b" % (stamp.encode(), raw))
        return hmac.compare_digest(due.encode(), told)

    def _challenge(self, payload: Any) -> Answer:
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            return 400, {"error": "not a token"}
        return 200, {"plainToken": token, "encryptedToken": self._hex(token.encode())}

    def _hex(self, message: bytes) -> str:
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 512
    """Connections that wait while others are taken: a burst has hundreds at once."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def main() -> None:
    from program import options, serve
    from stateful_account_defects import VARIANTS

    given = options(__doc__, VARIANTS)
    receiver = Receiver(given.secret, VARIANTS[given.defect]() if given.defect else None)
    server = make_server("127.0.0.1", given.port, receiver, _Server, _Quiet)
    serve(server)


if __name__ == "__main__":
    main()
