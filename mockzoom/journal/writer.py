"""The one thread that writes a journal: what is handed to it together is committed together.

A caller gets a future that ends when its work is on the disk. Committing several works at once is
what makes a durable journal quick: one `fsync` serves them all.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from mockzoom.journal.database import BUSY_S, JournalError, connect, explain
from mockzoom.journal.interrupted import conclude_abandoned
from mockzoom.journal.retention import Retention

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]

_TOGETHER = 512
"""Works that share one commit at most."""
_BEAT_S = 15.0
"""Seconds after which the runs that are being written are touched again, and others looked at."""
_TIDY_S = 600.0


class Writer:
    """Writes to the journal at `path`, which is made where it is missing.

    Raises `JournalError` where the file cannot be used. `committed` is called on the writer's
    thread after each commit.
    """

    def __init__(
        self, path: Path, retention: Retention | None = None, *, busy: float = BUSY_S
    ) -> None:
        self.path = path
        self.retention = retention or Retention()
        self.committed: Callable[[], None] = lambda: None
        self.open_runs: set[int] = set()
        self._connection = connect(path, create=True, busy=busy)
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._beat = self._tidied = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="mockzoom-journal", daemon=True)
        self._thread.start()
        try:
            self.submit(self._tidy).result()
        except JournalError:
            self.close()
            raise

    def conclude_served(self) -> None:
        """Give the runs of the file's last server their results; called by the next one."""
        self.submit(lambda c: conclude_abandoned(c, served=True)).result()

    def submit(self, work: Work[T]) -> Future[T]:
        """Do `work` inside the next transaction; the future ends once that is committed.

        It raises what `work` raises, and `JournalError` for a file that cannot be written. It
        cannot be cancelled: what was handed in is written, whoever has ceased to wait for it.
        """
        if self._closed:
            raise JournalError(f"journal {self.path} is closed")
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        self._queue.put((work, future))
        return future

    def close(self) -> None:
        """Commit what was handed in, and close the file."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    # -- on the writer's thread ----------------------------------------------------------------

    def _work(self) -> None:
        ended = False
        while not ended:
            batch, ended = self._next()
            self._commit(batch)
            now = time.monotonic()
            if now - self._beat >= _BEAT_S:
                self._beat = now
                self._commit([(self._look_after_runs, Future())])
            if now - self._tidied >= _TIDY_S:
                self._tidied = now
                self._commit([(self._tidy, Future())])
        self._connection.close()

    def _next(self) -> tuple[list[tuple[Work[Any], Future[Any]]], bool]:
        """Return what is to be written, and whether that is the end."""
        batch: list[tuple[Work[Any], Future[Any]]] = []
        try:
            item = self._queue.get(timeout=_BEAT_S)
            while item is not None:
                batch.append(item)
                if len(batch) >= _TOGETHER:
                    return batch, False
                item = self._queue.get_nowait()
        except queue.Empty:
            return batch, False
        return batch, True

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        if not batch:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            done = self._do(batch)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            told = JournalError(explain(self.path, error)) if isinstance(
                error, sqlite3.Error) else error  # fmt: skip
            for _, future in batch:
                if not future.done():
                    future.set_exception(told)
            return
        self.committed()
        for future, value in done:
            future.set_result(value)

    def _do(self, batch: list[tuple[Work[Any], Future[Any]]]) -> list[tuple[Future[Any], Any]]:
        """Do each work; one that fails is undone alone."""
        done: list[tuple[Future[Any], Any]] = []
        for work, future in batch:
            self._connection.execute("SAVEPOINT work")
            try:
                done.append((future, work(self._connection)))
            except sqlite3.IntegrityError as error:
                self._undo(future, JournalError(explain(self.path, error)))
            except sqlite3.Error:
                raise
            except BaseException as error:
                self._undo(future, error)
            self._connection.execute("RELEASE work")
        return done

    def _undo(self, future: Future[Any], error: BaseException) -> None:
        self._connection.execute("ROLLBACK TO work")
        future.set_exception(error)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):  # a full disk has undone it already
                self._connection.execute("ROLLBACK")

    def _look_after_runs(self, connection: sqlite3.Connection) -> None:
        """Touch the runs that go on here, and conclude what nobody writes any more."""
        for run in tuple(self.open_runs):
            connection.execute("UPDATE run SET touched_at = ? WHERE id = ?", (time.time(), run))
        conclude_abandoned(connection)

    def _tidy(self, connection: sqlite3.Connection) -> None:
        self._look_after_runs(connection)
        self.retention.apply(connection, time.time())
