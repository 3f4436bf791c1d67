"""Servers for the tests of delivery: real sockets on threads, and every byte in the test's hands.

A script says what a server does with each connection that it accepts; `answering` is the script of
an ordinary HTTP server.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
PATIENCE_S = 10.0
"""Seconds after which a server's read gives up, so that no thread outlives its test for long."""


@dataclass(frozen=True)
class Received:
    """One request, as it came over the wire."""

    connection: int
    head: bytes
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def line(self) -> str:
        """The request line."""
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers in their order, spelled as they came."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.split(":", 1) for line in lines if line)
        return [(name, value.strip()) for name, value in pairs]

    def header(self, name: str) -> str | None:
        """The value of a header that stands there once; None where there is none."""
        values = [value for key, value in self.headers if key.lower() == name]
        assert len(values) <= 1, f"{name} stands there {len(values)} times"
        return values[0] if values else None


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, number: int, received: list[Received]) -> None:
        self.sock = sock
        self.number = number
        self._received = received
        self._buffer = b""

    def head(self) -> bytes | None:
        """Read the head of a request; None at the end of the connection."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        return head

    def read(self) -> Received | None:
        """Read one whole request; None at the end of the connection."""
        head = self.head()
        if head is None:
            return None
        length = Received(self.number, head, b"").header("content-length")
        while len(self._buffer) < int(length or 0):
            if not self._more():
                return None
        body = self._buffer[: int(length or 0)]
        self._buffer = self._buffer[len(body) :]
        request = Received(self.number, head, body)
        self._received.append(request)
        return request

    def _more(self, count: int = 65536) -> bool:
        data = self.sock.recv(count)
        self._buffer += data
        return bool(data)

    @property
    def ahead(self) -> int:
        """How many bytes have come beyond what was asked for."""
        return len(self._buffer)

    def write(self, data: bytes) -> None:
        """Write exactly these bytes."""
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def linger(self) -> None:
        """Stay open and read on, until the client has closed."""
        with contextlib.suppress(OSError):
            while self.sock.recv(65536):
                pass


Script = Callable[[Peer], None]


@dataclass
class Server:
    """A running server: where it listens, and what it has received."""

    port: int
    received: list[Received]
    scheme: str = "http"
    accepted: int = 0

    @property
    def url(self) -> str:
        """The URL of its webhook."""
        return f"{self.scheme}://127.0.0.1:{self.port}/webhook"

    def wait_for(self, count: int) -> None:
        """Wait until so many requests have come."""
        ends = time.monotonic() + PATIENCE_S
        while len(self.received) < count:
            assert time.monotonic() < ends, f"{len(self.received)} requests came, not {count}"
            time.sleep(0.005)


@contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None, buffer: int = 0) -> Iterator[Server]:
    """Run `script` for each connection, on a thread; `buffer` bounds what the kernel takes in."""
    listener = socket.socket()
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    server = Server(listener.getsockname()[1], [], "https" if tls else "http")

    def serve(sock: socket.socket, number: int) -> None:
        sock.settimeout(PATIENCE_S)
        # Or an answer waits until the tickets of TLS are acknowledged, 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):  # a client that closes early is no fault of the server
            wrapped = tls.wrap_socket(sock, server_side=True) if tls else sock
            with wrapped:
                script(Peer(wrapped, number, server.received))
        sock.close()

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            server.accepted += 1
            threading.Thread(target=serve, args=(sock, server.accepted), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        # Closing alone does not end a blocked accept.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def answering(answer: bytes | Callable[[Received], bytes] = OK) -> Script:
    """Return the script of a server that reads whole requests and answers each."""

    def script(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            peer.write(answer if isinstance(answer, bytes) else answer(request))

    return script


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Return an ordinary answer."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def unused_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
