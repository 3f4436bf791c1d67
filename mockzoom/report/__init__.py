"""Reports of a run; each format is a function from the result to text."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from mockzoom.errors import UsageError, nearest
from mockzoom.model import RunResult
from mockzoom.report.json_report import as_json
from mockzoom.report.junit import as_junit
from mockzoom.report.text import as_text, lines
from mockzoom.report.verdict import FAIL_ON, FailOn, exit_code, verdict

FORMATS: Mapping[str, Callable[[RunResult, FailOn], str]] = {
    "json": as_json,
    "junit": as_junit,
    "text": as_text,
}


DRAWN = "svg"
"""The format that is drawn from a journal: a result does not hold what was delivered."""


def parse_report(text: str, *, journal: bool = False) -> tuple[str, str]:
    """Read `FORMAT=PATH`, and make sure that the path can be written; raise `UsageError`.

    With a `journal`, a diagram may be asked for.
    """
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--report {text!r}: expected FORMAT=PATH, such as json=report.json")
    if name == DRAWN and not journal:
        raise UsageError(
            f"--report {text!r}: a diagram is drawn from a journal; keep the run with --journal"
            f" FILE, then `mockzoom runs report NUMBER --journal FILE --report {text}`"
        )
    if name not in (*FORMATS, DRAWN):
        raise UsageError(
            f"--report {text!r}: no format is called {name!r}{nearest(name, FORMATS)}"
            f" (known: {', '.join(FORMATS)})"
        )
    if path != "-":
        _check_writable(Path(path))
    return name, path


def _check_writable(path: Path) -> None:
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"--report: {path} is a folder; expected the path of a file")
    if not folder.is_dir():
        raise UsageError(f"--report: the folder {folder} does not exist; make it first")
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError
        if not _is_special(path):
            handle, name = _beside(path.resolve())
            os.close(handle)
            os.unlink(name)
    except OSError:
        raise UsageError(
            f"--report: {path} cannot be written; check its permissions and its folder's"
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
        raise UsageError(f"report {path} cannot be written: {error.strerror or error}") from None


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


__all__ = [
    "DRAWN", "FAIL_ON", "FORMATS", "FailOn", "as_json", "as_junit", "as_text", "exit_code", "lines",
    "parse_report", "verdict", "write",
]  # fmt: skip
