"""The scenario runs of a plan: each about fresh entities, on the clock that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from mockzoom.clock import Clock, ScaledClock, SystemClock, VirtualClock
from mockzoom.engine.runner import Runner
from mockzoom.play.answers import Answers
from mockzoom.play.hold import Hold
from mockzoom.play.late_answers import LateAnswers
from mockzoom.play.plan import PlayPlan
from mockzoom.play.run_context import RunContext
from mockzoom.play.scenario_events import ScenarioEvents, StartTimes
from mockzoom.play.scenario_run import ScenarioRun
from mockzoom.play.schedule import Schedule
from mockzoom.play.streams import Streams, streamed
from mockzoom.scenario.model import STEP_S, Scenario, span
from mockzoom.state.plays import IN_ORDER, Lanes, Order, PlayRecord
from mockzoom.state.settling import Settling

BEHIND_S = 0.5
"""Seconds by which an event lies before its delivery, at least: Zoom's are 0.4 to 1 s old."""


class ScenarioRuns:
    """Makes the scenario runs of one run; no two are about the same entities."""

    def __init__(
        self, runner: Runner, plan: PlayPlan, answers: Answers, late_answers: LateAnswers
    ) -> None:
        self._runner = runner
        self._plan = plan
        self._answers = answers
        self._late_answers = late_answers
        self._start_times = StartTimes(runner.cases.at_ms)
        # EntitySet 0 is other deliveries'.
        self.numbers: Iterator[int] = count(runner.cases.at_ms + plan.first_number + 1)
        self.hold: Hold | None = None if plan.controls is None else plan.controls.hold

    def judged(
        self, scenario: Scenario, settling: Settling | None = None, orders: Order = IN_ORDER,
        streams: Streams | None = None,
    ) -> ScenarioRun:  # fmt: skip
        """Return a scenario run whose answers are judged, and which the controls steer."""
        context = self._context(scenario, settling, orders, streams, is_judged=True)
        context.answers = self._answers if self._plan.answered else None
        context.controls = self._plan.controls
        context.late_answers = self._late_answers
        return ScenarioRun(scenario, context)

    def unjudged(
        self, scenario: Scenario, settling: Settling | None = None, orders: Order = IN_ORDER,
        streams: Streams | None = None, lanes: Lanes = "parallel",
        effective: set[str] | None = None,
    ) -> ScenarioRun:  # fmt: skip
        """Return a scenario run that is played only for what it leaves behind."""
        context = self._context(scenario, settling, orders, streams, is_judged=False)
        context.lanes = lanes
        context.effective = effective
        return ScenarioRun(scenario, context)

    def _context(
        self, scenario: Scenario, settling: Settling | None, orders: Order,
        streams: Streams | None, *, is_judged: bool,
    ) -> RunContext:  # fmt: skip
        schedule = Schedule(self._clock(scenario, is_judged), self.hold)
        return RunContext(
            self._runner,
            self._events(scenario, schedule, streams, settling),
            schedule,
            settling=settling,
            next_secret=self._plan.next_secret,
            orders=orders,
            rehearsal=self._plan.rehearsal,
            streams=streams,
        )

    def _clock(self, scenario: Scenario, is_judged: bool) -> Clock:
        plan = self._plan
        if plan.scale is not None and is_judged:
            return ScaledClock(plan.scale)
        real = plan.clock == "real" or (streamed(scenario) and not plan.rehearsal)
        return SystemClock() if real and is_judged else VirtualClock()

    def _events(
        self, scenario: Scenario, schedule: Schedule, streams: Streams | None,
        settling: Settling | None,
    ) -> ScenarioEvents:  # fmt: skip
        """Return what makes its events, whose payload clock ends now at the latest."""
        ahead = span(scenario.steps, STEP_S)
        if schedule.waits_really:
            ahead -= span(scenario.steps, 0.0)
        now = self._runner.sender.clock.now() - BEHIND_S
        latest_ms = min(self._runner.cases.at_ms, round(now * 1000)) - round(ahead * 1000)
        start_ms = self._start_times.start_ms(latest_ms, span(scenario.steps, STEP_S))
        return ScenarioEvents(
            self._runner.cases, next(self.numbers), start_ms, streams, scenario.name,
            scenario.steps, is_ascii=scenario.is_ascii,
            read_at="" if settling is None else settling.source.get,
        )  # fmt: skip


def record_of(scenario_run: ScenarioRun) -> PlayRecord:
    """Return what became of the deliveries of a scenario run, for its comparison."""
    delivered = scenario_run.delivered
    steps = {each.step.name: each.step for each in delivered}
    acknowledged = {each.step.name for each in delivered if each.sending.attempts[-1].acknowledged}
    events = scenario_run.events
    return PlayRecord(
        tuple(events.sent),
        tuple(events.cases.pins.values()),
        acknowledged=tuple(step for name, step in steps.items() if name in acknowledged),
        unacknowledged=frozenset(
            each.step.name
            for each in delivered
            if each.sending.answered and not each.sending.attempts[-1].acknowledged
        ),
        failing=frozenset(
            each.step.name
            for each in delivered
            if not each.sending.lost
            and not each.sending.attempts[0].acknowledged
            and each.sending.attempts[0].status != 429
        ),
        retried=frozenset(each.step.name for each in delivered if len(each.sending.attempts) > 1),
        is_rate_limited=any(each.sending.attempts[-1].status == 429 for each in delivered),
        is_altered=scenario_run.run_controls.altered,
    )
