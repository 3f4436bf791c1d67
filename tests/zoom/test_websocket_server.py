"""The server of delivery over WebSocket: what clients get, and how hostile ones are bounded."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from mockzoom.model import Observation
from mockzoom.zoom.access_tokens import App
from mockzoom.zoom.websocket.connection import UNREAD
from mockzoom.zoom.websocket.messages import Seen
from mockzoom.zoom.websocket.server import SUBSCRIPTION, EventSocketServer

HEARTBEAT = '{"module":"heartbeat"}'


class Served:
    """A server, what it has seen, and clients of it."""

    def __init__(self, server: EventSocketServer, seen: list[Observation]) -> None:
        self.server, self.seen = server, seen

    @property
    def names(self) -> list[str]:
        return [item.recognised for item in self.seen]

    async def post(self, path: str, user: str = "an-id:a-secret") -> tuple[int, Any]:
        host, _, port = self.server.address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        basic = base64.b64encode(user.encode()).decode()
        writer.write(
            f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {basic}\r\n"
            "content-length: 0\r\n\r\n".encode()
        )
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), json.loads(body)

    async def token(self) -> str:
        status, said = await self.post("/oauth/token?grant_type=client_credentials")
        assert status == 200
        return str(said["access_token"])

    def connect(self, token: str, **options: Any) -> websockets.connect:
        url = self.server.environment["ZOOM_WEBSOCKET_URL"]
        return websockets.connect(f"{url}&access_token={token}", **options)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def served(silent: float = 60.0) -> AsyncIterator[Served]:
    seen: list[Observation] = []
    server = EventSocketServer(App("an-id", "a-secret"), silent=silent)
    await server.start(socket.create_server(("127.0.0.1", 0)), seen.append)
    try:
        yield Served(server, seen)
    finally:
        await server.stop()


def played(work: Callable[[Served], Awaitable[None]], **options: float) -> None:
    async def play() -> None:
        async with served(**options) as mock:
            await work(mock)

    asyncio.run(play())


async def closed(socket: websockets.ClientConnection) -> int:
    """Read until the connection has ended; return its close code."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code


def test_a_client_is_told_that_it_is_connected_and_alive_and_events_are_encoded_twice() -> None:
    async def work(mock: Served) -> None:
        async with mock.connect(await mock.token()) as socket:
            assert json.loads(await socket.recv())["module"] == "build_connection"
            await socket.send(HEARTBEAT)
            live = {"module": "heartbeat", "success": True, "content": "live", "header": {}}
            assert json.loads(await socket.recv()) == live
            body = '{"event":"session.started","payload":{"name":"Zoë \\"🎉\\""}}'
            assert mock.server.sockets.deliver(SUBSCRIPTION, body.encode())
            said = json.loads(await socket.recv())
            assert said == {"module": "message", "content": body, "header": {}}

    played(work)


@pytest.mark.parametrize(
    ("query", "why"),
    [("", "token is empty"), ("&access_token=another", "Invalid Token")],
)
def test_a_bad_token_is_told_and_the_connection_closed(query: str, why: str) -> None:
    async def work(mock: Served) -> None:
        url = mock.server.environment["ZOOM_WEBSOCKET_URL"] + query
        async with websockets.connect(url) as socket:
            told = json.loads(await socket.recv())
            assert told == {"module": "build_connection", "success": False, "content": why,
                            "header": {}}  # fmt: skip
            await closed(socket)
        assert not mock.server.sockets.connected(SUBSCRIPTION)

    played(work)


def test_tokens_are_given_for_the_credentials_alone_and_end_when_they_are_ended() -> None:
    async def work(mock: Served) -> None:
        path = "/oauth/token?grant_type=client_credentials"
        assert (await mock.post(path, "an-id:wrong"))[0] == 400
        assert (await mock.post("/elsewhere"))[0] == 404
        token = await mock.token()
        async with mock.connect(token) as standing:
            await standing.recv()
            mock.server.end_tokens()
            async with mock.connect(token) as late:
                assert "Invalid Token" in str(await late.recv())
            await standing.send(HEARTBEAT)
            assert "live" in str(await standing.recv())
        assert mock.names.count(Seen.NO_TOKEN) == 1

    played(work)


