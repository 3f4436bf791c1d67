"""The one runner: sends test cases, sends slow ones again, fetches controls, judges and records.

Every surface goes through `Runner.examine` or, where it sends on a schedule of its own,
`Runner.conclude`. Suites decide what is sent next; the runner counts, groups what was found, and
keeps no exchange longer than it is judged.

What is refused is never judged by one delivery: a genuine event that gets a server error goes out
again, and an oddity is refused three times, each about entities of its own, with an acknowledged
control between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from mockzoom.engine.case import CHALLENGE, CaseMaker, CaseName, TestCase
from mockzoom.engine.evidence import Evidence, judge, outcome_key
from mockzoom.engine.genuine import GenuineDeliveries
from mockzoom.engine.record import Listener
from mockzoom.engine.reproduce import Reproducer
from mockzoom.engine.sending import CaseSender
from mockzoom.model import (
    Coverage,
    Delivery,
    Exchange,
    Load,
    NotJudged,
    RunFinished,
    RunResult,
    Violation,
    ViolationFound,
)
from mockzoom.zoom.delivery_sender import DeliverySender

Sender = Callable[[TestCase], Awaitable[Exchange | None]]
"""Sends a case; gives None where it was skipped."""

PURSUED = 3
"""How often one rule and cause is pursued, before more of the same is believed at once."""
REPEATED = 2
"""How often a refused oddity is repeated before it is reported: three times out of three."""
HIDDEN = "signature of events not checked: refusals are hidden behind 2xx; give verify --probe"
"""Why a forgery is not judged by its status."""
_NO_TOKENS = "MZ301"
"""The rule that an answer to a URL validation without tokens breaks."""


class Judged(Struct, frozen=True, eq=False):
    """What one case showed; `control` is the genuine delivery that it was compared with."""

    exchange: Exchange
    violations: tuple[Violation, ...] = ()
    control: Exchange | None = None
    control_case: TestCase | None = None


class Runner(CaseSender):
    """One run against one receiver.

    `strict` demands that mutants are refused. Violations of the rules in `muted` are dropped: their
    answers say nothing about this receiver. `genuine` counts genuine deliveries; where these fail
    by themselves too often, the rules in `refusals` are not judged.
    """

    def __init__(
        self,
        sender: DeliverySender,
        cases: CaseMaker,
        reproducer: Reproducer,
        listener: Listener = lambda event: None,
        *,
        genuine: GenuineDeliveries,
        strict: bool = False,
        muted: Collection[str] = (),
        refusals: Collection[str] = (),
    ) -> None:
        super().__init__(sender, cases, listener, genuine=genuine, strict=strict)
        self._dependent: set[str] = set()
        self._muted = frozenset(muted)
        self._confirmed: Counter[tuple[frozenset[str], str]] = Counter()
        self._refusals = tuple(refusals)
        self._gives_tokens = False
        self._reproducer = reproducer

    def depends_on_prelude(self, event: str) -> None:
        """Note that an event type is refused about entities that the receiver has not heard of."""
        self._dependent.add(event)

    async def examine(self, case: TestCase, send: Sender | None = None) -> Judged | None:
        """Send a case, fetch the control that it needs, judge and record.

        `send` is what sends it (by default alone, and again if it was too slow); None where that
        skipped the case. Raises `ReceiverGone` where the receiver went away and did not come back.
        """
        exchange = await (send or self.send_carefully)(case)
        if exchange is None:
            return None
        return await self.conclude(case, await self.repeat_server_error(case, exchange))

    async def repeat_server_error(self, case: TestCase, exchange: Exchange) -> Exchange:
        """Deliver a genuine case again that got a server error; return the exchange that counts.

        Zoom would do so, too. First it is about other entities; where that is acknowledged, the
        case itself goes out again, and tells chance from what is in it.
        """
        if not case.kind.plain or case.forge or not exchange.last.server_error:
            return exchange
        if not (await self.send(self.anew(case))).last.acknowledged:
            return exchange
        again = await self.send(case)
        if not again.last.acknowledged:
            return exchange
        self.genuine.failed_once(exchange)
        return again

    async def conclude(self, case: TestCase, exchange: Exchange) -> Judged:
        """Judge and record a case that was delivered; where it was refused, deliver controls.

        Raises `ReceiverGone` where an odd case has made the receiver go away: before it is judged
        if it needs a control, which nobody can answer any more, and after it if not.
        """
        if exchange.last.acknowledged and case.twin is not None:
            return await self._accepted_forgery(case, exchange, case.twin)
        if exchange.last.acknowledged or exchange.last.status == 429:
            return Judged(exchange, self.judge(case, exchange))
        if case.kind.plain:
            return await self._refused_event(case, exchange)
        return await self._refused_oddity(case, exchange)

    async def _accepted_forgery(self, case: TestCase, exchange: Exchange, twin: TestCase) -> Judged:
        """Judge a forgery that got a 2xx: was it accepted, or is that how refusals look here?

        Some receivers answer 2xx to what they refuse. Then a forged event gets another body than
        every genuine one, or the URL validation with the same flaw, the twin, gets no tokens.
        """
        rules = [violation.rule for violation in self.verdict(case, exchange)]
        if rules:
            if await self._is_hidden(case, exchange, twin):
                self.skip_rules(HIDDEN, *rules)
                self.not_observable(HIDDEN)
                return Judged(exchange)
            if case.sibling is not None and case.sibling.twin is not None:
                sibling = self.anew(case.sibling)
                answer = await self.send(sibling)
                if answer.last.acknowledged and not await self._is_hidden(
                    sibling, answer, case.sibling.twin
                ):
                    self.count(case)
                    case, exchange = sibling, answer
        return Judged(exchange, self.judge(case, exchange))

    async def _is_hidden(self, case: TestCase, exchange: Exchange, twin: TestCase) -> bool:
        """Whether the 2xx to a forgery is how this receiver refuses."""
        if self.genuine.answers_otherwise(exchange):
            if case.control is not None:
                await self.send(self.anew(case.control))
            if self.genuine.answers_otherwise(exchange):
                return True
        answer = await self.send(twin)
        if not answer.last.acknowledged or self._has_tokens(twin, answer):
            return False
        return await self._answers_challenges()

    async def _answers_challenges(self) -> bool:
        """Whether a genuine URL validation gets tokens: only then do missing ones say much."""
        if not self._gives_tokens:
            challenge = self.cases.prepare(CHALLENGE, CaseName("challenge"))
            answer = await self.send_carefully(challenge)
            self._gives_tokens = answer.last.acknowledged and self._has_tokens(challenge, answer)
        return self._gives_tokens

    def _has_tokens(self, challenge: TestCase, answer: Exchange) -> bool:
        """Whether the answer to a URL validation, forged or not, has tokens, right or wrong."""
        genuine = self.cases.prepare(CHALLENGE, CaseName("challenge")).kind
        found = self.verdict(challenge.judged_as(genuine), answer)
        return all(item.rule != _NO_TOKENS for item in found)

    async def _refused_event(self, case: TestCase, exchange: Exchange) -> Judged:
        """Judge a genuine event: is it refused as it is, or because of its non-ASCII text?"""
        in_ascii = None if exchange.last.timed_out else self._in_ascii(case)
        control = None
        if in_ascii is not None and await self._comes_back(exchange):
            control = await self.control(in_ascii)
            if control.last.acknowledged and case.kind.explained is not None:
                again = await self.send(self.anew(case))
                if again.last.acknowledged:
                    self.genuine.failed_once(exchange)
                    return Judged(again, self.judge(case, again), control, in_ascii)
                case = case.judged_as(case.kind.explained)
        return Judged(exchange, self.judge(case, exchange, control), control, in_ascii)

    def _in_ascii(self, case: TestCase) -> TestCase | None:
        """Return the same event in ASCII words, where it has others and is compared with them."""
        if case.control is not None or case.kind.control != "ascii":
            return case.control
        if case.body.isascii() or not case.name.is_made_again:
            return None
        return self.cases.prepare(case.event, replace(case.name, ascii_only=True))

    async def _refused_oddity(self, case: TestCase, exchange: Exchange) -> Judged:
        control = None
        gone = not await self._comes_back(exchange)
        if not gone and case.control is not None and self.verdict(case, exchange):
            confirmed, control = await self.confirm(case, exchange, case.control)
            if not confirmed:
                return Judged(exchange, (), control, case.control)
        found = self.judge(case, exchange, control)
        await self.stays_reachable(exchange)
        return Judged(exchange, found, control, case.control)

    async def confirm(
        self, case: TestCase, exchange: Exchange, control_case: TestCase
    ) -> tuple[bool, Exchange | None]:
        """Repeat a refused oddity twice, with a control after each time; return the last control.

        True where it broke the same rules each time and every control was acknowledged. What was
        confirmed three times for the same rules and outcome is believed from then on, unless
        genuine deliveries fail as well.
        """
        if case.event in self._dependent and not self.cases.is_linked(case):
            return False, None
        rules = {violation.rule for violation in self.verdict(case, exchange)}
        key = (frozenset(rules), outcome_key(exchange.last))
        if self._confirmed[key] >= PURSUED and not self.genuine.failures:
            return True, None
        for turn in range(REPEATED + 1):
            control = await self.control(control_case)
            if not control.last.acknowledged:
                why = f"{control_case.event} was acknowledged before and is refused now"
                self.skip_rules(why, *rules)
                return False, control
            if turn < REPEATED and not await self._breaks_again(case, rules):
                self.count(case)
                return False, control
        self._confirmed[key] += 1
        return True, control

    async def _breaks_again(self, case: TestCase, rules: set[str]) -> bool:
        case = self.anew(case)
        again = await self.send(case)
        return rules <= {violation.rule for violation in self.verdict(case, again)}

    def judge(
        self, case: TestCase, exchange: Exchange, control: Exchange | None = None, secret: str = ""
    ) -> tuple[Violation, ...]:
        """Judge one exchange, and record what was found; see `verdict`."""
        if exchange.last.status != 429:
            self.count(case)
        found = self.verdict(case, exchange, control, secret)
        fresh = bool(case.prelude) or not case.kind.plain
        for violation in found:
            self.add(violation, exchange.delivery, fresh=fresh)
        return found

    def verdict(
        self, case: TestCase, exchange: Exchange, control: Exchange | None = None, secret: str = ""
    ) -> tuple[Violation, ...]:
        """Judge one exchange, and record nothing.

        `secret` is what it was signed with, where that is not the sender's.
        """
        secret = secret or self.sender.secret
        found = judge(Evidence(case, exchange, control, secret, self.strict))
        return tuple([item for item in found if item.rule not in self._muted]) if found else ()

    def add(self, violation: Violation, delivery: Delivery, *, fresh: bool = False) -> None:
        """Record a violation, with the command that reproduces its delivery.

        `fresh` says that it has to be about new entities, after its prelude.
        """
        self.add_line(violation, self._reproducer.of(delivery, fresh=fresh))

    def add_case(self, violation: Violation, case: str) -> None:
        """Record a violation that no single delivery shows, with the command for its `case`."""
        self.add_line(violation, self._reproducer.command(violation.event or "", case))

    def add_line(self, violation: Violation, line: str) -> None:
        """Record a violation with the command that reproduces it, whatever delivered it."""
        complete = replace(violation, reproduce=line)
        self.findings.add(complete)
        self.emit(ViolationFound(complete))

    # -- ending --------------------------------------------------------------------------------

    def finish(self, planned: Iterable[str], load: Load | None = None) -> RunResult:
        """Return the outcome, and report it; `planned` are the event types that the run is about.

        `load` are the figures of a load run.

        What was exercised beyond the plan, such as the webhooks of a stream, counts on both sides
        of the coverage: no more event types are exercised than there are.
        """
        self._report_failures()
        events = self._covered | {event for event in planned if event in self.cases.contract.known}
        result = RunResult(
            target=self.sender.transport.target.url,
            seed=self.cases.seed,
            elapsed=self.sender.clock.monotonic() - self._started,
            deliveries=self.deliveries,
            coverage=Coverage((len(self._covered), len(events)), self._constraints),
            violations=self.findings.all(),
            not_judged=tuple(NotJudged(rule, self._not_judged[rule])
                             for rule in sorted(self._not_judged)),
            notices=tuple(self._notices),
            breakages=tuple(self._run_errors),
            not_observable=tuple(self._not_observable),
            cases=self.judged,
            timeline=self._timeline.all if self._timeline is not None else (),
            load=load,
        )  # fmt: skip
        self.emit(RunFinished(result))
        return result

    def _report_failures(self) -> None:
        """Report genuine deliveries that failed by themselves, and drop what may be one."""
        found = self.genuine.violation()
        if found is None:
            return
        self.add(*found)
        if not self.genuine.hides_refusals(sum(self._judged.values())):
            return
        for rule in self._refusals:
            self.findings.drop(rule)
        self.skip_rules(
            f"{self.genuine.counts()} failed by themselves, so refusals prove nothing",
            *self._refusals,
        )
