"""One connection of a client, from its first byte to its end: bounded in time, memory and rate."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Protocol, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

LARGEST = 64 * 1024
"""Bytes of a message; a heartbeat has 22."""
UNREAD = 4 * 1024 * 1024
"""Bytes that may wait for a client that does not read."""
MOST_A_SECOND = 100
"""Messages and pings that a client may send in a second."""
HANDSHAKE_S = 10.0
"""Seconds from the connection to the end of its handshake."""
CLOSE_S = 1.0
"""Seconds in which a client answers a close frame."""

_SILENT = logging.getLogger("mockzoom.zoom.websocket.wire")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class Owner(Protocol):
    """Who learns what happens on a connection."""

    def refusal(self, socket: EventSocket, target: str) -> str:
        """Say why a connection is not upgraded now; nothing where it is."""

    def upgraded(self, socket: EventSocket, target: str) -> None:
        """Take a connection that was upgraded."""

    def received(self, socket: EventSocket, text: bytes) -> None:
        """Take a message."""

    def gone(self, socket: EventSocket, why: str, code: int | None) -> None:
        """Take note that a connection has ended."""


class EventSocket(asyncio.Protocol):
    """A client's connection, as a protocol of asyncio."""

    def __init__(self, owner: Owner, name: str) -> None:
        self.name = name
        self.subscription = ""
        self._owner = owner
        self._wire = ServerProtocol(max_size=LARGEST, logger=_SILENT)
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._deadline: asyncio.TimerHandle | None = None
        self._second, self._count = 0.0, 0
        self._ended_here = False

    @property
    def open(self) -> bool:
        """Whether messages can go out."""
        return self._wire.state is State.OPEN and self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline of the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._end_in(HANDSHAKE_S)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and answer what asks for an answer."""
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if isinstance(event, Request):
                self._upgrade(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()

    def eof_received(self) -> None:
        """Take the end of what the client sends."""
        self._wire.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell its owner."""
        self._cancel()
        self._transport = None
        received, sent = self._wire.close_rcvd, self._wire.close_sent
        why = "" if received is not None else "without a close frame"
        if sent is not None and not self._wire.close_rcvd_then_sent:
            why, received = sent.reason, sent
        self._owner.gone(self, why, received.code if received is not None else None)

    @property
    def ended_here(self) -> bool:
        """Whether our side ended it."""
        return self._ended_here

    def send(self, text: bytes) -> bool:
        """Send a message; False where the client is gone or reads nothing any more."""
        if not self.open:
            return False
        self._wire.send_text(text)
        self._flush()
        if self._transport is None or self._transport.get_write_buffer_size() <= UNREAD:
            return True
        self.abort()
        return False

    def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Close with a close frame; cut off where no answer comes."""
        self._ended_here = True
        if self._wire.state is State.OPEN:
            self._wire.send_close(code, reason)
            self._flush()
        self._end_in(CLOSE_S)

    def end_in(self, seconds: float) -> None:
        """Close it after so many seconds, unless this is called again before."""
        self._cancel()
        self._deadline = self._loop.call_later(seconds, self.close, CloseCode.GOING_AWAY)

    def abort(self) -> None:
        """Cut it off without a close frame."""
        self._ended_here = True
        if self._transport is not None:
            self._transport.abort()

    def _end_in(self, seconds: float) -> None:
        self._cancel()
        self._deadline = self._loop.call_later(seconds, self.abort)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _upgrade(self, request: Request) -> None:
        why = self._owner.refusal(self, request.path)
        if why:
            answer = self._wire.reject(HTTPStatus.SERVICE_UNAVAILABLE, f"{why}\n")
        else:
            answer = self._wire.accept(request)
        self._wire.send_response(answer)
        self._flush()
        if self.open:
            self._cancel()
            self._owner.upgraded(self, request.path)

    def _take(self, frame: Frame) -> None:
        if self._is_flooding():
            self._wire.fail(CloseCode.POLICY_VIOLATION, "too many messages")
            self._ended_here = True
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT) or not self.open:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            text, self._parts = b"".join(self._parts), []
            self._owner.received(self, text)

    def _is_flooding(self) -> bool:
        now = self._loop.time()
        if now - self._second >= 1:
            self._second, self._count = now, 0
        self._count += 1
        return self._count > MOST_A_SECOND

    def _flush(self) -> None:
        transport = self._transport
        if transport is None:
            return
        for data in self._wire.data_to_send():
            if data:
                transport.write(data)
            else:
                transport.close()  # sends what waits first
        if self._wire.close_expected() or transport.is_closing():
            self._end_in(CLOSE_S)
        elif transport.get_write_buffer_size() > UNREAD:
            self.abort()
