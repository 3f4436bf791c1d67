"""The tables of the journal, as the migrations that made them: one script for each version.

A migration never changes once it has been released; a new version appends one. `user_version` of
the file says how many have been applied.
"""

from __future__ import annotations

APPLICATION_ID = 0x4D5A4A31
"""`MZJ1`: tells a journal from the SQLite files of other programs."""

_FIRST = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    subscription TEXT,
    seed INTEGER NOT NULL,
    total INTEGER NOT NULL,
    started_at REAL NOT NULL,
    touched_at REAL NOT NULL,
    finished_at REAL,
    deliveries INTEGER NOT NULL DEFAULT 0,
    result TEXT
);

CREATE TABLE subscription (
    id TEXT PRIMARY KEY,
    created_at REAL NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    events TEXT NOT NULL,
    auth TEXT NOT NULL,
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    validated_at REAL,
    validate_at REAL,
    owner TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER REFERENCES run (id) ON DELETE CASCADE,
    subscription TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT,
    case_name TEXT NOT NULL,
    request_id TEXT NOT NULL,
    body BLOB NOT NULL,
    content_type TEXT,
    forge TEXT NOT NULL,
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL,
    due_at REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    replay_of INTEGER
);
CREATE INDEX delivery_run ON delivery (run);
CREATE INDEX delivery_subscription ON delivery (subscription, id) WHERE subscription IS NOT NULL;
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'pending';
CREATE INDEX delivery_open ON delivery (state) WHERE state IN ('pending', 'sending');

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    started_at REAL NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB,
    status INTEGER,
    reason TEXT,
    answer_headers TEXT,
    answer_body BLOB,
    truncated INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    message TEXT,
    code INTEGER,
    reused INTEGER NOT NULL DEFAULT 0,
    connected REAL,
    sent REAL,
    first_byte REAL,
    complete REAL
);
CREATE INDEX attempt_delivery ON attempt (delivery);
CREATE INDEX attempt_sending ON attempt (state) WHERE state = 'sending';

CREATE TABLE violation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER REFERENCES run (id) ON DELETE CASCADE,
    delivery INTEGER REFERENCES delivery (id) ON DELETE CASCADE,
    found_at REAL NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    event TEXT,
    data TEXT NOT NULL
);
CREATE INDEX violation_run ON violation (run);
CREATE INDEX violation_delivery ON violation (delivery);

CREATE TABLE feed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER REFERENCES run (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX feed_run ON feed (run, id);

CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    subscription TEXT,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
);
"""

_PLAYS = """
ALTER TABLE run ADD COLUMN steps TEXT;
ALTER TABLE delivery ADD COLUMN schedule TEXT;
ALTER TABLE delivery ADD COLUMN fault TEXT NOT NULL DEFAULT '';

CREATE TABLE step (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    scheduled REAL
);
CREATE INDEX step_run ON step (run);

CREATE TABLE observation (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    elapsed REAL NOT NULL,
    direction TEXT NOT NULL,
    stream TEXT NOT NULL,
    socket TEXT NOT NULL,
    message TEXT NOT NULL,
    recognised TEXT NOT NULL,
    code INTEGER
);
CREATE INDEX observation_run ON observation (run);

CREATE TABLE scenario (
    name TEXT PRIMARY KEY,
    uploaded_at REAL NOT NULL,
    about TEXT NOT NULL,
    because TEXT NOT NULL,
    needs TEXT NOT NULL,
    text TEXT NOT NULL
);
"""

_FIXES = """
UPDATE violation
SET data = json_set(json_remove(data, '$.mend'), '$.fix', json_extract(data, '$.mend'));

UPDATE run
SET result = json_set(result, '$.violations', json((
    SELECT json_group_array(
        json(json_set(json_remove(value, '$.mend'), '$.fix', json_extract(value, '$.mend')))
    )
    FROM json_each(run.result, '$.violations')
)))
WHERE result IS NOT NULL;
"""
"""Violations have `fix` where they had `mend`."""

_HEADERS = """
ALTER TABLE delivery ADD COLUMN headers TEXT NOT NULL DEFAULT '[]';
"""
"""Deliveries may have headers of their own."""

_QUEUES = """
DROP INDEX IF EXISTS delivery_due;
CREATE INDEX delivery_queue ON delivery (subscription, kind, due_at) WHERE state = 'pending';
"""
"""What is due is looked for by subscription and kind."""

_WRITERS = """
ALTER TABLE run ADD COLUMN writer TEXT NOT NULL DEFAULT '';
"""
"""Runs name the process that writes them."""

MIGRATIONS: tuple[str, ...] = (_FIRST, _PLAYS, _FIXES, _HEADERS, _QUEUES, _WRITERS)
