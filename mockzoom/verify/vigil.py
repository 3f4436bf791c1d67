"""Watching over a receiver that is given malformed deliveries: does it live, and what killed it?

The canary, an event that passed before, goes out after each group, and at once when a delivery gets
no answer. Where it fails, the receiver has ten seconds to come back: then replays, halving what was
sent since the last good canary, find the cause; otherwise the last deliveries are suspects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from mockzoom.casebook import Prepared
from mockzoom.delivery.faults import TransportFault
from mockzoom.model import Exchange, ExchangeFinished, Failure
from mockzoom.run import COMEBACK_S, PURSUED, ReceiverGone, Run
from mockzoom.verify.baseline import Baseline, Patience, knows

SUSPECTS = 5
"""How many of the last deliveries are named where the cause cannot be found."""

NOTICED_S = 0.02
"""Seconds after the end of a fault until the canary, at least: the receiver has noticed it then."""
_MOST_NOTICED_S = 0.5
_LATENCIES = 10
"""A busy receiver is given that many times a canary's answer."""


class TooManyDeaths(Exception):
    """The receiver died three times: further deaths have the same cause, as far as we can tell."""


class Vigil:
    """Delivers malformed cases, judges them, and watches whether genuine events still pass."""

    def __init__(self, run: Run, baseline: Baseline) -> None:
        self._run = run
        self._baseline = baseline
        self._recent: list[tuple[Prepared, Exchange]] = []
        self._deaths = 0
        self._failed: set[str] = set()

    async def examine(self, prepared: Prepared, patience: Patience) -> Exchange | None:
        """Deliver and judge one case; None where it was skipped or killed the receiver."""
        exchange = await self.deliver(prepared, patience.send)
        if exchange is None:
            return None
        status = exchange.last.status
        kind = patience.alike(prepared)
        if status is not None and status >= 500 and kind not in self._failed:
            # The first server error of a kind may have left the receiver broken for all others.
            self._failed.add(kind)
            if not await self._alive():
                await self._died(failed=True)
                return exchange
            self._recent.clear()
        self._run.judge(prepared, exchange)
        return exchange

    def take(self, prepared: Prepared, exchange: Exchange) -> None:
        """Judge a case that was delivered and answered without ado."""
        self._recent.append((prepared, exchange))
        self._run.judge(prepared, exchange)

    async def deliver(
        self, prepared: Prepared, send: Callable[[Prepared], Awaitable[Exchange | None]]
    ) -> Exchange | None:
        """Deliver one case with `send`; None where it was skipped or killed the receiver."""
        exchange = await send(prepared)
        if exchange is None:
            return None
        self._recent.append((prepared, exchange))
        outcome = exchange.last.outcome
        if isinstance(outcome, Failure):
            if not await self._alive():
                await self._died()
                return None
            self._recent.clear()
            if outcome.kind != "timeout":
                exchange = await self._repeated(prepared, exchange)
        return exchange

    async def suffer(self, faults: Sequence[TransportFault]) -> None:
        """Send a genuine case with each fault of the wire; only the canary after it is judged.

        They go out one after the other: so it is known which one a receiver has not survived.
        """
        canary = await self._run.send(self._baseline.canary())
        for fault in faults:
            await self.fail(fault)
            canary = await self.outlive(canary)

    async def outlive(self, canary: Exchange) -> Exchange:
        """See whether the receiver lives on after a fault, and return the canary that shows it.

        `canary` is one from before: its time tells how soon the receiver may notice the fault.
        """
        noticed_s = min(_LATENCIES * (canary.last.timings.complete or 0.0), _MOST_NOTICED_S)
        await asyncio.sleep(max(NOTICED_S, noticed_s))
        canary = await self._run.send(self._baseline.canary())
        if knows(canary) or await self._alive():
            self._recent.clear()
        else:
            await self._died()
        return canary

    async def fail(self, fault: TransportFault) -> None:
        """Send a genuine case with a fault of the wire; `outlive` sees what came of it."""
        prepared = replace(self._baseline.canary(), detail=fault.about)
        exchange = await self._run.courier.deliver(self._run.delivery(prepared), fault=fault)
        self._run.tell(ExchangeFinished(exchange))
        self._recent.append((prepared, exchange))

    async def check(self) -> bool:
        """End a group: the canary must pass; return whether it did."""
        alive = not self._recent or await self._alive()
        if not alive:
            await self._died()
        self._recent.clear()
        return alive

    async def _repeated(self, prepared: Prepared, exchange: Exchange) -> Exchange:
        """Repeat what lost its connection: only what loses it again counts."""
        again = await self._run.send(prepared)
        if not isinstance(again.last.outcome, Failure):
            self._run.notice(
                f"{exchange.delivery.id} ({prepared.event}, {prepared.case}) lost its connection,"
                " its repetition did not: not reported"
            )
        return again

    async def _alive(self) -> bool:
        for pause in (0.0, 0.2):
            await asyncio.sleep(pause)
            if knows(await self._run.send(self._baseline.canary())):
                return True
        return False

    async def _comes_back(self) -> bool:
        ends = self._run.courier.clock.monotonic() + COMEBACK_S
        while self._run.courier.clock.monotonic() < ends:
            if await self._alive():
                return True
            await asyncio.sleep(0.5)
        return False

    async def _died(self, *, failed: bool = False) -> None:
        """Find what killed the receiver, report it, and go on if it has come back.

        `failed` says that the last delivery got a server error: if nothing can be replayed, that
        one is blamed, and charged with its error.
        """
        canary = await self._run.send(self._baseline.canary())
        if knows(canary) or await self._comes_back():
            culprit = await self._bisect(self._recent)
            self._report(culprit, canary)
            self._recent.clear()
            self._deaths += 1
            if self._deaths >= PURSUED:
                raise TooManyDeaths
            return
        last = self._recent[-1]
        if failed:
            self._run.judge(*last)
        self._report([last] if failed else self._recent[-SUSPECTS:], canary)
        self._recent.clear()
        delivery = last[1].delivery
        raise ReceiverGone(
            f"the receiver died at or before {delivery.id} ({delivery.event}, {delivery.case}) and"
            f" did not come back within {COMEBACK_S:g} s"
        )

    async def _bisect(
        self, candidates: list[tuple[Prepared, Exchange]]
    ) -> list[tuple[Prepared, Exchange]]:
        """Return the one delivery that kills the receiver again, or the suspects."""
        suspects = candidates[-SUSPECTS:]
        while len(candidates) > 1:
            half = candidates[: len(candidates) // 2]
            for prepared, _ in half:
                await self._run.send(prepared)
            if await self._alive():
                candidates = candidates[len(half) :]
                continue
            candidates = half
            if not await self._comes_back():
                return half[-SUSPECTS:]
        prepared, first = candidates[0]
        exchange = await self._run.send_carefully(prepared)
        if await self._alive():
            return suspects
        self._run.judge(prepared, exchange)
        if not await self._comes_back():
            self._report(candidates, first)
            raise ReceiverGone(f"the receiver died of {first.delivery.id} and did not come back")
        return candidates

    def _report(self, suspects: list[tuple[Prepared, Exchange]], canary: Exchange) -> None:
        prepared, exchange = suspects[-1]
        names = [f"{item.delivery.id} ({one.event}, {one.detail})" for one, item in suspects]
        if len(names) == 1:
            detail = names[0]
        else:
            detail = f"one of the last {len(names)} deliveries: " + "; ".join(names)
        self._run.judge(replace(prepared, detail=detail), exchange, canary, kind="death")
