"""Zoom's delivery log: which queries it takes, and what an entry says."""

from __future__ import annotations

from typing import Any

import pytest

from mockzoom.zoom.marketplace import ZoomError
from mockzoom.zoom.webhook_log import FAILED, LoggedAttempt, log_entry, read_query

NOW = 1_790_000_000.0


def test_without_parameters_the_failed_attempts_of_seven_days_are_asked_for() -> None:
    query = read_query({}, now=NOW)
    assert (query.begin, query.end, query.kind) == (NOW - 7 * 86_400, NOW, FAILED)
    assert (query.event, query.retry_num) == ("", None)


@pytest.mark.parametrize(
    ("given", "code", "status", "reason"),
    [
        ({"from": "2026-09-21"}, 1503, 404, "from: expected yyyy-MM-dd"),
        ({"from": "2026-99-21T00:00:00Z"}, 1503, 404, "from: expected yyyy-MM-dd"),
        ({"from": "2027-09-21T00:00:00Z"}, 1504, 404, "from: it lies in the future"),
        ({"from": "2026-09-20T00:00:00Z", "to": "2026-09-19T00:00:00Z"}, 1501, 404, "later than"),
        ({"from": "2026-01-01T00:00:00Z"}, 1502, 404, "within the last seven days"),
        ({"type": "4"}, 300, 400, "type: expected a number from 1 to 3"),
        ({"retry_num": "x"}, 1506, 400, "retry_num: expected a number from 0 to 3"),
    ],
)
def test_a_wrong_query_is_refused_with_zooms_code(
    given: dict[str, str], code: int, status: int, reason: str
) -> None:
    with pytest.raises(ZoomError) as caught:
        read_query(given, now=NOW)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert reason in str(caught.value)


def logged(**changes: Any) -> LoggedAttempt:
    values: dict[str, Any] = {
        "event": "a.b", "url": "https://hooks.example/", "subscription": "s", "request_id": "id",
        "retry_num": 1, "started_at": NOW, "headers": {"x-zm-trackingid": "v=2.0;rid=WEB_1"},
        "body": b"\xff", "status": 200, "answer_headers": {}, "answer_body": b"ok",
        "failure": None,
    }  # fmt: skip
    return LoggedAttempt(**{**values, **changes})


def test_an_entry_tells_what_was_sent_and_what_came_of_it() -> None:
    entry = log_entry(logged(user_id="u"))
    assert (entry["status"], entry["date_time"]) == (200, "2026-09-21T14:13:20Z")
    assert (entry["trace_id"], entry["request_body"], entry["user_id"]) == ("WEB_1", "\ufffd", "u")
    assert "failed_reason_type" not in entry


def test_an_attempt_without_an_answer_has_status_minus_one_and_a_reason() -> None:
    entry = log_entry(logged(status=None, failure="timeout"))
    assert (entry["status"], entry["failed_reason_type"]) == (-1, 1)
    assert log_entry(logged(status=429))["failed_reason_type"] == 16
    assert "user_id" not in entry
