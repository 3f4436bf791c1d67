"""Transport: requests over HTTP, or to an application in this process."""

from __future__ import annotations

from typing import Protocol

from mockzoom.model import Attempt, Failure, Request
from mockzoom.transport.asgi import ASGITransport, is_asgi
from mockzoom.transport.dial import Dialer, DialError
from mockzoom.transport.faults import TransportFault
from mockzoom.transport.inprocess import WSGITransport
from mockzoom.transport.permit import Permit, parse_permit
from mockzoom.transport.pool import HttpTransport
from mockzoom.transport.target import Target, parse_proxy, parse_target

__all__ = [
    "ASGITransport", "DialError", "Dialer", "HttpTransport", "Permit", "Target", "Transport",
    "WSGITransport", "is_asgi", "parse_permit", "parse_proxy", "parse_target",
]  # fmt: skip


class Transport(Protocol):
    """Carries requests to one receiver."""

    target: Target
    wire: bool
    """Whether faults of the wire can be injected."""

    async def exchange(
        self,
        request: Request,
        timeout: float,
        fault: TransportFault | None = None,
        *,
        fresh: bool = False,
    ) -> Attempt:
        """Send `request` and return what came of it within `timeout` seconds.

        With `fresh` it goes over a connection of its own.
        """

    async def reach(self) -> Failure | None:
        """Return why the receiver cannot be reached; None where it can."""

    async def speaks_tls(self) -> bool:
        """Whether a port that got plain http speaks TLS."""

    async def close(self) -> None:
        """Release what the transport holds."""
