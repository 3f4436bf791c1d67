"""The record of a run: what is reported while it goes on, and what its result is made of."""

from __future__ import annotations

from collections import Counter, deque
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
"""Moments that are shown, and kept of one stream: the first half, and the last."""
_MOST_POINTED = 4
"""Streams whose timelines are shown: those that broke a rule, if any."""
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

    def point_to(self, stream: str) -> None:
        """Show the timeline of this stream, in the place of everything."""
        if self._timeline is not None:
            self._timeline.point_to(stream)

    def end_timeline(self) -> None:
        """Keep nothing more in the timeline."""
        if self._timeline is not None:
            self._timeline.end()

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

    Answered keep-alives and media frames are left out: a timeline is read by people. Where streams
    are pointed to, it is theirs alone; else that of the few that most was seen of.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._began = now()
        self._by_stream: dict[str, _Moments] = {}
        """The moments by the id of the stream that they are about; of none under an empty one."""
        self._pointed: dict[str, None] = {}
        self._is_over = False

    def point_to(self, stream: str) -> None:
        """Show this stream, and others that are pointed to, up to a few of them."""
        if len(self._pointed) < _MOST_POINTED:
            self._pointed.setdefault(stream)

    def end(self) -> None:
        """Take nothing more: what follows is about no stream."""
        self._is_over = True

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        if self._is_over:
            return
        if isinstance(event, Observed):
            seen = event.observation
            if seen.routine:
                return
            what = f"{_ARROWS[seen.direction]}{seen.recognised}"
            if seen.code:
                what += f" {seen.code}"
            if seen.direction == "note" and seen.message:
                what += f": {seen.message}"
            self._keep(seen.at, seen.socket or "stream", what, seen.stream)
        elif isinstance(event, ExchangeFinished):
            exchange = event.exchange
            what = f"{exchange.delivery.event}: {describe(exchange.last)}"
            if exchange.delivery.forge:
                what = f"forged ({exchange.delivery.forge}) {what}"
            body = exchange.delivery.body
            about = (stream for stream in self._by_stream if stream and stream.encode() in body)
            self._keep(exchange.last.started_at, "webhook", what, next(about, ""))

    @property
    def all(self) -> tuple[TimelineEntry, ...]:
        """What was kept, in the order of time."""
        busiest = sorted(
            (stream for stream in self._by_stream if stream),
            key=lambda stream: -self._by_stream[stream].count,
        )
        shown = [*self._pointed] or ["", *busiest[:_MOST_POINTED]]
        most = MOST_MOMENTS // 2
        kept = [
            moment
            for stream in shown
            if stream in self._by_stream
            for moment in self._by_stream[stream].all()
        ]
        kept.sort(key=lambda moment: moment.at)
        if len(kept) > 2 * most:
            more = f"… {len(kept) - 2 * most} more …"
            kept[most:-most] = [TimelineEntry(kept[-most].at, "", more)]
        return tuple(kept)

    def _keep(self, at: float, where: str, what: str, stream: str) -> None:
        if stream not in self._by_stream:
            self._by_stream[stream] = _Moments()
        self._by_stream[stream].add(TimelineEntry(at - self._began, where, what, stream))


class _Moments:
    """The moments of one stream: the first ones, and the last."""

    def __init__(self) -> None:
        self._first: list[TimelineEntry] = []
        self._last: deque[TimelineEntry] = deque(maxlen=MOST_MOMENTS // 2)
        self.count = 0

    def add(self, moment: TimelineEntry) -> None:
        self.count += 1
        (self._first if len(self._first) < MOST_MOMENTS // 2 else self._last).append(moment)

    def all(self) -> list[TimelineEntry]:
        """Return what was kept, with a line in the place of what was not."""
        left_out = self.count - len(self._first) - len(self._last)
        if not left_out:
            return [*self._first, *self._last]
        last = self._last[0]
        gap = TimelineEntry(last.at, "", f"… {left_out} more …", last.stream)
        return [*self._first, gap, *self._last]
