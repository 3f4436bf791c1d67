"""Sends events when they are due, whether those before them were answered or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple, Protocol

from mockzoom.engine.runner import Runner
from mockzoom.load.arrivals import Span
from mockzoom.load.event_sequences import EventSequences, SequencePlace
from mockzoom.model import Attempt, Exchange, ExchangeFinished, Failure

MOST_IN_FLIGHT = 8_000
"""Deliveries without an answer at the same time: more of them are not opened."""
LATE = "late"
"""What became of an event that was acknowledged after the deadline."""
_TICK_S = 0.25
"""Seconds between two looks at how many deliveries have no answer."""
MOST_LOST = 0.2
"""Share of a span's events that may be lost before the rest is not sent any more."""


class EventUnderLoad(NamedTuple):
    """What became of one event; times are seconds."""

    due: float
    """From the beginning of its span."""
    lag: float
    """How much later it was sent."""
    latency: float
    """From when it was due to the end of the answer, or of the wait for it."""
    lost: str
    """What became of it where it was not acknowledged in time; else empty."""
    delivery: str
    event: str
    place: SequencePlace


class SentSpan(NamedTuple):
    """The samples of a span, and how many deliveries had no answer at each tick of it."""

    samples: list[EventUnderLoad]
    """What has no answer yet is added later, by the end of `drain`."""
    in_flight: Sequence[int]
    seconds: float
    """How long the span took: it ends early where too many events are lost."""


class SpanSender(Protocol):
    """Sends the events of spans, from this process or from several."""

    async def play(self, span: Span, *, most_lost: float = MOST_LOST) -> SentSpan:
        """Send the events of a span; what has no answer at its end goes on.

        The span ends early once more than a share of `most_lost` of all its events is lost.
        """

    async def drain(self) -> None:
        """Wait until every delivery has its answer, or none in time."""


class Sender:
    """Sends the events of one run from this process."""

    def __init__(self, runner: Runner, sequences: EventSequences) -> None:
        self._runner = runner
        self._sequences = sequences
        self._timeout = runner.sender.timeout
        self._in_flight: set[asyncio.Task[None]] = set()

    async def play(self, span: Span, *, most_lost: float = MOST_LOST) -> SentSpan:
        """Send the events of a span, as `SpanSender` has it."""
        samples: list[EventUnderLoad] = []
        ticks: list[int] = []
        bound = most_lost * len(span.due)
        began, losses, counted = perf_counter(), 0, 0
        for due in span.due:
            await self._until(began + due, began, ticks)
            losses += sum(bool(sample.lost) for sample in samples[counted:])
            counted = len(samples)
            if losses > bound or len(self._in_flight) >= MOST_IN_FLIGHT:
                return SentSpan(samples, ticks, max(due, 0.001))
            task = asyncio.create_task(self._deliver(began, due, samples))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        await self._until(began + span.seconds, began, ticks)
        return SentSpan(samples, ticks, span.seconds)

    async def drain(self) -> None:
        """Wait until every delivery has its answer, or none in time."""
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))

    async def _until(self, moment: float, began: float, ticks: list[int]) -> None:
        while True:
            now = perf_counter()
            while len(ticks) * _TICK_S <= now - began:
                ticks.append(len(self._in_flight))
            if moment <= now:
                return
            await asyncio.sleep(min(moment - now, _TICK_S))

    async def _deliver(self, began: float, due: float, samples: list[EventUnderLoad]) -> None:
        runner = self._runner
        case, place = self._sequences.next()
        delivery = runner.delivery(case)
        lag = max(0.0, perf_counter() - began - due)
        attempt = await runner.sender.attempt(await runner.sender.request(delivery))
        took = attempt.timings.complete
        latency = lag + took if took is not None else perf_counter() - began - due
        outcome = lost(attempt) or (LATE if latency > self._timeout else "")
        samples.append(EventUnderLoad(due, lag, latency, outcome, delivery.id, case.event, place))
        runner.emit(ExchangeFinished(Exchange(delivery, (attempt,))))


def lost(attempt: Attempt) -> str:
    """Say what became of an event that was not acknowledged: a status, or a kind of failure."""
    if attempt.acknowledged:
        return ""
    outcome = attempt.outcome
    return outcome.kind if isinstance(outcome, Failure) else str(outcome.status)
