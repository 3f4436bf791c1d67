"""SQL probes: the rows of one query, read in a transaction of their own that writes nothing."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockzoom.errors import UsageError
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

ROWS = "rows"
"""What the list of rows is called in a snapshot."""
MOST_ROWS = 10_000
_CONNECT_S = 5
_CONNECT = {
    "pysqlite": "timeout", "psycopg": "connect_timeout", "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout", "mysqldb": "connect_timeout", "pg8000": "timeout",
}  # fmt: skip
"""How drivers call the seconds in which a connection has to be made."""
_READ_ONLY = {
    "sqlite": ("PRAGMA query_only = ON",),
    "postgresql": ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = {ms}"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_execution_time = {ms}"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION max_statement_time = {s}"),
}
"""Statements that make a transaction read-only, and bound its time."""
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)


class SqlError(Exception):
    """The rows cannot be read; says why."""


class SqlProbe:
    """Reads the rows of a query; each look may take `within` seconds."""

    def __init__(self, database: str, query: str, within: float) -> None:
        self._query = query
        self._within = within
        self._engine = _engine(database)
        self._password = self._engine.url.password or ""
        self.unordered = () if _ORDERED.search(query) else (ROWS,)
        """The rows have an order only where the query says so."""

    def read(self) -> JSON:
        """Return the rows as objects; raise `SqlError` where that fails."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.connect() as connection:
                self._bound(connection)
                rows = self._rows(connection)
                connection.rollback()
                return {ROWS: rows}
        except SQLAlchemyError as error:
            raise SqlError(self._reason(error)) from None

    def _bound(self, connection: Connection) -> None:
        """Let nothing be written, and end a query that takes too long."""
        ends = time.monotonic() + self._within
        for statement in _READ_ONLY.get(connection.dialect.name, ()):
            connection.exec_driver_sql(
                statement.format(ms=round(self._within * 1000), s=self._within)
            )
        if connection.dialect.name == "sqlite":
            raw: Any = connection.connection.driver_connection
            raw.set_progress_handler(lambda: int(time.monotonic() > ends), 10_000)

    def _rows(self, connection: Connection) -> list[JSON]:
        # Without parameters drivers take a % as it is, as in LIKE 'session%'.
        as_it_is = {"no_parameters": True}
        result = connection.exec_driver_sql(self._query, execution_options=as_it_is)
        if not result.returns_rows:
            raise SqlError("the query returns no rows; expected a SELECT")
        names = list(result.keys())
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SqlError(f"two columns are called {twice[0]}; name them apart with AS")
        rows = result.fetchmany(MOST_ROWS + 1)
        if len(rows) > MOST_ROWS:
            raise SqlError(f"more than {MOST_ROWS:,} rows; narrow the query with WHERE or LIMIT")
        return [dict(zip(names, map(_plain, row), strict=True)) for row in rows]

    def _reason(self, error: Exception) -> str:
        """Return what the database said, in one line and without the password."""
        said = str(getattr(error, "orig", None) or error).strip().splitlines()
        text = (said[0] if said else type(error).__name__)[:300]
        return text.replace(self._password, "***") if self._password else text


def _engine(database: str) -> Engine:
    """Return an engine that keeps no connection; raise `UsageError` where there is none."""
    try:
        from sqlalchemy import NullPool, create_engine, make_url
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ImportError:
        raise UsageError("--probe-sql needs the extra: pip install 'mockzoom[sql]'") from None
    try:
        url = make_url(database)
        shown = url.render_as_string(hide_password=True)
        driver = url.get_dialect().driver
        option = _CONNECT.get(driver)
        arguments = {option: _CONNECT_S} if option else {}
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    except NoSuchModuleError:
        raise UsageError(
            f"--probe-sql {shown}: SQLAlchemy knows no such database; expected one such as"
            " postgresql, mysql or sqlite"
        ) from None
    except ArgumentError:
        raise UsageError(
            "--probe-sql: no URL of a database; expected one such as postgresql://user@host/name"
            " or sqlite:///app.db"
        ) from None
    except ImportError as error:
        raise UsageError(
            f"--probe-sql {shown}: its driver is not installed ({error.name or error});"
            " pip install it, or name another, such as postgresql+psycopg://"
        ) from None
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and file != ":memory:" and not file.startswith("file:") and not Path(file).exists():
        raise UsageError(f"--probe-sql {shown}: there is no file {file}")
    return engine


def _plain(value: Any) -> JSON:
    """Return a value of a database as JSON: times as ISO 8601, what JSON does not have as text.

    Some databases have no type for JSON: a text that is an object or a list is read as such.
    """
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return read_json(value.encode())
        except ForeignJSONError:
            return value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
