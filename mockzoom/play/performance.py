"""A performance: one scene of a scenario, played step by step.

It delivers, waits and validates on its schedule; what the answers mean is said by `answers`, and a
performance without them is played only for what it leaves behind.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockzoom.authored import Authored, authored
from mockzoom.casebook import CHALLENGE
from mockzoom.checks import judge
from mockzoom.checks.expectations import mismatches, state_expectation
from mockzoom.delivery.faults.lost_answer import LOST_ANSWER
from mockzoom.delivery.policy import POLICIES, retry_policy
from mockzoom.model import Delivery, Event, Exchange, ExchangeFinished, StepStarted
from mockzoom.play.answers import Answers
from mockzoom.play.attempts import Attempts, Sending
from mockzoom.play.controls import Controls
from mockzoom.play.probing import Probing
from mockzoom.play.scene import Scene, StepError, answer_values, json_of
from mockzoom.play.schedule import Schedule
from mockzoom.play.streams import Streams
from mockzoom.play.subscription import Subscription
from mockzoom.run import Run, trial_of
from mockzoom.scenario.model import (
    STEP_S,
    AnyStep,
    Await,
    Challenge,
    Expect,
    Place,
    Probe,
    Rotate,
    Scenario,
    Send,
    Shuffle,
    StreamFault,
    Together,
    Wait,
)


class StoppedShort(Exception):
    """A scenario ends early, since the consumer is not where it is wanted; rules say why."""


@dataclass(slots=True)
class Line:
    """A sequence of steps: where it is on the payload clock, and in which world it plays."""

    offset: float = 0.0
    world: int = 0
    top: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one delivery of a step."""

    step: Send
    item: Authored
    sending: Sending


@dataclass(slots=True)
class Equipment:
    """What a performance is played with."""

    run: Run
    scene: Scene
    schedule: Schedule
    answers: Answers | None = None
    controls: Controls | None = None
    probing: Probing | None = None
    next_secret: str = field(default="", repr=False)
    orders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """In which order a shuffle, by its name, delivers its events; in their own by default."""
    serial: bool = False
    """Whether lanes are played one after the other."""
    rehearsal: bool = False
    streams: Streams | None = None


