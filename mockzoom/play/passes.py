"""Passes: all scenarios, each about entities of its own, and then one look at the state.

The first pass plays them as they are, the second one plainly (every event once and in order), and
where the two leave different states a third one, plain again, shows what varies by itself. Only
the scenarios in which something differs are played again alone. Where what differs mentions no
entity of a scenario (a total, a list of the newest hundred), the readings between the scenarios of
a pass show whose it is, or halves of them are played.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from mockzoom.engine.runner import Runner
from mockzoom.model import JSON, StepStarted
from mockzoom.play.effects import (
    FULL,
    UNCHANGED,
    Roles,
    change,
    grown,
    holds,
    keys_and_scalars,
    names_one,
    row_by_row,
    sorted_rows,
    text_of,
    unordered,
)
from mockzoom.play.forecast import worlds_of
from mockzoom.play.gauge import (
    IN_ORDER,
    NotComparable,
    Order,
    Perform,
    check_comparable,
    failing,
)
from mockzoom.play.noise import Noise, noise, quiet
from mockzoom.play.performance import Performance
from mockzoom.play.plan import PlayPlan
from mockzoom.play.probing import Probing
from mockzoom.play.scene import StepError, Told
from mockzoom.play.scripts import natural_order, plain
from mockzoom.play.streams import streamed
from mockzoom.scenario.model import Probe, Scenario, Send, Together, walk
from mockzoom.schema.pointer import leaves

_OF = re.compile(r"<#(\d+) ")
"""The number of a scenario, in a role."""
_LONG_LOOKS = 2
Judge = Callable[[Scenario, Order], Awaitable[Performance | None]]
"""Plays a scenario, judged; None where it is not to be played. Raises `BrokenOff`."""


class BrokenOff(Exception):
    """A scenario broke off; the message is its title."""


@dataclass(slots=True)
class Play:
    """One scenario of the passes, with its judged performance."""

    number: int
    scenario: Scenario
    performance: Performance
    orders: tuple[Order, ...]
    """Orders of its shuffles: the one that was judged, and further ones to be tried."""


@dataclass(frozen=True, slots=True)
class PassEffect:
    """What one pass has left: altogether, and between the readings after each scenario."""

    tree: JSON
    parts: dict[int, JSON] = field(default_factory=dict)


class PassRoles:
    """Names the ids and times of one pass: those of each scenario by its number and its steps.

    An entry that mentions entities of one scenario alone is told in that scenario's words: times
    of several scenarios may be the same.
    """

    def __init__(self, pairs: Sequence[tuple[Play, Performance]], pinned: Iterable[JSON]) -> None:
        told: list[Told] = []
        order: dict[str, int] = {}
        owners: dict[str, set[int]] = {}
        unowned: set[str] = set()
        self._own: dict[int, Roles] = {}
        for play, made in pairs:
            for name, rank in natural_order(play.scenario).items():
                order[f"#{play.number} {name}"] = rank + 1_000 * play.number
            own = [replace(item, step=f"#{play.number} {item.step}") for item in made.scene.told]
            self._own[play.number] = Roles(own, order, pinned)
            told += own
            for _, value in (leaf for item in own for leaf in leaves(item.body)):
                if names_one(value):
                    owners.setdefault(str(value), set()).add(play.number)
                else:
                    unowned.add(str(value))
        unowned |= {value for value, of in owners.items() if len(of) > 1}
        self._owner = {value: min(of) for value, of in owners.items() if len(of) == 1}
        self.all = Roles(told, order, pinned, unowned)

    def rename(self, value: JSON) -> JSON:
        """Return `value` with ids and times replaced by their roles, in keys as well."""
        if isinstance(value, dict):
            found: dict[str, JSON] = {}
            for key, item in value.items():
                own = self._of({key: item})
                if own is None:
                    found[str(self.all.rename(key))] = self.rename(item)
                else:
                    found[str(own.rename(key))] = own.rename(item)
            return found
        if isinstance(value, list):
            return [
                self.rename(item) if (own := self._of(item)) is None else own.rename(item)
                for item in value
            ]
        return self.all.rename(value)

    def _of(self, entry: JSON) -> Roles | None:
        """Return the roles of the one scenario whose entities an entry mentions."""
        words = map(str, keys_and_scalars(entry))
        owners = {self._owner[word] for word in words if word in self._owner}
        return self._own[owners.pop()] if len(owners) == 1 else None


class Passes:
    """Plays several scenarios in passes, and tells in which of them something differs."""

    def __init__(
        self, runner: Runner, probing: Probing, judge: Judge,
        perform: Callable[[Scenario], Perform],
    ) -> None:  # fmt: skip
        """`judge` plays a scenario for the report, `perform` one of its scripts for comparison."""
        self._runner = runner
        self._probing = probing
        self._judge = judge
        self._perform = perform
        self.plays: list[Play] = []
        self.traceless: list[Play] = []
        self._looks = 0
        self.is_open = False
        """Whether something differs that no scenario has been told to have caused."""

    async def play(self, scenarios: Sequence[tuple[Scenario, tuple[Order, ...]]]) -> list[Play]:
        """Play the scenarios, judged, then compare; return those to be looked at alone.

        Raises `NotComparable` where the passes cannot be compared at all.
        """
        self._probing.begins()
        first = await self._first(scenarios)
        if not self.plays:
            return []
        again = await self._played(self.plays, "in order")
        found = await self._differing(self.plays, first, again)
        self.traceless = [play for play in self.plays if self._leaves_nothing(play, first)]
        return [*found, *await self._other_orders([p for p in self.plays if p not in found])]

    async def _other_orders(self, plays: Sequence[Play]) -> list[Play]:
        """Return the scenarios that leave something else in a further order of arrival."""
        found: list[Play] = []
        turn, known, other = 1, 0, PassEffect(UNCHANGED)
        while some := [play for play in plays if len(play.orders) > turn and play not in found]:
            one = await self._played(some, f"in another order ({turn})", turn=turn)
            if len(some) != known:
                known, other = len(some), await self._played(some, "in order")
            found += await self._differing(some, one, other)
            turn += 1
        return found

    async def _first(self, scenarios: Sequence[tuple[Scenario, tuple[Order, ...]]]) -> PassEffect:
        await self._probing.reset()
        before = await self._probing.rested()
        marks, broken = [before], ""
        for scenario, orders in scenarios:
            try:
                performance = await self._judge(scenario, orders[0] if orders else IN_ORDER)
            except BrokenOff as error:
                broken = broken or str(error)
                continue
            if performance is not None:
                self.plays.append(Play(len(self.plays), scenario, performance, orders))
                marks.append(await self._probing.read())
        if broken:
            raise NotComparable(f"{broken} broke off")
        after = await self._probing.changed(before, patient=True)
        return self._effect(self.plays, [play.performance for play in self.plays], marks, after)

    async def _played(
        self, plays: Sequence[Play], what: str, *, turn: int | None = None, irregular: bool = False
    ) -> PassEffect:
        """Play some of the scenarios again, without judging.

        Each is played plainly, in its `turn` of other orders if one is given, or `irregular`: as
        it was judged.
        """
        about = f"{what}, to compare what they leave"
        self._runner.tell(StepStarted("scenarios again", about, 0.0, aside=True))
        await self._probing.reset()
        before = await self._probing.rested()
        marks, performances = [before], []
        for play in plays:
            perform = self._perform(play.scenario)
            orders = play.orders[turn] if turn is not None else IN_ORDER
            try:
                if irregular:
                    judged = play.orders[0] if play.orders else IN_ORDER
                    made = await perform(play.scenario, judged, False, "parallel")
                else:
                    made = await perform(plain(play.scenario), orders, False, "serial")
            except StepError as error:
                raise NotComparable(f"{play.scenario.title}: {error}") from None
            check_comparable(made, failing(play.performance), f"{play.scenario.title}: ")
            performances.append(made)
            marks.append(await self._probing.read())
        # What was prompt in two long looks is not looked at for long again.
        patient = not (self._probing.seems_prompt and self._looks >= _LONG_LOOKS)
        self._looks += 1
        after = await self._probing.changed(before, patient=patient)
        return self._effect(plays, performances, marks, after)

    # -- what is left ------------------------------------------------------------------------------

    def _effect(
        self, plays: Sequence[Play], made: Sequence[Performance], marks: Sequence[JSON], after: JSON
    ) -> PassEffect:
        pairs = list(zip(plays, made, strict=True))
        roles = PassRoles(pairs, self._runner.cases.pins.values())
        parts = {}
        for number, (play, _) in enumerate(pairs):
            parts[play.number] = self._changed(marks[number], marks[number + 1], roles)
        return PassEffect(self._changed(marks[0], after, roles), parts)

    def _changed(self, before: JSON, after: JSON, roles: PassRoles) -> JSON:
        hide = self._probing.clocks.hide
        changed = grown(roles.rename(change(hide(before), hide(after), roles.all)))
        return unordered(sorted_rows(changed), self._probing.source.unordered)

    def _quieted(self, tree: JSON, heard: Noise) -> JSON:
        """Return an effect without its noise, in an order that does not depend on it."""
        still = row_by_row(quiet(tree, heard.places))
        return unordered(still, self._probing.source.unordered)

    def _leaves_nothing(self, play: Play, effect: PassEffect) -> bool:
        """Tell whether a scenario has left nothing, as far as one can see."""
        if self._probing.seems_prompt:
            return bool(effect.parts[play.number] == UNCHANGED)
        return bool(effect.tree == UNCHANGED)

    # -- what differs ------------------------------------------------------------------------------

    async def _differing(
        self, plays: Sequence[Play], one: PassEffect, other: PassEffect
    ) -> list[Play]:
        if row_by_row(one.tree) == row_by_row(other.tree) and not holds(one.tree, FULL):
            return []
        third = await self._played(plays, "in order once more")
        heard = noise(other.tree, third.tree)
        lacking = {number for lack in heard.lacking for number in _owners("\n".join(lack.place))}
        lacking |= {number for lack in heard.lacking for number in _owners(lack.entity)}
        mine, theirs = (self._quieted(effect.tree, heard) for effect in (one, other))
        found, whole = differing(theirs, mine)
        found |= lacking
        self.is_open = self.is_open or whole
        if whole or holds(one.tree, FULL) or (heard.lacking and not lacking):
            found |= await self._of_totals(plays, one, other, third, found)
        return [play for play in plays if play.number in found]

    async def _of_totals(
        self, plays: Sequence[Play], one: PassEffect, other: PassEffect, third: PassEffect,
        found: set[int],
    ) -> set[int]:  # fmt: skip
        """Return the scenarios whose are the differences that mention none of them."""
        if self._probing.seems_prompt:
            more = set()
            for play in plays:
                plains = other.parts[play.number], third.parts[play.number]
                heard = noise(*plains)
                mine = self._quieted(one.parts[play.number], heard)
                if heard.lacking or mine != self._quieted(plains[0], heard):
                    more.add(play.number)
            if more:
                return more
        if found:
            return set()  # what they leave otherwise may be in the totals, too
        return await self.halved(plays)

    async def halved(self, plays: Sequence[Play]) -> set[int]:
        """Return the scenarios in which a total differs, found by playing halves of them."""
        if len(plays) < 2:
            return {play.number for play in plays}
        found: set[int] = set()
        middle = len(plays) // 2
        for half in (plays[:middle], plays[middle:]):
            one = await self._played(half, "a half of them as they are", irregular=True)
            other = await self._played(half, "a half of them in order")
            heard = noise(other.tree, (await self._played(half, "that half once more")).tree)
            if self._quieted(one.tree, heard) != self._quieted(other.tree, heard):
                found |= await self.halved(half)
        return found


def differing(one: JSON, other: JSON) -> tuple[set[int], bool]:
    """Return the numbers of the scenarios in whose parts two effects differ.

    Also whether anything differs that mentions no scenario.
    """
    if one == other:
        return set(), False
    if isinstance(one, dict) and isinstance(other, dict) and "by" not in {*one, *other}:
        found, whole = set[int](), False
        for key in {**one, **other}:
            left, right = one.get(key, UNCHANGED), other.get(key, UNCHANGED)
            if left == right:
                continue
            of_key = _owners(key)
            below, unowned = (of_key, False) if of_key else differing(left, right)
            found |= below
            whole = whole or unowned
        return found, whole
    if isinstance(one, list) and isinstance(other, list):
        left, right = Counter(map(text_of, one)), Counter(map(text_of, other))
        odd = (left - right) + (right - left)
        owned = [_owners(text) for text in odd]
        return set().union(*owned), not odd or not all(owned)
    found = _owners(text_of(one)) | _owners(text_of(other))
    return found, not found


def _owners(text: str) -> set[int]:
    return {int(number) for number in _OF.findall(text)}


def passable(plan: PlayPlan) -> list[Scenario]:
    """Return the scenarios that can be played in passes: by one probe, on the virtual clock.

    What comes in many worlds at once stands alone, since a plain play of it takes long, and so does
    a scenario that expects something of a state which is forgotten before each play. What comes at
    once is played last.
    """
    alone = plan.controls is not None or plan.effects or plan.rehearsal
    if alone or not plan.compare or plan.scale is not None or plan.clock == "real":
        return []
    found = [
        scenario
        for scenario in plan.scenarios
        if plan.source(scenario) is not None
        and not (streamed(scenario) or scenario.rotates or worlds_of(scenario))
    ]
    source = plan.source(found[0]) if found else None
    found = [scenario for scenario in found if plan.source(scenario) == source]
    if source is not None and source.reset:
        found = [scenario for scenario in found if not _has(scenario, Probe)]
    return sorted(found, key=_comes_at_once)


def _comes_at_once(scenario: Scenario) -> bool:
    """Tell whether anything of a scenario is delivered at the same time."""
    return _has(scenario, Together) or any(
        isinstance(step, Send) and step.deliver.gap == 0 for step in walk(scenario.steps)
    )


def _has(scenario: Scenario, kind: type[Probe] | type[Together]) -> bool:
    return any(isinstance(step, kind) for step in walk(scenario.steps))
