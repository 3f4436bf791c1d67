"""One server for each file, which its owner alone may read: it holds the secrets of endpoints."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from mockzoom.journal import JournalError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_held: set[tuple[int, int]] = set()
"""Files that this process serves: opening one again would take SQLite's own locks from it."""


class Lock:
    """Holds a journal for as long as the process lives, however it ends (POSIX).

    The file itself is locked, so that no other name of it (a link) leads around the lock.
    """

    def __init__(self, path: Path) -> None:
        if not path.name or path.is_dir():
            raise JournalError(f"journal {path} is a folder; name a file, such as mockzoom.db")
        self._path = path
        self._file: int | None = None
        self._key = (0, 0)
        if sys.platform == "win32" or not path.absolute().parent.is_dir():
            return  # Windows: no lock there ends with its process; a folder: opening says so
        try:
            self._hold()
        except PermissionError:
            return  # opening the journal says so
        except OSError as error:
            raise JournalError(f"journal {path}: no lock: {error.strerror}") from None

    def _hold(self) -> None:
        import fcntl

        with suppress(FileNotFoundError):
            self._check_free(self._path.stat())
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        found = os.fstat(self._file)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise self._is_served() from None
        self._key = (found.st_dev, found.st_ino)
        _held.add(self._key)

    def _check_free(self, found: os.stat_result) -> None:
        if (found.st_dev, found.st_ino) in _held:
            raise self._is_served()

    def _is_served(self) -> JournalError:
        return JournalError(
            f"journal {self._path} is served by another mockzoom; stop that one, or name another"
            " file"
        )

    def release(self) -> None:
        """Let others serve the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            _held.discard(self._key)


def restrict(path: Path) -> str:
    """Let the owner alone read a journal and what SQLite keeps beside it.

    Returns what others could read; nothing where all was well. Raises `JournalError` where
    that cannot be changed.
    """
    real, told = path.resolve(), ""
    for file in (real, *(real.with_name(real.name + end) for end in ("-wal", "-shm"))):
        with suppress(FileNotFoundError):
            mode = stat.S_IMODE(file.stat().st_mode)
            if sys.platform == "win32" or not mode & _OTHERS:
                continue
            could = f"{file} could be read by others (mode {mode:04o}), and holds secrets"
            try:
                file.chmod(0o600)
            except PermissionError:
                raise JournalError(
                    f"{could}; its owner is another user: have them run `chmod 600`, or name"
                    " another file"
                ) from None
            told = told or f"{could}; its mode is 0600 now. Rotate the secrets if others saw it"
    return told
