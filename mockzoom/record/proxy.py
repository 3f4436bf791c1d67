"""Passes the bytes of connections on to a receiver, unchanged, and notes what passes.

Each connection has one of its own to the receiver. Only where `host_header` is given is a head
changed: in its `host`. What is not understood as HTTP passes, too, and is not noted.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

from msgspec import Struct

from mockzoom.model import Failure
from mockzoom.record.observer import Proxied
from mockzoom.transport.framing import (
    KEPT_BODY,
    MAX_HEAD,
    Framing,
    FramingError,
    Head,
    HttpMessage,
)
from mockzoom.transport.target import Target

CONNECT_S = 3.0
"""Seconds in which the receiver has to accept a connection: as long as Zoom waits."""
MOST_CONNECTIONS = 2_000
_CHUNK = 64 * 1024


class _Open(Struct):
    """A request whose answer is not over."""

    request: HttpMessage
    began: float
    started: float
    sent: float
    first_byte: float | None = None


class Proxy:
    """A server that passes everything on to `target`, and hands what has passed to `note`."""

    def __init__(
        self,
        target: Target,
        note: Callable[[Proxied], None],
        *,
        context: ssl.SSLContext | None = None,
        host_header: str = "",
    ) -> None:
        self._target = target
        self._note = note
        self._context = context
        self._host = host_header
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.not_understood = 0
        """Connections with bytes that are no HTTP/1.1: they passed, and were not judged."""

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port; raises `OSError` where that cannot be."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=_CHUNK)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def close(self) -> None:
        """Accept no more, and end what goes on."""
        if self._server is not None:
            self._server.close()
        for task in set(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=2)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MOST_CONNECTIONS:
            writer.close()
            return
        task = asyncio.create_task(self._take(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                await self._connection(reader, writer)
        finally:
            writer.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(_CHUNK)
        if not first:
            return
        try:
            async with asyncio.timeout(CONNECT_S):
                upstream = await asyncio.open_connection(
                    self._target.host, self._target.port, ssl=self._context, limit=_CHUNK,
                    server_hostname=self._target.host if self._context else None,
                )  # fmt: skip
        except (OSError, TimeoutError) as error:
            await self._refuse(reader, writer, first, _failure(error, self._target))
            return
        link = _Link(self._note, self._host)
        try:
            passing = asyncio.create_task(link.forward(first, reader, upstream[1]))
            await link.back(upstream[0], writer)
            passing.cancel()
            await asyncio.wait([passing])
        finally:
            self.not_understood += link.is_lost
            link.over()
            upstream[1].close()

    async def _refuse(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        first: bytes,
        failure: Failure,
    ) -> None:
        """Answer 502 to a request that cannot be passed on."""
        framing, began, started = Framing(), time.time(), perf_counter()
        data, taken = first, 0
        with suppress(FramingError, TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                while data and taken <= KEPT_BODY + MAX_HEAD:
                    taken += len(data)
                    for piece in framing.feed(data):
                        if isinstance(piece, HttpMessage):
                            sent = perf_counter() - started
                            self._note(Proxied(piece, None, failure, began, sent))
                            data = b""
                            break
                    else:
                        data = await reader.read(_CHUNK)
        text = f"mockzoom record: {failure.message}\n".encode()
        writer.write(
            b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain; charset=utf-8\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(text), text)
        )
        await writer.drain()


class _Link:
    """The two directions of one connection."""

    def __init__(self, note: Callable[[Proxied], None], host: str) -> None:
        self._note = note
        self._host = host.encode("latin-1")
        self._requests = Framing()
        self._answers = Framing(answers=True)
        self._open: deque[_Open] = deque()
        self._began = 0.0
        self._started = 0.0
        self.is_lost = False
        """Whether bytes were not understood: what follows passes, and is not noted."""

    async def forward(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass requests on, until the sender ends or goes away."""
        with suppress(OSError):
            await self._forward(first, reader, writer)

    async def _forward(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        data = first
        while data:
            now = perf_counter()
            if self._requests.is_between:
                self._began, self._started = time.time(), now
            if not self._host or self.is_lost:
                writer.write(data)
                self._observe_request(data, None)
            else:
                self._observe_request(data, writer)
            await writer.drain()
            data = await reader.read(_CHUNK)
        if writer.can_write_eof():
            writer.write_eof()

    def _observe_request(self, data: bytes, writer: asyncio.StreamWriter | None) -> None:
        """Note the requests in `data`; with a `writer`, pass them on with another host."""
        if self.is_lost:
            return
        try:
            for piece in self._requests.feed(data):
                if isinstance(piece, bytes):
                    if writer is not None:
                        writer.write(self._with_host(piece) if isinstance(piece, Head) else piece)
                    continue
                self._answers.expect(piece.start.split(" ", 1)[0])
                sent = perf_counter() - self._started
                self._open.append(_Open(piece, self._began, self._started, sent))
        except FramingError:
            self.is_lost = True
            if writer is not None:
                writer.write(self._requests.held)

    def _with_host(self, head: Head) -> bytes:
        return b"\r\n".join(
            b"%b %b" % (line[:5], self._host) if line[:5].lower() == b"host:" else line
            for line in head.split(b"\r\n")
        )

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass answers back, until the receiver ends."""
        while data := await reader.read(_CHUNK):
            now = perf_counter()
            writer.write(data)
            if self._open and self._open[0].first_byte is None:
                self._open[0].first_byte = now - self._open[0].started
            self._observe_answer(data)
            await writer.drain()
        last = None if self.is_lost else self._answers.end()
        if last is not None:
            self._complete(last)

    def _observe_answer(self, data: bytes) -> None:
        if self.is_lost:
            return
        try:
            for piece in self._answers.feed(data):
                if isinstance(piece, HttpMessage) and piece.status >= 200:
                    self._complete(piece)
                elif isinstance(piece, HttpMessage) and piece.status == 101:
                    self.is_lost = True
                    return
        except FramingError:
            self.is_lost = True

    def _complete(self, answer: HttpMessage) -> None:
        if not self._open:
            return
        one = self._open.popleft()
        complete = perf_counter() - one.started
        self._note(
            Proxied(one.request, answer, None, one.began, one.sent, one.first_byte, complete)
        )

    def over(self) -> None:
        """Note the requests that got no answer."""
        for one in () if self.is_lost else self._open:
            failure = Failure("closed", "the connection was closed without an answer")
            ended = perf_counter() - one.started
            self._note(Proxied(one.request, None, failure, one.began, one.sent, complete=ended))
        self._open.clear()


def _failure(error: Exception, target: Target) -> Failure:
    where = target.authority
    if isinstance(error, TimeoutError):
        return Failure("timeout", f"no connection to {where} within {CONNECT_S:g} s")
    if isinstance(error, ConnectionRefusedError):
        return Failure("refused", f"connection to {where} refused")
    return Failure("reset", f"no connection to {where}: {error}")
