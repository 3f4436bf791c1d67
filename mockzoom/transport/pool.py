"""Deliveries over HTTP/1.1: pooled connections, and which failure counts.

A connection is checked for end-of-file before it is used again; a failure on a reused connection is
repeated on a fresh one and only that counts, because a receiver may close an idle connection
whenever it likes (RFC 9112, 9.3.1).
"""

from __future__ import annotations

from dataclasses import replace
from time import time

from mockzoom.model import Attempt, Failure, Request, Timings
from mockzoom.transport.dial import Dialer, DialError, basic
from mockzoom.transport.faults import TransportFault
from mockzoom.transport.punctual import punctual_clock
from mockzoom.transport.target import parse_proxy, path_of
from mockzoom.transport.wire import Connection

_STALE: frozenset[str] = frozenset({"reset", "closed"})
MAX_IDLE = 64


class HttpTransport:
    """Sends requests to one target over pooled connections."""

    wire = True
    """Faults of the wire can be injected."""

    def __init__(self, dialer: Dialer) -> None:
        self.target = dialer.target
        self._dialer = dialer
        self._context = dialer.context()
        self._idle: list[Connection] = []
        self._url = self.target.url
        self._line = self._request_line("POST", self._url)

    def _request_line(self, method: str, url: str) -> str:
        proxied = self._dialer.proxy and self.target.scheme == "http"
        line = f"{method} {url if proxied else path_of(url)} HTTP/1.1\r\n"
        credentials = parse_proxy(self._dialer.proxy).credentials if self._dialer.proxy else ""
        if proxied and credentials:
            line += f"Proxy-Authorization: {basic(credentials)}\r\n"
        return line

    def encode(self, request: Request) -> bytes:
        """Return the head of `request` as it goes over the wire, without its body.

        Its URL is one at the target's host, whatever it names as such.
        """
        line = self._line
        if request.url != self._url or request.method != "POST":
            line = self._request_line(request.method, request.url)
        lines = "\r\n".join(map(": ".join, request.headers))
        return f"{line}{lines}\r\n\r\n".encode("latin-1")

    async def exchange(
        self,
        request: Request,
        timeout: float,
        fault: TransportFault | None = None,
        *,
        fresh: bool = False,
    ) -> Attempt:
        """Send `request`, and return what came of it within `timeout` seconds from fully sent."""
        started_at = time()
        connection = None if fresh or fault is not None else self._take()
        if connection is not None:
            await connection.send(self.encode(request) + request.body, timeout)
            outcome, timings = connection.outcome, connection.timings()
            self._give_back(connection)
            if not isinstance(outcome, Failure) or outcome.kind not in _STALE:
                return Attempt(request, outcome, timings, started_at, True)
        started_at, start = time(), punctual_clock().time()
        try:
            connection = await self._dialer.open(self._context)
        except DialError as error:
            return Attempt(request, error.failure, Timings(), started_at)
        try:
            if fault is None:
                await connection.send(self.encode(request) + request.body, timeout)
                outcome = connection.outcome
            else:
                outcome = await fault.play(connection, self.encode(request), request.body, timeout)
        except BaseException:
            connection.abort()
            raise
        timings = connection.timings(start)
        self._give_back(connection)
        return Attempt(request, outcome, timings, started_at, False)

    async def reach(self) -> Failure | None:
        """Open a connection and keep it for the first request; None where that succeeds."""
        try:
            self._give_back(await self._dialer.open(self._context))
        except DialError as error:
            return error.failure
        return None

    async def speaks_tls(self) -> bool:
        """Whether a port that got plain http speaks TLS."""
        if self.target.scheme == "https":
            return False
        asked = replace(self.target, scheme="https")
        dialer = replace(self._dialer, target=asked, cafile=None, insecure=True)
        try:
            connection = await dialer.open(dialer.context())
        except DialError:
            return False
        connection.close()
        return True

    async def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.stale:
                return connection
            connection.close()
        return None

    def _give_back(self, connection: Connection) -> None:
        if connection.reusable and len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
