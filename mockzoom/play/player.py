"""The player: plays scenarios one after the other, and sums up what was found."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from msgspec import structs

from mockzoom.clock import SystemClock
from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import Runner
from mockzoom.engine.sending import ReceiverGone
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import Exchange, RunResult
from mockzoom.play.answers import Answers, Rechecks, UnsureAnswer
from mockzoom.play.attempts import Attempts, Sending
from mockzoom.play.comparing import Comparing
from mockzoom.play.comparison_budget import ComparisonBudget
from mockzoom.play.comparison_notices import rules_of
from mockzoom.play.controls import Stopped
from mockzoom.play.late_answers import LateAnswers, UnresponsiveReceiver
from mockzoom.play.plan import PlayPlan
from mockzoom.play.requirements import passable
from mockzoom.play.scenario_events import ScenarioEvents
from mockzoom.play.scenario_run import StoppedShort
from mockzoom.play.scenario_runs import BEHIND_S, ScenarioRuns
from mockzoom.play.schedule import Schedule
from mockzoom.play.streams import Streams, report, streamed
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario.model import STEP_S, Scenario, Send, walk
from mockzoom.state.scripts import irregular_steps
from mockzoom.state.settling import Settling
from mockzoom.suites import state
from mockzoom.transport import Permit
from mockzoom.transport.dial import unreachable
from mockzoom.zoom.retry_policies import POLICIES

FORGETTING = (
    "whether request ids are remembered until the last retry, after 85 minutes, was not checked:"
    " nobody waits for it; see --probe-advance, or --real-time"
)
RECORDED = "it delivers recorded bodies, which are about the same entities each time"
NO_PROBE = (
    "no probe shows what deliveries leave behind; name one with --probe (pytest: the fixture"
    " mockzoom_probe)"
)


class Player:
    """Plays a plan against one receiver, and hands every run event on."""

    def __init__(
        self, runner: Runner, plan: PlayPlan, context: ssl.SSLContext | None = None,
        permit: Permit | None = None,
    ) -> None:  # fmt: skip
        self._runner = runner
        self._plan = plan
        self._answers = Answers(runner)
        self._late_answers = LateAnswers()
        self._scenario_runs = ScenarioRuns(runner, plan, self._answers, self._late_answers)
        self._budget = _budget_of(plan)
        self._comparing = Comparing(
            runner, plan, self._scenario_runs, self._late_answers, self._budget
        )
        self._settlings: dict[ProbeSource, Settling] = {}
        self._context = context
        self._permit = permit

    async def play(self) -> RunResult:
        """Play every scenario and return the outcome; it holds what was judged until it ended."""
        run, plan = self._runner, self._plan
        run.start(sum(_deliveries(scenario) for scenario in plan.scenarios), "play")
        with suppress(asyncio.CancelledError):
            await self.play_within()
        return run.finish(event for scenario in plan.scenarios for event in scenario.events)

    async def play_within(self) -> None:
        """Play every scenario within a run that others begin and end.

        What ends it early is a run error; an interrupt is raised again.
        """
        run, controls = self._runner, self._plan.controls
        try:
            if controls is not None:
                controls.attach()
            await self._everything()
        except (ReceiverGone, MockzoomError) as error:
            if isinstance(error, UsageError):
                raise
            run.run_error(str(error))
        except (Stopped, asyncio.CancelledError) as reason:
            if controls is not None and controls.ending == "stopped":
                run.notice("stopped at the controls; what follows was not played")
            else:
                run.run_error("interrupted; what follows was not played")
            if isinstance(reason, asyncio.CancelledError):
                raise
        finally:
            if controls is not None:
                controls.end()
            self._skip_unjudged()

    def _skip_unjudged(self) -> None:
        """Say what this plan keeps from being judged."""
        run, plan = self._runner, self._plan
        if not any(plan.source(scenario) for scenario in plan.scenarios):
            run.skip_rules(NO_PROBE, *(rule.id for rule in state.SUITE.rules))
        elif all(scenario.is_recorded for scenario in plan.scenarios):
            run.skip_rules(RECORDED, *(rule.id for rule in state.SUITE.rules))
        elif any(map(self._hides_forgetting, plan.scenarios)):
            run.not_observable(FORGETTING)

    def _hides_forgetting(self, scenario: Scenario) -> bool:
        """Tell whether a receiver could forget request ids between retries, and nobody see it."""
        source, plan = self._plan.source(scenario), self._plan
        waits = plan.clock == "real" or plan.scale is not None or streamed(scenario)
        retries = any(
            isinstance(step, Send) and step.deliver.lose_response for step in walk(scenario.steps)
        )
        return source is not None and retries and not (waits or source.advance)

    async def _everything(self) -> None:
        for scenario in self._plan.scenarios:
            self._settling(scenario)  # a probe that cannot be is refused before anything is sent
        failure = await self._runner.sender.transport.reach()
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
        self, step: Send, doubt: UnsureAnswer, before: Sequence[str]
    ) -> tuple[TestCase, Exchange]:
        """Deliver the event of a step after others, about new entities, as that in `doubt` was."""
        runner = self._runner
        now_ms = round((runner.sender.clock.now() - BEHIND_S) * 1000)
        steps = [*(_plainly(step, event) for event in before), step]
        events = ScenarioEvents(
            runner.cases,
            next(self._scenario_runs.numbers),
            now_ms - round(len(steps) * STEP_S * 1000),
        )

        async def concluded(sending: Sending) -> None:
            runner.delivered(sending.exchange)

        async with Schedule(SystemClock(), self._scenario_runs.hold) as schedule:
            attempts = Attempts(runner.sender.signing_with(doubt.secret), schedule)
            for number, each in enumerate(steps, 1):
                case = events.author(replace(each, saves=()), number * STEP_S, 0)
                delivery = structs.replace(runner.delivery(case), case=doubt.exchange.delivery.case)
                sending = Sending(delivery, POLICIES["none"])
                await attempts.first(sending, concluded)
        return case, sending.exchange

    # -- one scenario --------------------------------------------------------------------------

    async def _scenarios(self) -> None:
        try:
            passed = passable(self._plan)
            if len(passed) > 1:
                settling = self._settling(passed[0])
                assert settling is not None
                await self._comparing.passes(passed, settling)
            else:
                passed = []
            for number, scenario in enumerate(self._plan.scenarios, 1):
                if scenario not in passed and self._late_answers.begin(scenario):
                    await self._scenario(scenario, number)
        except UnresponsiveReceiver as error:
            self._runner.run_error(str(error))
        finally:
            for text in self._comparing.notices():
                self._runner.notice(text)
        ignored = (text for settling in self._settlings.values() for text in settling.notices())
        for text in (*self._late_answers.notices(), *self._budget.notices(), *ignored):
            self._runner.notice(text)
        for settling in self._settlings.values():
            if settling.entities is not None and (text := settling.entities.unused()):
                self._runner.run_error(text)
        is_explained = any(self._runner.findings.has(rule.id) for rule in state.SUITE.rules)
        judged = (rule for rule, _ in self._runner.judged)
        for text in self._budget.breakages(judged, is_explained=is_explained):
            self._runner.run_error(text)

    async def _scenario(self, scenario: Scenario, number: int) -> None:
        run = self._runner
        run.step(scenario.title, scenario.about)
        controls = self._plan.controls
        if controls is not None:
            total = len(self._plan.scenarios)
            controls.begin(scenario.title, scenario.steps, number, total)
        try:
            settling = self._settling(scenario)
            if streamed(scenario) and not self._plan.rehearsal:
                await self._streamed(scenario, settling)
            elif settling is None or scenario.rotates or not self._is_compared(scenario):
                await self._scenario_runs.judged(scenario, settling).play()
            else:
                await self._comparing.scenario(scenario, settling)
        except MockzoomError as error:
            if isinstance(error, UsageError | UnresponsiveReceiver):
                raise
            run.run_error(f"{scenario.title}: {error}")

    def _is_compared(self, scenario: Scenario) -> bool:
        """Tell whether a scenario is to be played again, and there is time for it."""
        if scenario.is_recorded:
            self._runner.notice(f"{scenario.title}: not compared with a second play: {RECORDED}")
            return False
        if self._plan.compare and self._budget.is_spent:
            self._budget.leaves_out(scenario.title, rules_of(irregular_steps(scenario, ())))
        return self._plan.compare and not self._budget.is_spent

    async def _streamed(self, scenario: Scenario, settling: Settling | None) -> None:
        """Play a scenario beside the stream server, then judge the consumer's streams."""
        async with self.streams(scenario) as streams:
            stopped = await self.stream(scenario, streams, settling)
            if stopped:
                self._runner.notice(stopped)
            self._unsteered()
            report(self._runner, await streams.verdicts())

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
        settling: Settling | None = None,
        *,
        judged: bool = True,
    ) -> str:
        """Play a scenario with its running streams; return where the consumer fell behind."""
        scenario_runs = self._scenario_runs
        make = scenario_runs.judged if judged else scenario_runs.unjudged
        scenario_run = make(scenario, settling, streams=streams)
        streams.deliver_by(scenario_run.webhook)
        try:
            await scenario_run.play()
        except StoppedShort as reason:
            return str(reason)
        return ""

    def _settling(self, scenario: Scenario) -> Settling | None:
        source = self._plan.source(scenario)
        if source is None:
            return None
        if source not in self._settlings:
            sender = self._runner.sender
            self._settlings[source] = Settling.over(
                sender.transport, source, sender.timeout, self._context, self._permit,
                self._plan.reader,
            )  # fmt: skip
        return self._settlings[source]


def _budget_of(plan: PlayPlan) -> ComparisonBudget:
    """Return the budget of a plan, from now on; `verify --websocket` has no option to raise it."""
    seconds = None if plan.clock == "real" or plan.scale else plan.budget
    if plan.answered:
        return ComparisonBudget(seconds)
    return ComparisonBudget(seconds, "name fewer events with --events")


def _plainly(step: Send, event: str) -> Send:
    """Return a step that delivers a plain event, as another step does its own."""
    return replace(step, event=event, body=None, changes=(), without=())


def _deliveries(scenario: Scenario) -> int:
    return sum(step.deliver.times for step in walk(scenario.steps) if isinstance(step, Send))
