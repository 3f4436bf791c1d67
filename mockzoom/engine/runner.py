"""The one runner: sends test cases, sends slow ones again, fetches controls, judges and records.

Every surface goes through `Runner.examine` or, where it sends on a schedule of its own,
`Runner.conclude`. Suites decide what is sent next; the runner counts, groups what was found, and
keeps no exchange longer than it is judged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.delivery import Courier, request_id
from mockzoom.engine.case import CaseMaker, TestCase
from mockzoom.engine.evidence import Evidence, judge, outcome_key, summary
from mockzoom.engine.findings import Findings
from mockzoom.engine.reproduce import Reproducer
from mockzoom.engine.timeline import StreamMoments
from mockzoom.model import (
    Coverage,
    Delivery,
    Exchange,
    ExchangeFinished,
    Failure,
    NotJudged,
    Observation,
    Observed,
    RunEvent,
    RunFinished,
    RunKind,
    RunResult,
    RunStarted,
    StepStarted,
    Violation,
    ViolationFound,
)

Listener = Callable[[RunEvent], None]
Sender = Callable[[TestCase], Awaitable[Exchange | None]]
"""Sends a case; gives None where it was skipped."""

PURSUED = 3
"""How often one rule and cause is pursued when each time costs a whole deadline."""
COMEBACK_S = 10.0
"""Seconds in which a receiver that has gone away may come back."""
_PAUSE_S = 0.2
"""Seconds before what was too slow is sent again."""


class ReceiverGone(Exception):
    """The receiver does not come back: what follows cannot be judged."""


class Judged(Struct, frozen=True, eq=False):
    """What one case showed; `control` is the genuine delivery that it was compared with."""

    exchange: Exchange
    violations: tuple[Violation, ...] = ()
    control: Exchange | None = None
    control_case: TestCase | None = None


class Runner:
    """One run against one receiver.

    `strict` demands that mutants are refused. Violations of the rules in `muted` are dropped: their
    answers say nothing about this receiver.
    """

    def __init__(
        self,
        courier: Courier,
        cases: CaseMaker,
        reproducer: Reproducer,
        listener: Listener = lambda event: None,
        *,
        strict: bool = False,
        muted: Collection[str] = (),
    ) -> None:
        self.courier = courier
        self.cases = cases
        self.strict = strict
        self.findings = Findings()
        self.deliveries = 0
        self._muted = frozenset(muted)
        self._notices: dict[str, None] = {}
        self._run_errors: list[str] = []
        self._not_judged: dict[str, str] = {}
        self._judged: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._covered: set[str] = set()
        self._constraints = (0, 0)
        self._controls: dict[tuple[tuple[str, ...], str], Exchange] = {}
        self._moments: StreamMoments | None = None
        self._reproducer = reproducer
        self._listener = listener
        self._started = courier.clock.monotonic()
        # Retries share a request id, two deliveries never, nor do two runs.
        self._request_ids = request_id(cases.seed, str(courier.clock.now()))[:24]

    # -- reporting -----------------------------------------------------------------------------

    def tell(self, event: RunEvent) -> None:
        """Hand a run event to the listener."""
        if self._moments is not None:
            self._moments.take(event)
        self._listener(event)

    def start(self, expected: int, kind: RunKind) -> None:
        """Report that the run begins; `expected` is about how many deliveries it makes."""
        self.tell(RunStarted(self.courier.transport.target.url, self.cases.seed, expected, kind))

    def step(self, name: str, about: str) -> None:
        """Report that a group of deliveries begins."""
        self.tell(StepStarted(name, about))

    def observe(self, observation: Observation) -> None:
        """Report what the stream server saw."""
        self.tell(Observed(observation))

    def keep_moments(self) -> None:
        """Keep the timeline of streams from now on."""
        if self._moments is None:
            self._moments = StreamMoments(self.courier.clock.now)

    def notice(self, text: str) -> None:
        """Add something worth knowing that is no violation; the same text is added once."""
        self._notices.setdefault(text)

    def take_notices(self) -> tuple[str, ...]:
        """Return the notices so far, and forget them."""
        taken = tuple(self._notices)
        self._notices.clear()
        return taken

    def run_error(self, text: str) -> None:
        """Add what kept mockzoom or the network from doing its part."""
        self._run_errors.append(text)

    def skip_rules(self, why: str, *rules: str) -> None:
        """List rules as not judged, with the first reason given."""
        for rule in rules:
            self._not_judged.setdefault(rule, why)

    def cover(self, event: str) -> None:
        """Note that an event of the contract was exercised."""
        self._covered.add(event)

    def cover_constraints(self, done: int, total: int) -> None:
        """Note how many constraints of the contract were exercised, of how many."""
        self._constraints = (done, total)

    # -- delivering ----------------------------------------------------------------------------

    def delivery(self, case: TestCase) -> Delivery:
        """Return a new delivery of a case."""
        self.deliveries = number = self.deliveries + 1
        return Delivery(
            f"d-{number}", str(case.name), case.event, case.body,
            f"{self._request_ids}{number:012x}", case.forge, case.content_type,
            headers=case.headers,
        )  # fmt: skip

    async def send(self, case: TestCase) -> Exchange:
        """Deliver a case once."""
        return self.delivered(await self.courier.deliver(self.delivery(case)))

    def delivered(self, exchange: Exchange) -> Exchange:
        """Report an exchange that is over, and return it."""
        self.tell(ExchangeFinished(exchange))
        if exchange.last.status == 429 and self.courier.out_of_patience:
            self.notice(
                "the receiver goes on answering 429 although its Retry-After was obeyed for 30 s;"
                " such deliveries were not judged (see --rate)"
            )
        return exchange

    async def send_carefully(self, case: TestCase) -> Exchange:
        """Deliver; repeat alone, about other entities, what was too slow the first time."""
        exchange = await self.send(case)
        if not exchange.last.timed_out:
            return exchange
        await asyncio.sleep(_PAUSE_S)
        repeated = await self.send(self._again(case))
        if not repeated.last.timed_out:
            self.answered_when_repeated(exchange)
        return repeated

    def answered_when_repeated(self, exchange: Exchange) -> None:
        """Add the notice for a delivery that was too slow once only."""
        delivery = exchange.delivery
        self.notice(
            f"{delivery.id} ({delivery.event}) had no answer in time, its repetition had: not"
            " reported"
        )

    def _again(self, case: TestCase) -> TestCase:
        """Return the same case about other entities, where its name makes it; else the same."""
        if not case.kind.has_entities or not case.name.is_made_again:
            return case
        name = replace(case.name, entities=case.name.entities + 1)
        again = self.cases.prepare(case.event, name)
        return replace(again, forge=case.forge, kind=case.kind, detail=case.detail)

    # -- judging -------------------------------------------------------------------------------

    async def examine(self, case: TestCase, send: Sender | None = None) -> Judged | None:
        """Send a case, fetch the control that it needs, judge and record.

        `send` is what sends it (by default alone, and again if it was too slow); None where that
        skipped the case. Raises `ReceiverGone` where the receiver went away and did not come back.
        """
        exchange = await (send or self.send_carefully)(case)
        return None if exchange is None else await self.conclude(case, exchange)

    async def conclude(self, case: TestCase, exchange: Exchange) -> Judged:
        """Judge and record a case that was delivered; fetch the control that it needs.

        Raises `ReceiverGone` where an odd case has made the receiver go away: before it is judged
        if it needs a control, which nobody can answer any more, and after it if not.
        """
        control_case = self._control_case(case, exchange)
        control = None
        if control_case is not None and not case.kind.plain:
            await self.stays_reachable(exchange)
        if control_case is not None and await self._comes_back(exchange):
            control = await self._control(case, control_case, exchange)
            if control.last.acknowledged and case.kind.explained is not None:
                case = case.judged_as(case.kind.explained)
        found = self.judge(case, exchange, control)
        if control_case is None and not case.kind.plain:
            await self.stays_reachable(exchange)
        return Judged(exchange, found, control, control_case)

    def _control_case(self, case: TestCase, exchange: Exchange) -> TestCase | None:
        """Return what a refusal is compared with; None where there is nothing to compare."""
        if exchange.last.acknowledged or exchange.last.status == 429:
            return None
        if case.kind.plain and exchange.last.timed_out:
            return None
        if case.control is not None or case.kind.control != "ascii":
            return case.control
        if case.body.isascii() or not case.name.is_made_again:
            return None
        return self.cases.prepare(case.event, replace(case.name, ascii_only=True))

    async def _control(
        self, case: TestCase, control_case: TestCase, exchange: Exchange
    ) -> Exchange:
        """Deliver the control; a genuine event once for each rule and outcome."""
        if case.kind.control == "ascii":
            return await self.send(control_case)
        key = (case.kind.rules, outcome_key(exchange.last))
        if key not in self._controls:
            self._controls[key] = await self.send(control_case)
        control = self._controls[key]
        if not control.last.acknowledged:
            why = f"{control_case.event} was acknowledged before and is refused now"
            self.skip_rules(why, *case.kind.rules)
        return control

    def judge(
        self, case: TestCase, exchange: Exchange, control: Exchange | None = None, secret: str = ""
    ) -> tuple[Violation, ...]:
        """Judge one exchange, and record what was found; see `verdict`."""
        self.count(case)
        found = self.verdict(case, exchange, control, secret)
        for violation in found:
            self.add(violation, exchange.delivery)
        return found

    def verdict(
        self, case: TestCase, exchange: Exchange, control: Exchange | None = None, secret: str = ""
    ) -> tuple[Violation, ...]:
        """Judge one exchange, and record nothing.

        `secret` is what it was signed with, where that is not the courier's.
        """
        secret = secret or self.courier.secret
        found = judge(Evidence(case, exchange, control, secret, self.strict))
        return tuple([item for item in found if item.rule not in self._muted]) if found else ()

    def add(self, violation: Violation, delivery: Delivery) -> None:
        """Record a violation, with the command that reproduces its delivery."""
        self._record(violation, self._reproducer.of(delivery))

    def add_case(self, violation: Violation, case: str) -> None:
        """Record a violation that no single delivery shows, with the command for its `case`."""
        self._record(violation, self._reproducer.command(violation.event or "", case))

    def _record(self, violation: Violation, line: str) -> None:
        complete = replace(violation, reproduce=line)
        self.findings.add(complete)
        self.tell(ViolationFound(complete))

    def count(self, case: TestCase) -> None:
        """Note that a delivery judged the rules of its case."""
        self.count_rules(case.event, *case.rules(strict=self.strict))

    def count_rules(self, event: str | None, *rules: str) -> None:
        """Note that a delivery judged `rules` for `event`."""
        if rules:
            self._judged[event or "", rules] += 1

    @property
    def judged(self) -> dict[tuple[str, str], int]:
        """How many deliveries judged each (rule, event)."""
        judged: Counter[tuple[str, str]] = Counter()
        for (event, rules), number in self._judged.items():
            for rule in rules:
                judged[rule, event] += number
        return dict(judged)

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
        ends = self.courier.clock.monotonic() + COMEBACK_S
        while await self.courier.transport.reach() is not None:
            if self.courier.clock.monotonic() > ends:
                return False
            await asyncio.sleep(0.5)
        return True

    # -- ending --------------------------------------------------------------------------------

    def finish(self, events_total: int) -> RunResult:
        """Return the outcome, and report it."""
        result = RunResult(
            target=self.courier.transport.target.url,
            seed=self.cases.seed,
            elapsed=self.courier.clock.monotonic() - self._started,
            deliveries=self.deliveries,
            coverage=Coverage((len(self._covered), events_total), self._constraints),
            violations=self.findings.all(),
            not_judged=tuple(NotJudged(rule, self._not_judged[rule])
                             for rule in sorted(self._not_judged)),
            notices=tuple(self._notices),
            breakages=tuple(self._run_errors),
            cases=self.judged,
            timeline=self._moments.all if self._moments is not None else (),
        )  # fmt: skip
        self.tell(RunFinished(result))
        return result
