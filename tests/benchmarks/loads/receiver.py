"""The sample receiver of `mockzoom demo`, in a process of its own, counting what reaches it.

`/webhook/EVENT` is the same as `/webhook`, so that a tester of paths can reach it too; `/count`
tells how many requests came in, which is counted alike for every tester.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from werkzeug.serving import make_server

from mockzoom.cli.sample import create_app


class Counting:
    """WSGI middleware."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._count = count(1)
        self._seen = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Count, and hand on."""
        if environ["PATH_INFO"] == "/count":
            start_response("200 OK", [("content-type", "text/plain")])
            return [str(self._seen).encode()]
        self._seen = next(self._count)
        if environ["PATH_INFO"].startswith("/webhook/"):
            environ["PATH_INFO"] = "/webhook"
        return self._app(environ, start_response)


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
