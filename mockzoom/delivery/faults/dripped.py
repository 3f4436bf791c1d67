"""The body comes in slowly, a few bytes at a time, and never completely."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from functools import partial

from mockzoom.delivery.faults.kind import Fault, give_up
from mockzoom.delivery.wire import Connection, Outcome

INTERVAL_S = 0.25


async def _play(
    connection: Connection,
    head: bytes,
    body: bytes,
    timeout: float,
    stop: asyncio.Event | None = None,
) -> Outcome:
    """Drip for a bit longer than `timeout`, so that whoever waits behind it misses its deadline."""
    stop = stop or asyncio.Event()
    waiter = connection.begin(timeout * 3)
    connection.write(head)
    steps = int((timeout + 1.0) / INTERVAL_S)
    for step in range(min(steps, len(body) - 1)):
        if waiter.done() or stop.is_set():
            break
        connection.write(body[step : step + 1])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), INTERVAL_S)
    return await give_up(connection, waiter, 0)


DRIPPED = Fault("dripped", "the body comes in byte by byte and stays incomplete", _play)


def dripping_until(stop: asyncio.Event) -> Fault:
    """Return the same fault, given up as soon as `stop` is set."""
    return replace(DRIPPED, play=partial(_play, stop=stop))
