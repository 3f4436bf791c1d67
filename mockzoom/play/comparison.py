"""Comparison: does a scenario leave behind what its events, delivered once and in order, leave?

With a probe, every scenario is played again in a fresh world by its plain script. Where the two
effects differ, both plays are repeated with more patience, then a third tells what is noise, and
only then is each irregular step played alone, to find the one to blame.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mockzoom.checks.sequence import Irregularity, dropped, sequence
from mockzoom.checks.sequence import Sequence as Case
from mockzoom.model import JSON, Violation
from mockzoom.play.effects import (
    UNCHANGED,
    Roles,
    change,
    differences,
    less,
    noise,
    quiet,
    unordered,
)
from mockzoom.play.equipment import Lanes
from mockzoom.play.orders import moves, orders_of
from mockzoom.play.patience import Patience
from mockzoom.play.performance import Performance
from mockzoom.play.probing import Probing
from mockzoom.play.scene import StepError
from mockzoom.play.scripts import irregular_steps, natural_order, plain
from mockzoom.run import Run
from mockzoom.scenario.model import AnyStep, Scenario, Send, Shuffle, Together, sends, walk

RULES = ("MZ501", "MZ502", "MZ503", "MZ504", "MZ505")
MOST_BLAMED = 8
"""Irregular steps that are played alone, at most."""

Order = Mapping[str, tuple[int, ...]]
Perform = Callable[[Scenario, Order, bool, Lanes], Awaitable[Performance]]
"""Plays a scenario in a fresh scene: with the orders of its shuffles, judged or not."""
_IN_ORDER: Order = {}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one performance left behind."""

    performance: Performance
    tree: JSON

    def acknowledged(self, step: AnyStep) -> bool:
        """Whether the last attempt at each delivery of `step` was acknowledged."""
        return all(
            each.sending.attempts[-1].acknowledged or not each.sending.answered
            for each in self.performance.delivered
            if each.step.name == step.name
        )


class _NotComparable(Exception):
    """A play for comparison went wrong where the judged one did not; says how."""


