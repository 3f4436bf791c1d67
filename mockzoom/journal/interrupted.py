"""Runs that were interrupted: their process ended before they did. What was judged is kept."""

from __future__ import annotations

import sqlite3
import time

from mockzoom.engine.findings import Findings
from mockzoom.journal.processes import has_ended
from mockzoom.journal.rows import read_violation, write_result, write_violation
from mockzoom.model import Coverage, RunResult
from mockzoom.redact import Redactor

ABANDONED_S = 60.0
"""Seconds after which nobody writes an unfinished run any more that nobody has touched."""
INTERRUPTED = "interrupted: mockzoom ended before the run did; what was checked until then is kept"


def is_interrupted(result: RunResult) -> bool:
    """Return whether a result is that of an interrupted run."""
    return INTERRUPTED in result.breakages


def conclude_abandoned(connection: sqlite3.Connection, *, served: bool = False) -> None:
    """Give runs that nobody writes any more the result that they had until then.

    Those are the unfinished ones that nobody has touched for a minute, recordings whose process has
    ended, and with `served` all those of a server: there is one only for each file, and this is it.
    To be called inside of a transaction that may write.
    """
    for run in connection.execute("SELECT * FROM run WHERE finished_at IS NULL").fetchall():
        if _is_abandoned(run) or (served and run["subscription"] is not None):
            _conclude(connection, run)


def conclude_recordings(connection: sqlite3.Connection) -> None:
    """Do the same for recordings alone, in a transaction of its own.

    A recording is shown while it goes on, so whoever reads has to know that it does not. Nothing is
    written where there is none. Raises `sqlite3.Error` where the file cannot be written.
    """
    if not _abandoned_recordings(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for run in _abandoned_recordings(connection):
            _conclude(connection, run)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _abandoned_recordings(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    unfinished = connection.execute(
        "SELECT * FROM run WHERE finished_at IS NULL AND kind = 'record'"
    ).fetchall()
    return [run for run in unfinished if _is_abandoned(run)]


def _is_abandoned(run: sqlite3.Row) -> bool:
    is_recording = run["kind"] == "record"
    untouched_since = time.time() - ABANDONED_S
    return run["touched_at"] < untouched_since or (is_recording and has_ended(run["writer"]))


def _conclude(connection: sqlite3.Connection, run: sqlite3.Row) -> None:
    number, nothing = run["id"], Redactor()  # what is written was redacted already
    findings = Findings()
    for row in connection.execute(
        "SELECT data FROM violation WHERE run = ? ORDER BY id", (number,)
    ):
        findings.add(read_violation(row["data"]))
    result = RunResult(
        run["target"], run["seed"], run["touched_at"] - run["started_at"], run["deliveries"],
        Coverage(), findings.all(), breakages=(INTERRUPTED,),
    )  # fmt: skip
    connection.execute("DELETE FROM violation WHERE run = ?", (number,))
    connection.executemany(
        "INSERT INTO violation (run, delivery, found_at, rule, severity, event, data) VALUES"
        " (?1, (SELECT id FROM delivery WHERE run = ?1 AND name = ?2), ?3, ?4, ?5, ?6, ?7)",
        [
            (number, item.delivery, run["touched_at"], item.rule, item.severity, item.event,
             write_violation(item, nothing))
            for item in result.violations
        ],
    )  # fmt: skip
    connection.execute(
        "UPDATE run SET finished_at = touched_at, result = ?, steps = coalesce(steps, ("
        " SELECT json_set(data, '$.finished', json('true')) FROM feed"
        " WHERE run = ?2 AND kind = 'controls' ORDER BY id DESC LIMIT 1)) WHERE id = ?2",
        (write_result(result, nothing), number),
    )
