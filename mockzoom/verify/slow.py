"""Incomplete on the wire, and slow senders: is everybody else still served? (MZ406, MZ407)"""

from __future__ import annotations

import asyncio

from mockzoom.delivery.faults import DRIPPED, FAULTS, Dripped
from mockzoom.model import Exchange, ExchangeFinished
from mockzoom.run import Run
from mockzoom.verify.baseline import Baseline
from mockzoom.verify.vigil import TooManyDeaths, Vigil

HEAD_START_S = 0.05
"""Seconds for which a request drips before another one asks for attention.

Receivers accept connections in the order in which they come, so it need not be long.
"""


class SlowSenders:
    """Sends incomplete requests; only what becomes of genuine events is judged."""

    def __init__(self, run: Run, baseline: Baseline) -> None:
        self._run = run
        self._baseline = baseline
        self._vigil = Vigil(run, baseline)

    async def play(self) -> None:
        """Play every fault, then a genuine event beside a dripping one."""
        if not self._run.courier.transport.wire:
            self._run.skip_rules("an application in this process has no wire", "MZ407")
            return
        self._run.step("faults", "requests that come in slowly, in part, or not at all")
        try:
            await self._vigil.suffer([fault for fault in FAULTS if fault is not DRIPPED])
            if await self._blocked() is not None:
                again = await self._blocked()
                if again is not None:
                    self._run.judge(self._baseline.first, again, kind="blocked")
            self._run.count(self._baseline.first.event, "MZ407")
        except TooManyDeaths:
            self._run.notice("faults: the receiver died three times, the rest was skipped")

    async def _blocked(self) -> Exchange | None:
        """Drip one request and deliver the canary beside it; return an exchange that timed out."""
        courier = self._run.courier
        await courier.transport.close()
        enough = asyncio.Event()
        slow = asyncio.ensure_future(self._vigil.fail(Dripped(stop=enough)))
        try:
            await asyncio.sleep(HEAD_START_S)
            beside = await courier.deliver(self._run.delivery(self._baseline.canary()), fresh=True)
            self._run.tell(ExchangeFinished(beside))
        finally:
            enough.set()
            await slow
        await self._vigil.outlive(beside)
        return beside if beside.last.timed_out else None
