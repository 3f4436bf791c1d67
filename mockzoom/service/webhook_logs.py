"""Zoom's delivery log, read from the journal: its form stands in `mockzoom.zoom.webhook_log`."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from mockzoom.journal import Archive
from mockzoom.model import JSON
from mockzoom.zoom.webhook_log import ALL, SUCCESSFUL, LoggedAttempt, Query, log_entry


class WebhookLogs:
    """Reads the log from the journal; attempts of runs and challenges do not stand in it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(
        self, query: Query, before: int | None, size: int, *, users: bool = False
    ) -> tuple[list[JSON], int | None]:
        """Return a page of the log, the newest first, and where the next one begins.

        With `users`, entries name the user whose subscription it is, where there is one.
        """
        where = ["d.kind = 'event'", "a.method = 'POST'", "a.state IN ('answered', 'failed')",
                 "a.id < ?", "a.started_at >= ?", "a.started_at < ?"]  # fmt: skip
        values: list[Any] = [before or 2**62, query.begin, query.end]
        success = "coalesce(a.status BETWEEN 200 AND 299, 0)"
        if query.kind != ALL:
            where.append(f"{success} = {int(query.kind == SUCCESSFUL)}")
        if query.event:
            where.append("d.event = ?")
            values.append(query.event)
        if query.retry_num is not None:
            where.append(f"{_RETRY} = ?")
            values.append(query.retry_num)
        with self._archive.reading() as connection:
            found = connection.execute(
                f"SELECT a.*, d.event, d.subscription, d.request_id, d.body AS whole,"
                f" {_RETRY} AS retry_num, s.owner FROM attempt AS a"
                " JOIN delivery AS d ON d.id = a.delivery"
                " LEFT JOIN subscription AS s ON s.id = d.subscription"
                f" WHERE {' AND '.join(where)} ORDER BY a.id DESC LIMIT ?",
                (*values, size + 1),
            ).fetchall()
        more = found[size - 1]["id"] if len(found) > size else None
        return [log_entry(_attempt(row, users=users)) for row in found[:size]], more


_RETRY = (
    "min(3, (SELECT count(*) FROM attempt AS b WHERE b.delivery = a.delivery AND b.id < a.id"
    " AND b.state IN ('answered', 'failed')))"
)
"""Which retry an attempt is; those with an unknown outcome do not count."""


def _attempt(row: sqlite3.Row, *, users: bool) -> LoggedAttempt:
    subscribed = json.loads(row["owner"] or "{}").get("user_ids") if users else None
    return LoggedAttempt(
        event=row["event"] or "",
        url=row["url"],
        subscription=row["subscription"] or "",
        request_id=row["request_id"],
        retry_num=row["retry_num"],
        started_at=row["started_at"],
        headers=dict(json.loads(row["headers"])),
        body=row["whole"] if row["body"] is None else row["body"],
        status=row["status"],
        answer_headers=dict(json.loads(row["answer_headers"] or "[]")),
        answer_body=row["answer_body"] or b"",
        failure=row["failure"],
        user_id=subscribed[0] if subscribed else "",
    )