def test_a_newer_connection_closes_the_older_one_and_gets_the_events() -> None:
    async def work(mock: Served) -> None:
        token = await mock.token()
        async with mock.connect(token) as older, mock.connect(token) as newer:
            await newer.recv()
            assert await closed(older) == 1000
            assert mock.server.sockets.deliver(SUBSCRIPTION, b"{}")
            assert json.loads(await newer.recv())["content"] == "{}"
        await mock.until(lambda: Seen.LEFT in mock.names)
        assert not mock.server.sockets.deliver(SUBSCRIPTION, b"{}")

    played(work)


def test_who_sends_no_heartbeat_is_closed() -> None:
    async def work(mock: Served) -> None:
        async with mock.connect(await mock.token()) as socket:
            assert await closed(socket) == 1001
        assert Seen.CLOSED in mock.names

    played(work, silent=0.1)


def test_other_texts_are_shown_and_change_nothing() -> None:
    async def work(mock: Served) -> None:
        async with mock.connect(await mock.token()) as socket:
            await socket.recv()
            for text in ("ping", "[" * 5000, '"heartbeat"', b"\xff\xfe", "{}"):
                await socket.send(text)
            await socket.send(HEARTBEAT)
            assert "live" in str(await socket.recv())
        others = [item for item in mock.seen if item.recognised == Seen.OTHER]
        assert len(others) == 5
        assert max(len(item.message) for item in others) <= 200

    played(work)


def test_a_client_that_sends_ten_megabytes_or_floods_is_closed() -> None:
    async def work(mock: Served) -> None:
        token = await mock.token()
        async with mock.connect(token) as socket:
            with suppress(ConnectionClosed):
                await socket.send("x" * 10_000_000)
            assert await closed(socket) == 1009
        async with mock.connect(token) as socket:
            with suppress(ConnectionClosed):
                for _ in range(2000):
                    await socket.send(HEARTBEAT)
            await closed(socket)
        await mock.until(lambda: "too many messages" in [item.message for item in mock.seen])

    played(work)


def test_a_client_that_never_reads_is_cut_off_and_what_waits_for_it_is_bounded() -> None:
    async def work(mock: Served) -> None:
        host, _, port = mock.server.address.partition(":")
        token = await mock.token()
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        key = base64.b64encode(os.urandom(16)).decode()
        target = mock.server.environment["ZOOM_WEBSOCKET_URL"].partition(port)[2]
        writer.write(
            f"GET {target}&access_token={token} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n"
            f"connection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n"
            "".encode()
        )
        await mock.until(lambda: mock.server.sockets.connected(SUBSCRIPTION))
        body = json.dumps({"event": "x" * 500_000}).encode()
        sent = 0
        while mock.server.sockets.deliver(SUBSCRIPTION, body):
            sent += len(body)
            assert sent < 20 * UNREAD
            await asyncio.sleep(0)
        assert not mock.server.sockets.connected(SUBSCRIPTION)
        writer.close()

    played(work)


def test_a_connection_without_a_request_is_bounded_in_size_and_number() -> None:
    async def work(mock: Served) -> None:
        host, _, port = mock.server.address.partition(":")
        idle = [await asyncio.open_connection(host, int(port)) for _ in range(120)]
        await mock.until(lambda: len(mock.server.waiting) == 100)
        for _, writer in idle:
            writer.close()
        await mock.until(lambda: not mock.server.waiting)
        reader, writer = await asyncio.open_connection(host, int(port))
        with suppress(ConnectionError):
            for _ in range(200):
                writer.write(b"GET /" + b"a" * 1000)
                await writer.drain()
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()

    played(work)
