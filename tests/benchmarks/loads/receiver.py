"""The sample receiver of `mockzoom demo`, in a process of its own, counting what reaches it.

`/webhook/EVENT` is the same as `/webhook`, so that a tester of paths can reach it too; `/count`
tells how many requests were answered and how many of them with 2xx, alike for every tester.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from werkzeug.serving import make_server

from mockzoom.cli.sample import create_app


class Counting:
    """WSGI middleware."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._seen = 0
        self._acknowledged = 0
        self._lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Count, and hand on."""
        if environ["PATH_INFO"] == "/count":
            start_response("200 OK", [("content-type", "text/plain")])
            return [f"{self._seen} {self._acknowledged}".encode()]
        if environ["PATH_INFO"].startswith("/webhook/"):
            environ["PATH_INFO"] = "/webhook"

        def start(status: str, *rest: Any) -> Any:
            with self._lock:
                self._seen += 1
                self._acknowledged += status.startswith("2")
            return start_response(status, *rest)

        return self._app(environ, start)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("secret")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Counting(create_app(options.secret)), threaded=True)
    print(f"http://127.0.0.1:{server.server_port}/webhook", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
