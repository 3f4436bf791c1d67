"""The director: plays scenarios one after the other, and sums up what was found."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from msgspec import structs

from mockzoom.clock import Clock, ScaledClock, SystemClock, VirtualClock
from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import Runner
from mockzoom.engine.sending import ReceiverGone
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import Exchange, RunResult, StepStarted
from mockzoom.play.answers import Answers, Doubt, Rechecks
from mockzoom.play.attempts import Attempts, Sending
from mockzoom.play.comparison import (
    Comparison,
    all_orders,
    count_rules,
    irregular_in,
    rules_of,
)
from mockzoom.play.comparison_budget import ComparisonBudget
from mockzoom.play.controls import Stopped
from mockzoom.play.equipment import Equipment, Lanes
from mockzoom.play.gauge import NotComparable, Order, Perform
from mockzoom.play.passes import BrokenOff, Passes, Play, passable
from mockzoom.play.patience import LateAnswers, Unanswering
from mockzoom.play.performance import Performance, StoppedShort
from mockzoom.play.plan import PlayPlan
from mockzoom.play.probing import Probing, Wire
from mockzoom.play.scene import Scene, Slots
from mockzoom.play.schedule import Schedule
from mockzoom.play.scripts import irregular_steps
from mockzoom.play.streams import Streams, streamed
from mockzoom.scenario.model import STEP_S, ProbeSource, Scenario, Send, span, walk
from mockzoom.suites import state
from mockzoom.transport import Permit
from mockzoom.transport.dial import unreachable
from mockzoom.wording import counted
from mockzoom.zoom.retry_policies import POLICIES

BEHIND_S = 0.5
"""Seconds by which an event lies before its delivery, at least: Zoom's are 0.4 to 1 s old."""
_TITLES = 5
"""Titles of scenarios that one notice names."""
NO_PROBE = (
    "no probe shows what deliveries leave behind; name one with --probe (pytest: the fixture"
    " mockzoom_probe)"
)


