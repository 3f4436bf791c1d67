"""The state diffs of one scenario's scripts: asks for plays, and compares what they leave.

A quick look waits no longer than this receiver was seen to need; it is enough to find that nothing
differs. Before anything is reported, a play is looked at for longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mockzoom.model import JSON
from mockzoom.scenario.model import Scenario
from mockzoom.state.extrapolation import (
    FEW,
    NotLinear,
    entity_sets_of,
    extrapolate,
    for_all_sets,
    with_entity_sets,
)
from mockzoom.state.keys import with_entities
from mockzoom.state.nondeterminism import between_equal, masked
from mockzoom.state.paths import Path
from mockzoom.state.plays import (
    IN_ORDER,
    Asking,
    Lanes,
    Order,
    PlayRecord,
    PlayScript,
    ReadLater,
    ReadSettled,
    ScriptPlayed,
)
from mockzoom.state.roles import Roles
from mockzoom.state.rows import row_by_row, sorted_rows, unordered
from mockzoom.state.scripts import leaders, natural_order
from mockzoom.state.settling import Settling
from mockzoom.state.state_diff import FULL, UNCHANGED, has_less, holds, state_diff


@dataclass(frozen=True, slots=True)
class ScriptDiff:
    """What one play left behind: `tree` is the state diff of `after` and `before`."""

    record: PlayRecord
    before: JSON
    after: JSON
    tree: JSON


class ScriptDiffs:
    """Asks for the state diffs of one scenario's scripts."""

    def __init__(self, scenario: Scenario, settling: Settling) -> None:
        self._settling = settling
        self.ranks = natural_order(scenario)
        """Where each step stands in the order written."""
        self._leaders = leaders(scenario)
        self.plain: JSON = UNCHANGED
        """What is left when every event is delivered once and in order."""
        self.nondeterministic: frozenset[Path] = frozenset()
        """Places at which equal plays differ: they are not compared."""
        self.failing: frozenset[str] = frozenset()
        """Steps that were not acknowledged in the judged play, and need not be in others."""
        self.has_overflowed = False
        """Whether a list of limited length was full of what a single play had left."""

    @property
    def is_prompt(self) -> bool:
        """Whether nothing was ever seen to change once everything was answered."""
        return self._settling.is_prompt

    def play(
        self, script: Scenario, orders: Order = IN_ORDER, *, long: bool = False,
        lanes: Lanes = "serial",
    ) -> Asking[ScriptDiff]:  # fmt: skip
        """Return what a script leaves; raise `NotComparable` where its play goes wrong."""
        played = yield PlayScript(script, orders, lanes, long)
        played.record.check(self.failing)
        return self.diff(played)

    def diff(self, played: ScriptPlayed | ScriptDiff) -> ScriptDiff:
        """Return what a play leaves, without the volatile fields that are known now."""
        record = played.record
        roles = Roles(record.sent, self.ranks, record.pinned, leaders=self._leaders)
        self._settling.volatile.newest.leave_out(played.before, played.after, roles)
        before, after = (
            with_entities(self._settling.volatile.comparable(snapshot), roles)
            for snapshot in (played.before, played.after)
        )
        diff = state_diff(before, after, roles)
        changed = sorted_rows(roles.rename(diff))
        self.has_overflowed = self.has_overflowed or holds(changed, FULL)
        tree = unordered(changed, self._settling.unordered)
        return ScriptDiff(record, played.before, played.after, tree)

    def look_longer(self, diff: ScriptDiff) -> Asking[JSON]:
        """Return the tree of the last play, looked at for longer."""
        after = yield ReadSettled(diff.before)
        return self.diff(replace(diff, after=after)).tree

    def tree(
        self, script: Scenario, orders: Order = IN_ORDER, lanes: Lanes = "serial"
    ) -> Asking[JSON]:
        """Return what a script leaves, without nondeterminism, after a long look."""
        diff = yield from self.play(script, orders, long=True, lanes=lanes)
        return self.masked(diff.tree)

    def masked(self, tree: JSON) -> JSON:
        """Return a tree without nondeterminism, in an order that does not depend on it."""
        known = row_by_row(masked(tree, self.nondeterministic))
        return unordered(known, self._settling.unordered)

    def learn(self, places: frozenset[Path]) -> None:
        """Compare no more what differs between equal plays at `places`."""
        self.nondeterministic |= places
        self.plain = self.masked(self.plain)

    def quick(self, script: Scenario, orders: Order = IN_ORDER) -> Asking[JSON]:
        """Return the same after a quick look."""
        diff = yield from self.play(script, orders)
        return self.masked(diff.tree)

    def is_plain(
        self, script: Scenario, orders: Order = IN_ORDER, *, long: bool = False
    ) -> Asking[bool]:
        """Tell whether a script leaves what the plain one leaves."""
        tree = yield from (self.tree if long else self.quick)(script, orders)
        return bool(tree == self.plain)

    def decays(self, script: Scenario) -> Asking[bool]:
        """Tell whether something that a script leaves vanishes by itself, as in a cache.

        Then equal plays differ where one look took longer than the other.
        """
        diff = yield from self.play(script)
        after = yield ReadLater()
        later = self.diff(replace(diff, after=after)).tree
        return has_less(diff.tree, {} if later == UNCHANGED else later)

    def is_extrapolated(self, script: Scenario, judged: ScriptDiff) -> Asking[bool]:
        """Tell whether a burst has left for all its entity sets what a few of them leave each."""
        number = entity_sets_of(script)
        if not number:
            return False
        few = []
        for each in FEW:
            diff = yield from self.play(with_entity_sets(script, each))
            few.append(diff.tree)
        if self._is_as_extrapolated(few, number, judged):
            return True
        # Receive times and random ids, which an equal play shows, may be what is not linear.
        again = yield from self.play(with_entity_sets(script, FEW[-1]))
        equal = between_equal(few[-1], again.tree)
        if equal.missing or not equal.places:
            return False
        self.learn(for_all_sets(equal.places, number))
        return self._is_as_extrapolated(few, number, judged)

    def _is_as_extrapolated(self, few: Sequence[JSON], number: int, judged: ScriptDiff) -> bool:
        two, three, found = (self.masked(tree) for tree in (*few, self.diff(judged).tree))
        try:
            tree = extrapolate(two, three, number)
        except NotLinear:
            return False
        return bool(row_by_row(unordered(tree, self._settling.unordered)) == found)
