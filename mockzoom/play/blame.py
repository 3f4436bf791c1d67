"""Blame: which irregular step makes a scenario leave something else than its plain script.

Each step is played alone, in an otherwise plain script. One that leaves something else in a quick
look is played again with patience, and once more without its event, before it is judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockzoom.engine.runner import Runner
from mockzoom.model import JSON, Violation
from mockzoom.play.effects import UNCHANGED, differences, less
from mockzoom.play.gauge import Gauge, NotComparable, Order
from mockzoom.play.noise import Noise, noise
from mockzoom.play.orders import moves
from mockzoom.play.scripts import plain
from mockzoom.scenario.model import AnyStep, Scenario, Send, Shuffle, Together, sends, walk
from mockzoom.suites.state import Irregularity, dropped, sequence
from mockzoom.suites.state import Sequence as Case

MOST_BLAMED = 8
"""Irregular steps that are played alone, at most."""
STEADY_PLAYS = 2
"""Plain plays that have to leave the same as before, before anything is reported."""


class Blame:
    """Finds who is to blame in one scenario, and reports it."""

    def __init__(self, runner: Runner, scenario: Scenario, gauge: Gauge) -> None:
        self._runner = runner
        self._scenario = scenario
        self._gauge = gauge
        self._is_steady = False
        self._suspects: list[tuple[AnyStep, Irregularity]] = []
        """Steps that alone leave something else, and whose own event leaves nothing in order."""

    async def lay(self, irregular: Sequence[tuple[AnyStep, Irregularity]], orders: Order) -> None:
        """Report the steps to blame; where none is, alone, they are together."""
        blamed = False
        for step, how in irregular[:MOST_BLAMED]:
            if isinstance(step, Shuffle):
                blamed = await self.order(step, orders[step.name]) or blamed
            elif isinstance(step, Together):
                blamed = await self._lanes(step) or blamed
            else:
                blamed = await self._step(step, how) or blamed
        if not blamed:
            found = await self._gauge.tree(self._scenario, orders, "parallel")
            if found != self._gauge.plain and irregular:
                step, how = (self._suspects or irregular[:1])[-1]
                together = "" if self._suspects else " (together with the other steps)"
                await self._judge(step, how, UNCHANGED, found, together)

    async def order(self, step: Shuffle, order: tuple[int, ...]) -> bool:
        """Report the smallest reordering that breaks the state; tell whether there is any."""
        gauge, script = self._gauge, plain(self._scenario)
        found = await gauge.tree(script, {step.name: order})
        if found == gauge.plain:
            return False
        smallest = order
        for candidate in moves(len(step.steps)):
            if await gauge.same(script, {step.name: candidate}):
                continue
            tree = await gauge.tree(script, {step.name: candidate})
            if tree != gauge.plain:
                smallest, found = candidate, tree
                break
        names = ", ".join(step.steps[index].event for index in smallest)
        return await self._judge(step, "order", UNCHANGED, found, f": {names}")

    async def report(self, found: Violation, step: str) -> bool:
        """Report what was found, if the plain script still leaves what it left before."""
        if not self._is_steady:
            await self._steady()
        self._is_steady = True
        self._runner.add_case(found, f"{self._scenario.name}/{step}")
        return True

    async def _steady(self) -> None:
        """Raise where the plain script leaves something else now, which chance can hide once.

        What vanishes by itself is a reason, too: the plays may have been looked at for as long.
        """
        gauge, script = self._gauge, plain(self._scenario)
        for _ in range(STEADY_PLAYS):
            now = await gauge.tree(script)  # with patience, as whatever is about to be reported
            heard = noise(gauge.plain, now)
            if heard == Noise():
                continue
            again = noise(gauge.plain, await gauge.tree(script))
            if heard.lacking and again.lacking:  # once may have been a worker that was held up
                await self.uneven(again, now)
            raise NotComparable(str(heard))
        if await gauge.decays(script):
            raise NotComparable("what it leaves vanishes by itself after a while")

    async def uneven(self, heard: Noise, third: JSON) -> bool:
        """Report entries of the scenario itself that only some of its equal plays leave.

        Another play has to show that it was not the judged one alone. Return whether there are any.
        """
        gauge = self._gauge
        if not heard.lacking:
            return False
        fourth = await gauge.tree(plain(self._scenario))
        pairs = ((third, fourth), (gauge.plain, fourth), (gauge.plain, third))
        again = [lack for pair in pairs for lack in noise(*pair).lacking]
        own = [lack for lack in (*heard.lacking, *again) if lack.is_own]
        if not again or not own or await gauge.decays(plain(self._scenario)):
            return False
        told = own[0].entity.removeprefix("<")
        where = max((name for name in gauge.ranks if told.startswith(name)), key=len, default="")
        seen = f"of equal plays, all acknowledged, only some leave {own[0]}"
        found = dropped(where or self._scenario.title, self._event(where), seen, ())
        self._runner.add_case(found, f"{self._scenario.name}/{where}")
        return True

    # -- within --------------------------------------------------------------------------------

    async def _step(self, step: AnyStep, how: Irregularity) -> bool:
        gauge, script = self._gauge, plain(self._scenario, but=step.name)
        if await gauge.same(script):
            return False
        alone = await gauge.effect(script, patient=True)
        found = gauge.quieted(alone.tree)
        if found == gauge.plain:
            return False
        omitted = await gauge.quick(plain(self._scenario, omit=step.name))
        if found == omitted and not alone.acknowledged(step):
            return False  # never acknowledged, never processed: as it should be
        judged = await self._judge(step, how, omitted, found)
        if not judged:
            self._suspects.append((step, how))
        return judged

    async def _lanes(self, step: Together) -> bool:
        """Tell what is lost at once from what depends on the order of arrival."""
        gauge, script = self._gauge, plain(self._scenario, but=step.name)
        found = await gauge.tree(script, lanes="parallel")
        if found == gauge.plain:
            return False
        gently = await gauge.tree(plain(self._scenario), lanes="gentle")
        lost = less(gently, found) and (
            gently != gauge.plain or await gauge.tree(script, lanes="interleaved") == gauge.plain
        )
        if lost:
            shown = "; ".join(list(differences(gently, found))[:3])
            seen = f"acknowledged, but lost where many come at once: {shown}"
            about = dropped(
                f"{self._scenario.title}: {step.name}", self._event(step.name), seen, ()
            )
            return await self.report(about, step.name)
        return await self._judge(step, "order", UNCHANGED, found)

    async def _judge(
        self, step: AnyStep, how: Irregularity, omitted: JSON, found: JSON, detail: str = ""
    ) -> bool:
        once = self._gauge.plain
        case = Case(
            irregularity=how,
            step=f"{self._scenario.title}: {step.name}",
            event=step.event if isinstance(step, Send) else self._event(step.name),
            once=once,
            omitted=omitted,
            found=found,
            differences=tuple(differences(once, found)),
            detail=detail,
        )
        violations = list(sequence(case))
        for violation in violations:
            await self.report(violation, step.name)
        return bool(violations)

    def _event(self, step: str) -> str:
        """Return the first event that a step, or the step that it stands within, delivers."""
        for item in self._scenario.steps:
            for each in sends(walk((item,))):
                if step in (each.name, item.name):
                    return each.event
        return next(iter(self._scenario.events), "")
