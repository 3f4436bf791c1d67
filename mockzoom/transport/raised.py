"""What an application in this process raises while it answers, and the log records of that time.

A framework such as Flask logs an exception and answers 500 itself, so a record's exception counts
as well as one that comes out of the application. Both belong to the request whose context they
arise in: threads and tasks of an application inherit it.
"""

from __future__ import annotations

import logging
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from mockzoom.model import Response

_LONGEST = 200
"""Characters of an exception's message that are quoted."""
_LIBRARIES = tuple(
    path for name in ("stdlib", "platstdlib", "purelib", "platlib")
    if (path := sysconfig.get_path(name))
)  # fmt: skip
_OURS = str(Path(__file__).parent.parent)


class Raised:
    """The first exception of one request, raised or logged."""

    def __init__(self) -> None:
        self._error: BaseException | None = None

    def note(self, error: BaseException) -> None:
        """Take an exception."""
        self._error = self._error or error

    def told_in(self, response: Response) -> Response:
        """Return the answer with the exception that explains it, where it is no 2xx."""
        if self._error is None or 200 <= response.status < 300:
            return response
        return replace(response, raised=quoted(self._error), raised_at=own_place(self._error))


_ANSWERING: ContextVar[Raised | None] = ContextVar("mockzoom_answering", default=None)
_APART: ContextVar[bool] = ContextVar("mockzoom_apart", default=False)


def answering() -> Raised:
    """Begin a request in the current context; return what takes its exceptions."""
    raised = Raised()
    _ANSWERING.set(raised)
    return raised


def watch_logs() -> Callable[[], None]:
    """Note the exceptions of log records that are made while a request is answered.

    A record factory sees them all, whatever handlers there are, and adds none: a handler of ours
    would keep Flask from its own. Return what ends it.
    """
    before = logging.getLogRecordFactory()

    def make(*args: Any, **more: Any) -> logging.LogRecord:
        record: logging.LogRecord = before(*args, **more)
        raised, info = _ANSWERING.get(), record.exc_info
        if raised is not None and isinstance(info, tuple) and info[1] is not None:
            raised.note(info[1])
        return record

    def end() -> None:
        if logging.getLogRecordFactory() is make:
            logging.setLogRecordFactory(before)

    logging.setLogRecordFactory(make)
    return end


@contextmanager
def many_deliveries() -> Iterator[None]:
    """Mark deliveries of the block as many: log records of the application are kept apart."""
    token = _APART.set(True)
    try:
        yield
    finally:
        _APART.reset(token)


def is_kept_apart(record: logging.LogRecord) -> bool:
    """Return whether the record that is being made belongs to one of many deliveries."""
    return _APART.get() and _ANSWERING.get() is not None


def quoted(error: BaseException) -> str:
    """Return an exception and where it was raised, `KeyError: 'event' at app.py:13`.

    Where that is in a library, the last frame of other code follows.
    """
    try:
        said = " ".join(str(error).split())
    except Exception:  # it may fail at that, too
        said = ""
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rstrip() + " …"
    frames = _frames(error)
    if not frames:
        return text
    own = [frame for frame in frames if _is_own(frame)]
    places = [_place(frames[-1])]
    if own and own[-1] is not frames[-1]:
        places.append(_place(own[-1]))
    return f"{text} at {', from '.join(places)}"


def own_place(error: BaseException) -> str:
    """Return the last frame in a file below the working directory, `src/app.py:13`, or ""."""
    here = Path.cwd()
    for frame in reversed(_frames(error)):
        file = Path(frame.filename)
        if _is_own(frame) and file.is_absolute() and file.is_relative_to(here):
            return f"{file.relative_to(here).as_posix()}:{frame.lineno}"
    return ""


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    extracted = traceback.extract_tb(error.__traceback__)
    return [frame for frame in extracted if not frame.filename.startswith(_OURS)]


def _is_own(frame: traceback.FrameSummary) -> bool:
    """Return whether a frame is of no library."""
    return not frame.filename.startswith((*_LIBRARIES, "<frozen"))


def _place(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno}"
