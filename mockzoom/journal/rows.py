"""Deliveries, attempts, results and violations as the journal has them, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from msgspec import convert, structs, to_builtins

from mockzoom.model import (
    Attempt,
    Delivery,
    Failure,
    Headers,
    Request,
    Response,
    RunResult,
    Timings,
    Violation,
)
from mockzoom.redact import Redactor

Row: TypeAlias = tuple[Any, ...]

INSERT_ATTEMPT = (
    "INSERT INTO attempt (delivery, number, state, started_at, method, url, headers, body, status,"
    " reason, answer_headers, answer_body, truncated, failure, message, code, reused, connected,"
    " sent, first_byte, complete) VALUES (" + ", ".join("?" * 21) + ")"
)
INSERT_DELIVERY = (
    "INSERT INTO delivery (id, run, subscription, name, kind, event, case_name, request_id, body,"
    " content_type, headers, forge, policy, state, created_at, attempts, status, replay_of)"
    " VALUES (" + ", ".join("?" * 18) + ")"
)
UPDATE_ATTEMPT = (
    "UPDATE attempt SET state = ?, status = ?, reason = ?, answer_headers = ?, answer_body = ?,"
    " truncated = ?, failure = ?, message = ?, code = ?, reused = ?, connected = ?, sent = ?,"
    " first_byte = ?, complete = ? WHERE id = ?"
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def in_utf8(text: str | None) -> str | None:
    """Return a text that UTF-8 can carry: what a body names may be half of a surrogate pair."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def request_columns(request: Request, delivery: Delivery, redactor: Redactor) -> Row:
    """Return method, url, headers and body; the body only where it is not the delivery's."""
    body = None if request.body == delivery.body else request.body
    return request.method, request.url, _encode(redactor.headers(request.headers)), body


def outcome_columns(attempt: Attempt, redactor: Redactor) -> Row:
    """Return everything that an attempt's outcome consists of, from `status` to `complete`."""
    times, outcome = attempt.timings, attempt.outcome
    clock = (times.connected, times.sent, times.first_byte, times.complete)
    if isinstance(outcome, Failure):
        told = redactor.text(outcome.message)
        return (None, None, None, None, 0, outcome.kind, told, attempt.delivery_code,
                int(attempt.reused), *clock)  # fmt: skip
    return (
        outcome.status, redactor.text(outcome.reason), _encode(redactor.headers(outcome.headers)),
        redactor.body(outcome.body), int(outcome.truncated), None, None, attempt.delivery_code,
        int(attempt.reused), *clock,
    )  # fmt: skip


def state_of(attempt: Attempt) -> str:
    """Return the state of an attempt that has ended: `answered` or `failed`."""
    return "failed" if isinstance(attempt.outcome, Failure) else "answered"


def read_delivery(row: sqlite3.Row) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(
        row["name"], row["case_name"], row["event"], row["body"], row["request_id"], row["forge"],
        row["content_type"], row["fault"],
        tuple((name, value) for name, value in json.loads(row["headers"])),
    )  # fmt: skip


def read_attempt(row: sqlite3.Row, body: bytes) -> Attempt | None:
    """Return the attempt of a row; None while it has no outcome (or none that is known)."""
    outcome = _outcome(row)
    if outcome is None:
        return None
    timings = Timings(row["connected"], row["sent"], row["first_byte"], row["complete"])
    return Attempt(
        read_request(row, body), outcome, timings, row["started_at"], bool(row["reused"]),
        row["code"],
    )  # fmt: skip


def read_request(row: sqlite3.Row, body: bytes) -> Request:
    """Return the request of an attempt's row; `body` is its delivery's."""
    sent = body if row["body"] is None else row["body"]
    return Request(row["method"], row["url"], _headers(row["headers"]), sent)


def _outcome(row: sqlite3.Row) -> Response | Failure | None:
    if row["status"] is not None:
        return Response(
            row["status"], row["reason"], _headers(row["answer_headers"]), row["answer_body"],
            bool(row["truncated"]),
        )  # fmt: skip
    if row["failure"] is not None:
        return Failure(row["failure"], row["message"])
    return None


def _headers(text: str) -> Headers:
    pairs: Sequence[Sequence[str]] = json.loads(text)
    return tuple((name, value) for name, value in pairs)


# -- results, as JSON --------------------------------------------------------------------------


def write_result(result: RunResult, redactor: Redactor) -> str:
    """Return `result` as JSON, without secrets."""
    document = to_builtins(structs.replace(redactor.result(result), cases={}))
    document["cases"] = [[*key, count] for key, count in result.cases.items()]
    return json.dumps(redactor.json(document))  # escaped: half of a surrogate pair is no UTF-8


def read_result(text: str) -> RunResult:
    """Return the result that `write_result` wrote; one of an older mockzoom has fewer members."""
    document = json.loads(text)
    cases = {(rule, event): count for rule, event, count in document.pop("cases")}
    return structs.replace(convert(document, RunResult), cases=cases)


def write_violation(violation: Violation, redactor: Redactor) -> str:
    """Return `violation` as JSON, without secrets."""
    document = to_builtins(redactor.violation(violation))
    return json.dumps(redactor.json(document))  # escaped: half of a surrogate pair is no UTF-8


def read_violation(text: str) -> Violation:
    """Return the violation that `write_violation` wrote."""
    return convert(json.loads(text), Violation)
