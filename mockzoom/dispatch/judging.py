"""Judges what was delivered by hand as `mockzoom send` does: by the one runner of the engine.

What a valid event shows by itself is judged at once. Everything else needs a control, a genuine
delivery to compare it with; that is a delivery of the same subscription with a row of its own, so
the outcome is shown first and its violations follow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from mockzoom.contract import Contract
from mockzoom.dispatch.controls import ControlNotMade, RecordingSender
from mockzoom.dispatch.delivery_store import Accepted, Judgement, Settled
from mockzoom.dispatch.endpoint import Reach, transport_to
from mockzoom.dispatch.subscription import Subscription
from mockzoom.engine.case import CHALLENGE, UNNAMED, TestCase
from mockzoom.engine.evidence import Evidence, judge
from mockzoom.engine.genuine import BY_CHANCE, GenuineDeliveries
from mockzoom.engine.reproduce import Reproducer, entity_words
from mockzoom.engine.runner import Runner
from mockzoom.engine.single import SingleDeliveries
from mockzoom.errors import UsageError
from mockzoom.journal import DeliveryRow
from mockzoom.model import Attempt, Delivery, Event, Exchange, Violation
from mockzoom.suites import KINDS
from mockzoom.suites.authenticity import ESCAPED, NON_ASCII, SPACED, forged
from mockzoom.suites.cases import TestCases, parse_case, read_json
from mockzoom.suites.events import NOT_ACKNOWLEDGED, VALID
from mockzoom.suites.malformed import BODIES
from mockzoom.synth.pins import pins_of

CONTROL_LIMIT_S = 60.0
"""Seconds in which the controls of a delivery are made, or it is not judged."""
_SECRET = ('--secret "$MOCKZOOM_SECRET"',)
_TOLD_BY_NAME = frozenset({SPACED.name, ESCAPED.name, *BODIES})
"""Kinds whose name says what is odd about their bytes."""
_TOLD_BY_BYTES = frozenset({*UNNAMED, VALID.name, NON_ASCII.name})
"""Kinds that say nothing of what the contract makes of the bytes."""


class Judging:
    """Says what deliveries are by the contract, and judges their answers.

    `accept_control` takes a control; it returns the number of its row, and what came of it.
    """

    def __init__(
        self,
        contract: Contract,
        reach: Reach,
        accept_control: Callable[[Accepted], Awaitable[tuple[int, Settled]]],
    ) -> None:
        self._contract = contract
        self._reach = reach
        self._accept_control = accept_control

    def case_of(self, row: DeliveryRow) -> TestCase | None:
        """Return what a delivery is by the contract; None for what is not judged by itself.

        The case SCENARIO/STEP of a play is judged by the play only.
        """
        delivery = row.delivery
        if row.kind != "event" or "/" in delivery.case:
            return None
        case = self._genuine_case_of(delivery)
        return None if case is None else forged(case, delivery.forge)

    def _genuine_case_of(self, delivery: Delivery) -> TestCase | None:
        cases = self._cases()
        name = delivery.case.partition(":")[0]
        try:
            if name in _TOLD_BY_NAME:
                return _named(cases, delivery)
            if name not in UNNAMED and name not in KINDS:
                return None
            body = read_json(delivery.body)
        except (UsageError, ValueError, RecursionError):
            return None  # the contract has no such case any more
        if not isinstance(body, dict):
            return None
        case = cases.by_hand(Event(delivery.event or "", body), delivery.body)
        if name in _TOLD_BY_BYTES or case.event == CHALLENGE:
            return case
        event = delivery.event or case.event
        return replace(case, kind=KINDS[name], event=event, control=None)

    def at_once(
        self, row: DeliveryRow, case: TestCase, attempt: Attempt, subscription: Subscription
    ) -> tuple[Violation, ...]:
        """Judge a valid event that needs no control."""
        exchange = Exchange(row.delivery, (attempt,))
        found = judge(Evidence(case, exchange, secret=subscription.secret))
        line = self._line(self._reproducer(subscription, 0), self._cases(), row, case)
        return tuple(replace(item, reproduce=line) for item in found)

    async def compared(
        self,
        row: DeliveryRow,
        case: TestCase,
        attempt: Attempt,
        subscription: Subscription,
        before: int,
        *,
        retried: bool,
    ) -> Judgement:
        """Judge anything else, beside the controls that it needs.

        `before` counts the attempts before this one: a first one that was too slow is repeated.
        Where it is `retried` by the schedule, a refusal by chance is no violation.
        """
        cases = self._cases()
        reproducer = self._reproducer(subscription, cases.at_ms)
        transport = transport_to(subscription, self._reach)
        sender = RecordingSender(
            transport, subscription, self._reach.timeout, row, self._accept_control
        )
        runner = Runner(sender, cases, reproducer, genuine=GenuineDeliveries(NOT_ACKNOWLEDGED))
        exchange = Exchange(row.delivery, (attempt,))
        try:
            async with asyncio.timeout(CONTROL_LIMIT_S):
                if attempt.timed_out and not before:
                    repeated = await runner.send(case)
                    exchange = Exchange(row.delivery, repeated.attempts)
                    if not repeated.last.timed_out:
                        runner.notice("no answer in time, its repetition had one: not reported")
                result = await SingleDeliveries(runner).concluded(case, exchange)
        except (ControlNotMade, TimeoutError) as error:
            why = str(error) or f"not within {CONTROL_LIMIT_S:g} s"
            told = f"not checked: a genuine delivery to compare it with was not made: {why}"
            return Judgement((), (*runner.take_notices(), told))
        finally:
            await transport.close()
        line = self._line(reproducer, cases, row, case)
        found, notices = [], result.notices
        for item in result.violations:
            if retried and item.cause == BY_CHANCE:
                notices += (f"{item.message}: not reported, since this is retried",)
                continue
            control = sender.made.get(item.delivery or "")
            shown = line if control is None else reproducer.of(control.delivery)
            number = row.id if control is None else control.row
            found.append((number, replace(item, reproduce=shown)))
        return Judgement(tuple(found), notices)

    def _cases(self) -> TestCases:
        pins = pins_of(self._reach.entities)
        return TestCases(self._contract, self._reach.seed, int(time.time() * 1000), pins)

    def _reproducer(self, subscription: Subscription, at_ms: int) -> Reproducer:
        pinned = entity_words(self._reach.entities)
        return Reproducer(subscription.url, self._reach.seed, at_ms, (*pinned, *_SECRET))

    def _line(
        self, reproducer: Reproducer, cases: TestCases, row: DeliveryRow, case: TestCase
    ) -> str:
        """Return the command that delivers it again; bytes that are no JSON object by their name.

        For an event that the contract does not have, the command names one that it has.
        """
        if row.delivery.case.partition(":")[0] in _TOLD_BY_NAME:
            return reproducer.of(row.delivery)
        event = case.event
        if event != CHALLENGE and event not in self._contract.known:
            event = cases.genuine_like(case).event
        return reproducer.command_with(event, row.delivery.body, row.delivery.forge)


def needs_control(case: TestCase, attempt: Attempt, before: int) -> bool:
    """Return whether something else has to be delivered before an answer is judged.

    That is a genuine event that it is compared with, or the same again after a first timeout.
    """
    if attempt.timed_out:
        return before == 0 or not case.kind.plain
    if not case.kind.plain:
        return True
    return case.control is not None and not attempt.acknowledged and attempt.status != 429


def _named(cases: TestCases, delivery: Delivery) -> TestCase:
    made = cases.prepare(delivery.event or "", parse_case(delivery.case))
    return replace(made, body=delivery.body, content_type=delivery.content_type)
