"""The body is announced longer than it is: a correct receiver waits for the rest."""

from __future__ import annotations

from mockzoom.delivery.faults.kind import PATIENCE_S, Fault, give_up, with_length
from mockzoom.delivery.wire import Connection, Outcome

MISSING_BYTES = 64


async def _play(connection: Connection, head: bytes, body: bytes, timeout: float) -> Outcome:
    waiter = connection.begin(timeout)
    connection.write(with_length(head, len(body) + MISSING_BYTES) + body)
    return await give_up(connection, waiter, PATIENCE_S)


DECLARED_LONGER = Fault(
    "declared-longer", f"content-length announces {MISSING_BYTES} bytes more than come", _play
)
