"""The performances of a plan: each in a fresh scene, on the clock that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from mockzoom.clock import Clock, ScaledClock, SystemClock, VirtualClock
from mockzoom.engine.runner import Runner
from mockzoom.play.answers import Answers
from mockzoom.play.equipment import Equipment
from mockzoom.play.hold import Hold
from mockzoom.play.late_answers import LateAnswers
from mockzoom.play.performance import Performance
from mockzoom.play.plan import PlayPlan
from mockzoom.play.scene import Scene, Slots
from mockzoom.play.schedule import Schedule
from mockzoom.play.streams import Streams, streamed
from mockzoom.scenario.model import STEP_S, Scenario, span
from mockzoom.state.plays import IN_ORDER, Lanes, Order
from mockzoom.state.settling import Settling

BEHIND_S = 0.5
"""Seconds by which an event lies before its delivery, at least: Zoom's are 0.4 to 1 s old."""


class Performances:
    """Makes the performances of one run; no two are about the same entities."""

    def __init__(
        self, runner: Runner, plan: PlayPlan, answers: Answers, late_answers: LateAnswers
    ) -> None:
        self._runner = runner
        self._plan = plan
        self._answers = answers
        self._late_answers = late_answers
        self._slots = Slots(runner.cases.at_ms)
        # World 0 is other deliveries'.
        self.numbers: Iterator[int] = count(runner.cases.at_ms + plan.first_scene + 1)
        self.hold: Hold | None = None if plan.controls is None else plan.controls.hold

    def judged(
        self, scenario: Scenario, settling: Settling | None = None, orders: Order = IN_ORDER,
        streams: Streams | None = None,
    ) -> Performance:  # fmt: skip
        """Return a performance whose answers are judged, and which the controls steer."""
        equipment = self._equipment(scenario, settling, orders, streams, is_judged=True)
        equipment.answers = self._answers
        equipment.controls = self._plan.controls
        equipment.late_answers = self._late_answers
        return Performance(scenario, equipment)

    def unjudged(
        self, scenario: Scenario, settling: Settling | None = None, orders: Order = IN_ORDER,
        streams: Streams | None = None, lanes: Lanes = "parallel",
        effective: set[str] | None = None,
    ) -> Performance:  # fmt: skip
        """Return a performance that is played only for what it leaves behind."""
        equipment = self._equipment(scenario, settling, orders, streams, is_judged=False)
        equipment.lanes = lanes
        equipment.effective = effective
        return Performance(scenario, equipment)

    def _equipment(
        self, scenario: Scenario, settling: Settling | None, orders: Order,
        streams: Streams | None, *, is_judged: bool,
    ) -> Equipment:  # fmt: skip
        schedule = Schedule(self._clock(scenario, is_judged), self.hold)
        return Equipment(
            self._runner,
            self._scene(scenario, schedule, streams),
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

    def _scene(self, scenario: Scenario, schedule: Schedule, streams: Streams | None) -> Scene:
        """Return a fresh scene, whose payload clock ends now at the latest."""
        ahead = span(scenario.steps, STEP_S)
        if schedule.waits_really:
            ahead -= span(scenario.steps, 0.0)
        now = self._runner.courier.clock.now() - BEHIND_S
        latest_ms = min(self._runner.cases.at_ms, round(now * 1000)) - round(ahead * 1000)
        start_ms = self._slots.start_ms(latest_ms, span(scenario.steps, STEP_S))
        return Scene(
            self._runner.cases, next(self.numbers), start_ms, streams, scenario.name,
            scenario.steps, is_ascii=scenario.is_ascii,
        )  # fmt: skip
