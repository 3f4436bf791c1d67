"""How long a journal remembers: by age, and by the size of its file; the oldest goes first."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

DAY_S = 24 * 3600.0
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept: `days` back, and at most `megabytes` (0: no limit).

    Runs go as a whole; other deliveries once they are settled. What is still to be delivered, and
    subscriptions, stay whatever their age.
    """

    days: float = 30.0
    megabytes: float = 1024.0

    def apply(self, connection: sqlite3.Connection, now: float) -> int:
        """Remove what is too old or too much; return how many runs and deliveries went."""
        gone = 0
        if self.days:
            gone += _older_than(connection, now - self.days * DAY_S)
        if self.megabytes:
            while size(connection) > self.megabytes * 1e6 and (dropped := _oldest(connection)):
                gone += dropped
        if gone:
            connection.execute("PRAGMA incremental_vacuum").fetchall()
        return gone


def size(connection: sqlite3.Connection) -> int:
    """Return the bytes in use."""
    pages, free, each = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * each


_SETTLED = "run IS NULL AND state NOT IN ('pending', 'sending')"


def _older_than(connection: sqlite3.Connection, moment: float) -> int:
    gone = connection.execute("DELETE FROM run WHERE finished_at < ?", (moment,)).rowcount
    gone += connection.execute(
        f"DELETE FROM delivery WHERE {_SETTLED} AND created_at < ?", (moment,)
    ).rowcount
    connection.execute("DELETE FROM feed WHERE run IS NULL AND at < ?", (moment,))
    connection.execute("DELETE FROM notice WHERE at < ?", (moment,))
    return gone


def _oldest(connection: sqlite3.Connection) -> int:
    """Remove the oldest run, or the oldest deliveries, whichever are older."""
    run = connection.execute(
        "SELECT id, started_at FROM run WHERE finished_at IS NOT NULL ORDER BY id LIMIT 1"
    ).fetchone()
    rows = connection.execute(
        f"SELECT id, created_at FROM delivery WHERE {_SETTLED} ORDER BY id LIMIT ?", (_AT_ONCE,)
    ).fetchall()
    if run is not None and (not rows or run["started_at"] <= rows[0]["created_at"]):
        return connection.execute("DELETE FROM run WHERE id = ?", (run["id"],)).rowcount
    if not rows:
        return 0
    last = rows[-1]
    connection.execute("DELETE FROM feed WHERE run IS NULL AND at <= ?", (last["created_at"],))
    return connection.execute(
        f"DELETE FROM delivery WHERE {_SETTLED} AND id <= ?", (last["id"],)
    ).rowcount
