"""The recorder: a listener of run events that keeps a run in the journal.

It gathers events and hands them to the writer's thread in bulk, so that the run is hardly slowed;
when the writer does not keep up, the run waits. A run whose recording fails goes on, unrecorded:
what was written of it is removed, and `close` says why.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mockzoom.errors import MockzoomError
from mockzoom.journal import rows
from mockzoom.journal.processes import this_process
from mockzoom.journal.rows import write_result, write_violation
from mockzoom.journal.writer import Writer
from mockzoom.model import (
    JSON,
    Exchange,
    ExchangeFinished,
    Observation,
    Observed,
    RunEvent,
    RunFinished,
    RunKind,
    RunStarted,
    StepStarted,
    Violation,
    ViolationFound,
)
from mockzoom.redact import Redactor

_INSERT_VIOLATION = (
    "INSERT INTO violation (run, delivery, found_at, rule, severity, event, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_STEP = "INSERT INTO step (run, at, name, about, scheduled) VALUES (?, ?, ?, ?, ?)"
_INSERT_OBSERVATION = (
    "INSERT INTO observation (run, at, elapsed, direction, stream, socket, message, recognised,"
    " code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_GATHERED = 200
_GATHERED_S = 0.25
_AHEAD = 20
"""How many hand-overs a run may be ahead of the disk."""
_REMEMBERED = 5000
"""Deliveries whose row is known by name; a violation comes soon after its delivery."""


@dataclass(frozen=True, slots=True)
class RunDescription:
    """What is known of a run before it starts."""

    kind: RunKind
    target: str
    seed: int
    subscription: str | None = None


class Recorder:
    """Keeps one run; call it with every run event, and `close` it at the end.

    With `feed`, what happens is also written as the events of a live feed.
    """

    def __init__(
        self, writer: Writer, about: RunDescription, redactor: Redactor, *, feed: bool = False
    ) -> None:
        self._writer = writer
        self._about = about
        self._redactor = redactor
        self._feed = feed
        self._events: list[tuple[float, RunEvent]] = []
        self._handed = time.monotonic()
        self._under_way: deque[Future[None]] = deque()
        self._error: BaseException | None = None
        self._ids: dict[str, int] = {}
        self._requests: dict[str, int] = {}
        """The first row of each request id: another one is a duplicate of it."""
        self._blamed: dict[str, int] = {}
        self._finished = False
        self.run: int = writer.submit(self._begin).result()
        """The run's number in the journal."""
        writer.open_runs.add(self.run)

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if self._error is not None:
            return
        if isinstance(event, Observed) and event.observation.routine:
            return
        self._events.append((time.time(), event))
        if isinstance(event, RunFinished):
            self._finished = True
        elif len(self._events) < _GATHERED and time.monotonic() - self._handed < _GATHERED_S:
            return
        self._hand_over()

    def number(self, name: str) -> int | None:
        """Return the row of a delivery of this run, where it is written and not long ago."""
        return self._ids.get(name)

    def flush(self) -> None:
        """Hand over what waits, so that readers see it."""
        if self._events:
            self._hand_over()

    def show(self, kind: str, data: Callable[[], JSON]) -> None:
        """Put something into the live feed beside the run's events, at once with what waits.

        `data` is asked on the writer's thread, when the deliveries until now have their numbers.
        """
        self._hand_over()

        def work(connection: sqlite3.Connection) -> None:
            self._write_feed(connection, [(self.run, time.time(), kind, self._json(data()))])

        if self._feed and self._error is None:
            self._submit(work)

    def keep_steps(self, steps: Callable[[], JSON]) -> None:
        """Keep with the run how its steps went; asked on the writer's thread."""
        self._hand_over()

        def work(connection: sqlite3.Connection) -> None:
            values = (self._json(steps()), self.run)
            connection.execute("UPDATE run SET steps = ? WHERE id = ?", values)

        if self._error is None:
            self._submit(work)

    def close(self) -> None:
        """Wait until the run is on the disk; raise `JournalError` where it is not.

        A run that has not finished, or not been kept whole, is removed. Where even that cannot be
        written it stays unfinished, so that nobody is shown it, and goes with the next tidying.
        """
        self._hand_over()
        while self._under_way:
            self._settle()
        if self._error is not None or not self._finished:
            with suppress(MockzoomError):
                self._writer.submit(self._remove).result()
        self._writer.open_runs.discard(self.run)
        if self._error is not None:
            raise self._error

    def _hand_over(self) -> None:
        self._handed = time.monotonic()
        if not self._events or self._error is not None:
            return
        events, self._events = self._events, []
        self._submit(lambda connection: self._keep(connection, events))

    def _submit(self, work: Callable[[sqlite3.Connection], None]) -> None:
        def unless_failed(connection: sqlite3.Connection) -> None:
            if self._error is not None:
                raise self._error
            work(connection)

        written = self._writer.submit(unless_failed)
        written.add_done_callback(self._note)
        self._under_way.append(written)
        while len(self._under_way) > _AHEAD or (self._under_way and self._under_way[0].done()):
            self._settle()

    def _settle(self) -> None:
        try:
            self._under_way.popleft().result()
        except BaseException as error:
            if self._error is None:
                self._error = error

    # -- on the writer's thread ----------------------------------------------------------------

    def _note(self, written: Future[None]) -> None:
        """Remember that something was not written: what comes after it must not end the run."""
        self._error = self._error or written.exception()

    def _begin(self, connection: sqlite3.Connection) -> int:
        about, now = self._about, time.time()
        row = connection.execute(
            "INSERT INTO run (kind, target, subscription, seed, total, started_at, touched_at,"
            " writer) VALUES (?, ?, ?, ?, 0, ?, ?, ?) RETURNING id",
            (about.kind, about.target, about.subscription, about.seed, now, now, this_process()),
        ).fetchone()
        return int(row["id"])

    def _remove(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM run WHERE id = ?", (self.run,))

    def _keep(
        self, connection: sqlite3.Connection, events: Sequence[tuple[float, RunEvent]]
    ) -> None:
        exchanges = [(at, event.exchange) for at, event in events
                     if isinstance(event, ExchangeFinished)]  # fmt: skip
        self._keep_exchanges(connection, exchanges)
        for at, event in events:
            if isinstance(event, RunStarted):
                connection.execute(
                    "UPDATE run SET total = ?, target = ?, seed = ? WHERE id = ?",
                    (event.total, event.target, event.seed, self.run),
                )
            elif isinstance(event, StepStarted):
                connection.execute(
                    _INSERT_STEP, (self.run, event.began, event.name, event.about, event.at)
                )
            elif isinstance(event, Observed):
                connection.execute(_INSERT_OBSERVATION, self._observation(event.observation))
            elif isinstance(event, ViolationFound):
                self._blame(connection, event.violation.delivery)
                connection.execute(_INSERT_VIOLATION, self._violation(event.violation, at))
            elif isinstance(event, RunFinished):
                self._finish(connection, at, event)
        if self._feed:
            found = [(self.run, at, *self._feed_row(event)) for at, event in events]
            self._write_feed(connection, found)

    def _write_feed(self, connection: sqlite3.Connection, found: Sequence[rows.Row]) -> None:
        connection.executemany("INSERT INTO feed (run, at, kind, data) VALUES (?, ?, ?, ?)", found)

    def _json(self, value: JSON) -> str:
        return json.dumps(self._redactor.json(value))

    def _keep_exchanges(
        self, connection: sqlite3.Connection, exchanges: Sequence[tuple[float, Exchange]]
    ) -> None:
        if not exchanges:
            return
        last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'delivery'")
        number = next((int(row["seq"]) for row in last), 0)
        redactor = self._redactor
        deliveries: list[rows.Row] = []
        attempts: list[rows.Row] = []
        scheduled: list[rows.Row] = []
        for at, exchange in exchanges:
            number += 1
            item = exchange.delivery
            self._ids[item.id] = number
            first = self._requests.setdefault(item.request_id, number)
            for remembered in (self._ids, self._requests):
                if len(remembered) > _REMEMBERED:
                    del remembered[next(iter(remembered))]
            state = "unanswered" if exchange.last.status is None else "answered"
            deliveries.append((
                number, self.run, self._about.subscription, item.id, "run",
                rows.in_utf8(item.event), item.case, item.request_id, item.body, item.content_type,
                json.dumps(item.headers), item.forge, "none", state, at,
                len(exchange.attempts), exchange.last.status, None if first == number else first,
            ))  # fmt: skip
            if exchange.schedule:
                scheduled.append((json.dumps(exchange.schedule), item.fault, number))
            for index, attempt in enumerate(exchange.attempts, start=1):
                attempts.append((
                    number, index, rows.state_of(attempt), attempt.started_at,
                    *rows.request_columns(attempt.request, item, redactor),
                    *rows.outcome_columns(attempt, redactor),
                ))  # fmt: skip
        connection.executemany(rows.INSERT_DELIVERY, deliveries)
        connection.executemany(rows.INSERT_ATTEMPT, attempts)
        connection.executemany(
            "UPDATE delivery SET schedule = ?, fault = ? WHERE id = ?", scheduled
        )
        connection.execute(
            "UPDATE run SET deliveries = deliveries + ?, touched_at = ? WHERE id = ?",
            (len(deliveries), time.time(), self.run),
        )

    def _finish(self, connection: sqlite3.Connection, at: float, event: RunFinished) -> None:
        """Keep the result; its violations are the grouped ones that the reports show."""
        connection.execute(
            "UPDATE run SET finished_at = ?, target = ?, deliveries = ?, result = ? WHERE id = ?",
            (at, event.result.target, event.result.deliveries,
             write_result(event.result, self._redactor), self.run),
        )  # fmt: skip
        connection.execute("DELETE FROM violation WHERE run = ?", (self.run,))
        for item in event.result.violations:
            self._blame(connection, item.delivery)
        connection.executemany(
            _INSERT_VIOLATION, [self._violation(item, at) for item in event.result.violations]
        )

    def _blame(self, connection: sqlite3.Connection, name: str | None) -> None:
        """Remember the row of a violation's delivery: its group names it once more at the end."""
        if name is None or name in self._blamed:
            return
        number = self._ids.get(name)
        if number is None:
            found = connection.execute(
                "SELECT id FROM delivery WHERE run = ? AND name = ?", (self.run, name)
            ).fetchone()
            number = None if found is None else int(found["id"])
        if number is not None:
            self._blamed[name] = number

    def _violation(self, item: Violation, at: float) -> rows.Row:
        name = item.delivery or ""
        return (
            self.run, self._blamed.get(name, self._ids.get(name)), at, item.rule, item.severity,
            rows.in_utf8(item.event), write_violation(item, self._redactor),
        )  # fmt: skip

    def _observation(self, seen: Observation) -> rows.Row:
        return (
            self.run, seen.at, seen.elapsed, seen.direction, seen.stream, seen.socket,
            self._redactor.text(seen.message), seen.recognised, seen.code,
        )  # fmt: skip

    def _feed_row(self, event: RunEvent) -> tuple[str, str]:
        """Return an event as the feed has it: its kind, and what it says as JSON."""
        kind, data = feed_row(event, self._ids)
        return kind, self._json(data)


def feed_row(event: RunEvent, ids: dict[str, int]) -> tuple[str, dict[str, Any]]:
    """Return a run event in short; whole exchanges are read by their delivery's number."""
    if isinstance(event, RunStarted):
        return "started", {"target": event.target, "seed": event.seed, "total": event.total}
    if isinstance(event, StepStarted):
        return "step", {"name": event.name, "about": event.about, "at": event.at}
    if isinstance(event, ExchangeFinished):
        item, last = event.exchange.delivery, event.exchange.last
        return "exchange", {
            "delivery": ids.get(item.id), "name": item.id, "event": item.event, "case": item.case,
            "forge": item.forge, "fault": item.fault, "status": last.status,
            "attempts": len(event.exchange.attempts),
            "schedule": list(event.exchange.schedule),
            "answer_ms": None if last.timings.answer is None else round(
                last.timings.answer * 1000, 1),
        }  # fmt: skip
    if isinstance(event, ViolationFound):
        item_found = event.violation
        return "violation", {
            "rule": item_found.rule, "slug": item_found.slug, "severity": item_found.severity,
            "message": item_found.message, "event": item_found.event,
            "delivery": ids.get(item_found.delivery or ""), "name": item_found.delivery,
        }  # fmt: skip
    if isinstance(event, Observed):
        seen = event.observation
        return "observed", {
            "at": seen.at, "direction": seen.direction, "stream": seen.stream,
            "socket": seen.socket, "recognised": seen.recognised, "code": seen.code,
            "message": seen.message,
        }  # fmt: skip
    result = event.result
    return "finished", {
        "deliveries": result.deliveries, "violations": len(result.violations),
        "breakages": list(result.breakages), "elapsed_s": round(result.elapsed, 3),
    }  # fmt: skip
