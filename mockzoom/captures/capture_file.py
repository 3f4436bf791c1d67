"""Reads a file of captured events: one body, one a line, an array, a HAR, or curl commands.

A file whose first line is a whole JSON value is read line by line, however long it is; any other is
one document, or several that follow each other, as `jq` prints them. Each value is an event, a
request with headers and body (`mockzoom.captures.capture`), an array of these, or a HAR.
"""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from mockzoom.captures.capture import (
    MOST_EVENT_BYTES,
    Capture,
    check_size,
    is_event,
    is_request_form,
    no_event,
    of_body,
    read_request,
)
from mockzoom.captures.curl import curl_captures, is_curl
from mockzoom.captures.har import HarEvents, is_har
from mockzoom.captures.strict_json import (
    JSONPart,
    StrictJSONError,
    read_sequence,
    refuse_repeated,
)
from mockzoom.errors import UsageError
from mockzoom.model import JSON
from mockzoom.wording import counted, printable

MOST_BYTES = 20 * 1024 * 1024
"""Bytes of one JSON document, or of one line."""
MOST_EVENTS = 30_000
"""Events of one file that are read: some seconds of checking."""
_MOST_VALUES = 2_000_000
"""Objects and arrays of one document: each takes 64 bytes and more in memory."""
_BOM = b"\xef\xbb\xbf"
_EXPECTED = (
    "expected a captured event as JSON, one a line, several in an array, a HAR, or curl commands"
)


