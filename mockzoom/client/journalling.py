"""Keeping a run in a journal without its credentials, and reading it again as run events."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from operator import itemgetter

from mockzoom.client.connect import redactor
from mockzoom.journal import Archive, Recorder, RunDescription, Writer
from mockzoom.model import (
    Exchange,
    ExchangeFinished,
    Observed,
    RunEvent,
    RunFinished,
    RunKind,
    RunStarted,
    StepStarted,
    ViolationFound,
)
from mockzoom.settings import Settings
from mockzoom.transport import parse_target


def recorder(writer: Writer, url: str, settings: Settings, kind: RunKind = "verify") -> Recorder:
    """Return the listener that keeps a run against `url` (a check: of files) in a journal.

    A recording is followed by whoever serves that journal.
    """
    target = url if kind == "check" else parse_target(url).url
    about = RunDescription(kind, target, settings.seed)
    return Recorder(writer, about, redactor(settings), feed=kind == "record")


def recorded_events(
    archive: Archive, number: int, most: Mapping[type[RunEvent], int], *, named: bool = False
) -> Iterator[RunEvent]:
    """Yield the events of run `number` as a reporter takes them, also while the run goes on.

    `most` is how many of each type are read (see `Reporter.takes`), and `named` asks for further
    exchanges that violations of the result name (`Reporter.takes_named`). A journal holds them
    without credentials. It does not hold media and keep-alives of streams, nor
    `StepStarted.aside`; once a run has ended, its violations are those that its result groups. Each
    comes after the exchange that it names. Raises `UsageError` where there is no such run.
    """
    run, result = archive.run(number), archive.result(number)
    wanted = [] if result is None or not named else [item.delivery for item in result.violations]
    yield RunStarted(run.target, run.seed, run.total, run.kind)
    steps: list[tuple[float, RunEvent]] = [
        (item.at, StepStarted(item.name, item.about, item.scheduled, began=item.at))
        for item in archive.groups(number, most.get(StepStarted, 0))
    ]
    exchanges = [
        (_ended(item), ExchangeFinished(item))
        for item in archive.exchanges(
            number, most.get(ExchangeFinished, 0), [name for name in wanted if name]
        )
    ]
    observations: list[tuple[float, RunEvent]] = [
        (item.at, Observed(item)) for item in archive.observations(number, most.get(Observed, 0))
    ]
    found = archive.violations({"run": number}, limit=most.get(ViolationFound, 0))
    ends = {event.exchange.delivery.id: at for at, event in exchanges}
    violations: list[tuple[float, RunEvent]] = [
        (ends.get(item.violation.delivery or "", item.found_at), ViolationFound(item.violation))
        for item in reversed(found)
    ]
    violations.sort(key=itemgetter(0))
    timed = heapq.merge(steps, exchanges, observations, violations, key=itemgetter(0))
    yield from (event for _, event in timed)
    if result is not None:
        yield RunFinished(result)


def _ended(exchange: Exchange) -> float:
    times = exchange.last.timings
    return exchange.last.started_at + (times.complete or times.sent or times.connected or 0.0)
