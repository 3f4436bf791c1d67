"""Passes: all scenarios, each about entities of its own, and then one look at the state.

In the first pass the scenarios are played as they are, and those of shuffled events in further
orders, too. In the second one their plain twins are played. If the two leave different states, a
third pass is of the plain scripts themselves, and a fourth one, equal to the third, shows the
nondeterminism. Where what differs mentions no entity of a scenario (a total, a list of the newest
hundred), the snapshots between the scenarios of a pass show whose it is. If the receiver works too
slowly for that, the shortest scenario of each rule is compared alone, and then halves are played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from mockzoom.model import JSON
from mockzoom.scenario.model import Together, sends, walk
from mockzoom.schema.pointer import MISSING
from mockzoom.state.keys import with_entities
from mockzoom.state.nondeterminism import Nondeterminism, between_equal, masked
from mockzoom.state.ownership import PassMember, PassRoles, differing, owners_in
from mockzoom.state.paths import text_of
from mockzoom.state.plays import (
    IN_ORDER,
    Asking,
    Lanes,
    PassPlayed,
    PassScript,
    PlayPass,
    PlayRecord,
    PlayScript,
)
from mockzoom.state.rows import row_by_row, sorted_rows, unordered
from mockzoom.state.scripts import apart, in_ascii, irregular_steps, plain
from mockzoom.state.settling import Settling
from mockzoom.state.state_diff import FULL, UNCHANGED, grown, holds, state_diff
from mockzoom.state.twins import altered_texts, is_unlike_its_twin, older_values

_LONG_LOOKS = 2
"""Passes that are looked at for long, with a receiver that settles at once."""


@dataclass(frozen=True, slots=True)
class PassDiff:
    """What one pass has left: altogether, and by each of its scenarios."""

    tree: JSON
    roles: PassRoles
    snapshots: Mapping[int, tuple[JSON, JSON]]
    """The state before and after each scenario, by its number."""
    records: tuple[PlayRecord, ...] = ()
    effective: frozenset[str] = frozenset()


class PassComparison:
    """Finds the scenarios in which something differs, of all that were played in a first pass."""

    def __init__(self, members: Sequence[PassMember], settling: Settling) -> None:
        self._members = members
        self._plays = [*members, *in_further_orders(members)]
        self._settling = settling
        self._looks = 0
        self._known = Nondeterminism()
        self._unclear: list[PassMember] = []
        self.found: list[PassMember] = []
        """Scenarios that are to be compared alone, since something differs in them."""
        self.without_effect: list[PassMember] = []
        """Scenarios that left nothing in the probed state."""
        self.ineffective: list[str] = []
        """Types of events after none of which the state has changed, where some have changed it."""
        self.twins: list[PassMember] = []
        """Scenarios that leave something else than their twins, or an older value."""
        self.with_older_values: list[PassMember] = []
        """Those of them that leave an older value."""
        self.notices: list[str] = []
        """What the report says of texts that lose letters."""
        self.is_open = False
        """Whether a total differs, and it may be of another scenario than those that were found."""
        self.are_twins_unclear = False
        """Whether it is not known yet which scenarios leave something else than their twins."""

    def compare(self, first: PassPlayed) -> Asking[None]:
        """Find the scenarios to be compared alone, given the pass in which they were judged.

        That ends with the plays of `in_further_orders`. The second pass is played by the twins of
        the plain scripts: if it leaves the same, neither the irregular steps nor the letters nor
        the times of events matter. Raises `NotComparable` where the passes cannot be compared.
        """
        self._unclear = list(self._plays)
        one = self._diff(self._plays, first)
        is_watched = self._settling.is_immediate
        second = yield from self._play(
            self._plays, "once and in order, in ASCII words", are_twins=True, is_watched=is_watched
        )
        if is_watched:
            self.ineffective = _ineffective(second)
        again = second
        if not self._is_same(one, second):
            if any(is_unlike_its_twin(each.scenario, each.record) for each in self._members):
                again = yield from self._play(self._plays, "once and in order")
            third = yield from self._differing(one, again)
            self._unclear = []
            if again is not second:
                self.are_twins_unclear = True
                yield from self._unlike_twins(again, second, third)
                self.are_twins_unclear = False
        self._unclear = []
        self._add_older_values(again)
        self.without_effect = [each for each in self._members if self._leaves_nothing(each, one)]

    @property
    def unclear(self) -> list[PassMember]:
        """Scenarios of which it is not known yet whether anything differs in them."""
        numbers = {play.number if play.of is None else play.of for play in self._unclear}
        return [member for member in self._members if member.number in numbers]

    def _differing(self, one: PassDiff, again: PassDiff) -> Asking[PassDiff | None]:
        """Find the scenarios whose plain plays leave something else; return the third pass."""
        if self._is_same(one, again):
            return None
        third = yield from self._play(self._plays, "once and in order, to see what varies")
        equal = self._learn(again, third)
        missing = {owner for each in equal.missing for owner in owners_in("\n".join(each.place))}
        missing |= {owner for each in equal.missing for owner in owners_in(each.entity)}
        mine, theirs = (self._masked(diff.tree, equal) for diff in (one, again))
        found, is_total = differing(theirs, mine)
        self._find(found | missing)
        self.is_open = is_total
        if is_total or holds(one.tree, FULL) or (equal.missing and not missing):
            self._find((yield from self._of_totals(one, again, third, equal)))
        return third

    def _find(self, numbers: set[int]) -> None:
        """Have scenarios compared alone, by the numbers of their plays."""
        wanted = {each.number for each in self.found} | {
            play.number if play.of is None else play.of
            for play in self._plays
            if play.number in numbers
        }
        self.found = [member for member in self._members if member.number in wanted]

    def _of_totals(
        self, one: PassDiff, again: PassDiff, third: PassDiff, equal: Nondeterminism
    ) -> Asking[set[int]]:
        """Return the plays in which a part that mentions none of them differs.

        The snapshots between plays tell only of a receiver that works before it answers.
        """
        if self._settling.is_immediate:
            more = self._differing_parts(one, again, third)
            if more:
                return more
        if self.found:
            return set()  # what else they leave may be in the totals, too
        # What is entered once and for all, such as the first of its kind, differs in no later pass.
        once_more = yield from self._play(self._plays, "as they are once more", irregular=True)
        if self._is_same(once_more, again) and not equal.missing:
            self.is_open = False
            return set()
        # A receiver that counts copies counts all of them: seconds alone show it, halves minutes.
        self.is_open = True
        return self._shortest_of_each_rule()

    def _shortest_of_each_rule(self) -> set[int]:
        """Return for each rule the scenario that judges it with the fewest events."""
        found: dict[str, tuple[int, int]] = {}
        for member in self._members:
            length = len(sends(walk(member.scenario.steps)))
            for step, how in irregular_steps(member.scenario, member.record.retried):
                sets = step.entity_sets if isinstance(step, Together) else 1
                shortest = found.get(how, (length * sets, member.number))
                found[how] = min(shortest, (length * sets, member.number))
        return {number for _, number in found.values()}

    def _unlike_twins(
        self, again: PassDiff, twin: PassDiff, third: PassDiff | None
    ) -> Asking[None]:
        """Find the scenarios to be compared with their twins alone, given what all leave."""
        self.notices += list(altered_texts(again.tree, twin.tree))[:1]
        if self._is_equal(again, twin):
            return
        if third is None:
            third = yield from self._play(self._plays, "once and in order, to see what varies")
        equal = self._learn(again, third)
        mine, theirs = (self._masked(diff.tree, equal) for diff in (again, twin))
        found, is_total = differing(mine, theirs)
        if is_total and self._settling.is_prompt:
            found |= self._differing_parts(twin, again, third)
        self.twins = [member for member in self._members if member.number in found]

    def _add_older_values(self, again: PassDiff) -> None:
        """Add the scenarios that leave an older value than their last events brought."""
        pairs = zip(self._members, again.records, strict=False)
        self.with_older_values = [
            member
            for member, record in pairs
            if older_values(member.scenario, record, again.tree, member.number)
        ]
        self.twins += [each for each in self.with_older_values if each not in self.twins]

    def halves(self, members: Sequence[PassMember]) -> Asking[set[int]]:
        """Return the numbers of the scenarios in which a total differs, found by playing halves.

        To be asked for where `is_open`, and those that were found did not explain it.
        """
        self._unclear = list(members)
        found = yield from self._halved(members)
        self._unclear = []
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
        one = yield from self._play(members, "a half as they are", irregular=True)
        other = yield from self._play(members, "a half once and in order")
        if not self._is_equal(one, other):
            third = yield from self._play(members, "that half, to see what varies")
            equal = self._learn(other, third)
            if self._masked(one.tree, equal) != self._masked(other.tree, equal):
                return True
        self._unclear = [each for each in self._unclear if each not in members]
        return False

    def _play(
        self, members: Sequence[PassMember], what: str, *, irregular: bool = False,
        are_twins: bool = False, is_watched: bool = False,
    ) -> Asking[PassDiff]:  # fmt: skip
        """Play some of the scenarios again.

        Each is played plainly, or `irregular`: as it was judged. What is played may be their twins.
        """
        scripts = []
        for member in members:
            if irregular:
                script = as_it_is(member)
            else:
                own = plain(member.scenario)
                script = PlayScript(apart(in_ascii(own)) if are_twins else own, IN_ORDER)
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
        numbers = (member.number for member in members)
        snapshots = dict(zip(numbers, pairwise(played.snapshots), strict=True))
        for before, after in (*snapshots.values(), (played.snapshots[0], played.after)):
            self._settling.volatile.newest.leave_out(before, after, roles.all)
        tree = self._changed(played.snapshots[0], played.after, roles)
        return PassDiff(tree, roles, snapshots, played.records, played.effective)

    def _part(self, diff: PassDiff, number: int) -> JSON:
        """Return what one scenario of a pass has left, before the next one began."""
        return self._changed(*diff.snapshots[number], diff.roles)

    def _parts(self, diff: PassDiff) -> Iterator[tuple[int, JSON]]:
        """Yield the same for each scenario, by its number.

        One begins with what the one before it has left, in which entities are looked for once.
        """
        left, known = MISSING, MISSING
        for number, (before, after) in diff.snapshots.items():
            begun = known if before is left else self._comparable(before, diff.roles)
            left, known = after, self._comparable(after, diff.roles)
            yield number, self._left(begun, known, diff.roles)

    def _changed(self, before: JSON, after: JSON, roles: PassRoles) -> JSON:
        begun, ended = (self._comparable(snapshot, roles) for snapshot in (before, after))
        return self._left(begun, ended, roles)

    def _comparable(self, snapshot: JSON, roles: PassRoles) -> JSON:
        return with_entities(self._settling.volatile.comparable(snapshot), roles.all)

    def _left(self, before: JSON, after: JSON, roles: PassRoles) -> JSON:
        """Return what was left between two states in which entities stand for keys."""
        diff = state_diff(before, after, roles.all)
        changed = grown(roles.rename(diff))
        return unordered(sorted_rows(changed), self._settling.unordered)

    def _masked(self, tree: JSON, equal: Nondeterminism) -> JSON:
        """Return a tree without nondeterminism, in an order that does not depend on it."""
        return unordered(row_by_row(masked(tree, equal.places)), self._settling.unordered)

    def _is_same(self, one: PassDiff, other: PassDiff) -> bool:
        """Tell whether two passes have left the same, as far as a list shows all of it."""
        return self._is_equal(one, other) and not holds(one.tree, FULL)

    def _is_equal(self, one: PassDiff, other: PassDiff) -> bool:
        """Tell whether two passes have left the same, but for what is known to differ anyway."""
        mine, theirs = (self._masked(diff.tree, self._known) for diff in (one, other))
        return bool(mine == theirs)

    def _learn(self, one: PassDiff, other: PassDiff) -> Nondeterminism:
        """Return what differs between equal passes, and leave it out from now on."""
        found = between_equal(one.tree, other.tree)
        if not found.missing:
            self._known = Nondeterminism(self._known.places | found.places)
        return found

    def _leaves_nothing(self, member: PassMember, diff: PassDiff) -> bool:
        """Tell whether a scenario has left nothing, as far as one can see."""
        if self._settling.entities is not None:
            return member.number not in owners_in(text_of(diff.tree))
        if self._settling.is_prompt:
            return bool(self._part(diff, member.number) == UNCHANGED)
        return bool(diff.tree == UNCHANGED)

    # -- what differs ------------------------------------------------------------------------------

    def _differing_parts(self, one: PassDiff, other: PassDiff, third: PassDiff) -> set[int]:
        """Return the numbers of the plays after which the snapshots differ."""
        found = set()
        parts = (self._parts(diff) for diff in (one, other, third))
        for (number, mine), (_, theirs), (_, again) in zip(*parts, strict=True):
            equal = between_equal(theirs, again)
            if equal.missing or self._masked(mine, equal) != self._masked(theirs, equal):
                found.add(number)
        return found


def in_further_orders(members: Sequence[PassMember]) -> list[PassMember]:
    """Return a play for each further order of arrival, about entities of its own."""
    numbers = count(len(members))
    return [
        PassMember(
            next(numbers), plain(member.scenario), member.record, (orders,), of=member.number
        )
        for member in members
        for orders in member.orders[1:]
    ]


def as_it_is(member: PassMember) -> PlayScript:
    """Return a scenario as it was judged, or in the further order that it stands for."""
    lanes: Lanes = "parallel" if member.of is None else "serial"
    return PlayScript(member.scenario, member.orders[0] if member.orders else IN_ORDER, lanes)


def _ineffective(diff: PassDiff) -> list[str]:
    """Return the types of acknowledged events of which no effect was seen, if any had one."""
    played = {step.event for record in diff.records for step in record.acknowledged}
    return sorted(played - diff.effective) if diff.effective else []
