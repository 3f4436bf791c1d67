"""Requests of a probe within a permit: addresses are checked, redirects are not followed.

A server plays scenarios that somebody uploaded, so their probes must not reach further than its
deliveries do.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.request
from collections.abc import Callable
from typing import Any

from mockzoom.transport import Permit


def permitted_handlers(
    permit: Permit, context: ssl.SSLContext | None
) -> list[urllib.request.BaseHandler]:
    """Return the handlers of an opener that connects only to what `permit` allows."""

    def plain(host: str, **options: Any) -> http.client.HTTPConnection:
        return _Plain(permit, host, **options)

    def secure(host: str, **options: Any) -> http.client.HTTPConnection:
        return _Secure(permit, context or ssl.create_default_context(), host, **options)

    return [_Http(plain), _Https(secure), _NoRedirects()]


class _Plain(http.client.HTTPConnection):
    def __init__(self, permit: Permit, host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._permit = permit

    def connect(self) -> None:
        self.sock = _connected(self._permit, self.host, self.port, self.timeout)


class _Secure(http.client.HTTPSConnection):
    def __init__(self, permit: Permit, tls: ssl.SSLContext, host: str, **options: Any) -> None:
        super().__init__(host, context=tls, **options)
        self._permit = permit
        self._tls = tls

    def connect(self) -> None:
        raw = _connected(self._permit, self.host, self.port, self.timeout)
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise


class _Http(urllib.request.HTTPHandler):
    def __init__(self, made: Callable[..., http.client.HTTPConnection]) -> None:
        super().__init__()
        self._made = made

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._made, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, made: Callable[..., http.client.HTTPConnection]) -> None:
        super().__init__()
        self._made = made

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._made, req)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **options: Any) -> None:
        """Follow nothing: the answer's status is reported instead."""
        return


def _connected(permit: Permit, host: str, port: int, timeout: float | None) -> socket.socket:
    """Connect to an address that was checked; all that a name has are, before any is used."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        refusal = permit.refusal(host, str(address[0]))
        if refusal:
            raise OSError(f"not connected to: {refusal}")
    last = OSError("no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(timeout)
        try:
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            last = error
    raise last
