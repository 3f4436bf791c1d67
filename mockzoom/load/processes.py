"""Sends the events of a load run from several processes: each has its part of every span.

What they measured is put together event by event, so that percentiles are exact. Messages are
pickled, each after its length; both sides are this program.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import chain, zip_longest
from typing import Any

from msgspec.structs import replace

from mockzoom.engine.runner import Runner
from mockzoom.errors import MockzoomError
from mockzoom.load.arrivals import Span
from mockzoom.load.sender import MOST_LOST, EventUnderLoad, SentSpan
from mockzoom.model import Exchange, ExchangeFinished

LENGTH = 8
"""Bytes of the length of a message."""


class SenderProcess:
    """One process that sends; `number` tells its deliveries and sequences from those of others."""

    def __init__(self, process: asyncio.subprocess.Process, number: int) -> None:
        self._process = process
        self.number = number

    def tell(self, message: object) -> None:
        """Send a message."""
        assert self._process.stdin is not None
        self._process.stdin.write(packed(message))

    async def answer(self) -> Any:
        """Return the next answer; raise `MockzoomError` where the process has ended."""
        assert self._process.stdout is not None
        try:
            size = await self._process.stdout.readexactly(LENGTH)
            data = await self._process.stdout.readexactly(int.from_bytes(size, "big"))
        except asyncio.IncompleteReadError:
            raise MockzoomError(f"process {self.number} of --processes has ended") from None
        return pickle.loads(data)

    async def end(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


class ProcessSenders:
    """Sends spans by several processes."""

    def __init__(self, runner: Runner, processes: Sequence[SenderProcess]) -> None:
        self._runner = runner
        self._processes = processes
        self._open: list[list[EventUnderLoad]] = []
        """The samples of the spans since the last time that all had their answers."""

    async def play(self, span: Span, *, most_lost: float = MOST_LOST) -> SentSpan:
        """Send the events of a span, as `SpanSender` has it."""
        count = len(self._processes)
        # One process that ends its part early has then lost that share of all events.
        most_lost = min(MOST_LOST, most_lost * count)
        for process in self._processes:
            due = span.due[process.number :: count]
            process.tell(("play", replace(span, due=due), most_lost))
        parts = [self._own(process, await process.answer()) for process in self._processes]
        samples = [*chain.from_iterable(part.samples for part in parts)]
        self._open.append(samples)
        ticks = zip_longest(*(part.in_flight for part in parts), fillvalue=0)
        return SentSpan(samples, [*map(sum, ticks)], max(part.seconds for part in parts))

    async def drain(self) -> None:
        """Wait until every delivery has its answer, and take what is new of all spans."""
        for process in self._processes:
            process.tell(("drain",))
        for process in self._processes:
            sent, exchanges, number = await process.answer()
            self._runner.made_elsewhere(number)
            for samples, part in zip(self._open, sent, strict=True):
                samples.extend(self._own(process, part).samples)
            for exchange in exchanges:
                delivery = replace(exchange.delivery, id=_named(process, exchange.delivery.id))
                self._runner.emit(ExchangeFinished(Exchange(delivery, exchange.attempts)))
        self._open.clear()

    def _own(self, process: SenderProcess, sent: SentSpan) -> SentSpan:
        """Return what a process sent under names that no other process gives."""
        count = len(self._processes)
        samples = [
            item._replace(
                delivery=_named(process, item.delivery),
                place=item.place._replace(sequence=item.place.sequence * count + process.number),
            )
            for item in sent.samples
        ]
        return sent._replace(samples=samples)


def _named(process: SenderProcess, delivery: str) -> str:
    return f"p{process.number + 1}-{delivery}"


def packed(message: object) -> bytes:
    """Return a message with its length before it."""
    data = pickle.dumps(message)
    return len(data).to_bytes(LENGTH, "big") + data


@asynccontextmanager
async def processes(
    runner: Runner, module: str, first: Sequence[object]
) -> AsyncIterator[ProcessSenders]:
    """Start a process for each message of `first` that runs `module`; it answers when it is ready.

    Raises `MockzoomError` where one of them ends.
    """
    started: list[SenderProcess] = []
    try:
        for number, message in enumerate(first):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            started.append(SenderProcess(process, number))
            started[-1].tell(message)
        for each in started:
            await each.answer()
        yield ProcessSenders(runner, started)
    finally:
        for each in started:
            await each.end()
