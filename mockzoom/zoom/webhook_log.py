"""Zoom's delivery log: what its API is asked for, and how it shows an attempt.

Facts: the OpenAPI documents of the Marketplace and Video SDK APIs (snapshots of 2026-02-07):
parameters, fields, codes of errors, and that the log holds the last seven days.
"""

from __future__ import annotations

import datetime
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from mockzoom.model import JSON
from mockzoom.zoom.delivery_codes import failed_reason
from mockzoom.zoom.headers import trace_id
from mockzoom.zoom.marketplace import ZoomError

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


class LoggedAttempt(Struct, frozen=True):
    """One attempt of a delivery; `started_at` is seconds since the epoch."""

    event: str
    url: str
    subscription: str
    request_id: str
    retry_num: int
    started_at: float
    headers: Mapping[str, str]
    body: bytes
    status: int | None
    answer_headers: Mapping[str, str]
    answer_body: bytes
    failure: str | None
    """The kind of failure, where there was no answer."""
    user_id: str = ""
    """The user whose subscription it is; empty where the log names none."""


def log_entry(attempt: LoggedAttempt) -> JSON:
    """Return an attempt as Zoom's log shows it; without an answer its status is -1."""
    status = -1 if attempt.status is None else attempt.status
    entry: dict[str, Any] = {
        "event": attempt.event,
        "status": status,
        "endpoint": attempt.url,
        "subscription_id": attempt.subscription,
        "request_headers": json.dumps(attempt.headers, ensure_ascii=False),
        "request_body": attempt.body.decode("utf-8", "replace"),
        "response_headers": json.dumps(attempt.answer_headers, ensure_ascii=False),
        "response_body": attempt.answer_body.decode("utf-8", "replace"),
        "date_time": _shown(attempt.started_at),
        "trace_id": trace_id(attempt.headers),
        "request_id": attempt.request_id,
        "retry_num": attempt.retry_num,
    }
    reason = failed_reason(attempt.failure, status)
    if reason is not None:
        entry["failed_reason_type"] = reason
    if attempt.user_id:
        entry["user_id"] = attempt.user_id
    return entry


def _shown(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
