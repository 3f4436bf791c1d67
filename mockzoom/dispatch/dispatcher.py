"""The dispatcher: makes what the store says is due, as Zoom does, and keeps what came of it.

At least once, honestly: the intent is on the disk before anything is sent, the outcome before it is
shown. What was under way when the process ended has an unknown outcome, and is made again under the
same request id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from mockzoom.clock import PacedClock, SystemClock
from mockzoom.contract import Contract
from mockzoom.dispatch.delivery_store import Accepted, Claim, Conflict, DeliveryStore, Settled
from mockzoom.dispatch.endpoint import Endpoint, Reach, SocketEndpoint
from mockzoom.dispatch.judging import Judging, needs_control
from mockzoom.dispatch.settling import settle
from mockzoom.dispatch.slots import Queue, Slots
from mockzoom.dispatch.subscription import Subscription
from mockzoom.engine.case import CHALLENGE, TestCase
from mockzoom.journal import DeliveryRow, JournalError
from mockzoom.model import Attempt, Delivery, Observation
from mockzoom.zoom.access_tokens import is_given
from mockzoom.zoom.headers import new_request_id
from mockzoom.zoom.url_validation import challenge_body, new_token
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.messages import Seen

T = TypeVar("T")

STOP_GRACE_S = 0.5
"""Seconds that attempts under way may still take once the dispatcher stops."""
NOT_MADE_WAIT_S = 300.0
"""Seconds of the schedule after which a delivery is due again that a defect kept from being made:
the wait of Zoom's first retry."""
_LONGEST_SLEEP_S = 3600.0
_TROUBLE_S = 1.0
_OWN_SECOND = "waits for a second of its own: Zoom gives no two deliveries the same signature"
_log = logging.getLogger("mockzoom.dispatch")


class DispatchClock:
    """The clock of what is due: it goes on from where it stood when the process last ended."""

    def __init__(self, clock: PacedClock, latest: float) -> None:
        self._clock = clock
        self._ahead = max(0.0, latest - clock.now())

    @property
    def scale(self) -> float:
        """How many of its seconds pass in each real one."""
        return self._clock.scale

    def now(self) -> float:
        """Return the schedule's moment, in seconds since the epoch."""
        return self._clock.now() + self._ahead

    def after(self, seconds: float) -> float:
        """Return the schedule's moment when `seconds` of real time have passed."""
        return self.now() + seconds * self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of the schedule's clock."""
        await self._clock.sleep(seconds)


