"""The connection is reset in the middle of the body."""

from __future__ import annotations

import asyncio

from mockzoom.delivery.faults.kind import PATIENCE_S, Fault
from mockzoom.delivery.wire import Connection, Outcome


async def _play(connection: Connection, head: bytes, body: bytes, timeout: float) -> Outcome:
    waiter = connection.begin(timeout)
    connection.write(head + body[: len(body) // 2])
    await asyncio.sleep(PATIENCE_S)
    if not waiter.done():
        connection.reset("our side reset the connection, as this fault has it")
        await waiter
    return connection.outcome


RESET_MID_BODY = Fault("reset-mid-body", "the connection is reset halfway through the body", _play)
