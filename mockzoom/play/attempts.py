"""The attempts at one delivery: the first, and the retries that its outcome asks for.

A retry has the same body and request id, and a new timestamp and signature: the first one waits for
them, up to a second; further ones may share them. It comes minutes of the schedule later, beside
whatever the scenario does meanwhile, as Zoom's do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from mockzoom.model import Attempt, Delivery, Exchange, Failure
from mockzoom.play.late_answers import LateAnswers, is_hopeless
from mockzoom.play.schedule import Schedule
from mockzoom.scenario.model import LosePoint
from mockzoom.state.settling import Settling
from mockzoom.transport.faults import TransportFault, fault_named, lost_answer, without_answer
from mockzoom.zoom.delivery_codes import with_code
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.retry_policies import RetryPolicy

LOST_GRACE_S = 0.25
LEAST_GRACE_S = 0.1
_SLOWER = 4
"""After a lost answer a receiver gets so many times as long as its slowest answer has taken."""
TIMEOUT_GRACE_S = 1.0
"""Real seconds before a retry whose wait is compressed, after an attempt that the receiver may
still be at: Zoom's come minutes later, when it is long done."""

Concluded = Callable[["Sending"], Awaitable[None]]


@dataclass(slots=True)
class Sending:
    """One delivery under way."""

    delivery: Delivery
    policy: RetryPolicy
    lost: int = 0
    """So many answers are lost on the way, those of the first attempts."""
    fault: str = ""
    injected: str = ""
    """A fault of the first attempt alone, which was asked for at the controls."""
    attempts: list[Attempt] = field(default_factory=list)
    in_burst: bool = False
    """Whether many come at once, so that a 429 loses it: no pause is made for it."""
    rate: float = 0.0
    """How many deliveries a second were answered in such a burst, until it lost the first one."""
    is_copy: bool = False
    """Whether it is to have another signature than an earlier delivery of the same body."""
    has_copies: bool = False
    """Whether copies follow that are to have signatures of their own."""
    schedule: list[float] = field(default_factory=list)
    due: float | None = None
    """When the next attempt is to be made, in seconds of the schedule; None where none is."""
    secret: str = field(default="", repr=False)
    """What the last attempt was signed with."""
    lost_at: LosePoint = "mid-answer"

    @property
    def exchange(self) -> Exchange:
        """The delivery with the attempts made so far."""
        return Exchange(self.delivery, tuple(self.attempts), tuple(self.schedule))

    @property
    def answered(self) -> bool:
        """Whether the last attempt's outcome is the receiver's, and not one that we lost."""
        return len(self.attempts) > self.lost

    @property
    def garbled(self) -> bool:
        """Whether we sent the last attempt wrongly, so that it says nothing of the receiver."""
        return bool(self.fault) or (bool(self.injected) and len(self.attempts) == 1)

    @property
    def is_waiting(self) -> bool:
        """Whether an attempt was made, and another one is to follow."""
        return bool(self.attempts) and self.wait is not None

    @property
    def wait(self) -> float | None:
        """Seconds until the next attempt, None where there is none."""
        number = len(self.attempts)
        if is_hopeless(self.attempts):
            return None
        if not self.policy.retried(self.attempts[-1], number):
            return None
        return self.policy.wait_after(number)


class Attempts:
    """Makes the attempts of deliveries through one sender, on one schedule; tells each attempt."""

    def __init__(
        self,
        sender: DeliverySender,
        schedule: Schedule,
        attempted: Callable[[Sending], None] = lambda sending: None,
        late_answers: LateAnswers | None = None,
        settling: Settling | None = None,
    ) -> None:
        """Where `settling` says how, and time jumps, the receiver's clock is set ahead."""
        self.sender = sender
        self._late_answers = late_answers
        self._schedule = schedule
        self._attempted = attempted
        self._settling = settling
        self._advanced = 0.0

    def sign_with(self, secret: str) -> None:
        """Sign what follows with another secret."""
        self.sender = self.sender.signing_with(secret)

    async def first(self, sending: Sending, concluded: Concluded) -> None:
        """Make the first attempt; retries follow beside, and `concluded` after the last one."""
        await self._once(sending)
        if sending.due is None:
            await concluded(sending)
        else:
            self._schedule.beside(self._retries(sending, concluded))

    async def _retries(self, sending: Sending, concluded: Concluded) -> None:
        while (wait := sending.wait) is not None:
            last = sending.attempts[-1]
            if isinstance(last.outcome, Failure) and not self._schedule.waits_really:
                await asyncio.sleep(TIMEOUT_GRACE_S if last.timed_out else self._grace_s())
            sending.due = self._schedule.elapsed + wait
            await self._schedule.sleep(wait)
            await self._once(sending)
        await concluded(sending)

    def _grace_s(self) -> float:
        """Return the real seconds that the receiver is given after an answer that was lost."""
        slowest = self._late_answers.slowest_s if self._late_answers is not None else None
        if slowest is None:
            return LOST_GRACE_S
        return min(LOST_GRACE_S, max(LEAST_GRACE_S, _SLOWER * slowest))

    async def _advance(self) -> None:
        """Set the receiver's clock ahead by the time that has passed, where nobody waits for it."""
        seconds = self._schedule.elapsed - self._advanced
        if self._settling is not None and seconds >= 1 and not self._schedule.waits_really:
            self._advanced += seconds
            await self._settling.advance(seconds)

    async def _once(self, sending: Sending) -> None:
        await self._schedule.passed()
        await self._advance()
        sending.schedule.append(self._schedule.elapsed)
        transport = self.sender.transport
        losing = len(sending.attempts) < sending.lost
        name = sending.fault or ("" if sending.attempts else sending.injected)
        fault: TransportFault | None = fault_named(name) if name else None
        if losing and transport.wire:
            fault = lost_answer(sending.lost_at)
        sending.secret = self.sender.secret
        anew = sending.is_copy if not sending.attempts else len(sending.attempts) == 1
        early = not sending.attempts and (sending.has_copies or sending.lost > 0)
        if sending.in_burst:
            request = await self.sender.request(sending.delivery, anew=anew)
            attempt = await self.sender.attempt(request, fault=fault)
        else:
            exchange = await self.sender.deliver(
                sending.delivery, fault=fault, anew=anew, early=early
            )
            attempt = exchange.last
        if losing and not transport.wire:
            attempt = with_code(without_answer(attempt))
        sending.attempts.append(attempt)
        wait = sending.wait
        sending.due = None if wait is None else self._schedule.elapsed + wait
        self._attempted(sending)
        if self._late_answers is not None:
            self._late_answers.attempted(sending.delivery, attempt)
