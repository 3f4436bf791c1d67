"""Subscriptions as rows of the journal, and back."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from mockzoom.dispatch.subscription import Subscription
from mockzoom.zoom.subscription_auth import read_auth, write_auth


def insert(connection: sqlite3.Connection, item: Subscription) -> None:
    """Add a subscription."""
    columns = _columns(item)
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    connection.execute(
        f"INSERT INTO subscription ({names}) VALUES ({marks})", tuple(columns.values())
    )


def update(connection: sqlite3.Connection, item: Subscription) -> None:
    """Write every field of a subscription."""
    columns = _columns(item)
    pairs = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(
        f"UPDATE subscription SET {pairs} WHERE id = ?", (*columns.values(), item.id)
    )


def find(connection: sqlite3.Connection, name: str) -> Subscription | None:
    """Return one subscription; None where there is none of that id."""
    row = connection.execute("SELECT * FROM subscription WHERE id = ?", (name,)).fetchone()
    return None if row is None else read(row)


def read(row: sqlite3.Row) -> Subscription:
    """Return the subscription of a row."""
    columns = dict(row)
    columns["events"] = tuple(json.loads(columns["events"]))
    columns["owner"] = json.loads(columns["owner"])
    columns["auth"] = read_auth(columns["auth"])
    return Subscription(**columns)


def _columns(item: Subscription) -> dict[str, Any]:
    columns = asdict(item)
    columns["events"] = json.dumps(item.events)
    columns["owner"] = json.dumps(dict(item.owner))
    columns["auth"] = write_auth(item.auth)
    return columns
