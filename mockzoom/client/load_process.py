"""One of the processes of `load --processes`: sends its part of each span, and says what it saw.

It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from msgspec import Struct

from mockzoom.background import run_blocking
from mockzoom.client.connect import open_runner, open_sender
from mockzoom.client.settings import load_contract
from mockzoom.engine.case import CaseName
from mockzoom.load.event_sequences import EventSequences, OwnPlaces
from mockzoom.load.processes import LENGTH, packed
from mockzoom.load.sender import Sender, SentSpan, lost
from mockzoom.model import Exchange, ExchangeFinished, RunEvent
from mockzoom.settings import Settings
from mockzoom.suites.events import VALID

_KEPT = 5
"""Exchanges that are kept of each kind of loss, so that a report shows them."""
_SEEDS_APART = 1_000_003


class SenderStart(Struct, frozen=True):
    """What a process begins with; `events` are the last ones of its sequences."""

    url: str
    settings: Settings
    number: int
    events: Sequence[str]
    rate: float
    own: OwnPlaces


async def serve(start: SenderStart) -> None:
    """Send spans as standard input asks for, until that ends."""
    # Another seed makes other entities and request ids.
    seed = (start.settings.seed + (start.number + 1) * _SEEDS_APART) % 2**63
    settings = replace(start.settings, seed=seed)
    async with open_sender(start.url, settings) as delivery_sender:
        kept = _Kept()
        runner = open_runner(delivery_sender, load_contract(settings), settings, kept)
        cases = [runner.cases.prepare(event, CaseName(VALID.name)) for event in start.events]
        sender = Sender(runner, EventSequences(runner, cases, start.rate, start.own))
        await _say("ready")
        spans: list[tuple[SentSpan, int]] = []
        made = 0
        while (message := await asyncio.to_thread(_next)) is not None:
            if message[0] == "play":
                _, span, most_lost = message
                sent = await sender.play(span, most_lost=most_lost)
                told = sent._replace(samples=[*sent.samples])
                spans.append((sent, len(told.samples)))
                await _say(told)
                continue
            await sender.drain()
            rest = [sent._replace(samples=sent.samples[told:]) for sent, told in spans]
            await _say((rest, kept.exchanges, runner.deliveries - made))
            made = runner.deliveries
            spans.clear()
            kept.exchanges.clear()


class _Kept:
    """Keeps the first exchanges of each kind of loss."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._seen: Counter[str] = Counter()

    def __call__(self, event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished) and (kind := lost(event.exchange.last)):
            self._seen[kind] += 1
            if self._seen[kind] <= _KEPT:
                self.exchanges.append(event.exchange)


def _next() -> Any:
    size = sys.stdin.buffer.read(LENGTH)
    return pickle.loads(sys.stdin.buffer.read(int.from_bytes(size, "big"))) if size else None


async def _say(message: object) -> None:
    """Answer; on another thread, since events that are under way must not wait for it."""

    def write() -> None:
        sys.stdout.buffer.write(packed(message))
        sys.stdout.buffer.flush()

    await asyncio.to_thread(write)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process says when it is over
    run_blocking(serve(_next()))
