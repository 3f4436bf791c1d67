"""The deliveries of one scenario run: each event goes out as its step says, and is concluded.

It may be late, repeated, lost or garbled; what the answers mean is said by `answers`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from mockzoom.engine.case import TestCase
from mockzoom.play.attempts import Attempts, Sending
from mockzoom.play.run_context import RunContext, StepDelivery
from mockzoom.play.run_controls import RunControls, repeated
from mockzoom.play.scenario_events import answer_values, answered, json_of
from mockzoom.play.validation import ValidationFailures
from mockzoom.scenario.model import Scenario, Send, Together
from mockzoom.state.extrapolation import MANY_ENTITY_SETS
from mockzoom.transport.faults import LOST_ANSWER
from mockzoom.zoom.forgeries import forgery
from mockzoom.zoom.retry_policies import retry_policy

ONE_A_SECOND = "the same bytes under a request id each: one a second, each with its own signature"


def go_one_a_second(step: Send, *, waits_really: bool) -> bool:
    """Tell whether deliveries of a step have to wait for seconds of their own to be signed at.

    Each is a delivery of its own with the same bytes, and a receiver may refuse a signature that it
    has seen. Two of them wait for a second at most, which nobody has to be told.
    """
    how = step.deliver
    signed = not how.forge or forgery(how.forge).signed_now
    apart = waits_really and (how.gap or 0) >= 1
    return how.times > 2 and not how.same_id and signed and not apart


class Deliveries:
    """Delivers the events of one scenario; `wait` lets seconds of the schedule pass."""

    def __init__(
        self,
        scenario: Scenario,
        context: RunContext,
        run_controls: RunControls,
        subscription: ValidationFailures,
        wait: Callable[[float], Awaitable[None]],
    ) -> None:
        self.made: list[StepDelivery] = []
        self._recorded: set[str] = set()
        self._scenario = scenario
        self._runner = context.runner
        self._events = context.events
        self._schedule = context.schedule
        self._answers = context.answers
        self._streams = context.streams
        self._rehearsal = context.rehearsal
        self._run_controls = run_controls
        self._subscription = subscription
        self._wait = wait
        self._began = context.runner.sender.clock.monotonic()
        self._answered = 0
        self._rate: float | None = None
        """Answers a second until the first 429 of a burst."""
        self._in_burst = (
            any(
                isinstance(step, Together) and step.entity_sets >= MANY_ENTITY_SETS
                for step in scenario.steps
            )
            and context.lanes == "parallel"
            and not context.runner.sender.is_paced
        )
        self.attempts = Attempts(
            context.runner.sender,
            context.schedule,
            self._attempted,
            context.late_answers,
            None if context.rehearsal else context.settling,
        )

    async def go_out(self, step: Send, case: TestCase) -> None:
        """Deliver an event as its step says; a disabled subscription gets none."""
        if self._subscription.disabled:
            self._runner.notice(
                f"{self._scenario.title}: {step.name} was not delivered, since the subscription is"
                " disabled"
            )
            return
        if step.deliver.late:
            self._run_controls.later(step.name, self._schedule.elapsed + step.deliver.late)
            self._schedule.beside(self._late(step, case))
        else:
            await self._deliver(step, case)

    async def _late(self, step: Send, case: TestCase) -> None:
        await self._schedule.sleep(step.deliver.late)
        self._run_controls.later(step.name, None)
        await self._deliver(step, case)

    async def _deliver(self, step: Send, case: TestCase) -> None:
        how = step.deliver
        if not how.times:
            return
        first = self._sending(step, case)
        if step.request_id:  # a recorded retry has a signature of its own, too
            first.is_copy = step.request_id in self._recorded
            self._recorded.add(step.request_id)
        sendings = [first]
        first.has_copies = how.times > 1 and how.same_id and how.gap != 0
        if go_one_a_second(step, waits_really=self._schedule.waits_really):
            self._runner.notice(
                f"{self._scenario.title}: {step.name}: {how.times} deliveries of {ONE_A_SECOND}"
            )
        for _ in range(how.times - 1):
            again = self._sending(step, case)
            if how.same_id or self._rehearsal:  # nothing is sent then, so nothing has to wait
                again.delivery = replace(again.delivery, request_id=first.delivery.request_id)
            sendings.append(again)
        if how.gap == 0:
            await self._schedule.together(
                self._one(step, case, each, is_copy=each is not first) for each in sendings
            )
        else:
            for number, sending in enumerate(sendings):
                if number:
                    sending.is_copy = number == 1 and how.same_id
                    await self._wait(how.gap or 0.0)
                await self._one(step, case, sending, is_copy=number > 0)
        self._save_answer(step, first, over=first.due is None)

    def _save_answer(self, step: Send, sending: Sending, *, over: bool) -> None:
        """Keep what the step saves of an answer, once there is one; `over`: none will follow."""
        saves = tuple(each for each in step.saves if each[1].startswith("answer."))
        outcome = answered(sending.exchange)
        if saves and (outcome is not None or over):
            values = answer_values(outcome)
            self._events.save(step.name, saves, values, stand_in=self._rehearsal)

    def _sending(self, step: Send, case: TestCase) -> Sending:
        how = step.deliver
        delivery = self._runner.delivery(case)
        delivery = replace(
            delivery, case=f"{self._scenario.name}/{step.name}",
            request_id=step.request_id or delivery.request_id,
        )  # fmt: skip
        injected = self._run_controls.injected()
        lost = max(how.lose_response, int(injected == LOST_ANSWER.name))
        garbled = "" if injected == LOST_ANSWER.name else injected
        wrong = garbled or how.fault or (LOST_ANSWER.name if lost else "")
        delivery = replace(delivery, fault=wrong)
        return Sending(
            delivery, retry_policy(how.retry), lost, how.fault, garbled, in_burst=self._in_burst,
            lost_at=how.lose_at,
        )  # fmt: skip

    async def _one(
        self, step: Send, case: TestCase, sending: Sending, *, is_copy: bool = False
    ) -> None:
        self.made.append(StepDelivery(step, case, sending))

        async def concluded(sending: Sending) -> None:
            await self._concluded(step, case, sending)
            if len(sending.attempts) > 1 and not is_copy:
                self._save_answer(step, sending, over=True)

        await self.attempts.first(sending, concluded)

    async def _concluded(self, step: Send, case: TestCase, sending: Sending) -> None:
        exchange = sending.exchange
        if sending.in_burst and exchange.last.status == 429:
            if self._rate is None:
                seconds = self._runner.sender.clock.monotonic() - self._began
                self._rate = self._answered / max(0.001, seconds)
            sending.rate = self._rate
        self._answered += exchange.last.status != 429
        self._runner.delivered(exchange)
        if self._answers is not None:
            self._answers.conclude(step, case, sending, self._events.role)
        if self._streams is not None and not self._run_controls.is_edited(case):
            self._streams.delivered(
                exchange.delivery, json_of(case.body),
                acknowledged=exchange.last.acknowledged,
            )  # fmt: skip
        if sending.answered:
            await self._runner.stays_reachable(exchange)

    async def again(self, *, same_id: bool) -> None:
        """Deliver the last event once more, as its own delivery or as a duplicate."""
        self._run_controls.repeats(possible=bool(self.made))
        if not self.made:
            return
        last = self.made[-1]
        step = repeated(last.step)
        again = self._sending(step, last.case)
        again.lost = int(again.lost > step.deliver.lose_response)
        if same_id:
            again.delivery = replace(again.delivery, request_id=last.sending.delivery.request_id)
        await self._one(step, last.case, again, is_copy=True)

    def _attempted(self, sending: Sending) -> None:
        """Show an attempt to the controls, as one of the step that it belongs to."""
        scenario, _, step = sending.delivery.case.rpartition("/")
        self._run_controls.attempted(step if scenario == self._scenario.name else "", sending)