class Comparison:
    """Compares the plays of one scenario."""

    def __init__(
        self,
        run: Run,
        scenario: Scenario,
        probing: Probing,
        perform: Perform,
        effects: Sequence[str] = (),
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._effects = effects
        self._run = run
        self._scenario = scenario
        self._probing = probing
        self._perform = perform
        self._ranks = natural_order(scenario)
        self._noise: frozenset[tuple[str, ...]] = frozenset()
        self._plain: JSON = UNCHANGED
        self._failing: frozenset[str] = frozenset()
        self._is_steady = False
        self._irregular = False

    async def play(self, seed: int) -> Performance:
        """Play the scenario, judged, then compare; return the judged performance."""
        orders = self._orders(seed)
        first = {name: each[0] for name, each in orders.items() if each}
        main = await self._effect(self._scenario, first, judged=True, lanes="parallel")
        if main.performance.steering.altered:
            self._run.notice(
                f"{self._scenario.title}: not compared with a second play: what was played was"
                " changed at the controls"
            )
            return main.performance
        retried = {
            each.step.name for each in main.performance.delivered if len(each.sending.attempts) > 1
        }
        irregular = irregular_steps(self._scenario, retried)
        self._count(irregular)
        self._irregular = bool(irregular)
        self._failing = _failing(main.performance)
        try:
            if self._patience.is_spent:
                raise _NotComparable("its answers come too late: skipped, same cause")
            await self._compare(main, irregular, first, orders)
        except _NotComparable as reason:
            self._run.notice(f"{self._scenario.title}: not compared with a second play: {reason}")
        return main.performance

    async def _compare(
        self,
        main: Effect,
        irregular: list[tuple[AnyStep, Irregularity]],
        first: Order,
        orders: Mapping[str, list[tuple[int, ...]]],
    ) -> None:
        if main.tree == UNCHANGED:
            await self._effective(main.performance)
            self._run.notice(
                f"{self._scenario.title}: it leaves no trace in the probed state, so what becomes"
                " of duplicates and other orders cannot be told by it"
            )
            return
        differs = await self._differs(main.tree, first)
        if differs is None:
            return
        if differs:
            await self._blame(irregular, first)
        await self._other_orders(orders)
        await self._effective(main.performance)

    async def _effective(self, main: Performance) -> None:
        """Report acknowledged events that have to leave a trace (`--effect`), and leave none."""
        steps = {
            each.step.name: each.step
            for each in main.delivered
            if each.sending.attempts[-1].acknowledged
        }
        for step in steps.values():
            if not any(fnmatchcase(step.event, pattern) for pattern in self._effects):
                continue
            script = plain(self._scenario, omit=step.name)
            if await self._same(script) and await self._same(script, patient=True):
                seen = "acknowledged, and the probed state is the same without it"
                found = dropped(f"{self._scenario.title}: {step.name}", step.event, seen, ())
                await self._report(found, step.name)

    async def _report(self, found: Violation, step: str) -> bool:
        """Report what was found, if the plain script still leaves what it left before."""
        if not self._is_steady:
            again = noise(self._plain, await self._tree(plain(self._scenario)))
            where = (*again.lacking, *map(".".join, again.places))
            if where:
                raise _NotComparable(f"equal plays leave different states ({where[0]})")
            self._is_steady = True
        self._run.add_case(found, f"{self._scenario.name}/{step}")
        return True

    # -- effects -------------------------------------------------------------------------------

    async def _effect(
        self, script: Scenario, orders: Order = _IN_ORDER, *, judged: bool = False,
        patient: bool = False, lanes: Lanes = "serial",
    ) -> Effect:  # fmt: skip
        await self._probing.reset()
        before = await self._probing.rested(patient=patient)
        try:
            performance = await self._perform(script, orders, judged, lanes)
        except StepError as error:
            if judged:
                raise
            raise _NotComparable(str(error)) from None
        if any(each.sending.attempts[-1].status == 429 for each in performance.delivered):
            raise _NotComparable("it answers 429; see --rate")
        after = await self._probing.changed(before, patient=patient)
        new = () if judged else sorted(_failing(performance) - self._failing)
        if new:
            raise _NotComparable(
                f"{new[0]} was not acknowledged there, although it was before (is it too much at"
                " once for the receiver, or for this machine?)"
            )
        roles = Roles(performance.scene.told, self._ranks)
        tree = unordered(roles.rename(change(before, after)), self._probing.source.unordered)
        return Effect(performance, tree)

    async def _tree(
        self, script: Scenario, orders: Order = _IN_ORDER, lanes: Lanes = "serial"
    ) -> JSON:
        """Return the effect of a script, without its noise, looked at with patience."""
        effect = await self._effect(script, orders, patient=True, lanes=lanes)
        return quiet(effect.tree, self._noise)

    async def _quick(self, script: Scenario, orders: Order = _IN_ORDER) -> JSON:
        """Return the same, looked at with no more patience than this receiver has needed so far."""
        return quiet((await self._effect(script, orders)).tree, self._noise)

    async def _same(
        self, script: Scenario, orders: Order = _IN_ORDER, *, patient: bool = False
    ) -> bool:
        """Tell whether a script leaves what the plain one leaves."""
        look = self._tree if patient else self._quick
        return bool(await look(script, orders) == self._plain)

    async def _differs(self, main: JSON, orders: Order) -> bool | None:
        """Tell whether the scenario leaves something else than its plain script does.

        None where that cannot be told.
        """
        script = plain(self._scenario)
        self._plain = (await self._effect(script)).tree
        if self._plain == main:
            return False
        # Once more, with patience: a worker may have been at it still.
        self._plain = await self._tree(script)
        main = await self._tree(self._scenario, orders, "parallel")
        if self._plain == main:
            return False
        third = await self._tree(script)
        heard = noise(self._plain, third)
        if not heard.lacking and not self._irregular:
            heard = noise(self._plain, main)  # without irregular steps these are equal plays, too
        if heard.lacking:
            await self._unsteady(heard.lacking, third)
            return None
        self._noise = heard.places
        self._plain = quiet(self._plain, self._noise)
        return bool(quiet(main, self._noise) != self._plain)

    async def _unsteady(self, lacking: Sequence[str], third: JSON) -> None:
        """Two equal plays left different entries: report it where they are the scenario's."""
        fourth = await self._tree(plain(self._scenario))
        again = noise(third, fourth).lacking or noise(self._plain, fourth).lacking
        own = [place for place in (*lacking, *again) if "<" in place]
        if again and own:
            told = own[0].partition("<")[2]
            names = (name for name in self._ranks if told.startswith(name))
            where = max(names, key=len, default="")
            event = self._event(where)
            seen = f"of equal plays, all acknowledged, only some leave {own[0]}"
            found = dropped(where or self._scenario.title, event, seen, ())
            self._run.add_case(found, f"{self._scenario.name}/{where}")
        else:
            self._run.notice(
                f"{self._scenario.title}: equal plays leave different states ({lacking[0]}), so"
                " nothing can be told by comparing them; name such places in the probe's `ignore`"
            )

    # -- blaming -------------------------------------------------------------------------------

    async def _blame(self, irregular: list[tuple[AnyStep, Irregularity]], orders: Order) -> None:
        blamed = False
        for step, how in irregular[:MOST_BLAMED]:
            if isinstance(step, Shuffle):
                blamed = await self._blame_order(step, orders[step.name]) or blamed
                continue
            if isinstance(step, Together):
                blamed = await self._blame_lanes(step) or blamed
                continue
            script = plain(self._scenario, but=step.name)
            if await self._same(script):
                continue
            alone = await self._effect(script, patient=True)
            found = quiet(alone.tree, self._noise)
            if found == self._plain:
                continue
            omitted = await self._quick(plain(self._scenario, omit=step.name))
            if found == omitted and not alone.acknowledged(step):
                continue  # never acknowledged, never processed: as it should be
            blamed = await self._judge(step, how, omitted, found) or blamed
        if not blamed:
            found = await self._tree(self._scenario, orders, "parallel")
            if found != self._plain and irregular:
                step, how = irregular[0]
                await self._judge(step, how, UNCHANGED, found, " (together with the other steps)")

    async def _blame_lanes(self, step: Together) -> bool:
        """Tell what is lost at once from what depends on the order of arrival."""
        script = plain(self._scenario, but=step.name)
        found = await self._tree(script, lanes="parallel")
        if found == self._plain:
            return False
        gently = await self._tree(plain(self._scenario), lanes="gentle")
        lost = less(gently, found) and (
            gently != self._plain or await self._tree(script, lanes="interleaved") == self._plain
        )
        if lost:
            shown = "; ".join(list(differences(gently, found))[:3])
            seen = f"acknowledged, but lost where many come at once: {shown}"
            about = dropped(
                f"{self._scenario.title}: {step.name}", self._event(step.name), seen, ()
            )
            return await self._report(about, step.name)
        return await self._judge(step, "order", UNCHANGED, found)

    async def _judge(
        self, step: AnyStep, how: Irregularity, omitted: JSON, found: JSON, detail: str = ""
    ) -> bool:
        case = Case(
            irregularity=how,
            step=f"{self._scenario.title}: {step.name}",
            event=step.event if isinstance(step, Send) else self._event(step.name),
            once=self._plain,
            omitted=omitted,
            found=found,
            differences=tuple(differences(self._plain, found)),
            detail=detail,
        )
        violations = list(sequence(case))
        for violation in violations:
            await self._report(violation, step.name)
        return bool(violations)

    def _event(self, step: str) -> str:
        for item in self._scenario.steps:
            for each in sends(walk((item,))):
                if step in (each.name, item.name):
                    return each.event
        return next(iter(self._scenario.events), "")

    def _count(self, irregular: Iterable[tuple[AnyStep, Irregularity]]) -> None:
        """Note which rules this scenario judges."""
        by_kind = {
            "duplicate": "MZ501", "order": "MZ502", "retried": "MZ503", "concurrent": "MZ504",
        }  # fmt: skip
        for step, how in irregular:
            event = step.event if isinstance(step, Send) else None
            self._run.count(event, by_kind[how], "MZ505")

    # -- orders --------------------------------------------------------------------------------

    def _orders(self, seed: int) -> dict[str, list[tuple[int, ...]]]:
        """Return for each shuffle the orders to be played, none of them the natural one."""
        chosen: dict[str, list[tuple[int, ...]]] = {}
        for step in self._scenario.steps:
            if isinstance(step, Shuffle):
                chosen[step.name] = orders_of(len(step.steps), step.orders, seed)
        return chosen

    async def _other_orders(self, orders: Mapping[str, list[tuple[int, ...]]]) -> None:
        for step in self._scenario.steps:
            if not isinstance(step, Shuffle) or self._run.findings.has("MZ502"):
                continue
            for order in orders[step.name][1:]:
                same = await self._same(plain(self._scenario), {step.name: order})
                if not same and await self._blame_order(step, order):
                    break

    async def _blame_order(self, step: Shuffle, order: tuple[int, ...]) -> bool:
        """Find the smallest reordering that breaks the state; tell whether there is any."""
        script = plain(self._scenario)
        found = await self._tree(script, {step.name: order})
        if found == self._plain:
            return False
        smallest = order
        for candidate in moves(len(step.steps)):
            if await self._same(script, {step.name: candidate}):
                continue
            tree = await self._tree(script, {step.name: candidate})
            if tree != self._plain:
                smallest, found = candidate, tree
                break
        names = ", ".join(step.steps[index].event for index in smallest)
        return await self._judge(step, "order", UNCHANGED, found, f": {names}")


def _failing(performance: Performance) -> frozenset[str]:
    """Return the steps of which a first attempt was answered, and not acknowledged."""
    return frozenset(
        each.step.name
        for each in performance.delivered
        if not each.sending.lost
        and not each.sending.attempts[0].acknowledged
        and each.sending.attempts[0].status != 429
    )
