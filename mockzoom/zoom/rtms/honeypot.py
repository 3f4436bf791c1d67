"""A honeypot: a decoy URL that a forged start names and that nobody may connect to (rule MZ613).

It has a port of its own, so that a connection counts even where its handshake fails. One that turns
out to be meant for something else (an HTTP request for another path) is recorded as a stray.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mockzoom.model import Observation
from mockzoom.zoom.rtms.timeline import Note, Timeline

_PATIENCE_S = 5.0
_READ = 2048


@dataclass(frozen=True, slots=True)
class HoneypotCase:
    """What the rules judge: one URL that a forged start named, watched for `watched` seconds."""

    url: str
    event: str
    watched: float
    observations: tuple[Observation, ...]


class Honeypot:
    """Listens on loopback and records who connects; it answers nothing."""

    def __init__(self, timeline: Timeline, token: str, *, secure: bool) -> None:
        self._timeline, self._token, self._secure = timeline, token, secure
        self._server: asyncio.Server | None = None
        self._since = timeline.elapsed()
        self.url = ""

    async def open(self) -> None:
        """Begin to listen; `url` is set then."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        where = f"wss://localhost:{port}" if self._secure else f"ws://127.0.0.1:{port}"
        self.url = f"{where}/{self._token}/signaling"
        self._since = self._timeline.elapsed()

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def case(self, event: str = "meeting.rtms_started") -> HoneypotCase:
        """Return what the rule judges; `event` is the event that was forged."""
        watched = self._timeline.elapsed() - self._since
        return HoneypotCase(self.url, event, watched, self._timeline.all())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("?", 0)
        try:
            head = await asyncio.wait_for(reader.read(_READ), _PATIENCE_S)
        except (OSError, TimeoutError):
            head = b""
        line = head.split(b"\r\n", 1)[0].decode("latin-1")[:200]
        plain = line.endswith(("HTTP/1.1", "HTTP/1.0"))
        stray = plain and self._token not in line
        words = line if plain else f"{len(head)} bytes"
        self._timeline.note(
            Note.STRAY if stray else Note.HONEYPOT, f"from {peer[0]}:{peer[1]}: {words}"
        )
        writer.transport.abort()
