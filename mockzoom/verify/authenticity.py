"""The signature matrix: rules MZ201 to MZ211."""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom.casebook import Case, Prepared
from mockzoom.checks.authenticity import ACCEPTED, GARBLED_ACCEPTED
from mockzoom.delivery import CLEAN_FORGERIES, FORGERIES, GARBLED
from mockzoom.model import Exchange, Failure
from mockzoom.run import Run
from mockzoom.verify.baseline import Baseline, Patience

RULES = tuple(f"MZ{number}" for number in range(201, 211))


class Authenticity:
    """Forges an acknowledged event of each namespace in every way, and spells it in others."""

    def __init__(self, run: Run, baseline: Baseline, *, endpoint_auth: bool) -> None:
        self._run = run
        self._baseline = baseline
        self._endpoint_auth = endpoint_auth

    async def play(self) -> None:
        """Deliver forgeries, other spellings, and literal non-ASCII text."""
        self._run.step("authenticity", "forged, stale and garbled deliveries; other JSON spellings")
        await self._forgeries()
        await self._spellings()
        await self._non_ascii()

    def _names(self) -> tuple[str, ...]:
        wanted = [n for n in FORGERIES if FORGERIES[n].rule != "MZ211" or self._endpoint_auth]
        return tuple(wanted)

    def _explain(self) -> None:
        """Drop findings that another one explains.

        Where garbled headers crash the receiver, MZ210 has nothing to add; where whole forgeries
        are accepted, garbled ones have nothing to add.
        """
        findings = self._run.findings
        if findings.has("MZ209"):
            findings.drop("MZ210")
        for rule in ("MZ202", "MZ204"):
            if findings.has("MZ201") or findings.has(rule, ACCEPTED):
                findings.drop(rule, GARBLED_ACCEPTED)

    async def _forgeries(self) -> None:
        patience = Patience(self._run)
        for base in self._baseline.one_per_namespace():
            for forge in self._names():
                exchange = await patience.send(base, forge)
                if exchange is None:
                    continue
                self._count(base, forge)
                self._run.judge(base, exchange)
                await self._after(base, exchange, forge)
        patience.close("forgeries")
        self._explain()
        if not self._endpoint_auth:
            self._run.skip_rules("no endpoint authentication is configured (--auth)", "MZ211")

    def _count(self, base: Prepared, forge: str) -> None:
        self._run.count(base.event, FORGERIES[forge].rule)
        if forge in GARBLED:
            self._run.count(base.event, "MZ209")
        if forge in CLEAN_FORGERIES:
            self._run.count(base.event, "MZ210")

    async def _after(self, base: Prepared, exchange: Exchange, forge: str) -> None:
        if not isinstance(exchange.last.outcome, Failure):
            return
        if forge not in GARBLED:
            self._run.notice(
                f"where {FORGERIES[forge].about} there is no answer at all; 401 would say why"
            )
        await self._run.stays_reachable(exchange)

    async def _spellings(self) -> None:
        patience = Patience(self._run)
        for base in self._baseline.one_per_namespace():
            for kind in ("spaced", "escaped"):
                prepared = self._run.casebook.prepare(base.event, replace(base.case, kind=kind))
                exchange = await patience.send(prepared)
                if exchange is None:
                    continue
                self._run.count(base.event, "MZ207")
                control = None
                if not exchange.last.acknowledged:
                    await self._run.stays_reachable(exchange)
                    control = await self._run.send(base)
                self._run.judge(prepared, exchange, control)
        patience.close("spellings")

    async def _non_ascii(self) -> None:
        """One event of each namespace that has free text."""
        patience = Patience(self._run)
        done: set[str] = set()
        for base in self._baseline:
            namespace = base.event.split(".", 1)[0]
            if namespace in done:
                continue
            case = Case("non-ascii", base.case.index)
            prepared = next(iter(self._run.casebook.parts(base.event, case)), None)
            if prepared is None or prepared.twin is None:
                continue
            done.add(namespace)
            await self._judge_non_ascii(patience, prepared, prepared.twin)
        if not done:
            self._run.skip_rules("no acknowledged event has a field of free text", "MZ208")
        patience.close("non-ASCII text")

    async def _judge_non_ascii(
        self, patience: Patience, prepared: Prepared, twin: Prepared
    ) -> None:
        exchange = await patience.send(prepared)
        if exchange is None:
            return
        self._run.count(prepared.event, "MZ208")
        if not exchange.last.acknowledged:
            await self._run.stays_reachable(exchange)
            self._run.judge(prepared, exchange, await self._run.send(twin))
