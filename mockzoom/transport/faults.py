"""Transport faults: ways to send a genuine, signed request wrongly as HTTP.

The bytes come late, in part, or not at all. A body whose *bytes* are broken but whose HTTP framing
is whole is a malformed body (a test case of its own), not a transport fault.

To add one:

1. Write a function `_name(connection, head, body, timeout)` here. `head` is the request's head as
   bytes and ends in an empty line; `with_length` and `without_length` change its length headers.
2. Begin it with `waiter = connection.begin(timeout)`, write with `connection.write(…)`, and end
   from our side: `give_up(connection, waiter, seconds)` waits for an answer that may come, then
   closes. Nothing may last longer than a few `timeout`s, whatever the receiver does.
3. Add a `TransportFault` with it to `FAULTS`, which `verify`, scenarios and the page offer.
4. Add its name to the list of `fault` in `scenarios/schema.json`, and add a test to
   `tests/transport/test_faults.py` that reads the bytes on a real socket.

What a receiver answers to a transport fault is not judged. A correct receiver waits for the rest,
or closes: only whether genuine events still pass afterwards is judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from msgspec import structs

from mockzoom.errors import UsageError, nearest
from mockzoom.model import Attempt, Failure
from mockzoom.transport.wire import Connection, Outcome

PATIENCE_S = 0.05
"""Seconds for which our side leaves an incomplete request open before it closes.

