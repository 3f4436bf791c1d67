"""The answers of a scenario run, judged by the rules and by what the scenario expects.

A delivery is judged once it is concluded, by the attempt that decided it: one that was acknowledged
on a retry has arrived. What is odd is judged only where the receiver has acknowledged a genuine
event of its kind in this run, signed with the same secret: a rotation changes that. A timeout is
reported only if the same event, told of other entities and delivered alone, has no answer in time
either: what comes in a burst may wait in a queue. That is checked at the end (`Rechecks`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed

from msgspec.structs import replace

from mockzoom.engine.case import TestCase
from mockzoom.engine.evidence import summary
from mockzoom.engine.runner import PURSUED, Runner
from mockzoom.model import Exchange, Violation
from mockzoom.play.attempts import Sending
from mockzoom.scenario.model import Expect, Send
from mockzoom.suites.events import ALONE, LOST_IN_BURST, VALID
from mockzoom.suites.evolution import FIELD, VARIANT
from mockzoom.suites.expectations import Role, expectation, no_role, unmet
from mockzoom.wording import deliveries
from mockzoom.zoom.preludes import prelude

_STATUS_RULES = frozenset({"MZ101", "MZ104", "MZ105", "MZ107", "MZ108", "MZ109"})
_GENUINE = (VALID, VARIANT, FIELD)
"""Kinds of events that Zoom may send of a type: the coverage counts the type by any of them."""
_RECHECKED = frozenset({"MZ102"})
"""Rules about time, which are reported only after a re-check."""


@dataclass(frozen=True, slots=True)
class UnsureAnswer:
    """An answer that is to be checked again, by a delivery signed with the same `secret`."""

    step: Send
    case: TestCase
    exchange: Exchange
    secret: str = field(repr=False)


class Answers:
    """Judges the answers of one run, and keeps what later ones are compared with."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._acknowledged: dict[str, dict[str, Exchange]] = {}
        """The genuine events that were acknowledged first, by secret and event type."""
        self._variants: set[bytes] = set()
        self.slow: list[UnsureAnswer] = []
        """Had no answer in time."""
        self._retried: list[Exchange] = []
        """Genuine events that were acknowledged at a retry only."""
        self._genuine = 0
        self._answered: dict[str, Counter[int | None]] = {}
        """How often each scenario got each status."""
        self.refused_variants: list[UnsureAnswer] = []
        """Were refused, for their value or for what had come before them."""

    def conclude(self, step: Send, case: TestCase, sending: Sending, role: Role = no_role) -> bool:
        """Judge a delivery that is over; tell whether it was as it should be.

        `role` names values of the play, for what is not as the scenario expects.
        """
        exchange = sending.exchange
        found: tuple[Violation, ...]
        if not sending.answered or sending.garbled:
            return True  # what we lost or garbled ourselves says nothing of the receiver
        scenario = exchange.delivery.case.partition("/")[0]
        self._answered.setdefault(scenario, Counter())[exchange.last.status] += 1
        case = self._plainly(case, exchange)
        self._keep(case, exchange, sending.secret)
        self._note_slowness(step, case, sending)
        if _is_odd(case) and exchange.last.timed_out:
            return self._report(step.expect, exchange, (), role)
        if sending.in_burst and exchange.last.status == 429 and case.kind in (VALID, VARIANT):
            rate = f"about {sending.rate:,.0f} deliveries a second"
            lost = case.judged_as(LOST_IN_BURST, rate if sending.rate >= 1 else "deliveries")
            self._runner.count(lost)
            found = self._runner.verdict(lost, exchange)
            return self._report(step.expect, exchange, found, role)
        if case.kind is VARIANT and step.expect is None and _is_refused(exchange):
            self.refused_variants.append(UnsureAnswer(step, case, exchange, sending.secret))
            return False
        control = None if case.kind.plain else self.control(case, sending.secret)
        if control is None and case.kind is not VALID:
            if step.expect is None and exchange.last.acknowledged and not case.forge:
                return True
            if step.expect is None:
                self.skip(case)
                return True
            found = ()
        else:
            found = self._runner.verdict(case, exchange, control)
            if exchange.last.status != 429:
                self._runner.count(case)
                self._cover(case)
        found = tuple(item for item in found if item.rule not in _RECHECKED)
        return self._report(step.expect, exchange, found, role)

    def expected(self, expect: Expect | None, exchange: Exchange) -> bool:
        """Judge an answer by what the scenario expects alone."""
        return self._report(expect, exchange, (), no_role)

    def close(self) -> None:
        """Say which scenarios were not checked because of 429, and what passed at a retry only."""
        for scenario, answers in self._answered.items():
            if set(answers) == {429}:
                self._runner.run_error(
                    f"{scenario}: {deliveries(answers[429])} answered 429 and nothing else, so"
                    " nothing was checked; raise the receiver's limit for this test, or use --rate"
                )
        if not self._retried:
            return
        first = self._retried[0]
        refused = Counter(summary(one.attempts[0]) for one in self._retried)
        seen = ", ".join(text for text, _ in refused.most_common(3))
        number = len(self._retried)
        self._runner.notice(
            f"{number} of {deliveries(self._genuine, 'genuine')} acknowledged only at a retry"
            f" ({seen}), such as {first.delivery.id} ({first.delivery.event})"
        )

    def skip(self, case: TestCase) -> None:
        """List the rules of a case, which there is nothing to compare with, as not judged."""
        why = f"no event like {case.event} was acknowledged before it in the play"
        self._runner.skip_rules(why, *case.rules(strict=False))

    def control(self, case: TestCase, secret: str) -> Exchange | None:
        """Return the genuine event that an odd one is compared with, acknowledged in this run.

        Both are signed with `secret`.
        """
        known = self._acknowledged.get(secret, {})
        own = known.get(case.event)
        if own is not None or case.event in self._runner.cases.contract.known:
            return own
        namespace = case.event.partition(".")[0] + "."
        similar = [each for name, each in known.items() if name.startswith(namespace)]
        return next(iter(similar or known.values()), None)

    # -- within --------------------------------------------------------------------------------

    def _plainly(self, case: TestCase, exchange: Exchange) -> TestCase:
        """Return a variant as a plain event where the same bytes were acknowledged before.

        A refusal of its copy is not about the variant.
        """
        if case.kind is not VARIANT:
            return case
        if exchange.last.acknowledged:
            self._variants.add(case.body)
            return case
        return case.judged_as(VALID) if case.body in self._variants else case

    def _cover(self, case: TestCase) -> None:
        """Note that the event type of a case was judged, or acknowledged where nothing judges it.

        A type whose only event carries a documented variant counts as any other.
        """
        if case.kind in _GENUINE and not case.forge:
            self._runner.cover(case.event)

    def _keep(self, case: TestCase, exchange: Exchange, secret: str) -> None:
        if exchange.last.acknowledged:
            self._cover(case)
        self._genuine += case.kind is VALID
        if case.kind is VALID and exchange.last.acknowledged:
            self._acknowledged.setdefault(secret, {}).setdefault(case.event, exchange)
            if len(exchange.attempts) > 1 and not self._was_lost(exchange):
                self._retried.append(exchange)

    def _was_lost(self, exchange: Exchange) -> bool:
        return all(attempt.status is None for attempt in exchange.attempts[:-1])

    def _note_slowness(self, step: Send, case: TestCase, sending: Sending) -> None:
        if case.kind is not VALID and not _is_odd(case):
            return
        own = max(sending.lost, int(bool(sending.injected)))
        attempts = sending.attempts[own:] if case.kind is VALID else sending.attempts[-1:]
        if any(attempt.timed_out for attempt in attempts):
            self.slow.append(UnsureAnswer(step, case, sending.exchange, sending.secret))

    def _report(
        self, expect: Expect | None, exchange: Exchange, found: tuple[Violation, ...], role: Role
    ) -> bool:
        if expect is not None:
            missed = unmet(expect, exchange.last, role)
            if expect.statuses and not missed:
                found = tuple(item for item in found if item.rule not in _STATUS_RULES)
            if missed and not any(item.severity == "error" for item in found):
                found = (*found, expectation(expect, exchange, missed))
        for violation in found:
            self._runner.add(violation, exchange.delivery)
        return not found


