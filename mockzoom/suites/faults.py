"""Transport faults and slow senders: is everybody else still served? (MZ406, MZ407)"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.case import Kind
from mockzoom.engine.evidence import Evidence
from mockzoom.engine.liveness import Liveness, TooManyDeaths
from mockzoom.engine.runner import Runner
from mockzoom.engine.suite import Examination, Suite
from mockzoom.model import Exchange, Violation
from mockzoom.rules import Rule
from mockzoom.suites.malformed import DEATH
from mockzoom.transport.faults import DRIPPED, FAULTS, dripped_until

BLOCKED_BY_SLOW_SENDER = Rule("MZ407", "blocked-by-slow-sender", "warning")

HEAD_START_S = 0.05
"""Seconds for which a request drips before another one is sent.

Receivers accept connections in the order in which they come, so it need not be long.
"""


def blocked_by_slow_sender(evidence: Evidence) -> Iterator[Violation]:
    """MZ407: a genuine event got no answer while another request was dripping in."""
    if evidence.attempt.timed_out:
        yield evidence.violation(
            BLOCKED_BY_SLOW_SENDER,
            "while one request comes in slowly, others are not answered",
            "requests are served side by side: threads, workers, or a proxy that buffers bodies",
            "blocked",
        )


BLOCKED = Kind("blocked", ("MZ407",), blocked_by_slow_sender)


class SlowSenders:
    """Sends incomplete requests; only what becomes of genuine events is judged."""

    def __init__(self, runner: Runner, acknowledged: Acknowledged) -> None:
        self._runner = runner
        self._acknowledged = acknowledged
        self._liveness = Liveness(runner, acknowledged, DEATH)

    async def play(self) -> None:
        """Play every fault, then a genuine event beside a dripping one."""
        if not self._runner.sender.transport.wire:
            why = "an application in this process has no wire"
            self._runner.skip_rules(why, BLOCKED_BY_SLOW_SENDER.id)
            return
        self._runner.step("faults", "requests that come in slowly, in part, or not at all")
        try:
            await self._liveness.suffer([fault for fault in FAULTS if fault is not DRIPPED])
            await self._beside_a_slow_sender()
        except TooManyDeaths:
            self._runner.notice("faults: the receiver died three times, the rest was skipped")

    async def _beside_a_slow_sender(self) -> None:
        """Judge a genuine event beside a dripping request; a timeout only if it comes again."""
        beside = await self._delivered_beside()
        if beside.last.timed_out:
            beside = await self._delivered_beside()
        self._runner.judge(self._acknowledged.first.judged_as(BLOCKED), beside)

    async def _delivered_beside(self) -> Exchange:
        """Drip one request, deliver a genuine event beside it, and return that exchange."""
        sender = self._runner.sender
        await sender.transport.close()
        enough = asyncio.Event()
        slow = asyncio.ensure_future(self._liveness.fail(dripped_until(enough)))
        try:
            await asyncio.sleep(HEAD_START_S)
            case = self._runner.anew(self._acknowledged.liveness_case())
            delivery = self._runner.delivery(case)
            beside = self._runner.delivered(await sender.deliver(delivery, fresh=True))
        finally:
            enough.set()
            await slow
        await self._liveness.outlive(beside)
        return beside


async def play(run: Examination) -> None:
    """Deliver transport faults, and a genuine event beside a slow sender."""
    await SlowSenders(run.runner, run.acknowledged).play()


SUITE = Suite("faults", "malformed deliveries", (BLOCKED_BY_SLOW_SENDER,), (BLOCKED,), play)
