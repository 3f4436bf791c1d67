"""The record of a run: what is reported while it goes on, and what its result is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mockzoom.clock import Clock
from mockzoom.engine.case import TestCase
from mockzoom.engine.evidence import describe
from mockzoom.engine.findings import Findings
from mockzoom.model import (
    ExchangeFinished,
    Observation,
    Observed,
    RunEvent,
    StepStarted,
    TimelineEntry,
)

Listener = Callable[[RunEvent], None]

MOST_MOMENTS = 400
"""Moments that are kept: the first half, and the last."""
_ARROWS = {"in": "consumer: ", "out": "server: ", "note": ""}


class RunRecord:
    """What a run reports and keeps; `strict` says that mutants have to be refused."""

    def __init__(self, clock: Clock, listener: Listener, *, strict: bool) -> None:
        self.strict = strict
        self.findings = Findings()
        self._clock = clock
        self._listener = listener
        self._notices: dict[str, None] = {}
        self._run_errors: list[str] = []
        self._not_observable: dict[str, None] = {}
        self._not_judged: dict[str, str] = {}
        self._judged: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._covered: set[str] = set()
        self._constraints = (0, 0)
        self._timeline: StreamTimeline | None = None
        self._omits_deliveries = False
        self._started = clock.monotonic()

    def emit(self, event: RunEvent) -> None:
        """Hand a run event to the listener."""
        omitted = self._omits_deliveries and isinstance(event, ExchangeFinished)
        if self._timeline is not None and not omitted:
            self._timeline.take(event)
        self._listener(event)

    def listen(self, listener: Listener) -> None:
        """Hand every run event from now on to `listener`, too."""
        earlier = self._listener

        def both(event: RunEvent) -> None:
            earlier(event)
            listener(event)

        self._listener = both

    def step(self, name: str, about: str) -> None:
        """Report that a group of deliveries begins."""
        self.emit(StepStarted(name, about))

    def observe(self, observation: Observation) -> None:
        """Report what the stream server saw."""
        self.emit(Observed(observation))

    def keep_timeline(self) -> None:
        """Keep the timeline of streams from now on."""
        if self._timeline is None:
            self._timeline = StreamTimeline(self._clock.now)

    @contextmanager
    def without_deliveries(self) -> Iterator[None]:
        """Keep no deliveries in the timeline meanwhile: there are too many of them."""
        self._omits_deliveries = True
        try:
            yield
        finally:
            self._omits_deliveries = False

    def notice(self, text: str) -> None:
        """Add something worth knowing that is no violation; the same text is added once."""
        self._notices.setdefault(text)

    def take_notices(self) -> tuple[str, ...]:
        """Return the notices so far, and forget them."""
        taken = tuple(self._notices)
        self._notices.clear()
        return taken

    def not_observable(self, text: str) -> None:
        """Say what cannot be seen of this receiver: it makes no run incomplete."""
        self._not_observable.setdefault(text)

    def run_error(self, text: str) -> None:
        """Add what kept mockzoom or the network from doing its part."""
        self._run_errors.append(text)

    def skip_rules(self, why: str, *rules: str) -> None:
        """List rules as not judged, with the first reason given."""
        for rule in rules:
            self._not_judged.setdefault(rule, why)

    @property
    def skipped(self) -> frozenset[str]:
        """The rules that are listed as not judged."""
        return frozenset(self._not_judged)

    def is_covered(self, event: str) -> bool:
        """Whether an event type was exercised."""
        return event in self._covered

    def cover_constraints(self, done: int, total: int) -> None:
        """Note how many constraints of the contract were exercised, of how many."""
        self._constraints = (done, total)

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


class StreamTimeline:
    """The timeline of a run with streams: what the stream server saw, and the webhooks between.

    Answered keep-alives and media frames are left out: a timeline is read by people.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._began = now()
        self._first: list[TimelineEntry] = []
        self._last: list[TimelineEntry] = []
        self._dropped = 0

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, Observed):
            seen = event.observation
            if seen.routine:
                return
            what = f"{_ARROWS[seen.direction]}{seen.recognised}"
            if seen.code:
                what += f" {seen.code}"
            if seen.direction == "note" and seen.message:
                what += f": {seen.message}"
            self._keep(TimelineEntry(seen.at - self._began, seen.socket or "stream", what))
        elif isinstance(event, ExchangeFinished):
            exchange = event.exchange
            what = f"{exchange.delivery.event}: {describe(exchange.last)}"
            if exchange.delivery.forge:
                what = f"forged ({exchange.delivery.forge}) {what}"
            self._keep(TimelineEntry(exchange.last.started_at - self._began, "webhook", what))

    @property
    def all(self) -> tuple[TimelineEntry, ...]:
        """What was kept, in the order of time."""
        kept = [*self._first, *self._last]
        if self._dropped:
            gap = TimelineEntry(self._last[0].at, "", f"… {self._dropped} more …")
            kept.insert(len(self._first), gap)
        return tuple(sorted(kept, key=lambda moment: moment.at))

    def _keep(self, moment: TimelineEntry) -> None:
        if len(self._first) < MOST_MOMENTS // 2:
            self._first.append(moment)
            return
        self._last.append(moment)
        if len(self._last) > MOST_MOMENTS // 2:
            self._last.pop(0)
            self._dropped += 1
