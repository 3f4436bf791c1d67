"""Events that the contract will have tomorrow, or has in its other reading: MZ107 to MZ109."""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom.casebook import Prepared
from mockzoom.checks import outcome_key
from mockzoom.model import Exchange, Failure
from mockzoom.run import Run
from mockzoom.verify.abreast import Abreast
from mockzoom.verify.baseline import Baseline, Patience

RULES = ("MZ107", "MZ108", "MZ109")


class Evolution:
    """Delivers evolved events, each made from an event that was acknowledged."""

    def __init__(self, run: Run, baseline: Baseline) -> None:
        self._run = run
        self._baseline = baseline
        self._controls: dict[tuple[str, str], Exchange] = {}

    async def play(self) -> None:
        """Deliver unknown events, then new fields, then documented variants."""
        self._run.step("evolution", "unknown events, new fields, the other documented values")
        await self._unknown()
        await self._parts("field", "MZ108")
        if not await self._parts("variant", "MZ109"):
            self._run.skip_rules("no acknowledged event has another documented value", "MZ109")

    async def _unknown(self) -> None:
        patience = Patience(self._run)
        for base in self._baseline.one_per_namespace():
            await self._judge(patience, self._odd(base, "unknown"), base, "MZ107")
        base = self._baseline.first
        await self._judge(patience, self._odd(base, "invented"), base, "MZ107")
        patience.close("unknown events")

    def _odd(self, base: Prepared, kind: str) -> Prepared:
        return self._run.casebook.prepare(base.event, replace(base.case, kind=kind))

    async def _parts(self, kind: str, rule: str) -> int:
        patience = Patience(self._run)
        sent = 0
        abreast = Abreast(self._run, lambda last: last.acknowledged)
        for base in self._baseline:
            case = replace(base.case, kind=kind)
            odd = self._run.casebook.parts(base.event, case)
            async for prepared, acknowledged in abreast.send(odd):
                if acknowledged is None:
                    await self._judge(patience, prepared, base, rule)
                else:
                    self._run.count(prepared.event, rule)
                sent += 1
        patience.close(f"{kind}s")
        return sent

    async def _judge(
        self, patience: Patience, prepared: Prepared, base: Prepared, rule: str
    ) -> None:
        exchange = await patience.send(prepared)
        if exchange is None:
            return
        self._run.count(prepared.event, rule)
        if exchange.last.acknowledged or exchange.last.status == 429:
            return
        if isinstance(exchange.last.outcome, Failure):
            await self._run.stays_reachable(exchange)
        key = (rule, outcome_key(exchange.last))
        control = self._controls.get(key)
        if control is None:
            control = self._controls[key] = await self._run.send(base)
        if not control.last.acknowledged:
            self._run.skip_rules(f"{base.event} was acknowledged before and is refused now", rule)
        self._run.judge(prepared, exchange, control)
