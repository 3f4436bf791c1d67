"""Reading a journal: runs, deliveries with their attempts, violations, and the feed."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockzoom.errors import UsageError
from mockzoom.journal import rows
from mockzoom.journal.database import connect, explained
from mockzoom.journal.interrupted import conclude_recordings
from mockzoom.journal.rows import read_result, read_violation
from mockzoom.model import (
    JSON,
    Attempt,
    Delivery,
    Exchange,
    Observation,
    Request,
    RunKind,
    RunResult,
    Violation,
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run, as a list shows it; `finished_at` is None while it goes on."""

    id: int
    kind: RunKind
    target: str
    subscription: str | None
    seed: int
    total: int
    started_at: float
    finished_at: float | None
    deliveries: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery with where it stands."""

    id: int
    run: int | None
    subscription: str | None
    kind: str
    state: str
    reason: str
    policy: str
    created_at: float
    due_at: float | None
    attempts: int
    status: int | None
    replay_of: int | None
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt; `attempt` is None while it is under way, or its outcome is unknown."""

    number: int
    state: str
    started_at: float
    request: Request
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """A violation with where it was found; `delivery` is None where that is no longer kept."""

    id: int
    run: int | None
    delivery: int | None
    found_at: float
    violation: Violation


@dataclass(frozen=True, slots=True)
class StepRow:
    """Where a step, or a group of deliveries, began: `scheduled` seconds of a play's schedule."""

    at: float
    name: str
    about: str
    scheduled: float | None


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One event of a live feed; `data` is JSON."""

    id: int
    run: int | None
    at: float
    kind: str
    data: str


class Archive:
    """Reads the journal at `path`; each thread has a connection of its own.

    A run is shown once it has finished, and a recording while it goes on; before that a run is only
    shown to its writer, who passes the numbers of its `open_runs`. A recording that nobody writes
    any more is interrupted from then on. Every method raises `JournalError` where the file cannot
    be read.
    """

    def __init__(self, path: Path, *, open_runs: Collection[int] = ()) -> None:
        self.path = path
        self._open_runs = open_runs
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        with self.reading() as connection, suppress(sqlite3.Error):  # it can be read all the same
            conclude_recordings(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path)
            self._connections.append(connection)
        with explained(self.path):
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Give this thread's connection, whose queries see the journal as it is at the first one.

        Without it, what is written between two queries is in the second alone.
        """
        with self.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close every connection."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    # -- runs ----------------------------------------------------------------------------------

    def runs(self, before: int | None = None, limit: int = 100) -> list[RunRow]:
        """Return runs, the newest first; `before` is the number of the last one already known."""
        shown = [*self._open_runs]
        marks = ", ".join("?" * len(shown))
        found = self._all(
            f"SELECT * FROM run WHERE id < ? AND (finished_at IS NOT NULL OR kind = 'record'"
            f" OR id IN ({marks})) ORDER BY id DESC LIMIT ?",
            (before or 2**62, *shown, limit),
        )
        return [_run(row) for row in found]

    def run(self, number: int) -> RunRow:
        """Return one run; raise `UsageError` where there is none of that number."""
        return _run(self._one_run(number))

    def result(self, number: int) -> RunResult | None:
        """Return the result of a run; None while it goes on."""
        text = self._one_run(number)["result"]
        return None if text is None else read_result(text)

    def _one_run(self, number: int) -> sqlite3.Row:
        goes_on = number in self._open_runs  # asked first: it may finish while it is read
        found = self._all("SELECT * FROM run WHERE id = ?", (number,))
        row = found[0] if found else None
        if row is None or (row["finished_at"] is None and row["kind"] != "record" and not goes_on):
            raise UsageError(f"the journal {self.path} has no run {number}")
        return row

    def recordings(self) -> list[int]:
        """Return the numbers of the recordings that go on, whoever makes them."""
        found = self._all("SELECT id FROM run WHERE finished_at IS NULL AND kind = 'record'", ())
        return [row["id"] for row in found]

    # -- deliveries ----------------------------------------------------------------------------

    def deliveries(
        self, filters: Mapping[str, Any] | None = None, before: int | None = None, limit: int = 100
    ) -> list[DeliveryRow]:
        """Return deliveries, the newest first.

        `filters` are columns with the value that they must have (`run`, `subscription`, `event`,
        `state`, `status`, `kind`, `name`), and `origin` (see `ORIGINS`).
        """
        where, values = _where(filters or {}, before)
        found = self._all(
            f"SELECT * FROM delivery WHERE {where} ORDER BY id DESC LIMIT ?", (*values, limit)
        )
        return [read_delivery_row(row) for row in found]

    def delivery(self, number: int) -> DeliveryRow:
        """Return one delivery; raise `UsageError` where there is none of that number."""
        found = self._all("SELECT * FROM delivery WHERE id = ?", (number,))
        if not found:
            raise UsageError(f"the journal {self.path} has no delivery {number}")
        return read_delivery_row(found[0])

    def named(self, run: int, name: str) -> DeliveryRow:
        """Return the delivery of a run that is called `name`; raise `UsageError` without one."""
        self.run(run)
        found = self.deliveries({"run": run, "name": name}, limit=1)
        if not found:
            last = self.deliveries({"run": run}, limit=1)
            hint = f"its last one is {last[0].delivery.id}" if last else "it has none"
            raise UsageError(f"run {run} has no delivery {name!r}; {hint}")
        return found[0]

    def attempts(self, delivery: DeliveryRow) -> list[AttemptRow]:
        """Return the attempts of a delivery, in their order."""
        found = self._all(
            "SELECT * FROM attempt WHERE delivery = ? ORDER BY number, id", (delivery.id,)
        )
        body = delivery.delivery.body
        return [
            AttemptRow(
                row["number"], row["state"], row["started_at"], rows.read_request(row, body),
                rows.read_attempt(row, body),
            )
            for row in found
        ]  # fmt: skip

    def exchanges(self, run: int, limit: int = 100, names: Sequence[str] = ()) -> list[Exchange]:
        """Return deliveries of a run with their attempts, in the order in which they ended.

        These are the first ones, and those that have one of `names`.
        """
        which = (
            "(SELECT id FROM (SELECT id FROM delivery WHERE run = :run ORDER BY id LIMIT :limit)"
            " UNION SELECT id FROM delivery WHERE run = :run"
            " AND name IN (SELECT value FROM json_each(:names)))"
        )
        values = {"run": run, "limit": limit, "names": json.dumps([*names])}
        with self.snapshot() as connection:
            chosen = connection.execute(
                f"SELECT * FROM delivery WHERE id IN {which} ORDER BY id", values
            ).fetchall()
            attempts = connection.execute(
                f"SELECT * FROM attempt WHERE delivery IN {which} ORDER BY delivery, number, id",
                values,
            ).fetchall()
        bodies = {row["id"]: row["body"] for row in chosen}
        made: dict[int, list[Attempt]] = {}
        for row in attempts:
            attempt = rows.read_attempt(row, bodies[row["delivery"]])
            if attempt is not None:
                made.setdefault(row["delivery"], []).append(attempt)
        return [
            Exchange(rows.read_delivery(row), tuple(made[row["id"]]),
                     tuple(json.loads(row["schedule"] or "[]")))
            for row in chosen if row["id"] in made
        ]  # fmt: skip

    # -- steps and streams ---------------------------------------------------------------------

    def steps(self, run: int) -> JSON:
        """Return how the steps of a play went; None while it goes on, or where it had none."""
        text = self._one_run(run)["steps"]
        return None if text is None else json.loads(text)

    def groups(self, run: int, limit: int = 100) -> list[StepRow]:
        """Return the steps and groups of deliveries that began in a run, in their order."""
        sql = "SELECT at, name, about, scheduled FROM step WHERE run = ? ORDER BY id LIMIT ?"
        return [StepRow(*row) for row in self._all(sql, (run, limit))]

    def observations(self, run: int, limit: int = 100) -> list[Observation]:
        """Return what the stream server saw first in a run; media and keep-alives are not kept."""
        columns = ", ".join(Observation.__struct_fields__)
        sql = f"SELECT {columns} FROM observation WHERE run = ? ORDER BY id LIMIT ?"
        return [Observation(*row) for row in self._all(sql, (run, limit))]

    # -- violations, feed, notices -------------------------------------------------------------

    def violations(
        self, filters: Mapping[str, Any] | None = None, before: int | None = None, limit: int = 100
    ) -> list[ViolationRow]:
        """Return violations, the newest first; `filters`: `run`, `delivery`, `rule`, `event`."""
        where, values = _where(filters or {}, before)
        sql = f"SELECT * FROM violation WHERE {where} ORDER BY id DESC LIMIT ?"
        return [
            ViolationRow(row["id"], row["run"], row["delivery"], row["found_at"],
                         read_violation(row["data"]))
            for row in self._all(sql, (*values, limit))
        ]  # fmt: skip

    def broken_rules(self, filters: Mapping[str, Any] | None = None) -> list[tuple[str, int]]:
        """Return which rules were violated how often, by rule; filters as for `violations`."""
        where, values = _where(filters or {}, None)
        sql = f"SELECT rule, count(*) FROM violation WHERE {where} GROUP BY rule ORDER BY rule"
        return [(rule, times) for rule, times in self._all(sql, values)]

    def feed(self, run: int | None, after: int, limit: int = 500) -> list[FeedRow]:
        """Return what happened after event `after`, in its order; `run` None: outside of runs."""
        sql = (
            "SELECT id, run, at, kind, data FROM feed WHERE run IS ? AND id > ? ORDER BY id LIMIT ?"
        )
        return [FeedRow(*row) for row in self._all(sql, (run, after, limit))]

    def last_event(self, run: int | None) -> int:
        """Return the number of the last event of a feed; 0 where there is none."""
        found = self._all("SELECT max(id) AS last FROM feed WHERE run IS ?", (run,))
        return int(found[0]["last"] or 0)

    def notices(self, before: int | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        """Return what Zoom would have written to the owner by e-mail, the newest first."""
        sql = "SELECT * FROM notice WHERE id < ? ORDER BY id DESC LIMIT ?"
        return [dict(row) for row in self._all(sql, (before or 2**62, limit))]

    def _all(self, sql: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        with self.reading() as connection:
            return connection.execute(sql, values).fetchall()


ORIGINS: Mapping[str, tuple[str, ...]] = {
    "mine": ("run IS NULL", "kind != 'control'"), "runs": ("run IS NOT NULL",), "all": (),
}  # fmt: skip
"""Whose deliveries are listed: those made by hand, those of runs, all."""
_FILTERS = frozenset({"origin", "run", "subscription", "event", "state", "status", "kind", "name",
                      "rule", "delivery"})  # fmt: skip


def _where(filters: Mapping[str, Any], before: int | None) -> tuple[str, list[Any]]:
    unknown = filters.keys() - _FILTERS
    if unknown:
        raise UsageError(f"no filter is called {sorted(unknown)[0]!r}")
    given = {name: value for name, value in filters.items() if value is not None}
    origin = given.pop("origin", "all")
    clauses = [*ORIGINS[origin], *(f"{name} = ?" for name in given)]
    return " AND ".join(["id < ?", *clauses]), [before or 2**62, *given.values()]


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(
        row["id"], row["kind"], row["target"], row["subscription"], row["seed"], row["total"],
        row["started_at"], row["finished_at"], row["deliveries"],
    )  # fmt: skip


def read_delivery_row(row: sqlite3.Row) -> DeliveryRow:
    """Return what a row of `delivery` says."""
    return DeliveryRow(
        row["id"], row["run"], row["subscription"], row["kind"], row["state"], row["reason"],
        row["policy"], row["created_at"], row["due_at"], row["attempts"], row["status"],
        row["replay_of"], rows.read_delivery(row),
    )  # fmt: skip
