"""Zoom's own delivery log: the attempts of the last seven days, as its API reports them."""

from __future__ import annotations

import datetime
import json
import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockzoom.journal import Archive
from mockzoom.model import JSON
from mockzoom.service.marketplace import ZoomError
from mockzoom.zoom.delivery_codes import failed_reason
from mockzoom.zoom.headers import trace_id

ALL, FAILED, SUCCESSFUL = 1, 2, 3
WINDOW_S = 7 * 24 * 3600.0
_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """Which attempts are asked for; times are seconds since the epoch."""

    begin: float
    end: float
    kind: int = FAILED
    event: str = ""
    retry_num: int | None = None


def read_query(given: Mapping[str, str], status: int = 404, now: float | None = None) -> Query:
    """Return what the query parameters ask for; raise `ZoomError` with Zoom's codes.

    `status` goes with a range that cannot be: 404 in the log of an app, 400 in that of the Video
    SDK (each document has it so).
    """
    now = time.time() if now is None else now
    try:
        begin, end = _range(given, now)
    except ZoomError as error:
        raise ZoomError(error.code, str(error), status) from None
    return Query(
        begin, end, _number(given, "type", (1, 3), 300) or FAILED, given.get("event", ""),
        _number(given, "retry_num", (0, 3), 1506),
    )  # fmt: skip


def _range(given: Mapping[str, str], now: float) -> tuple[float, float]:
    end = _moment(given["to"], "to") if "to" in given else now
    begin = _moment(given["from"], "from") if "from" in given else max(end, now) - WINDOW_S
    if begin > now:
        raise ZoomError(1504, "from: it lies in the future")
    if end <= begin:
        raise ZoomError(1501, "to: it has to be later than from")
    # A second for whoever computes `from` and is a moment late.
    if begin < now - WINDOW_S - 1 or end - begin > WINDOW_S + 1:
        raise ZoomError(1502, "from and to: expected a range within the last seven days")
    return begin, end


def _number(given: Mapping[str, str], name: str, bounds: tuple[int, int], code: int) -> int | None:
    if name not in given:
        return None
    text = given[name]
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or not bounds[0] <= int(text) <= bounds[1]:
        raise ZoomError(code, f"{name}: expected a number from {bounds[0]} to {bounds[1]}", 400)
    return int(text)


def _moment(text: str, name: str) -> float:
    try:
        if not _FORM.fullmatch(text):
            raise ValueError(text)
        return datetime.datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise ZoomError(1503, f"{name}: expected yyyy-MM-dd'T'HH:mm:ss'Z'") from None


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
        where = ["d.kind = 'event'", "a.state IN ('answered', 'failed')", "a.id < ?",
                 "a.started_at >= ?", "a.started_at < ?"]  # fmt: skip
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
        return [_entry(row, users=users) for row in found[:size]], more


_RETRY = (
    "min(3, (SELECT count(*) FROM attempt AS b WHERE b.delivery = a.delivery AND b.id < a.id"
    " AND b.state IN ('answered', 'failed')))"
)
"""Which retry an attempt is; those with an unknown outcome do not count."""


def _entry(row: sqlite3.Row, *, users: bool) -> JSON:
    headers = dict(json.loads(row["headers"]))
    body = row["whole"] if row["body"] is None else row["body"]
    status = -1 if row["status"] is None else row["status"]
    entry: dict[str, Any] = {
        "event": row["event"] or "",
        "status": status,
        "endpoint": row["url"],
        "subscription_id": row["subscription"] or "",
        "request_headers": json.dumps(headers, ensure_ascii=False),
        "request_body": body.decode("utf-8", "replace"),
        "response_headers": json.dumps(
            dict(json.loads(row["answer_headers"] or "[]")), ensure_ascii=False
        ),
        "response_body": (row["answer_body"] or b"").decode("utf-8", "replace"),
        "date_time": _shown(row["started_at"]),
        "trace_id": trace_id(headers),
        "request_id": row["request_id"],
        "retry_num": row["retry_num"],
    }
    reason = failed_reason(row["failure"], status)
    if reason is not None:
        entry["failed_reason_type"] = reason
    subscribed = json.loads(row["owner"] or "{}").get("user_ids") if users else None
    if subscribed:
        entry["user_id"] = subscribed[0]
    return entry


def _shown(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