class Dispatcher:
    """Runs on one event loop from `start` to `stop`; every method is called on that loop.

    `clock` is the schedule's: retries and re-validations follow it. Signatures, and the time that a
    receiver has, are real time whatever it says. `contract` tells what a delivery is.
    """

    def __init__(
        self,
        store: DeliveryStore,
        contract: Contract,
        clock: PacedClock | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._store = store
        self._queues = store.queues
        self._clock: PacedClock = clock or SystemClock()
        self._reach = reach or Reach()
        self.sockets = EventSockets(is_given, self._awaits_client, self._tell_client)
        """The clients of subscriptions over WebSocket."""
        self._endpoints: dict[str, Endpoint | SocketEndpoint] = {}
        self._slots = Slots()
        self._active: set[asyncio.Task[None]] = set()
        self._judging = Judging(contract, self._reach, self._accept_control)
        self._judged: set[asyncio.Task[None]] = set()
        self._waiting: dict[int, list[asyncio.Future[Settled]]] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self.trouble = ""
        """What keeps deliveries from being made: a journal that cannot be written."""

    async def start(self) -> int:
        """Take up what a former process left; return how many outcomes are unknown."""
        self.schedule = DispatchClock(self._clock, self._store.clock())
        unknown = await _kept(self._store.recover(self.schedule.now()))
        self._loop = asyncio.create_task(self._serve())
        return unknown

    def _tell_client(self, seen: Observation) -> None:
        if seen.recognised in (Seen.CONNECTED, Seen.CLOSED, Seen.LEFT):
            self._store.tell_client(seen.stream, connected=seen.recognised == Seen.CONNECTED)

    def _awaits_client(self, name: str) -> bool:
        found = self._store.subscription(name)
        return found is not None and found.over_websocket and found.state == "validated"

    async def stop(self) -> None:
        """Send nothing more, and wait a moment for the attempts that are under way.

        What takes longer is as after a crash: its outcome is unknown, and it is made again.
        """
        ending = {*self._judged, *(() if self._loop is None else (self._loop,))}
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending)
        closing = asyncio.ensure_future(self.sockets.stop())
        if self._active:
            _, late = await asyncio.wait(self._active, timeout=STOP_GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await closing

    # -- what is to be delivered ---------------------------------------------------------------

    async def accept(self, items: list[Accepted]) -> list[int]:
        """Take deliveries; they are on the disk when this returns their numbers."""
        numbers = await _kept(self._store.accept(items, self.schedule.now()))
        self._wake.set()
        return numbers

    async def validate(self, name: str) -> Settled:
        """Validate a subscription's URL now, and return what came of it."""
        item = self._challenge(name)
        (number,) = await _kept(self._store.challenge(item, self.schedule.now()))
        outcome: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(number, []).append(outcome)
        self._wake.set()
        return await outcome

    async def settled(self, number: int) -> Settled:
        """Wait for the next outcome of a delivery."""
        outcome: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(number, []).append(outcome)
        return await outcome

    def give_up_waiting(self) -> None:
        """Answer whoever waits for an outcome: it comes after this process has ended."""
        for number in tuple(self._waiting):
            self._answer(number, Settled("pending", "the server stops; made at its next start"))

    async def _accept_control(self, item: Accepted) -> tuple[int, Settled]:
        (number,) = await self.accept([item])
        return number, await self.settled(number)

    def wake(self) -> None:
        """Look again at what is due: subscriptions have changed."""
        self._wake.set()

    def _challenge(self, name: str) -> Accepted:
        body = challenge_body(new_token(), int(time.time() * 1000))  # as its signature: real time
        delivery = Delivery("challenge", "", CHALLENGE, body, new_request_id())
        return Accepted(delivery, name, "none", "challenge")

    # -- the loop ------------------------------------------------------------------------------

    async def _serve(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._validate_due()
                moment = self._start_due()
                self.trouble = ""
            except JournalError as error:
                await self._troubled(error)
                continue
            await self._until(moment)

    def _start_due(self) -> float | None:
        """Start what is due and has a slot; return when something is due next."""
        now = self.schedule.now()
        moments = [self._queues.next_validation()]
        for queue in self._queues.all():
            room = self._slots.room(queue)
            if room <= 0:
                continue  # whoever gives a slot back wakes the loop
            for row in self._queues.due(queue, now, room, self._slots.taken(queue)):
                self._slots.take(queue, row.id)
                task = asyncio.create_task(self._work_off(queue, row))
                self._active.add(task)
                task.add_done_callback(self._active.discard)
            moments.append(self._queues.next_due(queue, now))
        return min((moment for moment in moments if moment is not None), default=None)

    async def _validate_due(self) -> None:
        now = self.schedule.now()
        next_one = self._queues.next_validation()
        if next_one is None or next_one > now:
            return
        for item in self._store.subscriptions():
            if item.validate_at is not None and item.validate_at <= now:
                challenge = self._challenge(item.id)
                await _kept(self._store.challenge(challenge, now))

    async def _until(self, moment: float | None) -> None:
        """Wait until `moment`, or until something is said to have changed."""
        wait = _LONGEST_SLEEP_S if moment is None else moment - self.schedule.now()
        sleeping = asyncio.ensure_future(self.schedule.sleep(min(max(wait, 0), _LONGEST_SLEEP_S)))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _work_off(self, queue: Queue, row: DeliveryRow) -> None:
        try:
            await self._make(row)
        except Exception as error:
            _log.exception("delivery %d", row.id)
            await self._put_off_for(row, error)
        finally:
            self._slots.give_back(queue, row.id)
            self._wake.set()

    async def _put_off_for(self, row: DeliveryRow, error: Exception) -> None:
        """Have what a defect kept from being made tried again later, and say so."""
        why = f"mockzoom could not make it: {type(error).__name__}: {error}"
        try:
            await _kept(self._store.put_off(row, why, self.schedule.now() + NOT_MADE_WAIT_S))
        except JournalError as trouble:
            await self._troubled(trouble)
        self._answer(row.id, Settled("pending", why))

    async def _troubled(self, error: Exception) -> None:
        if str(error) != self.trouble:
            _log.error("%s", error)
        self.trouble = str(error)
        await asyncio.sleep(_TROUBLE_S)

    # -- one attempt ---------------------------------------------------------------------------

    async def _make(self, row: DeliveryRow) -> None:
        """Make one attempt at a delivery, and keep what came of it."""
        subscription = self._store.subscription(row.subscription or "")
        why = _unwanted(row, subscription)
        if subscription is None or why:
            await _kept(self._store.cancel(row, why))
            self._answer(row.id, Settled("cancelled", why))
            return
        endpoint = self._endpoint(subscription)
        wait = endpoint.turn(row.delivery, retried=bool(row.attempts))
        if wait:
            await _kept(self._store.put_off(row, _OWN_SECOND, self.schedule.after(wait)))
            return
        made = await endpoint.request(row)
        request = made.request if isinstance(made, Attempt) else made
        try:
            claim = await _kept(self._store.begin(row, request, endpoint.redactor))
        except Conflict:
            return
        except JournalError as error:
            await self._troubled(error)  # nothing was sent, so it stays due
            return
        attempt = made if isinstance(made, Attempt) else await endpoint.send(request)
        current = self._store.subscription(subscription.id) or subscription
        sent_for = replace(current, url=subscription.url, secret=subscription.secret)
        settled = settle(row, claim.known + 1, attempt, sent_for, self.schedule.now())
        unjudged = made is attempt or subscription.over_websocket
        case = None if unjudged else self._case_to_judge(row, settled, claim.known)
        later = case is not None and needs_control(case, attempt, claim.known)
        if case is not None and not later:
            found = self._judging.at_once(row, case, attempt, sent_for)
            settled = replace(settled, violations=found)
        await self._keep_outcome(row, claim, attempt, settled, endpoint)
        self._answer(row.id, settled)
        if case is not None and later and isinstance(endpoint, Endpoint):
            self._judge_later(endpoint, row, case, settled, claim.known)

    async def _keep_outcome(
        self, row: DeliveryRow, claim: Claim, attempt: Attempt, settled: Settled,
        endpoint: Endpoint | SocketEndpoint,
    ) -> None:  # fmt: skip
        """Keep an outcome; until that succeeds nothing of it is shown."""
        while True:
            try:
                await _kept(self._store.finish(
                    row, claim, attempt, settled, endpoint.redactor, self.schedule.now()
                ))  # fmt: skip
                return
            except JournalError as error:
                await self._troubled(error)

    # -- judging -------------------------------------------------------------------------------

    def _case_to_judge(self, row: DeliveryRow, settled: Settled, before: int) -> TestCase | None:
        """Return what is judged now: the first answer, a second timeout, or one without a retry."""
        attempt = settled.attempt
        if attempt is None or before > 1:
            return None
        due = before == 1 or settled.state == "failed" if attempt.timed_out else before == 0
        return self._judging.case_of(row) if due else None

    def _judge_later(
        self, endpoint: Endpoint, row: DeliveryRow, case: TestCase, settled: Settled, before: int
    ) -> None:
        """Start judging beside controls; these take their slots among what is due."""
        task = asyncio.create_task(self._conclude(endpoint, row, case, settled, before))
        self._judged.add(task)
        task.add_done_callback(self._judged.discard)

    async def _conclude(
        self, endpoint: Endpoint, row: DeliveryRow, case: TestCase, settled: Settled, before: int
    ) -> None:
        attempt, sent_for = settled.attempt, settled.sent_for
        assert attempt is not None
        assert sent_for is not None
        try:
            async with endpoint.judging:
                judgement = await self._judging.compared(
                    row, case, attempt, sent_for, before, retried=settled.state == "pending"
                )
            await _kept(self._store.conclude(row, judgement, sent_for.redactor()))
        except Exception as error:
            _log.error("judging delivery %d: %s: %s", row.id, type(error).__name__, error)

    def _endpoint(self, subscription: Subscription) -> Endpoint | SocketEndpoint:
        known = self._endpoints.get(subscription.id)
        if known is not None:
            old = known.subscription
            if (old.url, old.secret, old.auth) == (
                subscription.url, subscription.secret, subscription.auth
            ):  # fmt: skip
                return known
        made: Endpoint | SocketEndpoint
        if subscription.over_websocket:
            made = SocketEndpoint(subscription, self.sockets)
        else:
            made = Endpoint(subscription, self._reach)
        self._endpoints[subscription.id] = made
        return made

    def _answer(self, number: int, settled: Settled) -> None:
        for waiting in self._waiting.pop(number, ()):
            if not waiting.done():
                waiting.set_result(settled)


def _unwanted(row: DeliveryRow, subscription: Subscription | None) -> str:
    """Say why a delivery is not made any more; nothing where it is."""
    if subscription is None:
        return "the subscription was deleted"
    if row.kind != "challenge" and subscription.state == "disabled":
        return "the subscription was disabled"
    return ""


async def _kept(future: Future[T]) -> T:
    """Wait until the journal has it on the disk."""
    return await asyncio.wrap_future(future)


__all__ = ["DispatchClock", "Dispatcher"]
