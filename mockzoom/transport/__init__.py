"""Transport: requests over HTTP, or to an application in this process."""

from __future__ import annotations

from mockzoom.transport.asgi import ASGITransport, is_asgi
from mockzoom.transport.dial import Dialer, DialError
from mockzoom.transport.inprocess import WSGITransport
from mockzoom.transport.permit import Permit, parse_permit
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.target import Target, parse_proxy, parse_target

__all__ = [
    "ASGITransport",
    "DialError",
    "Dialer",
    "HttpTransport",
    "Permit",
    "Target",
    "WSGITransport",
    "is_asgi",
    "parse_permit",
    "parse_proxy",
    "parse_target",
]
