"""A load run: first without load, then the profile, then the highest rate that holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import perf_counter
from typing import Any, TypeAlias

from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.runner import Runner
from mockzoom.engine.sending import ReceiverGone
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.load.arrivals import LoadPlan, Span, spans, steady
from mockzoom.load.event_sequences import EventSequences
from mockzoom.load.sender import LATE, EventUnderLoad, Sender, SentSpan, SpanSender
from mockzoom.load.traces import LoadTraces
from mockzoom.load.windows import search, window
from mockzoom.model import EventSpec, Load, LoadWindow, RunResult, Violation
from mockzoom.rules import Rule
from mockzoom.state.probe import ProbeError
from mockzoom.suites.events import (
    NO_RESPONSE,
    NOT_ACKNOWLEDGED,
    REDIRECTED,
    SLOW_ACKNOWLEDGEMENT,
    VALID,
)
from mockzoom.suites.state import EVENT_DROPPED
from mockzoom.synth import SynthesisError
from mockzoom.transport.dial import unreachable
from mockzoom.wording import counted

SEARCH_S = 60.0
"""Seconds that the search for the highest rate may take at least, after the profile."""
RECOVERY_S = 20.0
"""Seconds in which a receiver has to recover from a rate that was too high."""
OWN_LAG_S = 0.05
"""Own lateness from which this machine, and not the receiver, is the limit."""
OpenSender: TypeAlias = (
    "Callable[[Runner, EventSequences], AbstractAsyncContextManager[SpanSender]]"
)
INTERRUPTED = "interrupted; what follows was not sent"
_CALM = 2.0
"""A receiver has recovered once it takes at most so many times as long as without load."""
_CALM_S = 0.1
_PAUSE_S = 0.25
_KEPT_IDS = 50
_EXPECTED = "a 2xx within {0:g} s of the moment at which the event was due"


async def load(
    runner: Runner, specs: Sequence[EventSpec], plan: LoadPlan, command: str = "",
    traces: LoadTraces | None = None, senders: OpenSender | None = None,
) -> RunResult:  # fmt: skip
    """Play a load run and return the outcome; `command` is the line that repeats it.

    `traces` looks for what events left behind. `senders` opens what sends in place of this process.
    """
    runner.start(round(sum(len(span.due) for span in spans(plan))), "load")
    run = _LoadRun(runner, plan, traces, senders or _this_process)
    try:
        await run.play(specs)
    except ReceiverGone as gone:
        runner.run_error(str(gone))
    except asyncio.CancelledError:
        runner.run_error(INTERRUPTED)
    except UsageError:
        raise
    except MockzoomError as error:
        runner.run_error(str(error))
    run.report(command)
    return runner.finish([spec.name for spec in specs], run.found())


@asynccontextmanager
async def _this_process(runner: Runner, sequences: EventSequences) -> AsyncIterator[SpanSender]:
    yield Sender(runner, sequences)


class _LoadRun:
    """One load run, and what it has found so far."""

    def __init__(
        self, runner: Runner, plan: LoadPlan, traces: LoadTraces | None, senders: OpenSender
    ) -> None:
        self._runner = runner
        self._plan = plan
        self._traces = traces
        self._senders = senders
        self._traced: int | None = None
        self._untraced: list[EventUnderLoad] = []
        self._windows: list[LoadWindow] = []
        self._tried: list[LoadWindow] = []
        self._lost: list[EventUnderLoad] = []
        self._knee: float | None = None
        self._at_least = False

    async def play(self, specs: Sequence[EventSpec]) -> None:
        """Deliver without load, play the profile, and look for the highest rate that holds."""
        calm = _Calm(self._runner)
        cases = await calm.acknowledged(specs)
        if not cases:
            return
        if self._traces is not None:
            await self._traces.learn(self._runner, cases)
        own = self._traces.own if self._traces is not None else {}
        sequences = EventSequences(self._runner, cases, self._plan.rate, own)
        async with self._senders(self._runner, sequences) as sender:
            await self._send(sender, calm)

    async def _send(self, sender: SpanSender, calm: _Calm) -> None:
        await self._profile(sender)
        failed = next((found for found in self._windows if not found.holds), None)
        held = max((found.rate for found in self._windows if found.holds), default=0.0)
        if failed is None:
            self._knee, self._at_least = held, True
        elif not self._is_own_limit(failed):
            # What held for a moment of a profile need not hold for ten seconds.
            steadily = held if self._plan.profile == "steady" else 0.0
            await self._search(sender, calm, failed, steadily)

    async def _profile(self, sender: SpanSender) -> None:
        played: list[tuple[Span, SentSpan]] = []
        for span in spans(self._plan):
            self._runner.step("load", span.about)
            sent = await sender.play(span)
            played.append((span, sent))
            is_short = sent.seconds < span.seconds
            if is_short or (self._plan.profile == "steady" and not window(span, sent).holds):
                break
        await sender.drain()
        self._windows = [self._window(span, sent) for span, sent in played]
        samples = [sample for _, sent in played for sample in sent.samples]
        self._lost = [item for item in samples if item.lost and not self._is_own(item)]
        if self._traces is not None:
            await self._look_for(self._traces, samples)

    def _window(self, span: Span, sent: SentSpan) -> LoadWindow:
        """Return what a span came to, once all of its events have their answers; count these."""
        for sample in sent.samples:
            self._runner.cover(sample.event)
            self._runner.count_rules(sample.event, *VALID.rules)
        return window(span, sent)

    async def _look_for(self, traces: LoadTraces, samples: Sequence[EventUnderLoad]) -> None:
        """Look for the traces of the profile's events."""
        self._runner.step("probe", "looking for the traces of what was acknowledged")
        try:
            self._traced, self._untraced, silent = await traces.lost(samples)
        except ProbeError as error:
            self._runner.run_error(str(error))
            return
        if silent:
            self._runner.notice(
                "the probe shows no trace of these, also without load, so that what was lost of"
                f" them is not known: {', '.join(silent)}"
            )

    async def _search(
        self, sender: SpanSender, calm: _Calm, failed: LoadWindow, held: float
    ) -> None:
        ends = perf_counter() + max(SEARCH_S, self._plan.seconds)
        asking = search(failed, held)
        try:
            rate = next(asking)
            while True:
                self._runner.step("search", f"{rate:.4g} a second")
                if not await calm.again():
                    self._runner.notice(
                        f"the receiver had not recovered {RECOVERY_S:g} s after a rate that was too"
                        " high, so no further rate was tried"
                    )
                    break
                if perf_counter() >= ends:
                    self._runner.notice(
                        "the search for the highest rate that holds ended before it was close:"
                        " --for gives it more time"
                    )
                    break
                span = steady(rate)
                sent = await sender.play(span, most_lost=0.001)
                await sender.drain()
                tried = self._window(span, sent)
                self._tried.append(tried)
                if self._is_own_limit(tried):
                    break
                rate = asking.send(tried)
        except StopIteration as end:
            self._knee = end.value
            return
        holding = [found.rate for found in self._tried if found.holds]
        self._knee = max([*holding, held], default=0.0) or None

    def _is_own(self, sample: EventUnderLoad) -> bool:
        """Whether an event would have been in time, had mockzoom sent it when it was due."""
        in_time = sample.latency - sample.lag <= self._runner.sender.timeout
        return sample.lost == LATE and in_time

    def _is_own_limit(self, found: LoadWindow) -> bool:
        """Whether mockzoom itself was late: then nothing is said of the receiver."""
        if found.lag <= OWN_LAG_S:
            return False
        self._lost = [sample for sample in self._lost if _cause(sample) != LATE]
        self._runner.run_error(
            f"this machine is the limit: at {found.rate:.4g} a second, mockzoom itself sent 1 % of"
            f" the events more than {found.lag * 1000:.0f} ms late; try a lower --rate, or send"
            " from a machine that has nothing else to do"
        )
        return True

    # -- what is reported ----------------------------------------------------------------------

    def found(self) -> Load:
        """Return the figures of the run."""
        return Load(
            self._plan.profile, self._plan.rate, tuple(self._windows), tuple(self._tried),
            self._knee, self._at_least, self._traced, len(self._untraced),
        )  # fmt: skip

    def report(self, command: str) -> None:
        """Report what was lost, by what became of it."""
        for violation in self._violations():
            self._runner.add_line(violation, command)

    def _violations(self) -> Iterator[Violation]:
        if self._untraced:
            yield untraced(self._untraced, self._traced or 0)
        failed = [found for found in self._windows if not found.holds]
        if not failed:
            return  # one in a thousand may be lost
        rate = max(found.rate for found in failed)
        total = sum(found.due for found in self._windows)
        lost = Counter(_cause(sample) for sample in self._lost)
        grown = next((found for found in failed if found.grows and not found.lost), None)
        if grown is not None and not lost:
            yield SLOW_ACKNOWLEDGEMENT.violation(
                f"at {rate:.4g} a second, more and more deliveries wait for their answer:"
                f" {grown.in_flight} after {grown.seconds:.0f} s{self._holding()}",
                "backlog",
                expected="as many answers a second as events",
                actual=f"{grown.throughput:.4g} answers a second",
            )
        for what, count in lost.most_common():
            samples = [sample for sample in self._lost if _cause(sample) == what]
            rule, said = _rule_of(what)
            yield rule.violation(
                f"at {rate:.4g} a second, {count:,} of {counted(total, 'event')} {said}"
                f"{self._holding()}",
                what,
                **which(samples),
                expected=_EXPECTED.format(self._runner.sender.timeout),
                actual=said,
            )

    def _holding(self) -> str:
        return f"; it holds {self._knee:.4g} a second" if self._knee else ""


