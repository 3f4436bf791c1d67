"""Liveness checks: does a receiver survive malformed deliveries, and which of them did it not?

A genuine event that passed before goes out after each group, and at once when a delivery gets no
answer. Where it fails, the receiver has ten seconds to come back: then replays, halving what was
sent since the last good check, find the cause; otherwise the last deliveries are suspects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mockzoom.engine.acknowledged import Acknowledged, is_alive
from mockzoom.engine.case import Kind, TestCase, replace
from mockzoom.engine.runner import PURSUED, Runner
from mockzoom.engine.sending import COMEBACK_S, ReceiverGone
from mockzoom.engine.silence import SilenceLimit
from mockzoom.model import Exchange, Failure
from mockzoom.transport.faults import TransportFault

SUSPECTS = 5
"""How many of the last deliveries are named where the cause cannot be found."""

NOTICED_S = 0.02
"""Seconds from the end of a fault to the liveness check, at least: the receiver has noticed it."""
_MOST_NOTICED_S = 0.5
_PAUSE_S = 0.2
"""Seconds before a failed liveness check is repeated."""
_LATENCIES = 10
"""A busy receiver is given so many times the answer time of a liveness check."""


class TooManyDeaths(Exception):
    """The receiver died three times: further deaths have the same cause, as far as we can tell."""


class Liveness:
    """Delivers malformed cases, judges them, and checks whether genuine events still pass.

    `death` is the kind that a case is judged as where they do not.
    """

    def __init__(self, runner: Runner, acknowledged: Acknowledged, death: Kind) -> None:
        self._runner = runner
        self._acknowledged = acknowledged
        self._death = death
        self._recent: list[tuple[TestCase, Exchange]] = []
        self._deaths = 0
        self._failed: set[str] = set()

    async def examine(self, case: TestCase, limit: SilenceLimit) -> Exchange | None:
        """Deliver and judge one case; None where it was skipped or killed the receiver.

        Where it is refused as no case may be, it is repeated beside controls (`Runner.confirm`).
        """
        exchange = await self.deliver(case, limit.send)
        if exchange is None:
            return None
        status = exchange.last.status
        kind = limit.similar(case)
        if status is not None and status >= 500 and kind not in self._failed:
            # The first server error of a kind may have left the receiver broken for all others.
            self._failed.add(kind)
            if not await self._alive():
                await self._died(failed=True)
                return exchange
            self._recent.clear()
        if await self._is_confirmed(case, exchange):
            self._runner.judge(case, exchange)
        return exchange

    async def _is_confirmed(self, case: TestCase, exchange: Exchange) -> bool:
        """Whether a case is refused each time, if it is refused at all as no case may be."""
        if case.control is None or exchange.last.acknowledged:
            return True
        if not self._runner.verdict(case, exchange):
            return True
        confirmed, control = await self._runner.confirm(case, exchange, case.control)
        if confirmed or control is None or is_alive(control) or await self._alive():
            self._recent.clear()
        else:
            await self._died()
        return confirmed

    def take(self, case: TestCase, exchange: Exchange) -> None:
        """Judge a case that was delivered and answered as expected."""
        self._recent.append((case, exchange))
        self._runner.judge(case, exchange)

    async def deliver(
        self, case: TestCase, send: Callable[[TestCase], Awaitable[Exchange | None]]
    ) -> Exchange | None:
        """Deliver one case with `send`; None where it was skipped or killed the receiver."""
        exchange = await send(case)
        if exchange is None:
            return None
        self._recent.append((case, exchange))
        outcome = exchange.last.outcome
        if isinstance(outcome, Failure):
            if not await self._alive():
                await self._died()
                return None
            self._recent.clear()
            if outcome.kind != "timeout":
                exchange = await self._repeated(case, exchange)
        return exchange

    async def suffer(self, faults: Sequence[TransportFault]) -> None:
        """Send a genuine case with each transport fault; only the liveness check after it counts.

        They go out one after the other, so it is known which one a receiver has not survived.
        """
        check = await self._check()
        for fault in faults:
            await self.fail(fault)
            check = await self.outlive(check)

    async def outlive(self, before: Exchange) -> Exchange:
        """Check whether the receiver survives a fault, and return the exchange that shows it.

        `before` is the last check: its time tells how soon the receiver may notice the fault.
        """
        noticed_s = min(_LATENCIES * (before.last.timings.complete or 0.0), _MOST_NOTICED_S)
        await asyncio.sleep(max(NOTICED_S, noticed_s))
        check = await self._check()
        if is_alive(check) or await self._alive():
            self._recent.clear()
        else:
            await self._died()
        return check

    async def fail(self, fault: TransportFault) -> None:
        """Send a genuine case with a transport fault; `outlive` checks what came of it."""
        case = self._runner.anew(self._acknowledged.liveness_case())
        case = replace(case, detail=fault.about)
        exchange = await self._runner.sender.deliver(self._runner.delivery(case), fault=fault)
        self._runner.delivered(exchange)
        self._recent.append((case, exchange))

    async def check(self) -> bool:
        """End a group: a genuine event must pass; return whether it did."""
        alive = not self._recent or await self._alive()
        if not alive:
            await self._died()
        self._recent.clear()
        return alive

    async def _repeated(self, case: TestCase, exchange: Exchange) -> Exchange:
        """Repeat what lost its connection: only what loses it again counts."""
        again = await self._runner.send(self._runner.anew(case))
        if not isinstance(again.last.outcome, Failure):
            self._runner.notice(
                f"{exchange.delivery.id} ({case.event}, {case.name}) lost its connection,"
                " its repetition did not: not reported"
            )
        return again

    async def _alive(self) -> bool:
        check = await self._check()
        if is_alive(check):
            return True
        await asyncio.sleep(_PAUSE_S)
        if not is_alive(await self._check()):
            return False
        if check.last.status is not None:
            self._runner.genuine.failed_once(check)
        return True

    async def _check(self) -> Exchange:
        before = self._runner.genuine.failures
        case = self._runner.anew(self._acknowledged.liveness_case())
        check = await self._runner.send(case)
        if not is_alive(check):
            # What was refused on the way to it does not fail by itself.
            self._runner.genuine.forget_after(before)
        return check

    async def _comes_back(self) -> bool:
        ends = self._runner.sender.clock.monotonic() + COMEBACK_S
        while self._runner.sender.clock.monotonic() < ends:
            if await self._alive():
                return True
            await asyncio.sleep(0.5)
        return False

    async def _died(self, *, failed: bool = False) -> None:
        """Find what killed the receiver, report it, and go on if it has come back.

        `failed` says that the last delivery got a server error: if nothing can be replayed, that
        one is blamed, and charged with its error.
        """
        check = await self._check()
        failures = self._runner.genuine.failures
        if is_alive(check) or await self._comes_back():
            culprit = await self._bisect(self._recent)
            self._report(culprit, check)
            self._runner.genuine.forget_after(failures)
            self._recent.clear()
            self._deaths += 1
            if self._deaths >= PURSUED:
                raise TooManyDeaths
            return
        last = self._recent[-1]
        if failed:
            self._runner.judge(*last)
        self._report([last] if failed else self._recent[-SUSPECTS:], check)
        self._recent.clear()
        delivery = last[1].delivery
        raise ReceiverGone(
            f"the receiver died at or before {delivery.id} ({delivery.event}, {delivery.case}) and"
            f" did not come back within {COMEBACK_S:g} s"
        )

    async def _bisect(
        self, candidates: list[tuple[TestCase, Exchange]]
    ) -> list[tuple[TestCase, Exchange]]:
        """Return the one delivery that kills the receiver again, or the suspects."""
        suspects = candidates[-SUSPECTS:]
        while len(candidates) > 1:
            half = candidates[: len(candidates) // 2]
            for case, _ in half:
                await self._runner.send(self._runner.anew(case))
            if await self._alive():
                candidates = candidates[len(half) :]
                continue
            candidates = half
            if not await self._comes_back():
                return half[-SUSPECTS:]
        case, first = candidates[0]
        exchange = await self._runner.send_carefully(self._runner.anew(case))
        if await self._alive():
            return suspects
        self._runner.judge(case, exchange)
        if not await self._comes_back():
            self._report(candidates, first)
            raise ReceiverGone(f"the receiver died of {first.delivery.id} and did not come back")
        return candidates

    def _report(self, suspects: list[tuple[TestCase, Exchange]], check: Exchange) -> None:
        case, exchange = suspects[-1]
        names = [f"{item.delivery.id} ({one.event}, {one.detail})" for one, item in suspects]
        if len(names) == 1:
            detail = names[0]
        else:
            detail = f"one of the last {len(names)} deliveries: " + "; ".join(names)
        self._runner.judge(case.judged_as(self._death, detail), exchange, check)
