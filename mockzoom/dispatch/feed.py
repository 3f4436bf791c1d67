"""Adds to the feed of what happens outside of runs: attempts, violations, subscriptions."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Any

from mockzoom.dispatch.subscription import Subscription
from mockzoom.journal import DeliveryRow, Redactor
from mockzoom.journal.rows import write_violation
from mockzoom.model import Attempt, Failure, Violation
from mockzoom.wording import printable

_encode = json.JSONEncoder(ensure_ascii=False).encode


def publish(connection: sqlite3.Connection, kind: str, data: dict[str, Any]) -> None:
    """Add an event to the feed of what happens outside of runs."""
    connection.execute(
        "INSERT INTO feed (run, at, kind, data) VALUES (NULL, ?, ?, ?)",
        (time.time(), kind, _encode(data)),
    )


def publish_attempt(
    connection: sqlite3.Connection,
    row: DeliveryRow,
    number: int,
    attempt: Attempt,
    state: str,
    due_at: float | None,
    redactor: Redactor,
) -> None:
    """Publish the outcome of attempt `number`, and what it means for its delivery."""
    outcome, took = attempt.outcome, attempt.timings.answer
    failure = outcome.message if isinstance(outcome, Failure) else ""
    publish(connection, "attempt", {
        "delivery": row.id, "subscription": row.subscription, "kind": row.kind,
        "event": row.delivery.event, "number": number, "status": attempt.status,
        "failure": printable(redactor.text(failure)), "code": attempt.delivery_code,
        "answer_ms": None if took is None else round(took * 1000, 1), "state": state,
        "due_at": due_at,
    })  # fmt: skip


def publish_violation(
    connection: sqlite3.Connection, number: int, violation: Violation, redactor: Redactor
) -> None:
    """Keep and publish a violation that the delivery `number` shows."""
    connection.execute(
        "INSERT INTO violation (delivery, found_at, rule, severity, event, data)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (number, time.time(), violation.rule, violation.severity, violation.event,
         write_violation(violation, redactor)),
    )  # fmt: skip
    publish(connection, "violation", {
        "rule": violation.rule, "slug": violation.slug, "severity": violation.severity,
        "message": redactor.text(violation.message), "event": violation.event,
        "delivery": number,
    })  # fmt: skip


def publish_state(connection: sqlite3.Connection, item: Subscription) -> None:
    """Publish the state of a subscription."""
    data = {"id": item.id, "state": item.state, "failures": item.failures,
            "reason": item.redactor().text(item.reason)}  # fmt: skip
    publish(connection, "subscription", data)
