"""Transport faults: ways to send a genuine, signed request wrongly as HTTP.

The bytes come late, in part, or not at all. A body whose *bytes* are broken but whose HTTP framing
is whole is a malformed body (a test case of its own), not a transport fault.

To add one:

1. Write a small subclass of `TransportFault` here: its `name`, what it is `about`, and `play`.
   `head` is the request's head as bytes and ends in an empty line; `with_length` and
   `without_length` change its length headers.
2. Begin `play` with `waiter = connection.begin(timeout)`, write with `connection.write(…)`, and end
   from our side: `give_up(connection, waiter, seconds)` waits for an answer that may come, then
   closes. Nothing may last longer than a few `timeout`s, whatever the receiver does.
3. Add an instance to `FAULTS`. `verify`, scenarios and the page offer what is in there.
4. Add its name to the list of `fault` in `scenarios/schema.json`, and add a test to
   `tests/transport/test_faults.py` that reads the bytes on a real socket.

What a receiver answers to a transport fault is not judged. A correct receiver waits for the rest,
or closes: only whether genuine events still pass afterwards is judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from msgspec.structs import replace

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


class TransportFault(ABC):
    """One way to send a request wrongly."""

    name: ClassVar[str]
    """Lower case, with hyphens; it appears in reports and scenarios, so it never changes."""
    about: ClassVar[str]

    @abstractmethod
    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Outcome:
        """Send what is to be sent and end the exchange from our side.

        It takes a few times `timeout` seconds at most, whatever the receiver does.
        """


class DeclaredLonger(TransportFault):
    """The body is declared longer than it is: a correct receiver waits for the rest."""

    name = "declared-longer"
    about = f"content-length announces {MISSING_BYTES} bytes more than come"

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Outcome:
        """Send the whole body under a length that is too large."""
        waiter = connection.begin(timeout)
        connection.write(with_length(head, len(body) + MISSING_BYTES) + body)
        return await give_up(connection, waiter, PATIENCE_S)


class Dripped(TransportFault):
    """The body comes slowly, byte by byte, and never completely; it ends early at `stop`."""

    name = "dripped"
    about = "the body comes in byte by byte and stays incomplete"

    def __init__(self, stop: asyncio.Event | None = None) -> None:
        self._stop = stop

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Outcome:
        """Drip a bit longer than `timeout`, so that whoever waits behind misses its deadline."""
        stop = self._stop or asyncio.Event()
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


class ResetMidBody(TransportFault):
    """The connection is reset in the middle of the body."""

    name = "reset-mid-body"
    about = "the connection is reset halfway through the body"

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Outcome:
        """Send half of the body, wait until the receiver reads, and reset."""
        waiter = connection.begin(timeout)
        connection.write(head + body[: len(body) // 2])
        await asyncio.sleep(PATIENCE_S)
        if not waiter.done():
            connection.reset("our side reset the connection, as this fault has it")
            await waiter
        return connection.outcome


class Chunked(TransportFault):
    """The body comes in chunks without a length, and the last chunk never comes."""

    name = "chunked"
    about = "the body is chunked and its last chunk never comes"

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Outcome:
        """Send the body in two chunks, without the empty one that ends it."""
        waiter = connection.begin(timeout)
        half = len(body) // 2
        chunks = b"".join(
            b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:])
        )
        connection.write(without_length(head, b"transfer-encoding: chunked") + chunks)
        return await give_up(connection, waiter, PATIENCE_S)


class InTwoPieces(TransportFault):
    """The body comes whole, in two pieces that part a character of several bytes.

    TCP may part it anywhere, so every receiver has to take it: it is not in `FAULTS`. One that
    decodes each piece by itself reads another text, and computes another signature.
    """

    name = "in-two-pieces"
    about = "the body comes in two pieces"

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
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


class LostAnswer(TransportFault):
    """The answer is lost on the way: the receiver has begun to give it, the sender never gets it.

    With `before`, the connection is closed before the answer begins, while the receiver works. No
    receiver has to survive it by itself, so it is not in `FAULTS`: only a retry shows whether the
    delivery counts twice.
    """

    name = "lost-answer"
    about = "the answer is lost on the way"

    def __init__(self, *, before: bool = False) -> None:
        self._before = before

    async def play(
        self, connection: Connection, head: bytes, body: bytes, timeout: float
    ) -> Outcome:
        """Send the whole request and reset the connection at the first byte of the answer."""
        waiter = connection.begin(timeout)
        connection.write(head + body)
        connection.mark_sent()
        # The first byte shows that the receiver has surely got the request.
        while not waiter.done() and not connection.answering and not self._before:
            await asyncio.sleep(_LOOK_S)
        if self._before:
            await asyncio.wait({waiter}, timeout=_LOOK_S)
        ours = not waiter.done()
        if ours and self._before:
            connection.cancel(_LOST.message)  # no reset: that could take the request back
        elif ours:
            connection.reset(_LOST.message)
        await waiter
        outcome = connection.outcome
        if isinstance(outcome, Failure) and not ours and not connection.answering:
            return outcome
        connection.abort()
        return _LOST


DRIPPED = Dripped()
IN_TWO_PIECES = InTwoPieces()
LOST_ANSWER = LostAnswer()
_LOST_BEFORE = LostAnswer(before=True)
FAULTS: tuple[TransportFault, ...] = (DeclaredLonger(), DRIPPED, ResetMidBody(), Chunked())
"""What `verify` sends, and what a scenario can name."""


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
    return replace(attempt, outcome=_LOST)
