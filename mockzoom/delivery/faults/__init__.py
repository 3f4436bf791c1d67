"""Ways of sending a request wrongly: one small file each (see README.md beside this file)."""

from __future__ import annotations

from typing import Protocol

from mockzoom.delivery.wire import Connection, Reading


class Fault(Protocol):
    """A way of sending the bytes of a request wrongly."""

    name: str
    about: str

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Reading:
        """Send what is to be sent on `connection`, close it from our side, tell what was read."""
