"""The SQLite side of `stateful_flask.py`: what has been seen, and what it amounts to.

Each property of an entity is a row that the newest `event_ts` wins (of equal ones, the one that
arrived last), so that the order in which events are applied makes no difference.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

SCHEMA = """
CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE log (name TEXT, entity TEXT, ts INTEGER, seq INTEGER);
CREATE TABLE fact (kind TEXT, id TEXT, part TEXT, value TEXT, ts INTEGER, seq INTEGER,
                   PRIMARY KEY (kind, id, part)) WITHOUT ROWID;
CREATE TABLE servers (stream TEXT, urls TEXT, PRIMARY KEY (stream, urls)) WITHOUT ROWID;
"""
PUT = """
INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, id, part)
DO UPDATE SET value = excluded.value, ts = excluded.ts, seq = excluded.seq WHERE
"""
NEWER = "(excluded.ts, excluded.seq) >= (fact.ts, fact.seq)"
ALWAYS = "true"
RTMS = ("started", "interrupted", "stopped")
RECORDING = (
    "started", "paused", "resumed", "stopped", "completed", "trashed", "recovered", "deleted",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One delivery, read; `seq` is the place of its arrival."""

    name: str
    payload: dict[str, Any]
    ts: int
    seq: int
    epoch: int
    raw: bytes
    request_id: str
    timestamp: str
    signature: str

    @property
    def place(self) -> dict[str, Any]:
        """Where the properties are: RTMS payloads are flat, others have them in `object`."""
        inner = self.payload.get("object")
        return inner if isinstance(inner, dict) else self.payload

    @property
    def session(self) -> str:
        return text(self.place.get("session_id")) or text(self.place.get("id"))

    @property
    def stream(self) -> str:
        return text(self.place.get("rtms_stream_id")) if "rtms_" in self.name else ""

    @property
    def user(self) -> str:
        user = self.place.get("user")
        return text(user.get("id")) if isinstance(user, dict) else ""

    @property
    def callee(self) -> str:
        called = self.place.get("participant")
        if not isinstance(called, dict):
            return ""
        return text(called.get("phone_number")) or text(called.get("device_ip"))

    @property
    def files(self) -> list[str]:
        files = self.place.get("recording_files")
        if not isinstance(files, list):
            return []
        return [text(file.get("download_url")) for file in files if isinstance(file, dict)]

    @property
    def verb(self) -> str:
        return self.name.rpartition("_")[2]


def text(value: Any) -> str:
    """Return an id as text, whether it came as text or as a number."""
    if not isinstance(value, str | int):
        return ""
    # Half a surrogate pair cannot be stored.
    return str(value).encode("utf-8", "replace").decode()


