"""Passes: all scenarios, each about entities of its own, and then one look at the state.

In the first pass the scenarios are played as they are, in the second one plainly. If the two leave
different states, a third pass, plain again, shows the nondeterminism. Where what differs mentions
no entity of a scenario (a total, a list of the newest hundred), the snapshots between the scenarios
of a pass show whose it is, or halves of the scenarios are played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mockzoom.model import JSON
from mockzoom.state.belonging import PassMember, PassRoles, differing, owners_in
from mockzoom.state.nondeterminism import Nondeterminism, between_equal, masked
from mockzoom.state.paths import text_of
from mockzoom.state.plays import (
    IN_ORDER,
    Asking,
    PassPlayed,
    PassScript,
    PlayPass,
    PlayRecord,
    PlayScript,
)
from mockzoom.state.rows import row_by_row, sorted_rows, unordered
from mockzoom.state.scripts import apart, in_ascii, plain
from mockzoom.state.settling import Settling
from mockzoom.state.state_diff import FULL, UNCHANGED, grown, holds, state_diff
from mockzoom.state.twins import is_unlike_its_twin, older_values

_LONG_LOOKS = 2
"""Passes that are looked at for long, with a receiver that settles at once."""


@dataclass(frozen=True, slots=True)
class PassDiff:
    """What one pass has left: altogether, and by each of its scenarios."""

    tree: JSON
    parts: dict[int, JSON] = field(default_factory=dict)
    records: tuple[PlayRecord, ...] = ()


class PassComparison:
    """Finds the scenarios in which something differs, of all that were played in a first pass."""

    def __init__(self, members: Sequence[PassMember], settling: Settling) -> None:
        self._members = members
        self._settling = settling
        self._looks = 0
        self.unclear: list[PassMember] = []
        """Scenarios of which it is not known yet whether anything differs in them."""
        self.without_effect: list[PassMember] = []
        """Scenarios that left nothing in the probed state."""
        self.ineffective: list[str] = []
        """Types of events after none of which the state has changed, where some have changed it."""
        self.twins: list[PassMember] = []
        """Scenarios that leave something else than their twins, or an older value."""
        self._third: PassDiff | None = None
        """What all scenarios leave in order, once more."""
        self.is_open = False
        """Whether a total differs, and it may be of another scenario than those that were found."""

    def compare(self, first: PassPlayed) -> Asking[list[PassMember]]:
        """Return the scenarios to be compared alone, given the pass in which they were judged.

        Raises `NotComparable` where the passes cannot be compared at all.
        """
        self.unclear = list(self._members)
        one = self._diff(self._members, first)
        is_watched = self._settling.is_immediate
        again = yield from self._play(self._members, "in order", is_watched=is_watched)
        if is_watched:
            self.ineffective = _ineffective(again.records)
        found = yield from self._differing(self._members, one, again)
        self.without_effect = [each for each in self._members if self._leaves_nothing(each, one)]
        rest = [each for each in self._members if each not in found]
        self.unclear = [*found, *(each for each in rest if len(each.orders) > 1)]
        found += yield from self._other_orders(rest)
        self.unclear = []
        self.twins = yield from self._unlike_twins(again)
        return found

    def _unlike_twins(self, again: PassDiff) -> Asking[list[PassMember]]:
        """Return the scenarios to be compared with their twins alone, given what all leave."""
        found = {
            member.number
            for member, record in zip(self._members, again.records, strict=True)
            if older_values(member.scenario, record, again.tree, member.number)
        }
        pairs = zip(self._members, again.records, strict=True)
        if not any(is_unlike_its_twin(member.scenario, record) for member, record in pairs):
            return [member for member in self._members if member.number in found]
        twin = yield from self._play(self._members, "in ASCII words", are_twins=True)
        if row_by_row(twin.tree) != row_by_row(again.tree):
            third = yield from self._once_more(self._members)
            equal = between_equal(again.tree, third.tree)
            mine, theirs = (self._masked(diff.tree, equal) for diff in (again, twin))
            differs, is_total = differing(mine, theirs)
            found |= differs
            if is_total and self._settling.is_prompt:
                found |= self._differing_parts(self._members, twin, again, third)
        return [member for member in self._members if member.number in found]

    def _once_more(self, members: Sequence[PassMember]) -> Asking[PassDiff]:
        """Return what scenarios leave in order, once more; all of them are played once for that."""
        if len(members) < len(self._members):
            return (yield from self._play(members, "in order once more"))
        if self._third is None:
            self._third = yield from self._play(members, "in order once more")
        return self._third

    def halves(self, members: Sequence[PassMember]) -> Asking[set[int]]:
        """Return the numbers of the scenarios in which a total differs, found by playing halves."""
        self.unclear = list(members)
        found = yield from self._halved(members)
        self.unclear = []
        return found

    def _halved(self, members: Sequence[PassMember]) -> Asking[set[int]]:
        """Return the same for scenarios in any of which the total is known to differ."""
        if len(members) < 2:
            return {member.number for member in members}
        middle = len(members) // 2
        first, second = members[:middle], members[middle:]
        if not (yield from self._has_difference(first)):
            return (yield from self._halved(second))
        found = yield from self._halved(first)
        if (yield from self._has_difference(second)):
            found |= yield from self._halved(second)
        return found

    def _has_difference(self, members: Sequence[PassMember]) -> Asking[bool]:
        one = yield from self._play(members, "a half of them as they are", irregular=True)
        other = yield from self._play(members, "a half of them in order")
        if row_by_row(one.tree) != row_by_row(other.tree):
            third = yield from self._play(members, "that half once more")
            equal = between_equal(other.tree, third.tree)
            if self._masked(one.tree, equal) != self._masked(other.tree, equal):
                return True
        self.unclear = [each for each in self.unclear if each not in members]
        return False

    def _other_orders(self, members: Sequence[PassMember]) -> Asking[list[PassMember]]:
        """Return the scenarios that leave something else in a further order of arrival."""
        found: list[PassMember] = []
        turn, known, other = 1, 0, PassDiff(UNCHANGED)
        while some := [m for m in members if len(m.orders) > turn and m not in found]:
            one = yield from self._play(some, f"in another order ({turn})", turn=turn)
            if len(some) != known:
                known = len(some)
                other = yield from self._play(some, "in order")
            found += yield from self._differing(some, one, other)
            turn += 1
        return found

    def _play(
        self, members: Sequence[PassMember], what: str, *, turn: int | None = None,
        irregular: bool = False, are_twins: bool = False, is_watched: bool = False,
    ) -> Asking[PassDiff]:  # fmt: skip
        """Play some of the scenarios again.

        Each is played plainly, in its `turn` of other orders if one is given, or `irregular`: as
        it was judged. What is played may be their twins.
        """
        scripts = []
        for member in members:
            if irregular:
                judged = member.orders[0] if member.orders else IN_ORDER
                script = PlayScript(member.scenario, judged, "parallel")
            else:
                orders = IN_ORDER if turn is None else member.orders[turn]
                script = PlayScript(plain(member.scenario), orders)
                if are_twins:
                    script = PlayScript(apart(in_ascii(script.script)))
            scripts.append(PassScript(member.scenario.title, script, member.record.failing))
        # A receiver that had settled at once in two long looks is not looked at for long again.
        long = not (self._settling.is_prompt and self._looks >= _LONG_LOOKS)
        self._looks += 1
        about = f"{what}, to compare what they leave"
        played = yield PlayPass(tuple(scripts), about, long, is_watched)
        return self._diff(members, played)

    # -- what is left ------------------------------------------------------------------------------

    def _diff(self, members: Sequence[PassMember], played: PassPlayed) -> PassDiff:
        roles = PassRoles(list(zip(members, played.records, strict=True)))
        snapshots = played.snapshots
        parts = {
            member.number: self._changed(snapshots[number], snapshots[number + 1], roles)
            for number, member in enumerate(members)
        }
        return PassDiff(self._changed(snapshots[0], played.after, roles), parts, played.records)

    def _changed(self, before: JSON, after: JSON, roles: PassRoles) -> JSON:
        comparable = self._settling.volatile.comparable
        diff = state_diff(comparable(before), comparable(after), roles.all)
        changed = grown(roles.rename(diff))
        return unordered(sorted_rows(changed), self._settling.unordered)

    def _masked(self, tree: JSON, equal: Nondeterminism) -> JSON:
        """Return a tree without nondeterminism, in an order that does not depend on it."""
        return unordered(row_by_row(masked(tree, equal.places)), self._settling.unordered)

    def _leaves_nothing(self, member: PassMember, diff: PassDiff) -> bool:
        """Tell whether a scenario has left nothing, as far as one can see."""
        if self._settling.entities is not None:
            return member.number not in owners_in(text_of(diff.tree))
        if self._settling.is_prompt:
            return bool(diff.parts[member.number] == UNCHANGED)
        return bool(diff.tree == UNCHANGED)

    # -- what differs ------------------------------------------------------------------------------

    def _differing(
        self, members: Sequence[PassMember], one: PassDiff, other: PassDiff
    ) -> Asking[list[PassMember]]:
        if row_by_row(one.tree) == row_by_row(other.tree) and not holds(one.tree, FULL):
            return []
        third = yield from self._once_more(members)
        equal = between_equal(other.tree, third.tree)
        missing = {owner for each in equal.missing for owner in owners_in("\n".join(each.place))}
        missing |= {owner for each in equal.missing for owner in owners_in(each.entity)}
        mine, theirs = (self._masked(diff.tree, equal) for diff in (one, other))
        found, is_total = differing(theirs, mine)
        found |= missing
        self.is_open = self.is_open or is_total
        if is_total or holds(one.tree, FULL) or (equal.missing and not missing):
            found |= yield from self._of_totals(members, one, other, third, found)
        return [member for member in members if member.number in found]

    def _of_totals(
        self, members: Sequence[PassMember], one: PassDiff, other: PassDiff, third: PassDiff,
        found: set[int],
    ) -> Asking[set[int]]:  # fmt: skip
        """Return the scenarios in which a part that mentions none of them differs."""
        if self._settling.is_prompt:
            more = self._differing_parts(members, one, other, third)
            if more:
                return more
        if found:
            return set()  # what else they leave may be in the totals, too
        return (yield from self._halved(members))

    def _differing_parts(
        self, members: Sequence[PassMember], one: PassDiff, other: PassDiff, third: PassDiff
    ) -> set[int]:
        """Return the numbers of the scenarios after which the snapshots differ."""
        found = set()
        for member in members:
            number = member.number
            equal = between_equal(other.parts[number], third.parts[number])
            mine = self._masked(one.parts[number], equal)
            if equal.missing or mine != self._masked(other.parts[number], equal):
                found.add(number)
        return found


def _ineffective(records: Sequence[PlayRecord]) -> list[str]:
    """Return the types of acknowledged events of which no effect was seen, if any had one."""
    effective = frozenset[str]().union(*(record.effective for record in records))
    played = {step.event for record in records for step in record.acknowledged}
    return sorted(played - effective) if effective else []