It is enough that the receiver has begun to read it: what it does when the rest never comes is seen
afterwards, however long it has waited.
"""
MISSING_BYTES = 64
DRIP_INTERVAL_S = 0.25
_BETWEEN_PIECES_S = 0.1
"""Seconds between two pieces of a body, in which a receiver reads the first by itself."""
_LOOK_S = 0.002
_LOST = Failure("closed", "the answer was lost on the way, as the scenario has it")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)\r\n")


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


@dataclass(frozen=True, slots=True)
class TransportFault:
    """One way to send a request wrongly.

    `play(connection, head, body, timeout)` sends what is to be sent and ends the exchange from our
    side, in a few times `timeout` seconds at most, whatever the receiver does.
    """

    name: str
    """Lower case, with hyphens; it appears in reports and scenarios, so it never changes."""
    about: str
    play: Callable[[Connection, bytes, bytes, float], Awaitable[Outcome]]


async def _declared_longer(
    connection: Connection, head: bytes, body: bytes, timeout: float
) -> Outcome:
    """Send the whole body under a length that is too large: the rest is waited for."""
    waiter = connection.begin(timeout)
    connection.write(with_length(head, len(body) + MISSING_BYTES) + body)
    return await give_up(connection, waiter, PATIENCE_S)


async def _dripped(
    connection: Connection,
    head: bytes,
    body: bytes,
    timeout: float,
    stop: asyncio.Event | None = None,
) -> Outcome:
    """Drip a bit longer than `timeout`, so that whoever waits behind misses its deadline."""
    stop = stop or asyncio.Event()
    waiter = connection.begin(timeout * 3)
    connection.write(head)
    steps = int((timeout + 1.0) / DRIP_INTERVAL_S)
    for step in range(min(steps, len(body) - 1)):
        if waiter.done() or stop.is_set():
            break
        connection.write(body[step : step + 1])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), DRIP_INTERVAL_S)
    return await give_up(connection, waiter, 0)


async def _reset_mid_body(
    connection: Connection, head: bytes, body: bytes, timeout: float
) -> Outcome:
    """Send half of the body, wait until the receiver reads, and reset."""
    waiter = connection.begin(timeout)
    connection.write(head + body[: len(body) // 2])
    await asyncio.sleep(PATIENCE_S)
    if not waiter.done():
        connection.reset("our side reset the connection, as this fault has it")
        await waiter
    return connection.outcome


async def _chunked(connection: Connection, head: bytes, body: bytes, timeout: float) -> Outcome:
    """Send the body in two chunks, without the empty one that ends it."""
    waiter = connection.begin(timeout)
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    connection.write(without_length(head, b"transfer-encoding: chunked") + chunks)
    return await give_up(connection, waiter, PATIENCE_S)


async def _in_two_pieces(
    connection: Connection, head: bytes, body: bytes, timeout: float
) -> Outcome:
    """Send everything, with a pause inside the first character beyond ASCII, if any."""
    waiter = connection.begin(timeout)
    cut = next((place for place, byte in enumerate(body, 1) if byte > 0x7F), len(body) // 2)
    connection.write(head + body[:cut])
    await asyncio.wait({waiter}, timeout=_BETWEEN_PIECES_S)
    connection.write(body[cut:])
    connection.mark_sent()
    await waiter
    return connection.outcome


async def _lost_answer(
    connection: Connection, head: bytes, body: bytes, timeout: float, *, before: bool = False
) -> Outcome:
    """Send the whole request and reset the connection at the first byte of the answer.

    With `before`, it is closed before the answer begins, while the receiver works.
    """
    waiter = connection.begin(timeout)
    connection.write(head + body)
    connection.mark_sent()
    # The first byte shows that the receiver has surely got the request.
    while not waiter.done() and not connection.answering and not before:
        await asyncio.sleep(_LOOK_S)
    if before:
        await asyncio.wait({waiter}, timeout=_LOOK_S)
    ours = not waiter.done()
    if ours and before:
        connection.cancel(_LOST.message)  # no reset: that could take the request back
    elif ours:
        connection.reset(_LOST.message)
    await waiter
    outcome = connection.outcome
    if isinstance(outcome, Failure) and not ours and not connection.answering:
        return outcome
    connection.abort()
    return _LOST


DRIPPED = TransportFault("dripped", "the body comes in byte by byte and stays incomplete", _dripped)
FAULTS: tuple[TransportFault, ...] = (
    TransportFault(
        "declared-longer",
        f"content-length announces {MISSING_BYTES} bytes more than come",
        _declared_longer,
    ),
    DRIPPED,
    TransportFault(
        "reset-mid-body", "the connection is reset halfway through the body", _reset_mid_body
    ),
    TransportFault("chunked", "the body is chunked and its last chunk never comes", _chunked),
)
"""What `verify` sends, and what a scenario can name."""
IN_TWO_PIECES = TransportFault("in-two-pieces", "the body comes in two pieces", _in_two_pieces)
"""TCP may part a body anywhere, so every receiver has to take it: it is not in `FAULTS`. One that
decodes each piece by itself reads another text, and computes another signature."""
LOST_ANSWER = TransportFault("lost-answer", "the answer is lost on the way", _lost_answer)
"""No receiver has to survive it by itself, so it is not in `FAULTS`: only a retry shows whether
the delivery counts twice."""
_LOST_BEFORE = replace(LOST_ANSWER, play=partial(_lost_answer, before=True))


def dripped_until(stop: asyncio.Event) -> TransportFault:
    """Return `DRIPPED`, ending early at `stop`."""
    return replace(DRIPPED, play=partial(_dripped, stop=stop))


def fault_named(name: str) -> TransportFault:
    """Return the transport fault called `name`; raise `UsageError` with the nearest names."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    names = [fault.name for fault in FAULTS]
    raise UsageError(
        f"no fault is called {name!r}{nearest(name, names)} (known: {', '.join(names)})"
    )


def lost_answer(at: Literal["mid-answer", "before-answer"]) -> TransportFault:
    """Return the fault by which an answer is lost at this point."""
    return _LOST_BEFORE if at == "before-answer" else LOST_ANSWER


def without_answer(attempt: Attempt) -> Attempt:
    """Return `attempt` as it looks to a sender that never got the answer."""
    if isinstance(attempt.outcome, Failure):
        return attempt
    return structs.replace(attempt, outcome=_LOST)
