"""Comparison: does a scenario leave what its events, delivered once and in order, leave?

The scenario is played again plainly. Where the two state diffs differ, both plays are repeated with
longer looks, and a third plain play shows the nondeterminism. What differs still is isolated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from mockzoom.model import JSON
from mockzoom.scenario.model import Scenario, Shuffle, Step
from mockzoom.state.extrapolation import entity_sets_of, with_entity_sets
from mockzoom.state.isolation import Isolation
from mockzoom.state.nondeterminism import between_equal
from mockzoom.state.orders import first_orders, orders_in
from mockzoom.state.plays import (
    Asking,
    NotComparable,
    Order,
    PlayRecord,
    ScriptPlayed,
    StateFindings,
)
from mockzoom.state.script_diffs import ScriptDiff, ScriptDiffs
from mockzoom.state.scripts import irregular_steps, plain
from mockzoom.state.settling import Settling
from mockzoom.state.state_diff import UNCHANGED
from mockzoom.state.twins import Twins
from mockzoom.suites.state import ORDER_DEPENDENT, Irregularity, dropped

SMALL_BURST = 25
"""Entity sets of the burst that is compared in the place of a larger one, if it shows as much."""


class Comparison:
    """Compares the plays of one scenario.

    `effects` are patterns of events that have to leave a trace. Further orders of a shuffle are
    played only if `is_order_open`: if no order has been found yet that changes the state. If it
    `has_twins`, these are compared as well.
    """

    def __init__(
        self,
        scenario: Scenario,
        settling: Settling,
        seed: int,
        effects: Sequence[str] = (),
        *,
        is_order_open: bool = True,
        has_twins: bool = True,
        found: StateFindings | None = None,
    ) -> None:
        self.found = StateFindings() if found is None else found
        self.leaves_nothing = False
        """Whether the probed state is the same after the scenario as before it."""
        self._scenario = scenario
        self._settling = settling
        self._seed = seed
        self._effects = effects
        self._is_order_open = is_order_open
        self._has_twins = has_twins
        self._first = first_orders(scenario, seed)
        self._orders = orders_in(scenario, seed)
        self._diffs = ScriptDiffs(scenario, settling)
        self._isolation = Isolation(scenario, self._diffs, self.found)
        self._twins = Twins(scenario, self._diffs, self._isolation)
        self._irregular: list[tuple[Step, Irregularity]] = []
        settling.begin()

    def compare(self, judged: PlayRecord, main: ScriptPlayed | None = None) -> Asking[None]:
        """Compare what the scenario leaves; `main` is its judged play, if the state was read.

        Without `main` the scenario is played once more.
        """
        self._irregular = irregular_steps(self._scenario, judged.retried)
        self._diffs.failing = judged.failing
        try:
            if main is None:
                first = yield from self._diffs.play(self._scenario, self._first, lanes="parallel")
            else:
                main.record.check(judged.failing)
                first = self._diffs.diff(main)
            yield from self._compare(first)
            if self._has_twins and not self.found.rules:
                yield from self._twins.compare(judged)
        except NotComparable as reason:
            self._not_compared(reason)
        if self._diffs.has_overflowed:
            self.found.notices.append(
                f"{self._scenario.title}: a list in the probed state is too short for all that the"
                " scenario leaves behind, so it was not compared; have the probe show more"
            )

    def compare_twins(self, judged: PlayRecord, *, with_letters: bool) -> Asking[bool]:
        """Compare the plain script with its twins alone.

        Return whether an event was found that is dropped for the letters of its text.
        """
        self._diffs.failing = judged.failing
        try:
            yield from self._twins.compare(judged, with_letters=with_letters)
        except NotComparable as reason:
            self._not_compared(reason)
        return self._twins.are_letters_found

    def _not_compared(self, reason: NotComparable) -> None:
        self.found.notices.append(
            f"{self._scenario.title}: not compared with a second play: {reason}"
        )

    def _compare(self, main: ScriptDiff) -> Asking[None]:
        if main.tree == UNCHANGED:
            yield from self._required_effects(main.record)
            self.leaves_nothing = True
            return
        differs = yield from self._differs(main)
        if differs is None:
            return
        if differs:
            yield from self._isolation.isolate(self._irregular, self._first)
        yield from self._other_orders(self._orders)
        yield from self._required_effects(main.record)

    def _required_effects(self, main: PlayRecord) -> Asking[None]:
        """Report acknowledged events that have to leave a trace (`--effect`), and leave none."""
        for step in main.acknowledged:
            if not any(fnmatchcase(step.event, pattern) for pattern in self._effects):
                continue
            script = plain(self._scenario, omit=step.name)
            if not (yield from self._diffs.is_plain(script)):
                continue
            if (yield from self._diffs.is_plain(script, long=True)):
                seen = "acknowledged, and the probed state is the same without it"
                found = dropped(f"{self._scenario.title}: {step.name}", step.event, seen, ())
                yield from self._isolation.report(found, step.name)

    def _differs(self, judged: ScriptDiff) -> Asking[bool | None]:
        """Tell whether the scenario leaves something else than its plain script does.

        None where that cannot be known.
        """
        diffs, script = self._diffs, plain(self._scenario)
        if (yield from diffs.is_extrapolated(script, judged)):
            diffs.plain = diffs.masked(diffs.diff(judged).tree)
            return False
        if (yield from self._smaller_differs(judged.record)):
            return None
        quick = yield from diffs.play(script)
        diffs.plain = diffs.masked(quick.tree)
        if diffs.plain == diffs.masked(diffs.diff(judged).tree):
            return False
        diffs.plain, main, third = yield from self._after_long_looks(quick)
        if diffs.plain == main:
            return False
        if third is None:
            third = yield from diffs.tree(script)
        found = between_equal(diffs.plain, third)
        if not found.missing and not self._irregular:
            found = between_equal(diffs.plain, main)  # all steps are regular: these are equal, too
        if found.missing:
            if not (yield from self._isolation.report_missing(found, third)):
                self.found.notices.append(
                    f"{self._scenario.title}: {found}, so they cannot be compared; name such places"
                    " in the probe's `ignore`"
                )
            return None
        diffs.learn(found.places)
        return bool(diffs.masked(main) != diffs.plain)

    def _smaller_differs(self, judged: PlayRecord) -> Asking[bool]:
        """Compare a smaller burst in the place of a large one; return whether it says enough.

        To play a large one plainly takes minutes where each event takes 0.1 s.
        """
        if entity_sets_of(self._scenario) <= SMALL_BURST:
            return False
        scenario = with_entity_sets(self._scenario, SMALL_BURST)
        smaller = Comparison(
            scenario, self._settling, self._seed, self._effects, has_twins=False, found=self.found
        )
        yield from smaller.compare(judged)
        return bool(self.found.rules or self.found.notices)

    def _after_long_looks(self, quick: ScriptDiff) -> Asking[tuple[JSON, JSON, JSON | None]]:
        """Return what the plain script and the scenario itself leave, after long looks.

        A worker may not have been done. Where it seems to be, the play of the quick look is looked
        at for longer, and counts if another one agrees; then it is the third.
        """
        diffs, script = self._diffs, plain(self._scenario)
        sooner: JSON | None = None
        if diffs.is_prompt:
            sooner = yield from diffs.look_longer(quick)
        if sooner is not None and diffs.is_prompt:
            main = yield from diffs.tree(self._scenario, self._first, "parallel")
            once = yield from diffs.tree(script)
            return once, main, sooner if sooner == once else None
        once = yield from diffs.tree(script)
        main = yield from diffs.tree(self._scenario, self._first, "parallel")
        return once, main, None

    def _other_orders(self, orders: Mapping[str, list[tuple[int, ...]]]) -> Asking[None]:
        for step in self._scenario.steps:
            if not isinstance(step, Shuffle) or not self._is_order_open:
                continue
            if ORDER_DEPENDENT.id in self.found.rules:
                continue
            for number in orders[step.name][1:]:
                order: Order = {step.name: number}
                if (yield from self._diffs.is_plain(plain(self._scenario), order)):
                    continue
                if (yield from self._isolation.order(step, number)):
                    break
