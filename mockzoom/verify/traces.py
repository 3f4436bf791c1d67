"""Forgeries judged by their traces: what forged events leave in the receiver's probed state.

For receivers that answer 2xx to what they refuse, or before they verify. Each forged event is about
entities of its own. Genuine events before, between and after them show what a trace looks like, and
that the receiver's workers have come so far. A forged event that seems to have left the same trace
is delivered again alone, so that totals count, too: a log has all requests, also refused ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import monotonic

from msgspec.structs import replace

from mockzoom.engine.case import TestCase
from mockzoom.engine.evidence import QUOTED, summary
from mockzoom.engine.reproduce import TRACES
from mockzoom.engine.runner import Runner
from mockzoom.engine.silence import SilenceLimit
from mockzoom.engine.suite import Examination
from mockzoom.model import JSON, Exchange
from mockzoom.state.paths import text_of
from mockzoom.state.plays import NotComparable
from mockzoom.state.roles import Roles
from mockzoom.state.settling import Settling
from mockzoom.state.traces import (
    NOTHING,
    Traces,
    common,
    covers,
    tells,
    touches,
    traced,
    without_noise,
)
from mockzoom.suites.authenticity import (
    ACCEPTED_RULE,
    accepted_cause,
    explain,
    forged,
    needs_endpoint_auth,
)
from mockzoom.zoom.forgeries import FORGERIES

NO_TRACE = "genuine events leave no trace in the probe's answer"
_BATCH = 8
"""Forged events between two genuine ones, where the receiver works after it has answered."""
_MOST_S = 60.0
"""Seconds for deliveries alone, at most."""
_NO_EVENT = b"{}"


async def play(run: Examination, settling: Settling) -> frozenset[str]:
    """Judge the forgeries that got a 2xx (with `ack_first` all) by the trace that they leave.

    Return the names of those that were judged. Raises `ProbeError` where the state can't be read.
    """
    run.runner.step("traces", "what forged events leave in the probed state")
    judging = _Judging(run, settling)
    forges = await judging.taken()
    accepted: Mapping[str, Exchange] = {}
    if forges:
        try:
            accepted = await judging.accepted(forges)
        except NotComparable as reason:
            why = f"signature of events not checked: {reason}"
            run.runner.not_observable(why)
            if run.settings.ack_first:
                run.runner.skip_rules(why, *(ACCEPTED_RULE[forge].id for forge in forges))
            return frozenset()
    judging.report(forges, accepted)
    return frozenset(forges)


class _Judging:
    """Delivers genuine and forged events, and compares what they leave."""

    def __init__(self, run: Examination, settling: Settling) -> None:
        self._run = run
        self._runner: Runner = run.runner
        self._settling = settling
        self._pinned = tuple(run.runner.cases.pins.values())
        plain = [case for case in run.acknowledged if not case.prelude]
        self._cases = plain or [run.acknowledged.liveness_case()]
        self._base = self._cases[0]
        self._expected: JSON = NOTHING

    async def taken(self) -> list[str]:
        """Return the forgeries that are to be judged by their traces."""
        settings = self._run.settings
        forges = [each for each in FORGERIES if settings.auth or not needs_endpoint_auth(each)]
        if settings.ack_first:
            return forges
        found, limit = [], SilenceLimit(self._runner)
        for forge in forges:
            exchange = await limit.send(self._forged(self._base, forge))
            if exchange is not None and exchange.last.acknowledged:
                found.append(forge)
        return found

    async def accepted(self, forges: Sequence[str]) -> dict[str, Exchange]:
        """Return the forgeries that leave the trace of a genuine event, with their deliveries."""
        if self._settling.entities is not None and self._base.prelude:
            raise NotComparable("no event is acknowledged that begins what the probe shows")
        await self._settling.reset()
        bases = await self._visible()
        if not bases:
            return await self._alone(self._base, forges, by_rule=False)
        if not self._settling.is_prompt:
            bases = bases[:1]
        found: dict[str, Exchange] = {}
        for base in bases:
            suspects = [each for each in await self._suspects(base, forges) if each not in found]
            found |= await self._alone(base, suspects, by_rule=True) if suspects else {}
        return found

    def report(self, forges: Iterable[str], accepted: Mapping[str, Exchange]) -> None:
        """Record what was judged."""
        for forge in forges:
            rule = ACCEPTED_RULE[forge]
            self._runner.count_rules(self._base.event, rule.id)
            if forge not in accepted or (forge == "future" and "stale" in accepted):
                continue
            exchange = accepted[forge]
            self._runner.add_case(
                rule.violation(
                    f"processed although {FORGERIES[forge].about}: in the probed state it leaves"
                    " the same trace as a genuine event",
                    accepted_cause(forge),
                    event=exchange.delivery.event,
                    delivery=exchange.delivery.id,
                    deliveries=(exchange.delivery.id,),
                    expected="no trace of it in the probed state",
                    actual=f"{summary(exchange.last)}; left {text_of(self._expected)[:QUOTED]}",
                ),
                f"{TRACES}/{forge}",
            )
        explain(self._runner.findings)

    # -- comparing -----------------------------------------------------------------------------

    async def _visible(self) -> list[TestCase]:
        """Return an event of each namespace that leaves a trace with ids of its own."""
        if self._base.prelude:
            return []
        traces, _ = await self._left([self._runner.anew(case) for case in self._cases])
        found: dict[str, TestCase] = {}
        for number, case in enumerate(self._cases):
            if tells(traces.of(number)):
                found.setdefault(case.event.partition(".")[0], case)
        return [*found.values()]

    async def _suspects(self, base: TestCase, forges: Sequence[str]) -> list[str]:
        """Return the forgeries that seem to have left the trace of a genuine event."""
        found: list[str] = []
        size = len(forges) if self._settling.is_prompt else _BATCH
        for start in range(0, len(forges), size):
            batch = forges[start : start + size]
            cases = [
                self._runner.anew(base), *(self._forged(base, each) for each in batch),
                self._runner.anew(base),
            ]  # fmt: skip
            traces, _ = await self._left(cases, shows_last=True)
            expected = common(traces.of(0), traces.of(len(cases) - 1))
            found += [
                forge
                for number, forge in enumerate(batch, 1)
                if not tells(expected) or covers(expected, traces.of(number))
            ]
        return found

    async def _alone(
        self, base: TestCase, suspects: Sequence[str], *, by_rule: bool
    ) -> dict[str, Exchange]:
        """Return the forgeries that leave all that a genuine event leaves, totals included.

        Each is delivered alone, `by_rule` only until one has shown that its rule is broken.
        """
        self._base, self._expected = base, await self._expectation(base)
        if not by_rule:
            together, _ = await self._left([self._forged(base, each) for each in suspects])
            if not touches(self._expected, together.whole):
                return {}
        found: dict[str, Exchange] = {}
        shown: dict[str, Exchange] = {}
        ends = monotonic() + _MOST_S
        for forge in suspects:
            rule = ACCEPTED_RULE[forge].id
            if by_rule and rule in shown:
                found[forge] = shown[rule]
                continue
            if monotonic() > ends:
                raise NotComparable(f"the receiver works too slowly to try them in {_MOST_S:g} s")
            traces, [exchange] = await self._left([self._forged(base, forge)], long=False)
            if covers(self._expected, traces.whole):
                found[forge] = shown[rule] = exchange
        return found

    async def _expectation(self, base: TestCase) -> JSON:
        """Return what each genuine event leaves, and a request that is no event does not."""
        one, other = [(await self._left([self._runner.anew(base)]))[0].whole for _ in range(2)]
        expected = common(one, other)
        if without_noise(expected, expected) != expected:  # there are totals
            nothing = replace(self._forged(base, "unsigned-bare"), body=_NO_EVENT, prelude=())
            noise, _ = await self._left([nothing], long=False)
            expected = without_noise(expected, noise.whole)
        if not tells(expected):
            raise NotComparable(NO_TRACE)
        return expected

    # -- delivering ----------------------------------------------------------------------------

    def _forged(self, base: TestCase, forge: str) -> TestCase:
        return forged(self._runner.anew(base), forge)

    async def _left(
        self, cases: Sequence[TestCase], *, long: bool = True, shows_last: bool = False
    ) -> tuple[Traces, list[Exchange]]:
        """Deliver cases, and return what they leave; `shows_last`: once that of the last is there.

        What comes before a case is delivered before the state is read for the first time. A `long`
        look makes surer that nothing follows.
        """
        settling, before_it = self._settling, [item for case in cases for item in case.prelude]
        for case in before_it:
            await self._runner.send(case)
        before = await settling.before_deliveries(long=bool(before_it))
        sent, exchanges = [], []
        for number, case in enumerate(cases):
            exchange = await self._runner.send(replace(case, prelude=()))
            if exchange.last.status == 429:
                raise NotComparable("it answers 429; see --rate")
            request = exchange.last.request
            sent.append(traced(number, case.event, request.body, request.headers))
            exchanges.append(exchange)
        settling.add_entities(sent, self._pinned)
        if shows_last:
            await settling.settled(Roles(sent[-1:], {}, self._pinned).mentions)
        after = await settling.after_deliveries(before, long=long)
        return Traces(before, after, sent, settling, self._pinned), exchanges