class CaptureFile:
    """The captured events of a file (`-` for standard input), read once, one after the other.

    `left_out` counts the entries of HARs that are no events, by the reason; `unread` is the place
    of the first event after `MOST_EVENTS`, if there are more. Raises `UsageError` with file, line
    and column for what is no capture, or too large.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self.label = "standard input" if file == "-" else printable(file)
        self.left_out: Counter[str] = Counter()
        self.unread = ""

    def __iter__(self) -> Iterator[Capture]:
        count = 0
        for capture in self._captures():
            if count >= MOST_EVENTS:
                self.unread = capture.place
                return
            count += 1
            yield capture
        if not count:
            raise UsageError(f"{self.label}: no event in it{self._why_none()}; {_EXPECTED}")

    def single(self, headers: Mapping[str, str]) -> Capture:
        """Return the whole file as one raw body that came with `headers`.

        The byte order mark and the line end that an editor adds are no part of it.
        """
        with self._opened() as source:
            raw = source.read(MOST_EVENT_BYTES + 3)
        raw = raw.removeprefix(_BOM).removesuffix(b"\n").removesuffix(b"\r")
        return of_body(raw, f"{self.label}:1", headers, self.label)

    # -- from bytes to JSON values -------------------------------------------------------------

    def _captures(self) -> Iterator[Capture]:
        with self._opened() as source:
            line, number = self._first_line(source)
            if not line:
                return
            if is_curl(line):
                yield from self._of_curl(line + source.read(MOST_BYTES + 1), number)
                return
            try:
                parts = list(self._parts(line, number))
            except StrictJSONError:
                rest = source.read(MOST_BYTES + 1 - len(line)) if len(line) <= MOST_BYTES else b""
                yield from self._of_document(line + rest, number)
                return
            yield from self._of_parts(parts, number)
            yield from self._of_lines(source, number)

    def _first_line(self, source: BinaryIO) -> tuple[bytes, int]:
        """Return the first line that is not blank, with its number; an empty one at the end."""
        number = passed = 0
        while line := source.readline(MOST_BYTES + 1):
            number += 1
            passed += len(line)
            if number == 1:
                line = line.removeprefix(_BOM)
            if line.strip() or passed > MOST_BYTES:
                return line, number
        return b"", number

    def _of_lines(self, source: BinaryIO, number: int) -> Iterator[Capture]:
        while line := source.readline(MOST_BYTES + 1):
            number += 1
            if line.strip():
                try:
                    yield from self._of_parts(list(self._parts(line, number)), number)
                except StrictJSONError as error:
                    raise self._error(error, number) from None

    def _of_curl(self, data: bytes, number: int) -> Iterator[Capture]:
        if len(data) > MOST_BYTES:
            raise UsageError(f"{self.label}: more than {MOST_BYTES // 1024**2} MB of curl commands")
        yield from curl_captures(self._text(data, number), self.label, number)

    def _of_document(self, data: bytes, number: int) -> Iterator[Capture]:
        try:
            for part in self._parts(data, number):
                yield from self._of_parts([part], number)
        except StrictJSONError as error:
            raise self._error(error, number) from None

    def _parts(self, data: bytes, number: int) -> Iterator[JSONPart]:
        """Yield the JSON values of some lines, of which the first has this number."""
        if len(data) > MOST_BYTES:
            raise UsageError(
                f"{self.label}:{number}: a JSON document of more than {MOST_BYTES // 1024**2} MB;"
                " write one event a line, or keep only the requests of Zoom in a HAR"
            )
        if data.count(b"{") + data.count(b"[") > _MOST_VALUES:
            raise UsageError(
                f"{self.label}:{number}: a JSON document of more than {_MOST_VALUES:,} objects and"
                " arrays; write one event a line"
            )
        yield from read_sequence(self._text(data, number))

    def _text(self, data: bytes, number: int) -> str:
        """Return some lines as text, of which the first has this number."""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start]
            line = number + before.count(b"\n")
            column = len(before) - (before.rfind(b"\n") + 1) + 1
            raise UsageError(
                f"{self.label}:{line}:{column}: not UTF-8 (byte 0x{data[error.start]:02x});"
                " save the file as UTF-8"
            ) from None

    # -- from JSON values to events ------------------------------------------------------------

    def _of_parts(self, parts: list[JSONPart], first: int) -> Iterator[Capture]:
        for part in parts:
            place = f"{self.label}:{first + part.line - 1}"
            try:
                yield from self._of_value(part, place)
            except StrictJSONError as error:
                moved = StrictJSONError(error.message, part.line + error.line - 1, error.column)
                raise self._error(moved, first) from None

    def _of_value(self, part: JSONPart, place: str) -> Iterator[Capture]:
        if is_har(part.value):
            events = HarEvents(part.value, self.label)
            yield from events
            self.left_out.update(events.left_out)
            return
        refuse_repeated(part.value, part.text)
        if isinstance(part.value, list):
            for index, item in enumerate(part.value):
                yield self._of_item(item, f"{place}#/{index}")
        elif is_event(part.value):
            raw = part.text.encode()
            check_size(len(raw), place)
            yield Capture(place, part.value, raw)
        else:
            yield self._of_item(part.value, place)

    def _of_item(self, value: JSON, place: str) -> Capture:
        if is_request_form(value):
            return read_request(value, place, place if "#" in place else f"{place}#")
        if not is_event(value):
            raise UsageError(f"{place}: {no_event(value)}")
        return Capture(place, value)

    def _error(self, error: StrictJSONError, first: int) -> UsageError:
        line = first + error.line - 1
        return UsageError(f"{self.label}:{line}:{error.column}: {error.message}; {_EXPECTED}")

    def _why_none(self) -> str:
        reasons = ", ".join(f"{count} × {why}" for why, count in self.left_out.items())
        entries = counted(self.left_out.total(), "entry", "entries")
        return f" ({entries} of a HAR: {reasons})" if reasons else ""

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        if self._file == "-":
            yield sys.stdin.buffer
            return
        try:
            mode = os.stat(self._file).st_mode
            if stat.S_ISDIR(mode):
                raise UsageError(f"{self.label}: is a folder; expected a file of captured events")
            if not stat.S_ISREG(mode):
                raise UsageError(
                    f"{self.label}: is a pipe or a device; expected a file, or - to read standard"
                    " input"
                )
            source = open(self._file, "rb")  # noqa: SIM115 - closed below
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(
                f"{self.label}: cannot be read: {reason}; expected a file of captured events"
            ) from None
        with source:
            yield source