class Director:
    """Plays a plan against one receiver, and hands every run event on."""

    def __init__(
        self, runner: Runner, plan: PlayPlan, context: ssl.SSLContext | None = None,
        permit: Permit | None = None,
    ) -> None:  # fmt: skip
        self._runner = runner
        self._plan = plan
        self._answers = Answers(runner)
        # No two runs, nor two plays, speak of the same entities; world 0 is other deliveries'.
        self._scenes = count(runner.cases.at_ms + plan.first_scene + 1)
        self._patience = LateAnswers()
        self._budget = ComparisonBudget(None if plan.clock == "real" or plan.scale else plan.budget)
        self._traceless: list[str] = []
        """Titles of the scenarios that left nothing in the probed state."""
        self._slots = Slots(runner.cases.at_ms)
        self._probings: dict[ProbeSource, Probing] = {}
        self._context = context
        self._permit = permit
        self._hold = None if plan.controls is None else plan.controls.hold

    async def play(self) -> RunResult:
        """Play every scenario and return the outcome; it holds what was judged until it ended."""
        run, plan = self._runner, self._plan
        total = sum(_deliveries(scenario) for scenario in plan.scenarios)
        run.start(total, "play")
        controls = plan.controls
        try:
            if controls is not None:
                controls.attach()
            await self._everything()
        except (ReceiverGone, MockzoomError) as error:
            if isinstance(error, UsageError):
                raise
            run.run_error(str(error))
        except (Stopped, asyncio.CancelledError):
            if controls is not None and controls.ending == "stopped":
                run.notice("stopped at the controls; what follows was not played")
            else:
                run.run_error("interrupted; what follows was not played")
        finally:
            if controls is not None:
                controls.end()
        if not any(plan.source(scenario) for scenario in plan.scenarios):
            run.skip_rules(NO_PROBE, *(rule.id for rule in state.SUITE.rules))
        return run.finish(event for scenario in plan.scenarios for event in scenario.events)

    async def _everything(self) -> None:
        failure = await self._runner.courier.transport.reach()
        if failure is not None:
            raise ReceiverGone(unreachable(failure))
        await self._scenarios()
        self._unsteered()
        await Rechecks(self._runner, self._answers, self._redeliver).play()

    def _unsteered(self) -> None:
        """Tell the controls that what follows is none of the scenario's steps."""
        if self._plan.controls is not None:
            self._plan.controls.comparing()

    async def _redeliver(
        self, step: Send, doubt: Doubt, before: Sequence[str]
    ) -> tuple[TestCase, Exchange]:
        """Deliver the event of a step after others, about new entities, as that in `doubt` was."""
        runner = self._runner
        now_ms = round((runner.courier.clock.now() - BEHIND_S) * 1000)
        steps = [*(replace(step, event=event, changes=(), without=()) for event in before), step]
        scene = Scene(runner.cases, next(self._scenes), now_ms - round(len(steps) * STEP_S * 1000))

        async def concluded(sending: Sending) -> None:
            runner.delivered(sending.exchange)

        async with Schedule(SystemClock(), self._hold) as schedule:
            attempts = Attempts(runner.courier.signing_with(doubt.secret), schedule)
            for number, each in enumerate(steps, 1):
                case = scene.author(replace(each, saves=()), number * STEP_S, 0)
                delivery = structs.replace(runner.delivery(case), case=doubt.exchange.delivery.case)
                sending = Sending(delivery, POLICIES["none"])
                await attempts.first(sending, concluded)
        return case, sending.exchange

    # -- one scenario --------------------------------------------------------------------------

    async def _scenarios(self) -> None:
        try:
            passed = passable(self._plan)
            if len(passed) > 1:
                await self._passes(passed)
            else:
                passed = []
            for number, scenario in enumerate(self._plan.scenarios, 1):
                if scenario not in passed and self._patience.begins(scenario):
                    await self._scenario(scenario, number)
        except Unanswering as error:
            self._runner.run_error(str(error))
        finally:
            if self._traceless:
                self._runner.notice(_without_trace(self._traceless))
        for text in (*self._patience.notices(), *self._budget.notices()):
            self._runner.notice(text)
        for text in self._budget.breakages(rule for rule, _ in self._runner.judged):
            self._runner.run_error(text)

    async def _scenario(self, scenario: Scenario, number: int) -> None:
        run = self._runner
        run.step(scenario.title, scenario.about)
        controls = self._plan.controls
        if controls is not None:
            total = len(self._plan.scenarios)
            controls.begin(scenario.title, scenario.steps, number, total)
        try:
            probing = self._probing(scenario)
            if streamed(scenario) and not self._plan.rehearsal:
                await self._streamed(scenario, probing)
            elif probing is None or scenario.rotates or not self._is_compared(scenario):
                await self._perform(scenario, {}, judged=True, probing=probing)
            else:
                await self._compared(scenario, probing)
        except MockzoomError as error:
            if isinstance(error, UsageError | Unanswering):
                raise
            run.run_error(f"{scenario.title}: {error}")

    def _is_compared(self, scenario: Scenario) -> bool:
        """Tell whether a scenario is to be played again, and there is time for it."""
        if self._plan.compare and self._budget.is_spent:
            self._budget.leaves_out(scenario.title, rules_of(irregular_steps(scenario, ())))
        return self._plan.compare and not self._budget.is_spent

    # -- passes --------------------------------------------------------------------------------

    async def _passes(self, scenarios: Sequence[Scenario]) -> None:
        """Play scenarios in passes, then those alone in which something differs."""
        probing = self._probing(scenarios[0])
        assert probing is not None
        seed = self._runner.cases.seed

        async def judge(scenario: Scenario, orders: Order) -> Performance | None:
            if not self._patience.begins(scenario):
                return None
            self._runner.step(scenario.title, scenario.about)
            try:
                made = await self._perform(scenario, orders, judged=True, probing=probing)
            except MockzoomError as error:
                if isinstance(error, UsageError | Unanswering):
                    raise
                self._runner.run_error(f"{scenario.title}: {error}")
                raise BrokenOff(scenario.title) from None
            return made

        passes = Passes(
            self._runner, probing, judge, lambda each: self._again(each, probing, aside=False)
        )
        told = [(each, all_orders(each, seed)) for each in scenarios]
        try:
            found = await passes.play(told)
        except NotComparable as reason:
            self._runner.notice(f"not compared in one pass, but one by one: {reason}")
            found = passes.plays
        self._traceless += [play.scenario.title for play in passes.traceless]
        for play in passes.plays:
            if play not in found:
                count_rules(self._runner, irregular_in(play.scenario, play.performance))
        reported = self._runner.findings.total
        await self._pursued(found, probing)
        if found and passes.is_open and self._runner.findings.total == reported:
            rest = [play for play in passes.plays if play not in found]
            try:
                more = await passes.halved(rest)
            except NotComparable as reason:
                self._runner.notice(f"a total differs, and it was not found in which: {reason}")
                return
            await self._pursued([play for play in rest if play.number in more], probing)

    async def _pursued(self, plays: Sequence[Play], probing: Probing) -> None:
        """Look at scenarios alone, as long as the time for comparisons lasts."""
        left = list(plays)
        while left and not self._budget.is_spent:
            play = max(left, key=self._unjudged)
            left.remove(play)
            comparison = Comparison(
                self._runner, play.scenario, probing, self._again(play.scenario, probing),
                patience=self._patience,
            )  # fmt: skip
            await comparison.pursue(play.performance, self._runner.cases.seed)
            count_rules(self._runner, irregular_in(play.scenario, play.performance))
            if comparison.left_no_trace and play.scenario.title not in self._traceless:
                self._traceless.append(play.scenario.title)
        for play in left:
            irregular = irregular_in(play.scenario, play.performance)
            self._budget.leaves_out(play.scenario.title, rules_of(irregular))

    def _unjudged(self, play: Play) -> int:
        """Return how many rules a scenario would be the first to judge: such ones come first."""
        judged = {rule for rule, _ in self._runner.judged}
        return len(rules_of(irregular_in(play.scenario, play.performance)) - judged)

    def _again(self, scenario: Scenario, probing: Probing, *, aside: bool = True) -> Perform:
        """Return what plays a scenario's scripts; those not judged are told, if `aside`."""

        async def perform(
            script: Scenario, orders: Order, judged: bool, lanes: Lanes
        ) -> Performance:
            if aside and not judged:
                self._unsteered()
                name = f"{scenario.title}: again"
                self._runner.tell(StepStarted(name, "to compare what it leaves", 0.0, aside=True))
            return await self._perform(script, orders, judged=judged, probing=probing, lanes=lanes)

        return perform

    async def _compared(self, scenario: Scenario, probing: Probing) -> None:
        perform = self._again(scenario, probing)
        comparison = Comparison(
            self._runner, scenario, probing, perform, self._plan.effects, self._patience
        )
        await comparison.play(self._runner.cases.seed)
        if comparison.left_no_trace:
            self._traceless.append(scenario.title)

    async def _streamed(self, scenario: Scenario, probing: Probing | None) -> None:
        """Play a scenario beside the stream server, then judge the consumer's streams."""
        async with self.streams(scenario) as streams:
            stopped = await self.stream(scenario, streams, probing)
            if stopped:
                self._runner.notice(stopped)
            self._unsteered()
            streams.report(await streams.verdicts())

    def streams(self, scenario: Scenario) -> Streams:
        """Return the stream server of a scenario, not yet running."""
        from mockzoom.zoom.rtms import Timing

        return Streams(
            scenario,
            self._runner,
            client_id=self._plan.client_id,
            client_secret=self._plan.client_secret,
            timing=Timing().scaled(self._plan.stream_scale),
            scale=self._plan.stream_scale,
        )

    async def stream(
        self,
        scenario: Scenario,
        streams: Streams,
        probing: Probing | None = None,
        *,
        judged: bool = True,
    ) -> str:
        """Play a scenario with its running streams; return where the consumer fell behind."""
        performance = self._performance(scenario, {}, judged, probing, streams)
        streams.deliver_by(performance.webhook)
        try:
            await performance.play()
        except StoppedShort as reason:
            return str(reason)
        return ""

    async def _perform(
        self, scenario: Scenario, orders: Order, *, judged: bool, probing: Probing | None,
        lanes: Lanes = "parallel",
    ) -> Performance:  # fmt: skip
        performance = self._performance(scenario, orders, judged, probing, lanes=lanes)
        await performance.play()
        return performance

    def _performance(
        self,
        scenario: Scenario,
        orders: Order,
        judged: bool,
        probing: Probing | None,
        streams: Streams | None = None,
        lanes: Lanes = "parallel",
    ) -> Performance:
        schedule = Schedule(self._clock(scenario, judged), self._hold)
        scene = self._scene(scenario, schedule, streams)
        return Performance(
            scenario,
            Equipment(
                self._runner,
                scene,
                schedule,
                answers=self._answers if judged else None,
                controls=self._plan.controls if judged else None,
                probing=probing,
                next_secret=self._plan.next_secret,
                orders=orders,
                lanes=lanes,
                rehearsal=self._plan.rehearsal,
                streams=streams,
                patience=self._patience if judged else None,
            ),
        )

    def _clock(self, scenario: Scenario, judged: bool) -> Clock:
        plan = self._plan
        if plan.scale is not None and judged:
            return ScaledClock(plan.scale)
        real = plan.clock == "real" or (streamed(scenario) and not plan.rehearsal)
        return SystemClock() if real and judged else VirtualClock()

    def _scene(self, scenario: Scenario, schedule: Schedule, streams: Streams | None) -> Scene:
        """Return a fresh world, whose payload clock ends now at the latest."""
        ahead = span(scenario.steps, STEP_S)
        if schedule.waits_really:
            ahead -= span(scenario.steps, 0.0)
        now = self._runner.courier.clock.now() - BEHIND_S
        latest_ms = min(self._runner.cases.at_ms, round(now * 1000)) - round(ahead * 1000)
        start_ms = self._slots.start_ms(latest_ms, span(scenario.steps, STEP_S))
        return Scene(self._runner.cases, next(self._scenes), start_ms, streams, scenario.name)

    def _probing(self, scenario: Scenario) -> Probing | None:
        source = self._plan.source(scenario)
        if source is None:
            return None
        if source not in self._probings:
            timeout = max(self._runner.courier.timeout, source.within)  # a state may be large
            wire = Wire(self._runner.courier.transport, self._context, timeout, self._permit)
            self._probings[source] = Probing(source, wire, self._plan.reader)
        return self._probings[source]


def _without_trace(titles: list[str]) -> str:
    """Say once which scenarios a probe shows nothing of."""
    shown = ", ".join(titles[:_TITLES])
    if len(titles) > _TITLES:
        shown += f" and {counted(len(titles) - _TITLES, 'more scenario')}"
    it, leaves, by = ("it", "leaves", "it") if len(titles) == 1 else ("they", "leave", "them")
    return (
        f"{shown}: {it} {leaves} no trace in the probed state, so what becomes of duplicates and"
        f" other orders cannot be told by {by}"
    )


def _deliveries(scenario: Scenario) -> int:
    return sum(step.deliver.times for step in walk(scenario.steps) if isinstance(step, Send))
