"""The sample receiver of `mockzoom demo`, in a process of its own, counting what reaches it.

Its application is served by asyncio and httptools: werkzeug's server spends ten times as long on a
request as the application does, and would be what is measured. `/webhook/EVENT` is the same as
`/webhook`, so that a tester of paths can reach it too; `/count` tells how many requests were
answered and how many of them with 2xx, alike for every tester.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import httptools

from mockzoom.zoom.sample_receiver import create_app

_BAD = b"HTTP/1.1 400 BAD REQUEST\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Counting:
    """WSGI middleware."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._seen = 0
        self._acknowledged = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Count, and hand on."""
        if environ["PATH_INFO"] == "/count":
            start_response("200 OK", [("content-type", "text/plain")])
            return [f"{self._seen} {self._acknowledged}".encode()]
        if environ["PATH_INFO"].startswith("/webhook/"):
            environ["PATH_INFO"] = "/webhook"

        def start(status: str, *rest: Any) -> Any:
            self._seen += 1
            self._acknowledged += status.startswith("2")
            return start_response(status, *rest)

        return self._app(environ, start)


class Serving(asyncio.Protocol):
    """One connection of whoever sends; the application is called when a request is whole."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.write(_BAD)
            self._transport.close()

    def on_message_begin(self) -> None:
        """Start a request."""
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        """Take (a part of) the URL."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header, under the name that WSGI gives it."""
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        self._headers[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Let a sender go on that waits to be told to."""
        if self._headers.get("HTTP_EXPECT", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take (a part of) the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer."""
        url = httptools.parse_url(self._url)
        environ = {
            **self._headers,
            "REQUEST_METHOD": self._parser.get_method().decode(),
            "SCRIPT_NAME": "",
            "PATH_INFO": url.path.decode("latin-1"),
            "QUERY_STRING": (url.query or b"").decode("latin-1"),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(b"".join(self._body)),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        lines: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], failed: Any = None) -> None:
            lines[:] = [f"HTTP/1.1 {status}", *map(": ".join, headers)]

        body = b"".join(self._app(environ, start))
        if not any(line.lower().startswith("content-length:") for line in lines):
            lines.append(f"content-length: {len(body)}")
        keep = self._parser.should_keep_alive()
        if not keep:
            lines.append("connection: close")
        self._transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        if not keep:
            self._transport.close()


async def _serve(app: Callable[..., Iterable[bytes]]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Serving(app), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhook", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("secret")
    options = parser.parse_args()
    asyncio.run(_serve(Counting(create_app(options.secret))))


if __name__ == "__main__":
    main()
