"""Serving the application with waitress: one process, a few threads; feeds need none of them."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from mockzoom.errors import UsageError

THREADS = 12
"""Requests that are answered at the same time; a validation takes a thread until its outcome."""


def open_server(app: Flask, host: str, port: int) -> Any:
    """Return the server, listening; `run` serves. Raises `UsageError` where it cannot listen."""
    import waitress

    from mockzoom.web.connections import MOST, Channel

    # It warns of each request that waits for a thread, if only since that one has just started.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        made = waitress.create_server(
            app, host=host, port=port, threads=THREADS, ident="mockzoom",
            max_request_body_size=2 * app.config["MAX_CONTENT_LENGTH"], channel_timeout=60,
            connection_limit=2 * MOST, channel_request_lookahead=1, expose_tracebacks=False,
            asyncore_use_poll=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot listen on {host}:{port}: {_why(error)}") from None
    for listening in made.map.values() if hasattr(made, "map") else (made,):
        listening.channel_class = Channel  # a name may have two addresses to listen on
    return made


def _why(error: Exception) -> str:
    """Return what keeps a server from listening, and what to do about it."""
    if not isinstance(error, OSError):  # what waitress makes of a name that it cannot resolve
        return "there is no such host; --host takes an address or name of this machine"
    number = error.errno
    if number == errno.EADDRINUSE:
        return "something listens there already; choose another --port (0 takes a free one)"
    if number == errno.EADDRNOTAVAIL:
        return "this machine has no such address; --host takes one of its own, such as 127.0.0.1"
    if number == errno.EACCES:
        return "it is not allowed to; ports below 1024 need privileges, choose another --port"
    return f"{error}; see --host and --port"


def address(server: Any) -> str:
    """Return the URL that the server is reached at."""
    host = server.effective_host
    return f"http://{f'[{host}]' if ':' in host else host}:{server.effective_port}"


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve on a thread for the length of the block, and give the URL."""
    server = open_server(app, host, port)
    closing = threading.Event()

    def run() -> None:
        try:
            server.run()
        except OSError:
            if not closing.is_set():  # else it waited for a socket that was just closed
                raise

    thread = threading.Thread(target=run, name="mockzoom-web", daemon=True)
    thread.start()
    try:
        yield address(server)
    finally:
        closing.set()
        app.extensions["mockzoom-feeds"].close()
        for channel in list(server.active_channels.values()):
            channel.will_close = True  # a browser keeps its connections open, and `run` waits
        server.pull_trigger()
        server.close()
        thread.join(5)