Redeliver = Callable[[Send, UnsureAnswer, Sequence[str]], Awaitable[tuple[TestCase, Exchange]]]
"""Delivers the event of a step, about other entities, as what is in doubt was delivered.

The events named are delivered before it.
"""


class Rechecks:
    """Checks again, once everything was played, what a single answer was not enough to judge.

    What had no answer in time is delivered again, alone and about other entities. So is a refused
    variant, and a plain event of its type, each after the events that come before it: a variant
    that is acknowledged there was refused for what had not come.
    """

    def __init__(self, runner: Runner, answers: Answers, redeliver: Redeliver) -> None:
        self._runner = runner
        self._answers = answers
        self._redeliver = redeliver

    async def play(self) -> None:
        """Check doubts again: three of each event type at most, until three types are confirmed.

        One cause is one cause, but what is quick for one type may be slow for another.
        """
        answers = self._answers
        answers.close()
        if answers.slow or answers.refused_variants:
            self._runner.step("once more", "What one answer was not enough to judge.")
        await self._all(answers.slow, self._slow, "had no answer in time")
        variants = answers.refused_variants
        await self._all(variants, self._variant, "were refused with a documented variant")

    async def _all(
        self,
        doubts: list[UnsureAnswer],
        check: Callable[[UnsureAnswer], Awaitable[bool]],
        what: str,
    ) -> None:
        of_types: dict[str, list[UnsureAnswer]] = {}
        for doubt in doubts:
            of_types.setdefault(doubt.case.event, []).append(doubt)
        confirmed = checked = 0
        for some in of_types.values():
            for doubt in some[:PURSUED] if confirmed < PURSUED else ():
                checked += 1
                if await check(doubt):
                    confirmed += 1
                    break
        self._skipped(len(doubts), what, checked)

    async def _slow(self, doubt: UnsureAnswer) -> bool:
        """Deliver what had no answer in time again; tell whether it has none again."""
        case, again = await self._redeliver(_known(doubt.step), doubt, ())
        if not again.last.timed_out:
            self._runner.answered_when_repeated(doubt.exchange)
            return False
        control = None if case.kind.plain else self._answers.control(case, doubt.secret)
        if control is None and case.kind is VARIANT:
            return await self._variant(changed(doubt, case=case, exchange=again))
        if control is None and case.kind is not VALID:
            self._answers.skip(case)
            return True
        for violation in self._runner.verdict(case, again, control):
            ids = (doubt.exchange.delivery.id, again.delivery.id)
            found = replace(violation, delivery=ids[0], deliveries=ids)
            self._runner.add(found, again.delivery)
        return True

    async def _variant(self, doubt: UnsureAnswer) -> bool:
        """Judge a refused variant; tell whether it was refused for the variant's sake."""
        before = prelude(doubt.case.event)
        case = doubt.case
        if _is_refused(doubt.exchange):
            _, again = await self._redeliver(_known(doubt.step), doubt, before)
            if again.last.acknowledged:
                told = replace(case, detail=", ".join(before))
                self._runner.judge(told.judged_as(ALONE if before else VALID), doubt.exchange)
                return False
        plain_step = changed(doubt.step, body=None, changes=(), without=())
        plain, control = await self._redeliver(plain_step, doubt, before)
        if plain.kind is VARIANT and self._runner.cases.genuine_like(plain).variant:
            plain = plain.judged_as(VALID)  # no event of this type is plain
        if plain.kind is not VALID:
            self._answers.skip(case)
            return True
        self._runner.cover(plain.event)
        if control.last.acknowledged:
            self._runner.judge(case, doubt.exchange, control)
        else:
            self._runner.judge(plain, control)
        return True

    def _skipped(self, count: int, what: str, checked: int = PURSUED) -> None:
        if count > checked:
            self._runner.notice(
                f"{deliveries(count - checked, 'more')} {what}: not checked again, same cause"
            )


def _known(step: Send) -> Send:
    """Return a step without what other steps have saved: that is not known, nor does it matter."""
    return changed(step, changes=tuple(each for each in step.changes if "${" not in str(each[1])))


def _is_refused(exchange: Exchange) -> bool:
    last = exchange.last
    return not (last.acknowledged or last.timed_out or last.status == 429)


def _is_odd(case: TestCase) -> bool:
    """Whether a case is genuine and no plain event; whether it is answered in time counts, too."""
    return not case.forge and not case.kind.plain
