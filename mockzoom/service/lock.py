"""One server for each file: two would both make the same deliveries."""

from __future__ import annotations

import os
from pathlib import Path

from mockzoom.journal import JournalError


class Lock:
    """Holds `FILE.lock` for as long as the process lives, however it ends (POSIX)."""

    def __init__(self, path: Path) -> None:
        if not path.name or path.is_dir():
            raise JournalError(f"journal {path} is a folder; name a file, such as mockzoom.db")
        self._path = path.with_name(path.name + ".lock")
        self._file: int | None = None
        try:
            import fcntl
        except ImportError:
            return  # Windows: nothing there ends with its process as this does
        if not path.absolute().parent.is_dir():
            return  # opening the journal says so
        try:
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise JournalError(
                f"journal {path} is served by another mockzoom; stop that one, or name another file"
            ) from None
        except OSError as error:
            raise JournalError(f"journal {path}: no lock: {error.strerror}") from None

    def release(self) -> None:
        """Let others serve the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
