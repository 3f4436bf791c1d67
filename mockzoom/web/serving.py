"""Serving the application with waitress: one process, threads for feeds and some to spare."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from mockzoom.errors import UsageError

SPARE_THREADS = 12
"""Threads beside those of the feeds: polls and validations must not wait for a feed to end."""


def open_server(app: Flask, host: str, port: int) -> Any:
    """Return the server, listening; `run` serves. Raises `UsageError` where it cannot listen."""
    import waitress

    feeds = app.extensions["mockzoom-feeds"].most
    try:
        return waitress.create_server(
            app, host=host, port=port, threads=feeds + SPARE_THREADS, ident="mockzoom",
            max_request_body_size=2 * app.config["MAX_CONTENT_LENGTH"], channel_timeout=60,
            connection_limit=500, channel_request_lookahead=1, expose_tracebacks=False,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error}; is a server running there already? See"
            " --host and --port"
        ) from None


def address(server: Any) -> str:
    """Return the URL that the server is reached at."""
    host = server.effective_host
    return f"http://{f'[{host}]' if ':' in host else host}:{server.effective_port}"


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve on a thread for the length of the block, and give the URL."""
    server = open_server(app, host, port)
    thread = threading.Thread(target=server.run, name="mockzoom-web", daemon=True)
    thread.start()
    try:
        yield address(server)
    finally:
        server.close()
        thread.join(5)
