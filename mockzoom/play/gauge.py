"""The gauge: plays scripts of one scenario, and reads from the probe what each leaves behind.

A quick look waits no longer than this receiver has been seen to need; it is enough to find that
nothing is amiss. Before anything is reported, a play is looked at with patience.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from mockzoom.model import JSON
from mockzoom.play.effects import (
    FULL,
    UNCHANGED,
    Path,
    Roles,
    change,
    holds,
    less,
    sorted_rows,
    unordered,
)
from mockzoom.play.equipment import Lanes
from mockzoom.play.forecast import FEW, Uneven, forecast, told_in, worlds_of
from mockzoom.play.noise import quiet
from mockzoom.play.performance import Performance
from mockzoom.play.probing import Probing
from mockzoom.play.scene import StepError
from mockzoom.play.scripts import natural_order
from mockzoom.scenario.model import AnyStep, Scenario

Order = Mapping[str, tuple[int, ...]]
Perform = Callable[[Scenario, Order, bool, Lanes], Awaitable[Performance]]
"""Plays a scenario in a fresh scene: with the orders of its shuffles, judged or not."""
IN_ORDER: Order = {}


class NotComparable(Exception):
    """A play for comparison went wrong where the judged one did not; says how."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one performance left behind: `tree` tells how `after` differs from `before`."""

    performance: Performance
    before: JSON
    after: JSON
    tree: JSON

    def acknowledged(self, step: AnyStep) -> bool:
        """Whether the last attempt at each delivery of `step` was acknowledged."""
        return all(
            each.sending.attempts[-1].acknowledged or not each.sending.answered
            for each in self.performance.delivered
            if each.step.name == step.name
        )


class Gauge:
    """Measures the effects of one scenario's scripts."""

    def __init__(self, scenario: Scenario, probing: Probing, perform: Perform) -> None:
        self._probing = probing
        self._perform = perform
        self.ranks = natural_order(scenario)
        """Where each step stands when what happened is told in order."""
        self.plain: JSON = UNCHANGED
        """What is left when every event is delivered once and in order."""
        self.noise: frozenset[Path] = frozenset()
        """Places at which equal plays differ: they do not count."""
        self.failing: frozenset[str] = frozenset()
        """Steps that were not acknowledged in the judged play, and need not be in others."""
        self.overflowed = False
        """Whether a list of limited length was full of what a single play had left."""
        probing.begins()

    @property
    def seems_prompt(self) -> bool:
        """Whether nothing was ever seen to change once everything was answered."""
        return self._probing.seems_prompt

    async def effect(
        self, script: Scenario, orders: Order = IN_ORDER, *, judged: bool = False,
        patient: bool = False, lanes: Lanes = "serial",
    ) -> Effect:  # fmt: skip
        """Play a script, and return what it leaves; raise `NotComparable` where it goes wrong."""
        await self._probing.reset()
        before = await self._probing.rested(patient=patient)
        try:
            performance = await self._perform(script, orders, judged, lanes)
        except StepError as error:
            if judged:
                raise
            raise NotComparable(str(error)) from None
        after = await self._probing.changed(before, patient=patient)
        check_comparable(performance, None if judged else self.failing)
        return self._effect(performance, before, after)

    async def looked_on(self, effect: Effect) -> JSON:
        """Return the tree of the play that was just measured, looked at longer, with patience."""
        after = await self._probing.changed(effect.before, patient=True)
        return self.retold(replace(effect, after=after))

    def retold(self, effect: Effect) -> JSON:
        """Return the tree of a play by what is known of the receiver's clocks now."""
        return self._effect(effect.performance, effect.before, effect.after).tree

    async def tree(
        self, script: Scenario, orders: Order = IN_ORDER, lanes: Lanes = "serial"
    ) -> JSON:
        """Return the effect of a script, without its noise, looked at with patience."""
        effect = await self.effect(script, orders, patient=True, lanes=lanes)
        return self.quieted(effect.tree)

    def quieted(self, tree: JSON) -> JSON:
        """Return a tree without its noise, which had a part in how unordered lists were sorted."""
        return unordered(quiet(tree, self.noise), self._probing.source.unordered)

    async def quick(self, script: Scenario, orders: Order = IN_ORDER) -> JSON:
        """Return the same, looked at with no more patience than this receiver has needed so far."""
        return self.quieted((await self.effect(script, orders)).tree)

    async def same(
        self, script: Scenario, orders: Order = IN_ORDER, *, patient: bool = False
    ) -> bool:
        """Tell whether a script leaves what the plain one leaves."""
        look = self.tree if patient else self.quick
        return bool(await look(script, orders) == self.plain)

    async def decays(self, script: Scenario) -> bool:
        """Tell whether something that a script leaves vanishes by itself, as in a cache.

        Then two looks at equal plays differ where one took longer than the other.
        """
        effect = await self.effect(script)
        after = await self._probing.later()
        later = self.retold(replace(effect, after=after))
        return less(effect.tree, {} if later == UNCHANGED else later)

    async def foretold(self, script: Scenario, judged: Effect) -> bool:
        """Tell whether a script in many worlds leaves what `judged` did, by what few leave."""
        worlds = worlds_of(script)
        if not worlds:
            return False
        few = [(await self.effect(told_in(script, each))).tree for each in FEW]
        try:
            tree = forecast(few[0], few[1], worlds)
        except Uneven:
            return False
        tree = unordered(sorted_rows(tree), self._probing.source.unordered)
        return bool(tree == self.retold(judged))

    def _effect(self, performance: Performance, before: JSON, after: JSON) -> Effect:
        scene = performance.scene
        roles = Roles(scene.told, self.ranks, pinned=scene.cases.pins.values())
        hide = self._probing.clocks.hide
        changed = sorted_rows(roles.rename(change(hide(before), hide(after), roles)))
        self.overflowed = self.overflowed or holds(changed, FULL)
        tree = unordered(changed, self._probing.source.unordered)
        return Effect(performance, before, after, tree)


def check_comparable(
    performance: Performance, before: frozenset[str] | None, about: str = ""
) -> None:
    """Raise `NotComparable` where a play went otherwise than the judged one.

    `before` are the steps that were not acknowledged in that; None where this is it. `about` begins
    the reason.
    """
    if any(each.sending.attempts[-1].status == 429 for each in performance.delivered):
        raise NotComparable("it answers 429; see --rate")
    new = [] if before is None else sorted(failing(performance) - before)
    if new:
        raise NotComparable(
            f"{about}{new[0]} was not acknowledged there, although it was before (is it too much at"
            " once for the receiver, or for this machine?)"
        )


def failing(performance: Performance) -> frozenset[str]:
    """Return the steps of which a first attempt was answered, and not acknowledged."""
    return frozenset(
        each.step.name
        for each in performance.delivered
        if not each.sending.lost
        and not each.sending.attempts[0].acknowledged
        and each.sending.attempts[0].status != 429
    )
