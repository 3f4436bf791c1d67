"""Run controls: what the controls of a play change about one scenario run.

Without controls nothing waits, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mockzoom.engine.case import TestCase
from mockzoom.model import JSON, Event
from mockzoom.play.attempts import Sending
from mockzoom.play.controls import Command, Controls
from mockzoom.play.scenario_events import ScenarioEvents
from mockzoom.play.schedule import Schedule
from mockzoom.play.view import Draft, nothing_left
from mockzoom.scenario.model import NOTHING, Expect, Send, Shuffle, Step, StepError, Together
from mockzoom.suites.authenticity import forged


class RunControls:
    """The controls of one scenario run, if it has any."""

    def __init__(self, controls: Controls | None) -> None:
        self._controls = controls
        self.altered = False
        """Whether something else was played than the scenario says."""
        self._step = ""
        self._edited: list[TestCase] = []

    def begins(self, schedule: Schedule) -> None:
        """Note that the scenario run begins, on this schedule."""
        if self._controls is not None:
            self._controls.follow(lambda: schedule.elapsed)

    async def gate(self, index: int, draft: Callable[[], Draft] = nothing_left) -> Command:
        """Wait until step `index` may be played; return what is to be done."""
        if self._controls is None:
            return "play"
        return await self._controls.gate(index, draft)

    def playing(self, index: int, step: str) -> None:
        """Note that a step of the main line is played."""
        self._step = step
        if self._controls is not None:
            self._controls.mark(index, "playing")

    def done(self, index: int) -> None:
        """Note that a step was played."""
        if self._controls is not None:
            self._controls.mark(index, "done")

    def skipped(self, index: int) -> None:
        """Note that a step was left out."""
        self.altered = True
        if self._controls is not None:
            self._controls.mark(index, "skipped")

    def failed(self, index: int, why: Exception) -> None:
        """Note that the scenario cannot go on after a step."""
        if self._controls is not None:
            self._controls.mark(index, "failed", str(why))

    def attempted(self, step: str, sending: Sending) -> None:
        """Note an attempt of `step` (empty: of whatever is being played)."""
        if self._controls is not None:
            self._controls.delivered(step, sending.exchange, sending.due)

    def later(self, step: str, due: float | None) -> None:
        """Note when a late event of `step` goes out, by the schedule; None: that it has."""
        if self._controls is not None:
            self._controls.later(step, due)

    def repeats(self, *, possible: bool) -> None:
        """Note that the last event is delivered again, or that there is none."""
        self.altered = self.altered or possible
        if self._controls is not None and not possible:
            self._controls.say("nothing has been delivered yet that could be sent again")

    def edited(self, events: ScenarioEvents, step: Send, case: TestCase) -> tuple[Send, TestCase]:
        """Return the step and its event, or what was written in its place at the controls.

        Such an event is judged by the rules, and not by what the scenario expects of its own.
        """
        if self._controls is None or step.name != self._step:
            return step, case
        body: JSON = self._controls.take_edit(step.name)
        if body is NOTHING:
            return step, case
        self.altered = True
        name = body.get("event") if isinstance(body, dict) else None
        named = name if isinstance(name, str) else case.event
        own = events.cases.by_hand(Event(named, body))
        self._edited.append(own)
        forge = step.deliver.forge
        return replace(step, expect=None), forged(own, forge)

    def is_edited(self, case: TestCase) -> bool:
        """Whether an event was written at the controls, and what it tells may be invented."""
        return any(case.body is each.body for each in self._edited)

    def injected(self) -> str:
        """Return the name of the fault for the next delivery, or an empty string."""
        fault = "" if self._controls is None else self._controls.take_fault()
        self.altered = self.altered or bool(fault)
        return fault


def repeated(step: Send) -> Send:
    """Return the step of an event that is sent again by hand: of what it expects, the status."""
    if step.expect is None:
        return step
    return replace(step, expect=Expect(step.expect.place, statuses=step.expect.statuses))


def draft(steps: Sequence[Step], events: ScenarioEvents, offset: float, entities: int) -> Draft:
    """Return the body of the first `send` among `steps`, which begin `offset` seconds in."""
    for step in steps:
        offset += step.after
        if isinstance(step, Together | Shuffle):
            why = f"{step.name} delivers several events, which cannot be edited one by one"
            return Draft(step.name, why=why)
        if isinstance(step, Send):
            return _drafted(step, events, offset + step.follows_s, entities + step.entities)
        offset += step.lasts(0.0)
    return nothing_left()


def _drafted(step: Send, events: ScenarioEvents, offset: float, entities: int) -> Draft:
    try:
        body: JSON = events.preview(step, offset, entities)
    except StepError as error:
        return Draft(step.name, why=f"{step.name} is not known yet: {error}")
    return Draft(step.name, body)
