"""A scenario run: one scenario about entities of its own, played step by step.

It delivers, waits and validates on its schedule; what the answers mean is said by `answers`, and a
scenario run without them is played only for what it leaves behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from mockzoom.model import JSON, StepStarted
from mockzoom.play.calls import call
from mockzoom.play.controls import Stopped
from mockzoom.play.deliveries import ONE_A_SECOND, Deliveries, go_one_a_second
from mockzoom.play.run_context import RunContext, StepDelivery, leave_off
from mockzoom.play.run_controls import RunControls, draft
from mockzoom.play.scenario_events import LANE_ENTITIES
from mockzoom.play.streams import Streams, webhook_step
from mockzoom.play.validation import Validation, ValidationFailures
from mockzoom.play.view import Draft
from mockzoom.scenario.model import (
    Expect,
    Scenario,
    Send,
    Shuffle,
    Step,
    StepError,
    Together,
)
from mockzoom.scenario.sending import Challenge, EndpointCall
from mockzoom.scenario.steps import Await, Probe, Rotate, StreamFault, Wait
from mockzoom.state.settling import Settling
from mockzoom.suites.expectations import mismatches, state_expectation

GENTLE_S = 0.025
"""Real seconds between deliveries that shall not come at once, nor one soon after the other."""
LANE_S = 0.001
"""Seconds of the payload clock between lanes: events of one `event_ts` would have no order."""


class StoppedShort(Exception):
    """A scenario ends early, since the consumer is not where it is wanted; rules say why."""


@dataclass(slots=True)
class Line:
    """A sequence of steps: where it is on the payload clock, and in which entity set it plays."""

    offset: float = 0.0
    entities: int = 0


class ScenarioRun:
    """Plays the steps of one scenario once."""

    def __init__(self, scenario: Scenario, context: RunContext) -> None:
        self.scenario = scenario
        self._with = context
        self._runner = context.runner
        self.events = self._events = context.events
        self._schedule = context.schedule
        self._answers = context.answers
        self.run_controls = RunControls(context.controls)
        self._subscription = ValidationFailures()
        self._deliveries = Deliveries(
            scenario, context, self.run_controls, self._subscription, self._pass
        )
        self._validation = Validation(
            context.runner, context.events, self._deliveries.attempts, self._subscription,
            context.answers, scenario,
        )  # fmt: skip
        """Types of events after which a watched state was another one than before."""
        self._state: JSON = None
        self._offset = 0.0
        self._due = scenario.revalidate

    @property
    def delivered(self) -> list[StepDelivery]:
        """What was delivered so far, in the order in which it went out first."""
        return self._deliveries.made

    async def play(self) -> None:
        """Play every step, then wait for retries and late deliveries.

        Raises `StepError` where it cannot go on, `StoppedShort` where the consumer is not where the
        scenario wants it, `Stopped` where its controls say so.
        """
        line = Line()
        self.run_controls.begins(self._schedule)
        async with self._schedule:
            try:
                for index, step in enumerate(self.scenario.steps):
                    await self._gated(index, step, line)
                await self._schedule.drain()
            except (StepError, StoppedShort):
                await self._over(again=False)
                raise
            except (Stopped, asyncio.CancelledError):
                if self._answers is not None:
                    leave_off(self._runner, self.delivered)
                raise
            await self._over(again=True)

    # -- steps ---------------------------------------------------------------------------------

    async def _gated(self, index: int, step: Step, line: Line) -> None:
        """Play a step of the main line, once the controls let it."""
        steps, run_controls = self.scenario.steps, self.run_controls

        def next_body() -> Draft:
            return draft(steps[index:], self._events, line.offset, line.entities)

        while (command := await run_controls.gate(index, next_body)) in ("resend", "duplicate"):
            await self._deliveries.again(same_id=command == "duplicate")
        if index == 0 and self.scenario.revalidate is not None:
            await self._validation.make()
        if command == "skip":
            run_controls.skipped(index)
            return
        run_controls.playing(index, step.name)
        try:
            await self._step(step, line)
        except (StepError, StoppedShort) as error:
            run_controls.failed(index, error)
            raise
        run_controls.done(index)

    async def _over(self, *, again: bool) -> None:
        """Wait until the scenario may end; unless it broke off, its last event can be repeated."""
        end = len(self.scenario.steps)
        while (command := await self.run_controls.gate(end)) in ("resend", "duplicate"):
            if again:
                await self._deliveries.again(same_id=command == "duplicate")
                await self._schedule.drain()

    async def _step(self, step: Step, line: Line) -> None:
        LANE_ENTITIES.set(line.entities)
        line.offset += step.after
        await self._pass(step.after)
        if self._answers is not None:
            name = f"{self.scenario.title}: {step.name}"
            about = step.about or step.what
            waits_really = self._schedule.waits_really
            if isinstance(step, Send) and go_one_a_second(step, waits_really=waits_really):
                about += f" ({ONE_A_SECOND})"
            self._runner.emit(StepStarted(name, about, self._schedule.elapsed))
        if isinstance(step, Send):
            await self._send(step, line)
        elif isinstance(step, Together):
            await self._together(step, line)
        elif isinstance(step, Shuffle):
            await self._shuffle(step, line)
        else:
            await self._other(step, line)

    async def _other(self, step: Step, line: Line) -> None:
        if isinstance(step, Wait):
            line.offset += step.seconds
            await self._pass(step.seconds)
        elif isinstance(step, Challenge):
            await self._challenge(step)
        elif isinstance(step, Probe):
            await self._probe(step)
        elif isinstance(step, EndpointCall):
            await self._call(step)
        elif isinstance(step, Rotate):
            self._deliveries.attempts.sign_with(self._with.next_secret)
        elif isinstance(step, Await | StreamFault) and not self._with.rehearsal:
            await self._of_stream(step, line)

    async def _of_stream(self, step: Await | StreamFault, line: Line) -> None:
        streams = self._with.streams
        if streams is None:
            raise StepError(f"{step.place}: {step.name}: this scenario runs no stream server")
        if isinstance(step, StreamFault):
            await streams.act(step, line.entities)
        elif not await self._met(step, line.entities, streams):
            streams.missed(step, line.entities)
            raise StoppedShort(
                f"{self.scenario.title}: stopped at {step.name}: {step.what} was not met within"
                f" {streams.within(step):g} s"
            )

    async def _met(self, step: Await, entities: int, streams: Streams) -> bool:
        """Wait for the consumer; while the play is held, what it waits for may not be sent."""
        left, held = streams.within(step), self._schedule.held_s
        while not (met := await streams.wait(step, entities, left)):
            await self._schedule.passed()
            now = self._schedule.held_s
            left, held = now - held, now
            if left <= 0:
                break
        return met

    def webhook(self, entities: int, event: str, payload: Mapping[str, Any]) -> None:
        """Deliver a webhook that the stream server says is due, beside the scenario."""
        step = webhook_step(event, payload, self.scenario.file)
        self._schedule.beside(self._send(step, Line(self._offset, entities)))

    async def _together(self, step: Together, line: Line) -> None:
        lanes = [
            (lane, Line(line.offset + LANE_S * number, line.entities + entities))
            for entities in range(step.entity_sets)
            for number, lane in enumerate(step.lanes)
        ]
        if self._with.lanes == "parallel":
            await self._schedule.together(self._lane(*lane) for lane in lanes)
        elif self._with.lanes in ("serial", "gentle"):
            for steps, own in lanes:
                await self._lane(steps, own)
        else:
            for row in zip_longest(*(steps for steps, _ in lanes)):
                for inner, (_, own) in zip(row, lanes, strict=True):
                    if inner is not None:
                        await self._step(inner, own)
        line.offset = max((own.offset for _, own in lanes), default=line.offset)

    async def _shuffle(self, step: Shuffle, line: Line) -> None:
        """Deliver events that happened in one order in another."""
        made = []
        for inner in step.steps:
            line.offset += inner.after + inner.follows_s
            entities = line.entities + inner.entities
            made.append((inner, self._events.author(inner, line.offset, entities)))
        for index in self._with.orders.get(step.name, range(len(made))):
            inner, item = made[index]
            await self._before(inner)
            await self._deliveries.go_out(self._expecting(inner), item)
            await self._watch(inner)

    async def _lane(self, steps: Sequence[Step], line: Line) -> None:
        for step in steps:
            await self._step(step, line)
            if self._with.lanes == "gentle":
                await asyncio.sleep(GENTLE_S)

    async def _pass(self, seconds: float) -> None:
        """Let time pass; re-validations of the URL fall due meanwhile."""
        ends = self._schedule.elapsed + seconds
        while self._due is not None and self._due <= ends and self.scenario.revalidate:
            due, self._due = self._due, self._due + self.scenario.revalidate
            await self._schedule.sleep(due - self._schedule.elapsed)
            await self._validation.make()
        await self._schedule.sleep(ends - self._schedule.elapsed)

    # -- delivering ----------------------------------------------------------------------------

    async def _send(self, step: Send, line: Line) -> None:
        line.offset += step.follows_s
        self._offset = max(self._offset, line.offset)
        expecting = self._expecting(step)
        item = self._events.author(step, line.offset, line.entities + step.entities)
        await self._before(step)
        await self._deliveries.go_out(*self.run_controls.edited(self._events, expecting, item))
        await self._watch(step)

    async def _watch(self, step: Send) -> None:
        """Note whether the state is another one than before the event of `step`."""
        settling, effective = self._with.settling, self._with.effective
        if settling is None or effective is None or step.event in effective:
            return
        after = await settling.read()
        if settling.volatile.without(after) != settling.volatile.without(self._state):
            effective.add(step.event)

    async def _before(self, step: Send) -> None:
        """Read the state before the event of `step`, if it is not known yet to change it."""
        settling, effective = self._with.settling, self._with.effective
        if settling is not None and effective is not None and step.event not in effective:
            self._state = await settling.read()

    def _expecting(self, step: Send) -> Send:
        """Return a step that expects what earlier ones have saved; nothing where none is judged."""
        return step if step.expect is None else replace(step, expect=self._expected(step.expect))

    def _expected(self, expect: Expect | None) -> Expect | None:
        is_judged = self._answers is not None and not self._with.rehearsal
        return self._events.expected(expect) if is_judged else None

    # -- validating ----------------------------------------------------------------------------

    async def _challenge(self, step: Challenge) -> None:
        if step.enable:
            self._subscription.enable()
        for number in range(step.deliver.times):
            if number:
                await self._pass(step.deliver.gap or 0.0)
            await self._validation.make(
                lost=step.deliver.lose_at if step.deliver.lose_response else None,
                expect=self._expected(step.expect),
            )

    # -- calling -------------------------------------------------------------------------------

    async def _call(self, step: EndpointCall) -> None:
        if self._with.rehearsal:
            self._events.save(step.name, step.saves, {}, stand_in=True)
        else:
            judged = self._answers is not None
            name = self.scenario.name
            await call(step, self._events, self._runner, name, judged=judged)

    # -- probing -------------------------------------------------------------------------------

    async def _probe(self, step: Probe) -> None:
        settling = self._with.settling
        if step.source is not None:
            source = self._events.source(step.source)
            settling = settling.of(source) if settling is not None else None
        if settling is None:
            raise StepError(
                f"{step.place}: {step.name}: there is no probe; name one in the scenario, with"
                " --probe, or by the fixture mockzoom_probe"
            )
        settling.add_entities(self._events.sent, self._events.cases.pins.values())
        wanted = self._expected(step.expect)
        if wanted is None:
            state = await settling.settled()
        else:
            state = await self._as_wanted(settling, step, wanted)
        self._events.save(step.name, step.saves, state, stand_in=self._with.rehearsal)

    async def _as_wanted(self, settling: Settling, step: Probe, wanted: Expect) -> JSON:
        """Return the state once it is as wanted, or as it is when the time for that is over."""
        state = await settling.settled(
            lambda state: not mismatches(wanted, state), within=wanted.within
        )
        missed = mismatches(wanted, state, self._events.role)
        if missed:
            found = state_expectation(wanted, step.name, missed, state)
            self._runner.add_case(found, f"{self.scenario.name}/{step.name}")
        return state
