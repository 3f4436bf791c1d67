"""Comparison: does a scenario leave behind what its events, delivered once and in order, leave?

With a probe, every scenario is played again in a fresh world by its plain script. Where the two
effects differ, the plays are repeated with more patience and what is noise is told, and only then
is each irregular step played alone, to find the one to blame.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from mockzoom.engine.runner import Runner
from mockzoom.model import JSON
from mockzoom.play.blame import Blame
from mockzoom.play.effects import UNCHANGED
from mockzoom.play.gauge import Effect, Gauge, NotComparable, Order, Perform, failing
from mockzoom.play.noise import noise
from mockzoom.play.orders import orders_of
from mockzoom.play.patience import LateAnswers
from mockzoom.play.performance import Performance
from mockzoom.play.probing import Probing
from mockzoom.play.scripts import irregular_steps, plain
from mockzoom.scenario.model import AnyStep, Scenario, Send, Shuffle
from mockzoom.suites.state import EVENT_DROPPED, ORDER_DEPENDENT, Irregularity, dropped, rule_of


class Comparison:
    """Compares the plays of one scenario."""

    def __init__(
        self,
        runner: Runner,
        scenario: Scenario,
        probing: Probing,
        perform: Perform,
        effects: Sequence[str] = (),
        patience: LateAnswers | None = None,
    ) -> None:
        self._patience = patience or LateAnswers()
        self._effects = effects
        self._runner = runner
        self._scenario = scenario
        self._gauge = Gauge(scenario, probing, perform)
        self._blame = Blame(runner, scenario, self._gauge)
        self._irregular = False
        self.left_no_trace = False
        """Whether the probed state is the same after the scenario as before it."""

    async def play(self, seed: int) -> Performance:
        """Play the scenario, judged, then compare; return the judged performance."""
        main = await self._gauge.effect(
            self._scenario, first_orders(self._scenario, seed), judged=True, lanes="parallel"
        )
        if main.performance.steering.altered:
            self._runner.notice(
                f"{self._scenario.title}: not compared with a second play: what was played was"
                " changed at the controls"
            )
            return main.performance
        count_rules(self._runner, irregular_in(self._scenario, main.performance))
        await self.pursue(main.performance, seed, main)
        return main.performance

    async def pursue(self, judged: Performance, seed: int, main: Effect | None = None) -> None:
        """Compare what the scenario leaves; `main` is the effect of its judged play, if measured.

        Without `main` the scenario is played once more, for what it leaves.
        """
        orders = orders_in(self._scenario, seed)
        first = first_orders(self._scenario, seed)
        irregular = irregular_in(self._scenario, judged)
        self._irregular = bool(irregular)
        self._gauge.failing = failing(judged)
        try:
            if self._patience.is_spent:
                raise NotComparable("its answers come too late: skipped, same cause")
            if main is None:
                main = await self._gauge.effect(self._scenario, first, lanes="parallel")
            await self._compare(main, irregular, first, orders)
        except NotComparable as reason:
            self._runner.notice(
                f"{self._scenario.title}: not compared with a second play: {reason}"
            )
        if self._gauge.overflowed:
            self._runner.notice(
                f"{self._scenario.title}: a list in the probed state is too short for all that the"
                " scenario leaves behind, so it was not compared; have the probe show more"
            )

    async def _compare(
        self,
        main: Effect,
        irregular: list[tuple[AnyStep, Irregularity]],
        first: Order,
        orders: Mapping[str, list[tuple[int, ...]]],
    ) -> None:
        if main.tree == UNCHANGED:
            await self._effective(main.performance)
            self.left_no_trace = True
            return
        differs = await self._differs(main, first)
        if differs is None:
            return
        if differs:
            await self._blame.lay(irregular, first)
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
            if await self._gauge.same(script) and await self._gauge.same(script, patient=True):
                seen = "acknowledged, and the probed state is the same without it"
                found = dropped(f"{self._scenario.title}: {step.name}", step.event, seen, ())
                await self._blame.report(found, step.name)

    # -- noise ---------------------------------------------------------------------------------

    async def _differs(self, judged: Effect, orders: Order) -> bool | None:
        """Tell whether the scenario leaves something else than its plain script does.

        None where that cannot be told.
        """
        gauge, script = self._gauge, plain(self._scenario)
        if await gauge.foretold(script, judged):
            gauge.plain = gauge.retold(judged)
            return False
        quick = await gauge.effect(script)
        gauge.plain = quick.tree
        if gauge.plain == gauge.retold(judged):
            return False
        gauge.plain, main, third = await self._again(quick, orders)
        if gauge.plain == main:
            return False
        third = await gauge.tree(script) if third is None else third
        heard = noise(gauge.plain, third)
        if not heard.lacking and not self._irregular:
            heard = noise(gauge.plain, main)  # without irregular steps these are equal plays, too
        if heard.lacking:
            if not await self._blame.uneven(heard, third):
                self._runner.notice(
                    f"{self._scenario.title}: {heard}, so nothing can be told by comparing them;"
                    " name such places in the probe's `ignore`"
                )
            return None
        gauge.noise = heard.places
        gauge.plain = gauge.quieted(gauge.plain)
        return bool(gauge.quieted(main) != gauge.plain)

    async def _again(self, quick: Effect, orders: Order) -> tuple[JSON, JSON, JSON | None]:
        """Return, looked at with patience, what the plain script and the scenario itself leave.

        A worker may have been at it still. Where that does not seem so, the play of the quick look
        is looked at for longer, and counts if another one agrees; then it is the third.
        """
        gauge, script = self._gauge, plain(self._scenario)
        sooner = await gauge.looked_on(quick) if gauge.seems_prompt else None
        if sooner is not None and gauge.seems_prompt:
            main = await gauge.tree(self._scenario, orders, "parallel")
            once = await gauge.tree(script)
            return once, main, sooner if sooner == once else None
        once = await gauge.tree(script)
        return once, await gauge.tree(self._scenario, orders, "parallel"), None

    # -- orders --------------------------------------------------------------------------------

    async def _other_orders(self, orders: Mapping[str, list[tuple[int, ...]]]) -> None:
        for step in self._scenario.steps:
            if not isinstance(step, Shuffle) or self._runner.findings.has(ORDER_DEPENDENT.id):
                continue
            for order in orders[step.name][1:]:
                same = await self._gauge.same(plain(self._scenario), {step.name: order})
                if not same and await self._blame.order(step, order):
                    break


def orders_in(scenario: Scenario, seed: int) -> dict[str, list[tuple[int, ...]]]:
    """Return for each shuffle the orders to be played, none of them the natural one."""
    return {
        step.name: orders_of(len(step.steps), step.orders, seed)
        for step in scenario.steps
        if isinstance(step, Shuffle)
    }


def first_orders(scenario: Scenario, seed: int) -> Order:
    """Return the first of those orders, for each shuffle that has any."""
    return {name: each[0] for name, each in orders_in(scenario, seed).items() if each}


def all_orders(scenario: Scenario, seed: int) -> tuple[Order, ...]:
    """Return the orders of its shuffles by turns: in the first turn the first of each."""
    found = orders_in(scenario, seed)
    turns = max(map(len, found.values()), default=0)
    return tuple(
        {name: each[turn] for name, each in found.items() if turn < len(each)}
        for turn in range(turns)
    )


def irregular_in(scenario: Scenario, judged: Performance) -> list[tuple[AnyStep, Irregularity]]:
    """Return the irregular steps of a scenario, what was retried in its judged play among them."""
    retried = {each.step.name for each in judged.delivered if len(each.sending.attempts) > 1}
    return irregular_steps(scenario, retried)


def count_rules(runner: Runner, irregular: Iterable[tuple[AnyStep, Irregularity]]) -> None:
    """Note which rules a scenario judges."""
    for step, how in irregular:
        event = step.event if isinstance(step, Send) else None
        runner.count_rules(event, rule_of(how).id, EVENT_DROPPED.id)


def rules_of(irregular: Iterable[tuple[AnyStep, Irregularity]]) -> frozenset[str]:
    """Return the rules that irregular steps judge."""
    return frozenset(rule_of(how).id for _, how in irregular)
