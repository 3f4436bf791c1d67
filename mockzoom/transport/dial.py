"""Opening a connection: name, TCP, an HTTP proxy's tunnel, TLS; each failure told apart."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from mockzoom.errors import UsageError
from mockzoom.model import Failure, FailureKind
from mockzoom.transport.permit import Permit
from mockzoom.transport.punctual import punctual_timeout
from mockzoom.transport.target import Target, parse_proxy
from mockzoom.transport.wire import Connection

_ADVICE = {
    "refused": "start the receiver first, or check the port",
    "dns": "check the host name",
    "certificate": "name the CA with --cafile, or pass --insecure to check no certificate",
    "tls": "check that the port speaks TLS, or use http://",
}

WANTS_HTTPS = "receiver unreachable: the port speaks TLS; begin the URL with https://"
"""The run error where a port that speaks TLS got plain http."""


class DialError(Exception):
    """No connection; `failure` says which phase ended it."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message)


@dataclass(frozen=True, slots=True)
class Dialer:
    """How connections to one target are opened.

    `cafile` adds nothing to the system's CAs: it replaces them. `insecure` checks no certificate.
    With `permit`, only addresses that it allows are connected to.
    """

    target: Target
    timeout: float = 3.0
    cafile: str | None = None
    insecure: bool = False
    proxy: str | None = None
    permit: Permit | None = None

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS context, None for plain http; raise `UsageError` for a bad CA file."""
        if self.target.scheme != "https":
            return None
        if self.cafile is not None and not Path(self.cafile).is_file():
            raise UsageError(f"--cafile {self.cafile}: no such file; expected CA certificates, PEM")
        try:
            context = ssl.create_default_context(cafile=self.cafile)
        except (ssl.SSLError, OSError) as error:
            raise UsageError(
                f"--cafile {self.cafile}: cannot be read as CA certificates in PEM form ({error})"
            ) from None
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def open(self, context: ssl.SSLContext | None) -> Connection:
        """Open a connection, or raise `DialError`."""
        try:
            async with punctual_timeout(self.timeout):
                sock = await self._tcp()
                try:
                    if self.proxy and context is not None:
                        await self._tunnel(sock)
                    return await self._attach(sock, context)
                except BaseException:
                    sock.close()
                    raise
        except TimeoutError:
            raise DialError(
                "timeout", f"no connection to {self._where()} within {self.timeout:g} s"
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise DialError("certificate", f"certificate refused: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise DialError("tls", f"TLS handshake failed: {error.reason or error}") from None
        except ConnectionRefusedError:
            raise DialError("refused", f"connection to {self._where()} refused") from None
        except OSError as error:
            raise DialError("reset", f"no connection to {self._where()}: {error}") from None

    def _where(self) -> str:
        if self.proxy:
            return f"proxy {parse_proxy(self.proxy).netloc}"
        return f"{self.target.host}:{self.target.port}"

    async def _tcp(self) -> socket.socket:
        peer = parse_proxy(self.proxy) if self.proxy else self.target
        loop = asyncio.get_running_loop()
        try:
            addresses = await loop.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise DialError("dns", f"host {peer.host!r} is unknown: {error.strerror}") from None
        last: OSError = OSError("no address")
        for family, kind, protocol, _, address in addresses:
            if self.permit is not None:
                refusal = self.permit.refusal(peer.host, str(address[0]))
                if refusal:
                    raise DialError("forbidden", f"not delivered to {peer.host!r}: {refusal}")
            sock = socket.socket(family, kind, protocol)
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, address)
                return sock
            except OSError as error:
                sock.close()
                last = error
            except BaseException:
                sock.close()
                raise
        raise last

    async def _tunnel(self, sock: socket.socket) -> None:
        assert self.proxy is not None
        loop = asyncio.get_running_loop()
        where = self.target.authority
        lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
        credentials = parse_proxy(self.proxy).credentials
        if credentials:
            lines.append("Proxy-Authorization: " + basic(credentials))
        await loop.sock_sendall(sock, ("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < 16384:
            chunk = await loop.sock_recv(sock, 1)
            if not chunk:
                break
            answer += chunk
        status = answer.split(b"\r\n", 1)[0].decode("latin-1")
        if not re.match(r"HTTP/1\.[01] 2\d\d(\s|$)", status):
            raise DialError("refused", f"{self._where()} refused the tunnel: {status or 'closed'}")

    async def _attach(self, sock: socket.socket, context: ssl.SSLContext | None) -> Connection:
        loop = asyncio.get_running_loop()
        if context is None:
            _, connection = await loop.create_connection(Connection, sock=sock)
        else:
            _, connection = await loop.create_connection(
                Connection, sock=sock, ssl=context, server_hostname=self.target.host
            )
        connection.sock = sock
        return connection


def basic(credentials: str) -> str:
    """Return the `Authorization: Basic` value for `user:password`."""
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def unreachable(failure: Failure, *, waited: float | None = None) -> str:
    """Say why the receiver cannot be reached, and what to do.

    `waited` are the seconds that it was waited for; None where `--wait` cannot be passed.
    """
    after = f" (waited {waited:g} s)" if waited else ""
    advice = _ADVICE.get(failure.kind, "check the URL and the network")
    if failure.kind == "refused" and waited is not None:
        advice += "; --wait 30 waits for it"
    return f"receiver unreachable: {failure.message}{after}; {advice}"
