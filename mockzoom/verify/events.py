"""Every event of the contract, valid: rules MZ101 to MZ105 (and MZ208, MZ109 where they show)."""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom.casebook import Case, Prepared, differences
from mockzoom.model import EventSpec, Exchange, Failure
from mockzoom.run import PURSUED, Run
from mockzoom.synth import shapes
from mockzoom.verify.baseline import Baseline, Patience

ENOUGH_BODIES = 32
FIRST_OTHER_WORLD = 10
"""Worlds up to this one are for repetitions."""
RULES = ("MZ101", "MZ102", "MZ103", "MZ104", "MZ105")


class ValidEvents:
    """Delivers one shape of every event first, then the other shapes of those that passed."""

    def __init__(self, run: Run, specs: tuple[EventSpec, ...], baseline: Baseline) -> None:
        self._run = run
        self._specs = specs
        self._baseline = baseline
        self._patience = Patience(run, persistent=True)
        self._refused: dict[str, int] = {}
        self._delivered: set[bytes] = set()

    async def play(self) -> None:
        """Deliver, without any concurrency of our own."""
        self._run.step("events", "every event of the contract, valid")
        plain = {spec.name: self._plain_index(spec) for spec in self._specs}
        for spec in self._specs:
            await self._shape(spec, plain[spec.name])
        for spec in self._specs:
            if spec.name in self._refused and spec.name not in self._baseline:
                await self._with_other_entities(spec, plain[spec.name])
                if not self._baseline:
                    break  # everything is refused
        if self._baseline:
            for spec in self._specs:
                for index in range(shapes(spec)):
                    if index != plain[spec.name]:
                        await self._shape(spec, index)
            await self._other_meetings()
        self._patience.close("events")

    async def _with_other_entities(self, spec: EventSpec, index: int) -> None:
        """Deliver a refused event about other meetings: is it the ids that displease?"""
        case = Case("valid", index)
        refused = self._run.casebook.prepare(spec.name, case)
        for world in range(FIRST_OTHER_WORLD, FIRST_OTHER_WORLD + PURSUED):
            other = self._run.casebook.prepare(spec.name, replace(case, world=world))
            exchange = await self._patience.send(other)
            if exchange is None or not exchange.last.acknowledged:
                continue
            self._baseline.keep(other)
            places = ", ".join(differences(refused.body, other.body))
            self._run.notice(
                f"{spec.name} ({case}) is refused, and acknowledged with other values at {places}:"
                f" compare `--case {case}` with `--case {other.case}`"
            )
            return

    async def _other_meetings(self) -> None:
        """Deliver events of other meetings, where the contract's part gives few bodies.

        Everything odd is followed by a genuine event, and the same bytes are never signed twice
        for one second: with few of them, a run would wait for the clock.
        """
        for world in range(FIRST_OTHER_WORLD, FIRST_OTHER_WORLD + ENOUGH_BODIES):
            for base in tuple(self._baseline):
                if self._baseline.passed >= ENOUGH_BODIES:
                    return
                case = replace(base.case, world=world)
                prepared = self._run.casebook.prepare(base.event, case)
                if prepared.body in self._delivered:
                    continue
                self._delivered.add(prepared.body)
                exchange = await self._patience.send(prepared)
                if exchange is not None:
                    await self._judge_valid(prepared, exchange)

    def _plain_index(self, spec: EventSpec) -> int:
        """Return the first shape that carries no documented variant."""
        for index in range(shapes(spec)):
            if not self._run.casebook.prepare(spec.name, Case("valid", index)).variant:
                return index
        return 0

    async def _shape(self, spec: EventSpec, index: int) -> None:
        if self._refused.get(spec.name, 0) >= PURSUED and spec.name not in self._baseline:
            return
        case = Case("valid", index, world=self._baseline.world(spec.name))
        prepared = self._run.casebook.prepare(spec.name, case)
        if prepared.variant and spec.name not in self._baseline:
            return
        if prepared.body in self._delivered:  # two shapes of an event without options are one
            return
        self._delivered.add(prepared.body)
        exchange = await self._patience.send(prepared)
        if exchange is None:
            return
        self._run.covered.add(spec.name)
        if prepared.variant:
            await self._judge_variant(prepared, exchange)
        else:
            await self._judge_valid(prepared, exchange)

    async def _judge_variant(self, prepared: Prepared, exchange: Exchange) -> None:
        odd = replace(prepared, detail=prepared.variant)
        self._run.count(prepared.event, "MZ109")
        self._run.judge(odd, exchange, kind="variant")

    async def _judge_valid(self, prepared: Prepared, exchange: Exchange) -> None:
        self._run.count(prepared.event, *RULES)
        if exchange.last.acknowledged:
            self._baseline.keep(prepared)
            self._run.judge(prepared, exchange)
            return
        if exchange.last.status == 429:
            return
        self._refused[prepared.event] = self._refused.get(prepared.event, 0) + 1
        if not prepared.body.isascii() and await self._only_non_ascii(prepared, exchange):
            return
        self._run.judge(prepared, exchange)
        await self._run.stays_reachable(exchange)

    async def _only_non_ascii(self, prepared: Prepared, exchange: Exchange) -> bool:
        """Whether the same event in ASCII words is acknowledged: then the finding is MZ208's."""
        if isinstance(exchange.last.outcome, Failure):
            await self._run.stays_reachable(exchange)
        case = replace(prepared.case, ascii_only=True)
        twin = self._run.casebook.prepare(prepared.event, case)
        control = await self._run.send(twin)
        if not control.last.acknowledged:
            return False
        self._baseline.keep(twin)
        self._run.judge(prepared, exchange, control, kind="non-ascii")
        return True