class Performance:
    """Plays the steps of one scenario in one scene."""

    def __init__(self, scenario: Scenario, equipment: Equipment) -> None:
        self.scenario = scenario
        self.delivered: list[Delivered] = []
        self._with = equipment
        self._run = equipment.run
        self.scene = self._scene = equipment.scene
        self._schedule = equipment.schedule
        self._answers = equipment.answers
        self._controls = equipment.controls
        self._attempts = Attempts(equipment.run.courier, equipment.schedule)
        self._subscription = Subscription()
        self._validations = 0
        self._offset = 0.0
        self._due = scenario.revalidate

    async def play(self) -> None:
        """Play every step, then wait for retries and late deliveries.

        Raises `StepError` where it cannot go on, `StoppedShort` where the consumer is not where the
        scenario wants it, `Stopped` where its controls say so.
        """
        line = Line(top=True)
        async with self._schedule:
            if self.scenario.revalidate is not None:
                await self._validate(lost=False)
            for index, step in enumerate(self.scenario.steps):
                await self._gated(index, step, line)
            await self._schedule.drain()

    # -- steps ---------------------------------------------------------------------------------

    async def _gated(self, index: int, step: AnyStep, line: Line) -> None:
        """Play a step of the main line, once the controls let it."""
        controls = self._controls
        if controls is None:
            await self._step(step, line)
            return
        while (command := await controls.gate(index)) in ("resend", "duplicate"):
            await self._again(same_id=command == "duplicate")
        if command == "skip":
            controls.mark(index, "skipped")
            return
        controls.mark(index, "playing")
        try:
            await self._step(step, line)
        except StepError:
            controls.mark(index, "failed")
            raise
        controls.mark(index, "done")

    async def _step(self, step: AnyStep, line: Line) -> None:
        line.offset += step.after
        await self._pass(step.after)
        if self._answers is not None:
            name = f"{self.scenario.title}: {step.name}"
            self._run.tell(StepStarted(name, step.about or step.what, self._schedule.elapsed))
        if isinstance(step, Send):
            await self._send(step, line)
        elif isinstance(step, Together):
            await self._together(step, line)
        elif isinstance(step, Shuffle):
            await self._shuffle(step, line)
        else:
            await self._other(step, line)

    async def _other(self, step: AnyStep, line: Line) -> None:
        if isinstance(step, Wait):
            line.offset += step.seconds
            await self._pass(step.seconds)
        elif isinstance(step, Challenge):
            await self._challenge(step)
        elif isinstance(step, Probe):
            await self._probe(step)
        elif isinstance(step, Rotate):
            self._run.courier.secret = self._with.next_secret
        elif isinstance(step, Await | StreamFault) and not self._with.rehearsal:
            await self._of_stream(step, line)

    async def _of_stream(self, step: Await | StreamFault, line: Line) -> None:
        streams = self._with.streams
        if streams is None:
            raise StepError(f"{step.place}: {step.name}: this scenario runs no stream server")
        if isinstance(step, StreamFault):
            await streams.act(step, line.world)
        elif not await streams.wait(step, line.world):
            raise StoppedShort(
                f"{self.scenario.title}: stopped at {step.name}: {step.what} was not met within"
                f" {step.within:g} s"
            )

    def webhook(self, world: int, event: str, payload: Mapping[str, Any]) -> None:
        """Deliver a webhook that the stream server says is due, beside the scenario."""
        changes = tuple((f"payload.{key}", value) for key, value in payload.items())
        step = Send(place=Place(self.scenario.file, 1, 1), name=f"{event} (auto)", event=event,
                    changes=changes)  # fmt: skip
        self._schedule.beside(self._send(step, Line(self._offset, world)))

    async def _together(self, step: Together, line: Line) -> None:
        lanes: list[Coroutine[Any, Any, None]] = []
        begun: list[Line] = []
        for world in range(step.worlds):
            for lane in step.lanes:
                own = Line(line.offset, line.world + world)
                begun.append(own)
                lanes.append(self._lane(lane, own))
        if self._with.serial:
            for one in lanes:
                await one
        else:
            await self._schedule.together(lanes)
        line.offset = max((own.offset for own in begun), default=line.offset)

    async def _shuffle(self, step: Shuffle, line: Line) -> None:
        """Deliver events that happened in one order in another."""
        made = []
        for inner in step.steps:
            line.offset += inner.after + STEP_S
            made.append((inner, self._scene.author(inner, line.offset, line.world + inner.world)))
        for index in self._with.orders.get(step.name, range(len(made))):
            await self._go_out(*made[index])

    async def _lane(self, steps: Sequence[AnyStep], line: Line) -> None:
        for step in steps:
            await self._step(step, line)

    async def _pass(self, seconds: float) -> None:
        """Let time pass; re-validations of the URL fall due meanwhile."""
        ends = self._schedule.elapsed + seconds
        while self._due is not None and self._due <= ends and self.scenario.revalidate:
            due, self._due = self._due, self._due + self.scenario.revalidate
            await self._schedule.sleep(due - self._schedule.elapsed)
            await self._validate(lost=False)
        await self._schedule.sleep(ends - self._schedule.elapsed)

    # -- delivering ----------------------------------------------------------------------------

    async def _send(self, step: Send, line: Line) -> None:
        line.offset += STEP_S
        self._offset = max(self._offset, line.offset)
        item = self._scene.author(step, line.offset, line.world + step.world)
        await self._go_out(step, self._edited(item))

    async def _go_out(self, step: Send, item: Authored) -> None:
        if self._subscription.disabled:
            self._run.notice(
                f"{self.scenario.title}: {step.name} was not delivered, since the subscription is"
                " disabled"
            )
            return
        if step.deliver.late:
            self._schedule.beside(self._late(step, item))
        else:
            await self._deliver(step, item)

    def _edited(self, item: Authored) -> Authored:
        """Return the event, or what was written in its place at the controls."""
        upcoming = self._controls.upcoming if self._controls is not None else None
        if upcoming is None or upcoming.body is None:
            return item
        body, upcoming.body = upcoming.body, None
        name = body.get("event") if isinstance(body, dict) else None
        named = name if isinstance(name, str) else item.prepared.event
        return authored(self._scene.book.catalog, Event(named, body))

    async def _late(self, step: Send, item: Authored) -> None:
        await self._schedule.sleep(step.deliver.late)
        await self._deliver(step, item)

    async def _deliver(self, step: Send, item: Authored) -> None:
        how = step.deliver
        first = self._sending(step, item)
        sendings = [first]
        for _ in range(how.times - 1):
            again = self._sending(step, item)
            if how.same_id:
                again.delivery = replace(again.delivery, request_id=first.delivery.request_id)
            sendings.append(again)
        if how.gap == 0:
            await self._schedule.together(self._one(step, item, each) for each in sendings)
        else:
            for number, sending in enumerate(sendings):
                if number:
                    await self._pass(how.gap or 0.0)
                await self._one(step, item, sending)
        of_answer = tuple(each for each in step.saves if each[1].startswith("answer."))
        self._scene.save(step.name, of_answer, answer_values(first.exchange))

    def _sending(self, step: Send, item: Authored) -> Sending:
        how = step.deliver
        delivery = self._run.delivery(item.prepared, how.forge)
        delivery = replace(delivery, case=f"{self.scenario.name}/{step.name}")
        upcoming = self._controls.upcoming if self._controls is not None else None
        fault = how.fault
        if upcoming is not None and upcoming.fault:
            fault, upcoming.fault = upcoming.fault, ""
        wrong = fault or (LOST_ANSWER.name if how.lose_response else "")
        delivery = replace(delivery, fault=wrong)
        return Sending(delivery, retry_policy(how.retry), how.lose_response, fault)

    async def _one(self, step: Send, item: Authored, sending: Sending) -> None:
        self.delivered.append(Delivered(step, item, sending))

        async def concluded(sending: Sending) -> None:
            await self._concluded(step, item, sending)

        await self._attempts.first(sending, concluded)

    async def _concluded(self, step: Send, item: Authored, sending: Sending) -> None:
        exchange = sending.exchange
        self._run.tell(ExchangeFinished(exchange))
        if self._controls is not None:
            self._controls.delivered(step.name, exchange)
        if self._answers is not None:
            self._answers.conclude(step, item, sending)
        if self._with.streams is not None:
            self._with.streams.delivered(
                exchange.delivery, json_of(item.prepared.body),
                acknowledged=exchange.last.acknowledged,
            )  # fmt: skip
        if sending.answered:
            await self._run.stays_reachable(exchange)

    async def _again(self, *, same_id: bool) -> None:
        """Deliver the last event once more, as its own delivery or as a duplicate."""
        if not self.delivered:
            return
        last = self.delivered[-1]
        again = self._sending(last.step, last.item)
        again.lost = 0
        if not again.fault:
            again.delivery = replace(again.delivery, fault="")
        if same_id:
            again.delivery = replace(again.delivery, request_id=last.sending.delivery.request_id)
        await self._one(last.step, last.item, again)

    # -- validating ----------------------------------------------------------------------------

    async def _challenge(self, step: Challenge) -> None:
        if step.enable:
            self._subscription.enable()
        for number in range(step.deliver.times):
            if number:
                await self._pass(step.deliver.gap or 0.0)
            await self._validate(lost=step.deliver.lose_response > 0, expect=step.expect)

    async def _validate(self, *, lost: bool, expect: Expect | None = None) -> None:
        passed = await self._validated(lost, expect)
        told = self._subscription.validated(passed)
        if told and self._answers is not None:
            self._run.notice(f"{self.scenario.title}: {told}")

    async def _validated(self, lost: bool, expect: Expect | None) -> bool:
        exchange, passed, found = await self._answered(lost)
        if lost or self._answers is None:
            return passed
        if exchange.last.timed_out:
            exchange, passed, found = await self._answered(lost)
        self._run.count(CHALLENGE, "MZ301", "MZ302", "MZ303", "MZ304")
        for violation in found:
            self._run.add(violation, exchange.delivery)
        self._answers.expected(expect, exchange)
        return passed

    async def _answered(self, lost: bool) -> tuple[Exchange, bool, tuple[Any, ...]]:
        self._validations += 1
        prepared = self._scene.challenge(self._validations)
        delivery: Delivery = self._run.delivery(prepared)
        sending = Sending(delivery, POLICIES["none"], lost=int(lost))

        async def concluded(sending: Sending) -> None:
            self._run.tell(ExchangeFinished(sending.exchange))

        await self._attempts.first(sending, concluded)
        if lost:
            return sending.exchange, False, ()
        found = judge(trial_of(prepared, sending.exchange, self._run.courier.secret))
        return sending.exchange, not found, found

    # -- probing -------------------------------------------------------------------------------

    async def _probe(self, step: Probe) -> None:
        probing = self._with.probing
        if step.source is not None:
            probing = probing.aimed(step.source) if probing is not None else None
        if probing is None:
            raise StepError(
                f"{step.place}: {step.name}: there is no probe; name one in the scenario, with"
                " --probe, or by the fixture mockzoom_probe"
            )
        expect = step.expect
        if expect is None:
            state = await probing.settled()
        else:
            wanted = expect
            state = await probing.settled(lambda state: not mismatches(wanted, state))
            missed = mismatches(wanted, state)
            if missed and self._answers is not None:
                found = state_expectation(wanted, step.name, missed, state)
                self._run.add_case(found, f"{self.scenario.name}/{step.name}")
        self._scene.save(step.name, step.saves, {"answer": {"body": state}})