def untraced(samples: Sequence[EventUnderLoad], looked_for: int) -> Violation:
    """MZ505 for events that were acknowledged under load and are not in the state."""
    return EVENT_DROPPED.violation(
        f"{len(samples):,} of {counted(looked_for, 'acknowledged event')} left no trace in the"
        " state that the probe shows; without load, such events leave one",
        "load",
        **which(samples),
        expected="an acknowledged event changes the probed state",
        actual="none of the values of its own is in the state",
    )


def which(samples: Sequence[EventUnderLoad]) -> dict[str, Any]:
    """Return the fields of a violation that say which events show it."""
    return {
        "event": samples[0].event,
        "events": tuple(dict.fromkeys(sample.event for sample in samples)),
        "delivery": samples[0].delivery,
        "deliveries": tuple(sample.delivery for sample in samples[:_KEPT_IDS]),
        "count": len(samples),
    }


def _cause(sample: EventUnderLoad) -> str:
    """Return what became of a lost event; an answer that was not waited for is late, too."""
    return LATE if sample.lost == "timeout" else sample.lost


def _rule_of(lost: str) -> tuple[Rule, str]:
    """Return the rule that a lost event breaks, and what became of it in words."""
    if lost == LATE:
        return SLOW_ACKNOWLEDGEMENT, "had no answer in time"
    if not lost.isdigit():
        return NO_RESPONSE, f"had no answer: connection {lost}"
    if lost.startswith("3"):
        return REDIRECTED, f"were redirected with {lost}"
    rate = ", so the receiver limits the rate" if lost == "429" else ""
    return NOT_ACKNOWLEDGED, f"were answered {lost}{rate}"


