"""What every transport does: carry one request to the receiver, over HTTP or in process."""

from __future__ import annotations

from typing import Protocol

from mockzoom.model import Attempt, Failure, Request
from mockzoom.transport.faults import TransportFault
from mockzoom.transport.target import Target


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
        """Tell why the receiver cannot be reached; None where it can."""

    async def close(self) -> None:
        """Release what the transport holds."""
