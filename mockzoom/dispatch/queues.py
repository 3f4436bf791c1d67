"""The queues of what is to be delivered: one for each subscription and kind of delivery."""

from __future__ import annotations

from collections.abc import Collection

from mockzoom.dispatch.slots import Queue
from mockzoom.journal import Archive, DeliveryRow
from mockzoom.journal.archive import read_delivery_row

_IN_QUEUE = "state = 'pending' AND subscription = ? AND kind = ?"
_QUEUES = """
WITH RECURSIVE
kind (name) AS (VALUES ('challenge'), ('control'), ('event')),
pending (name) AS (
    SELECT min(subscription) FROM delivery WHERE state = 'pending'
    UNION ALL
    SELECT (
        SELECT min(subscription) FROM delivery
        WHERE state = 'pending' AND subscription > pending.name
    )
    FROM pending WHERE pending.name IS NOT NULL
)
SELECT pending.name AS subscription, kind.name AS kind
FROM pending CROSS JOIN kind LEFT JOIN subscription AS s ON s.id = pending.name
WHERE EXISTS (
    SELECT 1 FROM delivery AS d
    WHERE d.state = 'pending' AND d.subscription = pending.name AND d.kind = kind.name
) AND (kind.name = 'challenge' OR coalesce(s.state, '') != 'pending')
ORDER BY kind.name
"""
"""The queues, challenges first; each look at the index costs the same however long they are."""


class Queues:
    """Reads what is due from a journal; sees only what is on the disk."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def all(self) -> list[Queue]:
        """Return the queues in which something is to be delivered, now or later.

        Events for a URL that is not validated (any more) wait until it is.
        """
        with self._archive.reading() as connection:
            found = connection.execute(_QUEUES).fetchall()
        return [(row["subscription"], row["kind"]) for row in found]

    def due(
        self, queue: Queue, now: float, limit: int, active: Collection[int]
    ) -> list[DeliveryRow]:
        """Return what is due in a queue and not in `active`, the longest due first."""
        with self._archive.reading() as connection:
            found = connection.execute(
                f"SELECT * FROM delivery WHERE {_IN_QUEUE} AND due_at <= ?"
                " ORDER BY due_at, id LIMIT ?",
                (*queue, now, limit + len(active)),
            ).fetchall()
        return [read_delivery_row(row) for row in found if row["id"] not in active][:limit]

    def next_due(self, queue: Queue, after: float) -> float | None:
        """Return when the next delivery of a queue is due after `after`; None where none is."""
        with self._archive.reading() as connection:
            row = connection.execute(
                f"SELECT min(due_at) AS due FROM delivery WHERE {_IN_QUEUE} AND due_at > ?",
                (*queue, after),
            ).fetchone()
        return None if row["due"] is None else float(row["due"])

    def next_validation(self) -> float | None:
        """Return when the next validation is due; None where none is."""
        with self._archive.reading() as connection:
            row = connection.execute("SELECT min(validate_at) AS due FROM subscription").fetchone()
        return None if row["due"] is None else float(row["due"])