class _Calm:
    """How the receiver answers without load."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._case: TestCase | None = None
        self._took = 0.0

    async def acknowledged(self, specs: Sequence[EventSpec]) -> list[TestCase]:
        """Deliver each event type once, and return the cases that were acknowledged.

        Raises `ReceiverGone` where the receiver cannot be reached.
        """
        runner = self._runner
        runner.step("reach", "opening a connection")
        failure = await runner.sender.transport.reach()
        if failure is not None:
            raise ReceiverGone(unreachable(failure, waited=0.0))
        runner.step("without load", "one event of each type")
        found: list[TestCase] = []
        for spec in specs:
            if spec.name == CHALLENGE:
                continue
            try:
                case = runner.anew(runner.cases.prepare(spec.name, CaseName(VALID.name)))
            except SynthesisError as error:
                runner.notice(f"left out: {error}")
                continue
            judged = await runner.examine(case)
            if judged is not None and judged.exchange.last.acknowledged:
                found.append(case)
                self._took = max(self._took, judged.exchange.last.timings.answer or 0.0)
        if not found:
            runner.run_error(
                "no event was acknowledged without load, so there was none to load with;"
                " `mockzoom verify` says why"
            )
            return found
        self._case = min(found, key=lambda case: len(case.prelude))
        return found

    async def again(self) -> bool:
        """Wait until the receiver answers as quickly as without load; tell whether it does."""
        ends = perf_counter() + RECOVERY_S
        while self._case is not None:
            exchange = await self._runner.send(self._runner.anew(self._case))
            took = exchange.last.timings.answer
            quick = max(_CALM * self._took, self._took + _CALM_S)
            if exchange.last.acknowledged and took is not None and took <= quick:
                return True
            if perf_counter() >= ends:
                return False
            await asyncio.sleep(_PAUSE_S)
        return False
