"""The body comes in chunks without a length, and the last chunk never comes."""

from __future__ import annotations

from mockzoom.delivery.faults.kind import PATIENCE_S, Fault, give_up, without_length
from mockzoom.delivery.wire import Connection, Outcome


async def _play(connection: Connection, head: bytes, body: bytes, timeout: float) -> Outcome:
    waiter = connection.begin(timeout)
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    connection.write(without_length(head, b"transfer-encoding: chunked") + chunks)
    return await give_up(connection, waiter, PATIENCE_S)


CHUNKED = Fault("chunked", "the body is chunked and its last chunk never comes", _play)
