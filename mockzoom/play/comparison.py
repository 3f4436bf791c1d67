"""Comparison: does a scenario leave behind what its events, delivered once and in order, leave?

With a probe, every scenario is played again in a fresh world by its plain script. Where the two
effects differ, both plays are repeated with more patience, then a third tells what is noise, and
only then is each irregular step played alone, to find the one to blame.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import permutations

from mockzoom.checks.sequence import Irregularity, dropped, sequence
from mockzoom.checks.sequence import Sequence as Case
from mockzoom.model import JSON
from mockzoom.play.effects import UNCHANGED, Roles, change, differences, noise, quiet, unordered
from mockzoom.play.performance import Performance
from mockzoom.play.probing import Probing
from mockzoom.play.scripts import irregular_steps, natural_order, plain
from mockzoom.run import Run
from mockzoom.scenario.model import AnyStep, Scenario, Send, Shuffle, Together

RULES = ("MZ501", "MZ502", "MZ503", "MZ504", "MZ505")
MOST_BLAMED = 8
"""Irregular steps that are played alone, at most."""
MOST_MOVES = 24
"""Reorderings tried to find the smallest that breaks the state."""

Order = Mapping[str, tuple[int, ...]]
Perform = Callable[[Scenario, Order, bool], Awaitable[Performance]]
"""Plays a scenario in a fresh scene: with the orders of its shuffles, judged or not."""


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
    ) -> None:
        self._effects = effects
        self._run = run
        self._scenario = scenario
        self._probing = probing
        self._perform = perform
        self._ranks = natural_order(scenario)
        self._noise: frozenset[tuple[str, ...]] = frozenset()
        self._plain: JSON = UNCHANGED
        self._failing: frozenset[str] = frozenset()

    async def play(self, seed: int) -> Performance:
        """Play the scenario, judged, then compare; return the judged performance."""
        orders = self._orders(seed)
        first = {name: each[0] for name, each in orders.items() if each}
        main = await self._effect(self._scenario, first, judged=True)
        retried = {
            each.step.name for each in main.performance.delivered if len(each.sending.attempts) > 1
        }
        irregular = irregular_steps(self._scenario, retried)
        self._count(irregular)
        self._failing = _failing(main.performance)
        try:
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
        if await self._differs(main.tree, first):
            await self._blame(irregular, first)
        await self._other_orders(orders)
        await self._effective(main.performance)

    async def _effective(self, main: Performance) -> None:
        """Report acknowledged events that have to leave a trace (`--effect`), and leave none."""
        for each in main.delivered:
            step = each.step
            wanted = any(fnmatchcase(step.event, pattern) for pattern in self._effects)
            if not wanted or not each.sending.attempts[-1].acknowledged:
                continue
            if await self._tree(plain(self._scenario, omit=step.name)) == self._plain:
                seen = "acknowledged, and the probed state is the same without it"
                found = dropped(f"{self._scenario.title}: {step.name}", step.event, seen, ())
                self._run.add_case(found, f"{self._scenario.name}/{step.name}")

    # -- effects -------------------------------------------------------------------------------

    async def _effect(
        self, script: Scenario, orders: Order, *, judged: bool = False, patient: bool = False
    ) -> Effect:
        await self._probing.reset()
        before = await self._probing.settled(patient=patient)
        performance = await self._perform(script, orders, judged)
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

    async def _tree(self, script: Scenario, orders: Order | None = None) -> JSON:
        """Return the effect of a script, without its noise, looked at with patience."""
        effect = await self._effect(script, orders or {}, patient=True)
        return quiet(effect.tree, self._noise)

    async def _differs(self, main: JSON, orders: Order) -> bool:
        """Tell whether the scenario leaves something else than its plain script does."""
        script = plain(self._scenario)
        self._plain = (await self._effect(script, {})).tree
        if self._plain == main:
            return False
        # Once more, with patience: a worker may have been at it still.
        self._plain = await self._tree(script)
        main = await self._tree(self._scenario, orders)
        if self._plain == main:
            return False
        third = await self._tree(script)
        heard = noise(self._plain, third)
        if heard.lacking:
            return await self._unsteady(heard.lacking, third)
        self._noise = heard.places
        self._plain = quiet(self._plain, self._noise)
        return bool(quiet(main, self._noise) != self._plain)

    async def _unsteady(self, lacking: Sequence[str], third: JSON) -> bool:
        """Two equal plays left different entries: report it where they are the scenario's."""
        fourth = await self._tree(plain(self._scenario))
        again = noise(third, fourth).lacking or noise(self._plain, fourth).lacking
        own = [place for place in (*lacking, *again) if "<" in place]
        if again and own:
            where = own[0].partition("<")[2].partition("/")[0].partition(" ")[0]
            event = self._event(where)
            seen = f"of equal plays, all acknowledged, only some leave {own[0]}"
            found = dropped(where or self._scenario.title, event, seen, ())
            self._run.add_case(found, f"{self._scenario.name}/{where}")
        else:
            self._run.notice(
                f"{self._scenario.title}: equal plays leave different states ({lacking[0]}), so"
                " nothing can be told by comparing them; name such places in the probe's `ignore`"
            )
        return False

    # -- blaming -------------------------------------------------------------------------------

    async def _blame(self, irregular: list[tuple[AnyStep, Irregularity]], orders: Order) -> None:
        blamed = False
        for step, how in irregular[:MOST_BLAMED]:
            if isinstance(step, Shuffle):
                blamed = await self._blame_order(step, orders[step.name]) or blamed
                continue
            alone = await self._effect(plain(self._scenario, but=step.name), {}, patient=True)
            found = quiet(alone.tree, self._noise)
            if found == self._plain or not alone.acknowledged(step):
                continue
            omitted = UNCHANGED
            if isinstance(step, Send):
                omitted = await self._tree(plain(self._scenario, omit=step.name))
            blamed = self._judge(step, how, omitted, found) or blamed
        if not blamed:
            found = await self._tree(self._scenario, orders)
            if found != self._plain and irregular:
                step, how = irregular[0]
                self._judge(step, how, UNCHANGED, found, " (together with the other steps)")

    def _judge(
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
            self._run.add_case(violation, f"{self._scenario.name}/{step.name}")
        return bool(violations)

    def _event(self, step: str) -> str:
        for item in self._scenario.steps:
            for each in (item,) if isinstance(item, Send) else _sends(item):
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
                script = plain(self._scenario)
                found = quiet((await self._effect(script, {step.name: order})).tree, self._noise)
                if found != self._plain and await self._blame_order(step, order):
                    break

    async def _blame_order(self, step: Shuffle, order: tuple[int, ...]) -> bool:
        """Find the smallest reordering that breaks the state; tell whether there is any."""
        script = plain(self._scenario)
        found = await self._tree(script, {step.name: order})
        if found == self._plain:
            return False
        smallest = order
        for candidate in _moves(len(step.steps)):
            tree = await self._tree(script, {step.name: candidate})
            if tree != self._plain:
                smallest, found = candidate, tree
                break
        names = ", ".join(step.steps[index].event for index in smallest)
        return self._judge(step, "order", UNCHANGED, found, f": {names}")


def _failing(performance: Performance) -> frozenset[str]:
    """Return the steps of which a first attempt was answered, and not acknowledged."""
    return frozenset(
        each.step.name
        for each in performance.delivered
        if not each.sending.lost
        and not each.sending.attempts[0].acknowledged
        and each.sending.attempts[0].status != 429
    )


def orders_of(length: int, count: int, seed: int) -> list[tuple[int, ...]]:
    """Return up to `count` different orders of `length` things, the reverse one first."""
    natural = tuple(range(length))
    if length <= 5:
        every = [order for order in permutations(natural) if order != natural]
        random.Random(seed).shuffle(every)
        every.sort(key=lambda order: order != natural[::-1])
        return every[:count]
    chosen = {natural[::-1]: None}
    source = random.Random(seed)
    for _ in range(20 * count):
        if len(chosen) >= count:
            break
        order = tuple(source.sample(natural, length))
        if order != natural:
            chosen.setdefault(order)
    return list(chosen)[:count]


def _moves(length: int) -> list[tuple[int, ...]]:
    """Return small reorderings: neighbours swapped first, then one thing moved."""
    natural = list(range(length))
    found: dict[tuple[int, ...], None] = {}
    for index in range(length - 1):
        swapped = list(natural)
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        found.setdefault(tuple(swapped))
    for index in range(length):
        for place in range(length):
            moved = natural[:index] + natural[index + 1 :]
            moved.insert(place, index)
            if moved != natural:
                found.setdefault(tuple(moved))
    return list(found)[:MOST_MOVES]


def _sends(step: AnyStep) -> tuple[Send, ...]:
    if isinstance(step, Shuffle):
        return step.steps
    if isinstance(step, Together):
        return tuple(item for lane in step.lanes for item in lane if isinstance(item, Send))
    return ()
