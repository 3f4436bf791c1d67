"""Comparing what scenarios leave behind: plays what `mockzoom.state` asks for, and reports.

Where a scenario stands alone it is played and compared at once. Several are played in passes, and
only those in which something differs are compared alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from mockzoom.engine.runner import PURSUED, Runner
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import JSON, StepStarted
from mockzoom.play.comparison_budget import ComparisonBudget
from mockzoom.play.comparison_notices import irregular_in, left_nothing, no_effect, rules_of
from mockzoom.play.late_answers import LateAnswers, UnresponsiveReceiver
from mockzoom.play.plan import PlayPlan
from mockzoom.play.scenario_runs import ScenarioRuns, record_of
from mockzoom.scenario.model import Scenario, Send, StepError, sends, walk
from mockzoom.state.comparison import Comparison
from mockzoom.state.orders import all_orders, first_orders
from mockzoom.state.ownership import PassMember
from mockzoom.state.passes import PassComparison, as_it_is, in_further_orders
from mockzoom.state.plays import (
    IN_ORDER,
    Asking,
    NotComparable,
    PassPlayed,
    PlayPass,
    PlayRecord,
    PlayScript,
    Question,
    ReadLater,
    ReadSettled,
    ScriptPlayed,
    StateFindings,
)
from mockzoom.state.scripts import simultaneous
from mockzoom.state.settling import Settling
from mockzoom.suites.state import EVENT_DROPPED, ORDER_DEPENDENT, rule_of
from mockzoom.wording import counted

_T = TypeVar("_T")


class BudgetSpent(Exception):
    """The time for comparisons is over, in the middle of one."""


class Comparing:
    """Plays and compares the scenarios of one run."""

    def __init__(
        self, runner: Runner, plan: PlayPlan, scenario_runs: ScenarioRuns,
        late_answers: LateAnswers, budget: ComparisonBudget,
    ) -> None:  # fmt: skip
        self._runner = runner
        self._plan = plan
        self._scenario_runs = scenario_runs
        self._late_answers = late_answers
        self._budget = budget
        self._without_effect: list[str] = []
        """Titles of the scenarios that left nothing in the probed state."""

    def notices(self) -> list[str]:
        """Return what the report says of scenarios that left nothing in the probed state."""
        return [left_nothing(self._without_effect)] if self._without_effect else []

    # -- one scenario --------------------------------------------------------------------------

    async def scenario(self, scenario: Scenario, settling: Settling) -> None:
        """Play a scenario, judged, then compare what it leaves."""
        comparison = self._comparison(scenario, settling, self._plan.effects)
        orders = first_orders(scenario, self._runner.cases.seed)
        await settling.reset()
        before = await settling.before_deliveries()
        scenario_run = self._scenario_runs.judged(scenario, settling, orders)
        await scenario_run.play()
        record = record_of(scenario_run)
        settling.add_entities(record.sent, record.pinned)
        try:
            after = await settling.after_deliveries(before)
        except NotComparable as reason:
            self._runner.notice(f"{scenario.title}: not compared with a second play: {reason}")
            return
        if record.is_altered:
            self._runner.notice(
                f"{scenario.title}: not compared with a second play: what was played was changed"
                " at the controls"
            )
            return
        await self._compare(
            scenario, comparison, settling, record, ScriptPlayed(record, before, after)
        )

    def _comparison(
        self, scenario: Scenario, settling: Settling, effects: Sequence[str] = (), *,
        has_twins: bool = True,
    ) -> Comparison:  # fmt: skip
        return Comparison(
            scenario, settling, self._runner.cases.seed, effects,
            is_order_open=not self._runner.findings.has(ORDER_DEPENDENT.id), has_twins=has_twins,
        )  # fmt: skip

    async def _compare(
        self, scenario: Scenario, comparison: Comparison, settling: Settling, judged: PlayRecord,
        main: ScriptPlayed | None = None,
    ) -> None:  # fmt: skip
        """Compare a scenario; without its judged play `main`, a pass has shown that it differs."""
        if self._late_answers.is_spent:
            self._runner.notice(
                f"{scenario.title}: not compared with a second play: its answers come too late:"
                " skipped, same cause"
            )
            self._count_rules(scenario, judged)
            return
        asking = comparison.compare(judged, main)
        try:
            await self._answered(asking, settling, scenario, comparison.found)
        except BudgetSpent:
            rules = rules_of(irregular_in(scenario, judged))
            self._budget.leaves_out(scenario.title, rules, differs=main is None)
            return
        self._count_rules(scenario, judged)
        if comparison.leaves_nothing and scenario.title not in self._without_effect:
            self._without_effect.append(scenario.title)

    def _count_rules(self, scenario: Scenario, record: PlayRecord) -> None:
        """Note which rules a scenario judges."""
        for step, how in irregular_in(scenario, record):
            event = step.event if isinstance(step, Send) else None
            self._runner.count_rules(event, rule_of(how).id, EVENT_DROPPED.id)

    # -- passes --------------------------------------------------------------------------------

    async def passes(self, scenarios: Sequence[Scenario], settling: Settling) -> None:
        """Play scenarios in passes, then compare those alone in which something differs."""
        settling.begin()
        members, first, broken = await self._first_pass(scenarios, settling)
        passes = PassComparison(members, settling)
        try:
            if broken:
                raise NotComparable(broken)
            if members:
                await self._answered(passes.compare(first), settling)
            found = passes.found
        except NotComparable as reason:
            self._runner.notice(f"not compared in one pass, but one by one: {reason}")
            found = members
        except BudgetSpent:
            self._budget_spent(members, passes)
            return
        for text in passes.notices:
            self._runner.notice(text)
        if passes.ineffective:
            self._runner.not_observable(no_effect(passes.ineffective))
        self._without_effect += [member.scenario.title for member in passes.without_effect]
        clear = [member for member in members if member not in found]
        if not passes.is_open:
            self._count_members(clear)
        reported = self._runner.findings.total
        await self._alone(found, settling)
        await self._with_twins(passes, settling)
        if passes.is_open:
            if found and self._runner.findings.total == reported:
                clear = await self._halved(passes, clear, settling)
            self._count_members(clear)

    def _budget_spent(self, members: Sequence[PassMember], passes: PassComparison) -> None:
        """Note what is not known yet of scenarios that were played in passes."""
        self._leave_out(passes.found, differs=True)
        self._leave_out(each for each in passes.unclear if each not in passes.found)
        if passes.are_twins_unclear:
            for member in members:
                self._budget.leaves_out(member.scenario.title, {EVENT_DROPPED.id}, differs=True)
        unclear = (*passes.found, *passes.unclear)
        self._count_members([member for member in members if member not in unclear])

    async def _halved(
        self, passes: PassComparison, members: list[PassMember], settling: Settling
    ) -> list[PassMember]:
        """Find a total that differs among `members`; return those that were not compared alone."""
        try:
            more = await self._answered(passes.halves(members), settling)
        except NotComparable as reason:
            self._runner.notice(f"a total differs, and it was not found in which: {reason}")
            return members
        except BudgetSpent:
            self._leave_out(passes.unclear)
            return [member for member in members if member not in passes.unclear]
        await self._alone([member for member in members if member.number in more], settling)
        return [member for member in members if member.number not in more]

    def _count_members(self, members: Sequence[PassMember]) -> None:
        for member in members:
            self._count_rules(member.scenario, member.record)

    def _leave_out(self, members: Iterable[PassMember], *, differs: bool = False) -> None:
        """Note that the budget ended before it was known what, or whether anything, `differs`."""
        for member in members:
            rules = rules_of(irregular_in(member.scenario, member.record))
            if rules:
                self._budget.leaves_out(member.scenario.title, rules, differs=differs)

    async def _first_pass(
        self, scenarios: Sequence[Scenario], settling: Settling
    ) -> tuple[list[PassMember], PassPlayed, str]:
        """Play all scenarios, judged; return also why they cannot be compared, if so."""
        await settling.reset()
        before = await settling.before_deliveries()
        members: list[PassMember] = []
        snapshots, broken = [before], ""
        for scenario in scenarios:
            if not self._late_answers.begin(scenario):
                continue
            self._runner.step(scenario.title, scenario.about)
            orders = all_orders(scenario, self._runner.cases.seed)
            first = orders[0] if orders else IN_ORDER
            scenario_run = self._scenario_runs.judged(scenario, settling, first)
            try:
                await scenario_run.play()
            except MockzoomError as error:
                if isinstance(error, UsageError | UnresponsiveReceiver):
                    raise
                self._runner.run_error(f"{scenario.title}: {error}")
                broken = broken or f"{scenario.title} broke off"
                continue
            members.append(PassMember(len(members), scenario, record_of(scenario_run), orders))
            settling.add_entities(members[-1].record.sent, members[-1].record.pinned)
            snapshots.append(await settling.between_scenarios(before))
        records, after = [member.record for member in members], before
        if members and not broken:
            try:
                for record, snapshot in await self._further_orders(members, settling, before):
                    records.append(record)
                    snapshots.append(snapshot)
                after = await settling.after_deliveries(before, long=True)
            except NotComparable as reason:
                broken = str(reason)
        return members, PassPlayed(tuple(records), tuple(snapshots), after), broken

    async def _further_orders(
        self, members: Sequence[PassMember], settling: Settling, before: JSON
    ) -> list[tuple[PlayRecord, JSON]]:
        """Play the events of shuffles in their further orders, judged by nobody."""
        played = []
        plays = in_further_orders(members)
        if plays:
            self._announce("scenarios again", "in other orders, to compare what they leave")
        for each in plays:
            about = f"{each.scenario.title}: "
            record = await self._played(as_it_is(each), settling, about)
            record.check(each.record.failing, about)
            played.append((record, await settling.between_scenarios(before)))
        return played

    async def _alone(self, members: Sequence[PassMember], settling: Settling) -> None:
        """Compare scenarios alone, as long as the time for comparisons lasts."""
        left = list(members)
        while left and not self._budget.is_spent:
            member = max(left, key=self._unjudged_rules)
            left.remove(member)
            comparison = self._comparison(member.scenario, settling, has_twins=False)
            await self._compare(member.scenario, comparison, settling, member.record)
        self._leave_out(left, differs=True)

    async def _with_twins(self, passes: PassComparison, settling: Settling) -> None:
        """Compare scenarios with their twins, until three have shown a dropped event.

        What is dropped in further ones has the same cause, and letters are the cause in all once
        they are in one. The rest is left out once the time for comparisons is over.
        """
        left = sorted(passes.twins, key=lambda member: len(sends(walk(member.scenario.steps))))
        found, by_letters = 0, False
        while left and found < PURSUED:
            member = left.pop(0)
            comparison = self._comparison(member.scenario, settling)
            asking = comparison.compare_twins(member.record, with_letters=not by_letters)
            try:
                if self._budget.is_spent:
                    raise BudgetSpent
                by_letters |= await self._answered(
                    asking, settling, member.scenario, comparison.found
                )
            except BudgetSpent:
                self._budget.leaves_out(member.scenario.title, {EVENT_DROPPED.id}, differs=True)
            found += bool(comparison.found.rules)
            if by_letters:
                more = passes.with_older_values
                left = [each for each in left if each in more or any(simultaneous(each.scenario))]
        if left:
            count = counted(len(left), "more scenario")
            self._runner.notice(f"{count} not compared with twins: probably the same cause")

    def _unjudged_rules(self, member: PassMember) -> int:
        """Return how many rules a scenario would be the first to judge: such ones come first."""
        judged = {rule for rule, _ in self._runner.judged}
        return len(rules_of(irregular_in(member.scenario, member.record)) - judged)

    # -- questions -----------------------------------------------------------------------------

    async def _answered(
        self, asking: Asking[_T], settling: Settling, scenario: Scenario | None = None,
        found: StateFindings | None = None,
    ) -> _T:  # fmt: skip
        """Answer all questions, and return the result; report meanwhile what is `found`."""
        answer: JSON | ScriptPlayed | PassPlayed | NotComparable = None
        try:
            while True:
                if isinstance(answer, NotComparable):
                    question = asking.throw(answer)
                else:
                    question = asking.send(answer)
                self._report(scenario, found)
                try:
                    answer = await self._answer(question, settling, scenario)
                except NotComparable as reason:
                    answer = reason
        except StopIteration as end:
            result: _T = end.value
            return result
        finally:
            self._report(scenario, found)

    def _report(self, scenario: Scenario | None, found: StateFindings | None) -> None:
        """Report what was found since the last time."""
        if found is None or scenario is None:
            return
        for violation, step in found.violations:
            self._runner.add_case(violation, f"{scenario.name}/{step}")
        for text in found.notices:
            self._runner.notice(text)
        found.violations.clear()
        found.notices.clear()

    async def _answer(
        self, question: Question, settling: Settling, scenario: Scenario | None
    ) -> JSON | ScriptPlayed | PassPlayed:
        kind, title = type(question).__name__, "" if scenario is None else scenario.title
        if not self._budget.is_enough(kind, title):
            raise BudgetSpent
        with self._budget.measuring(kind, title):
            if isinstance(question, ReadSettled):
                return await settling.after_deliveries(question.before, long=True)
            if isinstance(question, ReadLater):
                return await settling.later()
            if isinstance(question, PlayPass):
                return await self._pass(question, settling)
            self._announce(f"{title}: again", "to compare what it leaves")
            return await self._script(question, settling)

    def _announce(self, name: str, about: str) -> None:
        """Show that what follows is played for comparison."""
        if self._plan.controls is not None:
            self._plan.controls.comparing()
        self._runner.emit(StepStarted(name, about, 0.0, aside=True))

    async def _script(self, question: PlayScript, settling: Settling) -> ScriptPlayed:
        await settling.reset()
        before = await settling.before_deliveries(long=question.long)
        record = await self._played(question, settling)
        after = await settling.after_deliveries(before, long=question.long)
        return ScriptPlayed(record, before, after)

    async def _pass(self, question: PlayPass, settling: Settling) -> PassPlayed:
        self._announce("scenarios again", question.about)
        await settling.reset()
        before = await settling.before_deliveries()
        snapshots, records = [before], []
        effective: set[str] | None = set() if question.is_watched else None
        for each in question.scripts:
            if self._budget.is_spent:
                raise BudgetSpent
            record = await self._played(each.script, settling, f"{each.title}: ", effective)
            record.check(each.failing, f"{each.title}: ")
            records.append(record)
            snapshots.append(await settling.between_scenarios(before))
        after = await settling.after_deliveries(before, long=question.long)
        return PassPlayed(tuple(records), tuple(snapshots), after, frozenset(effective or ()))

    async def _played(
        self, question: PlayScript, settling: Settling, about: str = "",
        effective: set[str] | None = None,
    ) -> PlayRecord:  # fmt: skip
        """Play a script; `about` begins the reason why that cannot be done.

        Types of events that change the state are added to what is `effective`.
        """
        scenario_run = self._scenario_runs.unjudged(
            question.script, settling, question.orders, lanes=question.lanes,
            effective=effective,
        )  # fmt: skip
        try:
            await scenario_run.play()
        except StepError as error:
            raise NotComparable(f"{about}{error}") from None
        record = record_of(scenario_run)
        settling.add_entities(record.sent, record.pinned)
        return record
