"""Malformed on purpose: rules MZ401 to MZ406."""

from __future__ import annotations

from dataclasses import replace

from mockzoom.casebook import Case, Prepared
from mockzoom.model import EventSpec
from mockzoom.run import Run
from mockzoom.synth import MALFORMED_BODIES, constraints
from mockzoom.verify.abreast import Abreast
from mockzoom.verify.baseline import Baseline, Patience
from mockzoom.verify.vigil import TooManyDeaths, Vigil

EVENT_RULES = ("MZ401", "MZ402", "MZ403")
BODY_RULES = ("MZ404", "MZ405")
RULES = (*EVENT_RULES, *BODY_RULES, "MZ406", "MZ407")


class Malformed:
    """Delivers every mutant of every acknowledged event, then every malformed body."""

    def __init__(self, run: Run, specs: tuple[EventSpec, ...], baseline: Baseline) -> None:
        self._run = run
        self._specs = specs
        self._baseline = baseline
        self._vigil = Vigil(run, baseline)

    async def play(self) -> None:
        """Deliver; a receiver that dies again and again is let off."""
        if not self._run.strict:
            self._run.skip_rules("only with --strict", "MZ403")
        try:
            await self._events()
            await self._bodies()
        except TooManyDeaths:
            self._run.notice("malformed: the receiver died three times, the rest was skipped")

    async def _events(self) -> None:
        self._run.step("malformed", "events that break their schema in one place each")
        broken: set[tuple[str, str]] = set()
        try:
            await self._mutants(broken)
        finally:
            total = sum(constraints(spec) for spec in self._specs)
            self._run.constraints = (len(broken), total)

    async def _mutants(self, broken: set[tuple[str, str]]) -> None:
        patience = Patience(self._run, persistent=True, alike=_likeness)
        abreast = Abreast(self._run, lambda last: last.status is not None and last.status < 500)
        rules = EVENT_RULES if self._run.strict else EVENT_RULES[:2]
        for base in self._baseline:
            case = Case("mutant", ascii_only=base.case.ascii_only)
            mutants = self._run.casebook.parts(base.event, case)
            async for prepared, answered in abreast.send(mutants):
                exchange = answered
                if exchange is None:
                    exchange = await self._vigil.examine(prepared, patience)
                else:
                    self._vigil.take(prepared, exchange)
                if exchange is not None:
                    broken.add((base.event, prepared.constraint))
                    self._run.count(base.event, *rules)
            await self._vigil.check()
            self._run.count(base.event, "MZ406")
        patience.close("malformed events")

    async def _bodies(self) -> None:
        self._run.step("bodies", "bodies that are no proper JSON object")
        patience = Patience(self._run, persistent=True, alike=_likeness)
        for base in self._baseline.one_per_namespace():
            for item in MALFORMED_BODIES:
                case = replace(base.case, kind=item.name, part=None)
                prepared = self._run.casebook.prepare(base.event, case)
                if await self._vigil.examine(prepared, patience) is not None:
                    self._run.count(base.event, *BODY_RULES)
            await self._vigil.check()
        patience.close("malformed bodies")


def _likeness(prepared: Prepared) -> str:
    """Return what deliveries that hang for the same cause have in common.

    For mutants, what was done to the field of this name, in whichever event; for bodies, how they
    are malformed.
    """
    if prepared.case.kind != "mutant":
        return prepared.case.kind
    place, _, operation = prepared.detail.partition(": ")
    return f"{place.rpartition('/')[2]}: {operation}"