class Store:
    """Everything that the receiver knows. `wins` says which of two values of a property stays."""

    wins = NEWER
    recordings_counted = "DISTINCT entity"
    streams_counted = "DISTINCT entity"

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.db.executescript(SCHEMA)
        self.lock = threading.RLock()
        self.arrived = 0
        self.epoch = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does, or nothing of it."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def arrival(self) -> tuple[int, int]:
        """Return the next place in the order of arrival, and the epoch (a reset begins another)."""
        with self.lock:
            self.arrived += 1
            return self.arrived, self.epoch

    def claim(self, key: str) -> bool:
        """Note that `key` was seen; False where it had been seen before."""
        return self.db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount == 1

    def knows(self, key: str) -> bool:
        with self.lock:
            found = self.db.execute("SELECT 1 FROM seen WHERE key = ?", (key,)).fetchone()
        return found is not None

    def reset(self) -> None:
        with self.transaction():
            self.epoch += 1
            for table in ("seen", "log", "fact", "servers"):
                self.db.execute(f"DELETE FROM {table}")

    def apply(self, event: Event) -> None:
        """Enter what `event` says, unless the store was emptied since it came."""
        if event.epoch != self.epoch:
            return
        entity = event.stream or event.session
        self.db.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?)", (event.name, entity, event.ts, event.seq)
        )
        self.enter(event)

    def enter(self, event: Event) -> None:
        if event.stream:
            self.enter_stream(event)
        elif not event.session:
            return
        elif event.name in ("session.started", "session.ended"):
            self.put(event, "session", event.session, "status", event.name[8:])
        elif event.name in ("session.user_joined", "session.user_left") and event.user:
            self.put(event, "participant", event.session, event.user, event.verb)
        elif event.name.startswith("session.recording_"):
            self.enter_recording(event)
        elif "_callout_" in event.name and event.callee:
            self.put(event, "callout", event.session, event.callee, event.verb)

    def enter_stream(self, event: Event) -> None:
        if event.verb not in RTMS:
            return
        self.put(event, "stream", event.stream, "status", event.verb)
        if event.verb == "started":
            urls = event.place.get("server_urls")
            self.put(event, "stream", event.stream, "servers", urls)
            self.db.execute(
                "INSERT OR IGNORE INTO servers VALUES (?, ?)", (event.stream, json.dumps(urls))
            )
        elif event.verb == "stopped":
            reason = event.place.get("stop_reason")
            self.put(event, "stream", event.stream, "reason", reason)

    def enter_recording(self, event: Event) -> None:
        if "_transcript_" in event.name:
            self.put(event, "recording", event.session, "transcript", event.verb)
        elif event.verb in RECORDING:
            self.put(event, "recording", event.session, "status", event.verb)
            if event.verb == "completed":
                self.put(event, "recording", event.session, "files", event.files)

    def put(self, event: Event, kind: str, entity: str, part: str, value: Any) -> None:
        row = (kind, entity, part, json.dumps(value), event.ts, event.seq)
        self.db.execute(PUT + self.winner(event), row)

    def winner(self, event: Event) -> str:
        return self.wins

    def number(self, query: str) -> int:
        return int(self.db.execute(query).fetchone()[0])

    def facts(self, kind: str, **defaults: Any) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for entity, part, value in self.db.execute(
            "SELECT id, part, value FROM fact WHERE kind = ? ORDER BY id, part", (kind,)
        ):
            found.setdefault(entity, dict(defaults))[part] = json.loads(value)
        return found

    def state(self) -> dict[str, Any]:
        with self.lock:
            return {
                "counts": self.counts(),
                "events": dict(
                    self.db.execute("SELECT name, count(*) FROM log GROUP BY name ORDER BY name")
                ),
                "streams": self.streams(),
                "active_streams": self.active_streams(),
                "sessions": self.sessions(),
                "recordings": self.facts("recording", status=None, files=[], transcript=None),
                "callouts": self.facts("callout"),
            }

    def streams(self) -> dict[str, Any]:
        streams = self.facts("stream", status=None, servers=None, reason=None)
        for entity, stream in streams.items():
            stream["history"] = [
                name.rpartition("_")[2]
                for (name,) in self.db.execute(
                    "SELECT name FROM log WHERE entity = ? ORDER BY ts, seq", (entity,)
                )
            ]
        return streams

    def active_streams(self) -> list[str]:
        query = """SELECT id FROM fact WHERE kind = 'stream' AND part = 'status'
                   AND value <> '"stopped"' ORDER BY ts, seq"""
        return [entity for (entity,) in self.db.execute(query)]

    def sessions(self) -> dict[str, Any]:
        sessions = self.facts("session", status=None)
        users = self.facts("participant")
        for entity in users:
            sessions.setdefault(entity, {"status": None})
        for entity, session in sessions.items():
            session["participants"] = users.get(entity, {})
        return sessions

    def present(self) -> int:
        return self.number(
            "SELECT count(*) FROM fact WHERE kind = 'participant' AND value = '\"joined\"'"
        )

    def counts(self) -> dict[str, int]:
        session = "SELECT count(*) FROM fact WHERE kind = 'session' AND value = '\"started\"'"
        return {
            "sessions_started": self.number(
                "SELECT count(DISTINCT entity) FROM log WHERE name = 'session.started'"
            ),
            "sessions_active": self.number(session),
            "streams_started": self.number(
                f"SELECT count({self.streams_counted}) FROM log WHERE name LIKE '%.%rtms_started'"
            ),
            "streams_active": len(self.active_streams()),
            "failovers": self.number("SELECT count(*) - count(DISTINCT stream) FROM servers"),
            "recordings": self.number(
                f"SELECT count({self.recordings_counted}) FROM log"
                " WHERE name = 'session.recording_completed'"
            ),
            "participants_joined": self.number(
                "SELECT count(*) FROM log WHERE name = 'session.user_joined'"
            ),
            "participants_present": self.present(),
            "callouts": self.number("SELECT count(*) FROM fact WHERE kind = 'callout'"),
        }
