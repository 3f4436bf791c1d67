"""Isolation: finds the irregular step that makes a scenario leave something else.

Each step is played alone, in an otherwise plain script. If a quick look shows that something else
is left, a long look has to show the same, and a play without the step's event says what it means.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockzoom.model import JSON, Violation
from mockzoom.scenario.model import Scenario, Send, Shuffle, Step, Together, sends, walk
from mockzoom.state.differences import differences
from mockzoom.state.nondeterminism import Nondeterminism, between_equal
from mockzoom.state.orders import moves
from mockzoom.state.plays import Asking, NotComparable, Order, StateFindings
from mockzoom.state.script_diffs import ScriptDiffs
from mockzoom.state.scripts import plain
from mockzoom.state.state_diff import UNCHANGED, has_less
from mockzoom.suites.state import Irregularity, dropped, sequence
from mockzoom.suites.state import Sequence as Case

MOST_STEPS = 8
"""Irregular steps that are played alone, at most."""
EQUAL_PLAYS = 2
"""Plain plays that have to leave the same as before, before anything is reported."""
MOST_EQUAL_PLAYS = 6
"""Plain plays for that, at most."""


class Isolation:
    """Finds the steps that cause a difference in one scenario, and reports them."""

    def __init__(self, scenario: Scenario, diffs: ScriptDiffs, found: StateFindings) -> None:
        self._scenario = scenario
        self._diffs = diffs
        self._found = found
        self._is_deterministic = False
        self._suspects: list[tuple[Step, Irregularity]] = []
        """Steps that alone leave something else, and whose own event leaves nothing in order."""

    def isolate(
        self, irregular: Sequence[tuple[Step, Irregularity]], orders: Order
    ) -> Asking[None]:
        """Report the steps that cause the difference alone; if none does, all of them together."""
        is_found = False
        for step, how in irregular[:MOST_STEPS]:
            if isinstance(step, Shuffle):
                alone = yield from self.order(step, orders[step.name])
            elif isinstance(step, Together):
                alone = yield from self._lanes(step)
            else:
                alone = yield from self._step(step, how)
            is_found = alone or is_found
        if is_found:
            return
        tree = yield from self._diffs.tree(self._scenario, orders, "parallel")
        if tree != self._diffs.plain and irregular:
            step, how = (self._suspects or irregular[:1])[-1]
            together = "" if self._suspects else " (together with the other steps)"
            yield from self._judge(step, how, UNCHANGED, tree, together)

    def order(self, step: Shuffle, order: tuple[int, ...]) -> Asking[bool]:
        """Report the smallest reordering that changes the state; return whether there is any."""
        diffs, script = self._diffs, plain(self._scenario)
        found = yield from diffs.tree(script, {step.name: order})
        if found == diffs.plain:
            return False
        smallest = order
        for candidate in moves(len(step.steps)):
            if (yield from diffs.is_plain(script, {step.name: candidate})):
                continue
            tree = yield from diffs.tree(script, {step.name: candidate})
            if tree != diffs.plain:
                smallest, found = candidate, tree
                break
        names = ", ".join(step.steps[index].event for index in smallest)
        return (yield from self._judge(step, "order", UNCHANGED, found, f": {names}"))

    def report(self, found: Violation, step: str) -> Asking[bool]:
        """Report a violation, if the plain script still leaves what it left before."""
        if (yield from self._learns()):
            raise NotComparable("equal plays leave different states")
        self._found.violation(found, step)
        return True

    def note(self, text: str) -> None:
        """Have the report say something that breaks no rule."""
        self._found.notices.append(text)

    def _learns(self) -> Asking[bool]:
        """Play the plain script again, before the first report; return whether anything is learnt.

        Two plays may have been equal by chance, such as in the second of the clock. Raises
        `NotComparable` if whole entries differ, and if what is left vanishes by itself: it may have
        been looked at for as long each time.
        """
        if self._is_deterministic:
            return False
        diffs, script = self._diffs, plain(self._scenario)
        equal, learnt = 0, False
        for _ in range(MOST_EQUAL_PLAYS):
            now = yield from diffs.tree(script)  # a long look, as before whatever is reported
            differs = between_equal(diffs.plain, now)
            if differs == Nondeterminism():
                equal += 1
                if equal == EQUAL_PLAYS:
                    break
            elif differs.missing or () in differs.places:
                again = between_equal(diffs.plain, (yield from diffs.tree(script)))
                if differs.missing and again.missing:  # once: a worker may have been held up
                    yield from self.report_missing(again, now)
                raise NotComparable(str(differs))
            else:
                diffs.learn(differs.places)
                equal, learnt = 0, True
        else:
            raise NotComparable(str(differs))
        if (yield from diffs.decays(script)):
            raise NotComparable("what it leaves vanishes by itself after a while")
        self._is_deterministic = True
        return learnt

    def report_missing(self, differs: Nondeterminism, third: JSON) -> Asking[bool]:
        """Report entries of the scenario itself that only some of its equal plays leave.

        Another play has to show that it was not the judged one alone. Return whether there are any.
        """
        diffs = self._diffs
        if not differs.missing:
            return False
        fourth = yield from diffs.tree(plain(self._scenario))
        pairs = ((third, fourth), (diffs.plain, fourth), (diffs.plain, third))
        again = [entry for pair in pairs for entry in between_equal(*pair).missing]
        own = [entry for entry in (*differs.missing, *again) if entry.is_own]
        if not again or not own or (yield from diffs.decays(plain(self._scenario))):
            return False
        role = own[0].entity.removeprefix("<")
        where = max((name for name in diffs.ranks if role.startswith(name)), key=len, default="")
        seen = f"of equal plays, all acknowledged, only some leave {own[0]}"
        found = dropped(where or self._scenario.title, self._event(where), seen, ())
        self._found.violation(found, where)
        return True

    # -- one step ------------------------------------------------------------------------------

    def _step(self, step: Step, how: Irregularity) -> Asking[bool]:
        diffs, script = self._diffs, plain(self._scenario, but=step.name)
        if (yield from diffs.is_plain(script)):
            return False
        alone = yield from diffs.play(script, long=True)
        found = diffs.masked(alone.tree)
        if found == diffs.plain:
            return False
        omitted = yield from diffs.quick(plain(self._scenario, omit=step.name))
        if found == omitted and step.name in alone.record.unacknowledged:
            return False  # never acknowledged, never processed: as it should be
        is_found = yield from self._judge(step, how, omitted, found)
        if not is_found:
            self._suspects.append((step, how))
        return is_found

    def _lanes(self, step: Together) -> Asking[bool]:
        """Distinguish what is lost at once from what depends on the order of arrival."""
        diffs, script = self._diffs, plain(self._scenario, but=step.name)
        found = yield from diffs.tree(script, lanes="parallel")
        if found == diffs.plain:
            return False
        gently = yield from diffs.tree(plain(self._scenario), lanes="gentle")
        lost = has_less(gently, found)
        if lost and gently == diffs.plain:
            lost = (yield from diffs.tree(script, lanes="interleaved")) == diffs.plain
        if lost:
            shown = "; ".join(list(differences(gently, found))[:3])
            seen = f"acknowledged, but lost where many come at once: {shown}"
            about = dropped(
                f"{self._scenario.title}: {step.name}", self._event(step.name), seen, ()
            )
            return (yield from self.report(about, step.name))
        return (yield from self._judge(step, "order", UNCHANGED, found))

    def _judge(
        self, step: Step, how: Irregularity, omitted: JSON, found: JSON, detail: str = ""
    ) -> Asking[bool]:
        def violations() -> list[Violation]:
            once, now = self._diffs.plain, self._diffs.masked(found)
            case = Case(
                irregularity=how,
                step=f"{self._scenario.title}: {step.name}",
                event=step.event if isinstance(step, Send) else self._event(step.name),
                once=once,
                omitted=self._diffs.masked(omitted),
                found=now,
                differences=tuple(differences(once, now)),
                detail=detail,
            )
            return list(sequence(case))

        judged = violations()
        if judged and (yield from self._learns()):
            judged = violations()
        for violation in judged:
            self._found.violation(violation, step.name)
        return bool(judged)

    def _event(self, step: str) -> str:
        """Return the first event that a step, or the step that it stands within, delivers."""
        for item in self._scenario.steps:
            for each in sends(walk((item,))):
                if step in (each.name, item.name):
                    return each.event
        return next(iter(self._scenario.events), "")
