"""Consumers of many streams, as light as can be: `… stream_clients FILE` joins what FILE lists.

FILE is JSON: a list of [url, owner id, stream id, signature, kind of media]. Frames are read just
far enough to answer keep-alives; it ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.loads.limits import raise_open_files

BITS = {"audio": 1, "transcript": 8}
ABREAST = 50
_KEEP_ALIVE = b'{"msg_type":12,'


class Socket(asyncio.Protocol):
    """One WebSocket: unmasked frames in, frames masked with zeros out."""

    def __init__(self, path: str, opened: bytes, take: Callable[[Socket, bytes], None]) -> None:
        self._path, self._opened, self._take = path, opened, take
        self._buffer = bytearray()
        self._upgraded = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        head = (
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        )
        transport.write(head.encode())

    def send(self, text: bytes) -> None:
        size = len(text)
        length = bytes([128 + size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        assert self.transport is not None
        self.transport.write(b"\x81" + length + b"\0\0\0\0" + text)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del buffer[: end + 4]
            self._upgraded = True
            self.send(self._opened)
        while len(buffer) >= 2:
            size, start = buffer[1] & 127, 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(buffer[2:10], "big"), 10
            if len(buffer) < start + size:
                return
            frame = bytes(buffer[start : start + size])
            del buffer[: start + size]
            if frame.startswith(_KEEP_ALIVE):
                self.send(b'{"msg_type":13,' + frame[len(_KEEP_ALIVE) :])
            else:
                self._take(self, frame)


async def join(url: str, owner: str, stream: str, signature: str, kind: str) -> None:
    """Join one stream and return when it is ready."""
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    host, port = url.split("/")[2].split(":")
    shared = {"protocol_version": 1, "meeting_uuid": owner, "rtms_stream_id": stream,
              "signature": signature}  # fmt: skip

    def hello(number: int, **more: int) -> bytes:
        return json.dumps({"msg_type": number, **shared, **more}).encode()

    def path(of: str) -> str:
        return "/" + of.split("/", 3)[3]

    async def dial(to: str, opened: bytes, take: Callable[[Socket, bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: Socket(path(to), opened, take), host, int(port))

    def on_media(signaling: Socket, frame: bytes) -> None:
        if frame.startswith(b'{"msg_type":4,'):
            signaling.send(json.dumps({"msg_type": 7, "rtms_stream_id": stream}).encode())
            if not ready.done():
                ready.set_result(None)

    tasks: set[asyncio.Task[None]] = set()

    def on_signaling(socket: Socket, frame: bytes) -> None:
        if frame.startswith(b'{"msg_type":2,'):
            urls = json.loads(frame)["media_server"]["server_urls"]
            opened = hello(3, media_type=BITS[kind])
            work = dial(urls[kind], opened, lambda media, data: on_media(socket, data))
            tasks.add(asyncio.get_running_loop().create_task(work))

    await dial(url, hello(1), on_signaling)
    await ready


async def main(streams: list[list[str]]) -> None:
    """Join all, some at a time, and stay until standard input ends."""
    gate = asyncio.Semaphore(ABREAST)

    async def one(item: list[str]) -> None:
        async with gate:
            await join(item[0], item[1], item[2], item[3], item[4])

    await asyncio.gather(*map(one, streams))
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    raise_open_files()
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
