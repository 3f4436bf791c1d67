"""Sends test cases: after their prelude, again where they were slow, and their controls."""

from __future__ import annotations

import asyncio

from mockzoom.engine.case import CaseMaker, TestCase
from mockzoom.engine.evidence import summary
from mockzoom.engine.genuine import GenuineDeliveries
from mockzoom.engine.record import Listener, RunRecord
from mockzoom.model import Delivery, Exchange, ExchangeFinished, Failure, RunKind, RunStarted
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.headers import request_id

COMEBACK_S = 10.0
"""Seconds in which a receiver that has gone away may come back."""
COLD_START_S = 10.0
"""Seconds for which the first request of a run may wait for its answer."""
_PAUSE_S = 0.2
"""Seconds before what was too slow is sent again."""
HOUR = 3600
"""After so many entity sets, a second apart each, payload clocks begin anew."""
_RECENT = 20
"""Seconds by which a payload clock may go back and still be recent."""
_MOST_ENTITIES = 20
"""Entity sets of which one is chosen that no known cause of refusals concerns."""


class ReceiverGone(Exception):
    """The receiver does not come back: what follows cannot be judged."""


class Throttled(ReceiverGone):
    """The receiver goes on answering 429: what follows would not be judged."""


class CaseSender(RunRecord):
    """Sends the test cases of one run to one receiver, and counts genuine deliveries."""

    def __init__(
        self,
        sender: DeliverySender,
        cases: CaseMaker,
        listener: Listener,
        *,
        genuine: GenuineDeliveries,
        strict: bool,
    ) -> None:
        super().__init__(sender.clock, listener, strict=strict)
        self.sender = sender
        self.genuine = genuine
        self.cases = cases
        self.deliveries = 0
        self.prelude_s = 0.0
        self._silent_before: set[str] = set()
        self._entities = [0, 1, 2, 3]
        self._stays_recent = False
        self._ends_when_throttled = False
        self._cold_start_s = 0.0
        # Retries share a request id, two deliveries never, nor do two runs.
        self._request_ids = request_id(cases.seed, str(sender.clock.now()))[:24]

    def start(self, expected: int, kind: RunKind) -> None:
        """Report that the run begins; `expected` is about how many deliveries it makes."""
        self.emit(RunStarted(self.sender.transport.target.url, self.cases.seed, expected, kind))

    def cover(self, event: str) -> None:
        """Note that an event type was exercised; one that is not in the contract does not count."""
        if event in self.cases.contract.known:
            self._covered.add(event)

    def delivery(self, case: TestCase) -> Delivery:
        """Return a new delivery of a case."""
        self.deliveries = number = self.deliveries + 1
        return Delivery(
            f"d-{number}", str(case.name), case.event, case.body,
            f"{self._request_ids}{number:012x}", case.forge, case.content_type,
            headers=case.headers, header_case=case.header_case, refusable=case.kind.refusable,
            in_pieces=case.in_pieces,
        )  # fmt: skip

    def made_elsewhere(self, number: int) -> None:
        """Count deliveries that other processes have made."""
        self.deliveries += number

    def next_entities(self, like: int = 0) -> int:
        """Return the number of an entity set that was never used before in this run.

        Its ids have the same peculiarities as those of the set `like`: every fourth set shares
        them (`mockzoom.synth.entity_set`).
        """
        number = self._entities[like % 4] + 4
        if self._stays_recent and number % HOUR > _RECENT:
            number += HOUR - number % HOUR + like % 4
        self._entities[like % 4] = number
        return number

    def stay_recent(self) -> None:
        """From now on, use only entity sets whose payload clock is that of the run's beginning."""
        self._stays_recent = True

    def anew(self, case: TestCase) -> TestCase:
        """Return the same case about entities never used before, with its prelude.

        Where it is known why genuine events are refused, they are entities that this spares.
        """
        for _ in range(_MOST_ENTITIES):
            made = self.cases.about(case, self.next_entities(case.name.entities))
            if not (made.body.isascii() and self.genuine.is_explained(made.body)):
                break
        return made

    async def send(self, case: TestCase) -> Exchange:
        """Deliver a case once, after its prelude."""
        if case.prelude:
            began = self.sender.clock.monotonic()
            for before in case.prelude:
                await self._deliver_before(before)
            self.prelude_s += self.sender.clock.monotonic() - began
        return await self._deliver(case)

    async def _deliver_before(self, case: TestCase) -> None:
        """Deliver an event of a prelude; the same again after a server error, as Zoom does.

        A type that had no answer in time, nor when it was repeated, is left out from then on.
        """
        if case.event in self._silent_before:
            return
        exchange = await self._deliver(case)
        if exchange.last.timed_out:
            await asyncio.sleep(_PAUSE_S)
            if (await self._deliver(case, exchange.delivery)).last.timed_out:
                self._silent_before.add(case.event)
            else:
                self.answered_when_repeated(exchange)
        if exchange.last.server_error:
            again = await self._deliver(case, exchange.delivery)
            if again.last.acknowledged:
                self.genuine.failed_once(exchange)

    async def _deliver(self, case: TestCase, delivery: Delivery | None = None) -> Exchange:
        """Deliver a case without its prelude; the same `delivery` again, where one is given."""
        is_first = not self.deliveries
        sender = self.sender.waiting(COLD_START_S) if is_first else self.sender
        exchange = self.delivered(await sender.deliver(delivery or self.delivery(case)))
        if case.kind.plain and not case.forge:
            self.genuine.take(exchange)
        took = exchange.last.timings.answer
        if is_first and took is not None and took > self.sender.timeout:
            self._cold_start_s = took
        elif self._cold_start_s:
            if took is not None and took <= self.sender.timeout:
                self.notice(
                    f"the first request took {self._cold_start_s:.1f} s, later ones less: after a"
                    f" cold start, the first event misses the limit of {self.sender.timeout:g} s,"
                    " and Zoom retries it"
                )
            self._cold_start_s = 0.0
        return exchange

    def delivered(self, exchange: Exchange) -> Exchange:
        """Report an exchange that is over, and return it.

        Raises `Throttled` where the receiver goes on answering 429, in a run that ends then.
        """
        self.emit(ExchangeFinished(exchange))
        if exchange.last.status == 429 and self.sender.out_of_patience:
            why = f"the receiver goes on answering 429: {self.sender.waited()}"
            if self._ends_when_throttled:
                raise Throttled(why)
            self.notice(f"{why}; such deliveries were not checked (see --rate)")
        return exchange

    def end_when_throttled(self) -> None:
        """From now on, raise `Throttled` for a 429 that comes when the budget for them is spent."""
        self._ends_when_throttled = True

    async def send_carefully(self, case: TestCase) -> Exchange:
        """Deliver; repeat alone, about other entities, what was too slow the first time."""
        exchange = await self.send(case)
        was_cold = bool(self._cold_start_s)
        if not exchange.last.timed_out and not was_cold:
            return exchange
        await asyncio.sleep(_PAUSE_S)
        repeated = await self.send(self.anew(case))
        if not repeated.last.timed_out and not was_cold:
            self.answered_when_repeated(exchange)
        return repeated

    def answered_when_repeated(self, exchange: Exchange) -> None:
        """Add the notice for a delivery that was too slow once only."""
        delivery = exchange.delivery
        self.notice(
            f"{delivery.id} ({delivery.event}) had no answer in time, its repetition had: not"
            " reported"
        )

    async def control(self, case: TestCase) -> Exchange:
        """Deliver a genuine case about new entities; where it is refused, once more.

        A control that is refused only once is counted as a failure of genuine deliveries.
        """
        exchange = await self.send_carefully(self.anew(case))
        if exchange.last.acknowledged or exchange.last.status in (None, 429):
            return exchange
        again = await self.send(self.anew(case))
        if again.last.acknowledged:
            self.genuine.failed_once(exchange)
        return again

    async def wants_https(self, exchange: Exchange) -> bool:
        """Whether a delivery failed since the port speaks TLS, and the URL says http.

        Servers differ: some close the connection, some answer 400.
        """
        last = exchange.last
        lost = last.status is None and not last.timed_out and last.timings.connected is not None
        return (lost or last.status == 400) and await self.sender.transport.speaks_tls()

    async def stays_reachable(self, after: Exchange) -> None:
        """Make sure that a lost connection did not mean a lost receiver.

        Raises `ReceiverGone` where no connection can be opened for ten seconds.
        """
        if not await self._comes_back(after):
            delivery = after.delivery
            raise ReceiverGone(
                f"the receiver has gone away after {delivery.id} ({delivery.event}, case"
                f" {delivery.case}): {summary(after.last)}; it did not come back within"
                f" {COMEBACK_S:g} s"
            )

    async def _comes_back(self, after: Exchange) -> bool:
        """Whether a connection can be opened within ten seconds after one was lost."""
        outcome = after.last.outcome
        if not isinstance(outcome, Failure) or outcome.kind == "timeout":
            return True
        ends = self.sender.clock.monotonic() + COMEBACK_S
        while await self.sender.transport.reach() is not None:
            if self.sender.clock.monotonic() > ends:
                return False
            await asyncio.sleep(0.5)
        return True
