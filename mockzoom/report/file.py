"""Files of reports: checked before a run, and written whole or not at all after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from mockzoom.errors import UsageError


def check_writable(path: Path, flag: str = "--report") -> None:
    """Raise `UsageError` where the file of `flag` cannot be written; nothing is left there."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"{flag}: {path} is a folder; expected the path of a file")
    if not folder.is_dir():
        raise UsageError(f"{flag}: the folder {folder} does not exist; make it first")
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError
        if not _is_special(path):
            handle, name = _beside(path.resolve())
            os.close(handle)
            os.unlink(name)
    except OSError:
        raise UsageError(
            f"{flag}: {path} cannot be written; check its permissions and its folder's"
        ) from None


def write(path: Path, text: str) -> None:
    """Write a report whole or not at all; what stood there before stays until then.

    Links are followed; a pipe or a device (`/dev/stderr`) is written to and never replaced.
    """
    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _replace(path: Path, text: str) -> None:
    handle, name = _beside(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _beside(path: Path) -> tuple[int, str]:
    """Open a temporary file in the folder of `path`."""
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
