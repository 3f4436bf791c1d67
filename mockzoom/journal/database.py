"""The journal's file: SQLite in WAL mode, opened, migrated, and its errors put in plain words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mockzoom.errors import MockzoomError, NotFound
from mockzoom.journal.schema import APPLICATION_ID, MIGRATIONS

BUSY_S = 5.0
"""Seconds that a write waits for another program that holds the file."""


class JournalError(MockzoomError):
    """The journal cannot be read or written."""


def connect(
    path: Path,
    *,
    create: bool = False,
    busy: float = BUSY_S,
    migrations: Sequence[str] = MIGRATIONS,
) -> sqlite3.Connection:
    """Open the journal at `path` and bring it to the newest schema.

    A file that is made here can be read by its owner only: it holds the secrets of subscriptions.
    Raises `NotFound` for a missing file (without `create`), `JournalError` for one that is no
    journal, that a newer mockzoom has written, that is locked or corrupt.
    """
    path = path.absolute()
    _check_path(path, create)
    with explained(path):
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=busy, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        try:
            connection.row_factory = sqlite3.Row
            _migrate(connection, path, migrations)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            # Each thread of a server has a connection: 1 MB for each, not SQLite's 2.
            connection.execute("PRAGMA cache_size = -1000")
        except BaseException:
            connection.close()
            raise
    return connection


def _check_path(path: Path, create: bool) -> None:
    if path.is_dir():
        raise JournalError(f"journal {path} is a folder; expected the path of a file")
    if path.exists():
        return
    if not create:
        raise NotFound(
            f"journal {path} does not exist; `mockzoom verify --journal` and `mockzoom serve --db`"
            " write one"
        )
    if not path.parent.is_dir():
        raise JournalError(f"journal {path}: the folder {path.parent} does not exist; make it")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise JournalError(f"journal {path} cannot be made: {error.strerror}") from None


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """Apply what is missing, all of it or nothing."""
    _check_identity(connection, path, len(migrations))
    if _number(connection, "user_version") == len(migrations):
        return
    if not _number(connection, "schema_version"):  # an empty file
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _number(connection, "user_version")  # another program may have been faster
        for script in migrations[version:]:
            for statement in script.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_identity(connection: sqlite3.Connection, path: Path, known: int) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and _number(connection, "application_id") != APPLICATION_ID:
        raise JournalError(
            f"{path} is a SQLite database of another program; name another file as the journal"
        )
    version = _number(connection, "user_version")
    if version > known:
        raise JournalError(
            f"journal {path} was written by a newer mockzoom (schema {version}, this one knows"
            f" {known}); update mockzoom or name another file"
        )


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into `JournalError`s that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise JournalError(explain(path, error)) from error


def explain(path: Path, error: sqlite3.Error) -> str:
    """Say what is wrong with the journal, and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    known = {
        sqlite3.SQLITE_BUSY: "is locked by another program; wait for it, or name another file",
        sqlite3.SQLITE_LOCKED: "is locked by another program; wait for it, or name another file",
        sqlite3.SQLITE_FULL: "cannot grow: the disk is full; make room or name another file",
        sqlite3.SQLITE_CORRUPT: "is damaged; move it away, `sqlite3 FILE .recover` saves what can"
        " be read",
        sqlite3.SQLITE_NOTADB: "is no SQLite database; name another file",
        sqlite3.SQLITE_READONLY: "cannot be written; check its permissions and its folder's",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened; check its permissions and its folder's",
        sqlite3.SQLITE_IOERR: "cannot be read or written; check the disk, its room and its limits",
        sqlite3.SQLITE_PERM: "cannot be opened; check its permissions",
    }
    if code is not None and code & 0xFF in known:
        return f"journal {path} {known[code & 0xFF]} ({error})"
    return f"journal {path}: {error}"
