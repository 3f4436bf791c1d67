"""What a fault of the wire is, and what every fault needs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mockzoom.delivery.wire import Connection, Outcome

PATIENCE_S = 0.05
"""Seconds that an incomplete request is left standing before our side closes.

It is enough that the receiver has begun to read it: what it does when the rest never comes is seen
afterwards, however long it has waited.
"""
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)\r\n")


@dataclass(frozen=True, slots=True)
class Fault:
    """A way of sending a request wrongly.

    `play(connection, head, body, timeout)` sends what is to be sent and ends the exchange from our
    side; it is bounded in time by `timeout` seconds, whatever the receiver does.
    """

    name: str
    about: str
    play: Callable[[Connection, bytes, bytes, float], Awaitable[Outcome]]


def with_length(head: bytes, length: int) -> bytes:
    """Return `head` with another `content-length`."""
    return _LENGTH.sub(b"content-length: %d\r\n" % length, head)


def without_length(head: bytes, *lines: bytes) -> bytes:
    """Return `head` with other header lines in the place of `content-length`."""
    return _LENGTH.sub(b"".join(line + b"\r\n" for line in lines), head)


async def give_up(connection: Connection, waiter: asyncio.Future[None], seconds: float) -> Outcome:
    """Wait up to `seconds` for an answer, then close from our side."""
    await asyncio.wait({waiter}, timeout=seconds)
    if not waiter.done():
        connection.cancel("our side closed first, as this fault has it")
        await waiter
    return connection.outcome
