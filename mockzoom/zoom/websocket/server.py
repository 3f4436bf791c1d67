"""A server for one client alone: its access tokens, and the connection of one subscription.

A connection begins as HTTP: `POST /oauth/token` is answered as Zoom does, and an upgrade is handed
on. Each connection carries one request, so who is slow keeps nobody else out.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import httptools
from msgspec import structs

from mockzoom.model import Observation
from mockzoom.zoom.access_tokens import App, answer
from mockzoom.zoom.websocket.connection import HANDSHAKE_S
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.messages import Seen, path_of

TOKEN_PATH = "/oauth/token"
SUBSCRIPTION = "mockzoom-subscription"
_LARGEST = 64 * 1024
_MOST_TOKENS = 1000
_MOST_WAITING = 100


class EventSocketServer:
    """Listens from `start` to `stop`; every method is called on its loop.

    `app` is whose credentials get an access token.
    """

    def __init__(self, app: App, *, silent: float) -> None:
        self.app = app
        self.address = ""
        self.waiting: set[HttpConnection] = set()
        self._tokens: dict[str, str] = {}
        self._valid: set[str] = set()
        self._given = 0
        self._listener: Callable[[Observation], None] = lambda seen: None
        self.sockets = EventSockets(
            self._valid.__contains__, lambda name: name == SUBSCRIPTION, self._listen,
            silent=silent,
        )  # fmt: skip
        self._server: asyncio.Server | None = None

    async def start(
        self, listening: socket.socket, listener: Callable[[Observation], None]
    ) -> None:
        """Serve what connects to a socket that listens.

        `listener` gets what happens; tokens are named `token-1`, `token-2` there.
        """
        self._listener = listener
        host, port = listening.getsockname()[:2]
        self.address = f"{host}:{port}"
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: HttpConnection(self), sock=listening)

    async def stop(self) -> None:
        """Listen no more, and close every connection."""
        if self._server is None:
            return
        self._server.close()
        for door in list(self.waiting):
            door.abort()
        await self.sockets.stop()
        await self._server.wait_closed()

    @property
    def environment(self) -> dict[str, str]:
        """What a client has to know, as variables of its environment."""
        return {
            "ZOOM_WEBSOCKET_URL": f"ws://{self.address}{path_of(SUBSCRIPTION)}",
            "ZOOM_SUBSCRIPTION_ID": SUBSCRIPTION,
            "ZOOM_TOKEN_URL": f"http://{self.address}{TOKEN_PATH}",
            "ZOOM_ACCOUNT_ID": "mockzoom-account",
            "ZOOM_CLIENT_ID": self.app.client_id or "mockzoom-client-id",
            "ZOOM_CLIENT_SECRET": self.app.client_secret or "mockzoom-client-secret",
        }

    def end_tokens(self) -> None:
        """End every access token that was given; what is connected stays so."""
        self._valid.clear()
        self.sockets.note(Seen.EXPIRED)

    def give_token(self, client_id: str) -> str:
        """Return a new access token."""
        self._given += 1
        token = secrets.token_urlsafe(32)
        if len(self._tokens) >= _MOST_TOKENS:
            oldest = next(iter(self._tokens))
            del self._tokens[oldest]
            self._valid.discard(oldest)
        self._tokens[token] = f"token-{self._given}"
        self._valid.add(token)
        self.sockets.note(Seen.TOKEN, f"token-{self._given}")
        return token

    def has_room(self) -> bool:
        """Tell whether one more connection may wait for its request."""
        return len(self.waiting) < _MOST_WAITING

    def _listen(self, seen: Observation) -> None:
        """Name tokens in the place of showing them."""
        if seen.recognised == Seen.TRIED:
            name = self._tokens.get(seen.message, "another token" if seen.message else "no token")
            seen = structs.replace(seen, message=name)
        self._listener(seen)


class HttpConnection(asyncio.Protocol):
    """A connection until it is known what it asks for; called back by the parser of HTTP."""

    def __init__(self, server: EventSocketServer) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._raw, self._target, self._body = b"", b"", b""
        self._headers: dict[str, str] = {}
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline of the request."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._server.has_room():
            self._transport.abort()
            return
        self._server.waiting.add(self)
        self._deadline = asyncio.get_running_loop().call_later(HANDSHAKE_S, self.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Take bytes until the request is complete or asks for an upgrade."""
        self._raw += data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._hand_on()
            return
        except httptools.HttpParserError:
            self._respond(400, {"error": "invalid_request"})
        if len(self._raw) > _LARGEST:
            self.abort()

    def abort(self) -> None:
        """Cut it off."""
        if self._transport is not None:
            self._transport.abort()

    # -- the parser's callbacks ----------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer the request, unless it asks for an upgrade."""
        if self._parser.should_upgrade():
            return
        parts = urlsplit(self._target.decode("latin-1"))
        if parts.path != TOKEN_PATH or self._parser.get_method() != b"POST":
            self._respond(404, {"error": "not_found"})
            return
        given = dict(parse_qsl(f"{self._body.decode('latin-1')}&{parts.query}"))
        server = self._server
        url = f"http://{server.address}"
        said, status = answer(
            server.app, given, self._headers.get("authorization", ""), url, server.give_token
        )
        if status != 200:
            server.sockets.note(Seen.NO_TOKEN, str(said.get("reason", "")))
        self._respond(status, said)

    def _respond(self, status: int, said: Mapping[str, object]) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        body = json.dumps(said).encode()
        head = (
            f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        self._transport.close()

    def _hand_on(self) -> None:
        transport = self._transport
        self._leave()
        if transport is None:
            return
        made = self._server.sockets.socket()
        transport.set_protocol(made)
        made.connection_made(transport)
        made.data_received(self._raw)

    def _leave(self) -> None:
        self._server.waiting.discard(self)
        self._transport = None
        if self._deadline is not None:
            self._deadline.cancel()
