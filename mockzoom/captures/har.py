"""Finds the events in a HAR (HTTP Archive): the requests of Zoom's among all others.

Facts: HAR 1.2 (`log.entries[].request`, with `postData.text`) and the proposal 1.3, which adds
`postData.encoding`. A tool writes the body as it has read it, so its bytes are not those that were
signed. Many pages post objects with an `event` of their own; Zoom's have a `payload` as well.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from mockzoom.captures.capture import MOST_EVENT_BYTES, Capture, is_event
from mockzoom.captures.strict_json import StrictJSONError, read_strict
from mockzoom.errors import UsageError
from mockzoom.model import JSON
from mockzoom.zoom.headers import is_signed


def is_har(value: JSON) -> bool:
    """Return whether a value is a HAR."""
    log = value.get("log") if isinstance(value, dict) else None
    return isinstance(log, dict) and "entries" in log


class HarEvents:
    """The events of one HAR; `left_out` counts the other entries, by the reason."""

    def __init__(self, har: Mapping[str, JSON], label: str) -> None:
        self._entries = har["log"]["entries"]
        self._place = f"{label}#/log/entries"
        self.left_out: Counter[str] = Counter()
        self.total = 0
        if not isinstance(self._entries, list):
            raise UsageError(f"{self._place}: no list; expected the entries of a HAR")

    def __iter__(self) -> Iterator[Capture]:
        for index, entry in enumerate(self._entries):
            self.total += 1
            found = self._read(entry, f"{self._place}/{index}")
            if isinstance(found, Capture):
                yield found
            else:
                self.left_out[found] += 1

    def _read(self, entry: JSON, place: str) -> Capture | str:
        """Return the event of an entry, or why it is left out."""
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict) or str(request.get("method")).upper() != "POST":
            return "no POST"
        data = request.get("postData")
        text = data.get("text") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(text, str) or not text:
            return "no body"
        if len(text) > 2 * MOST_EVENT_BYTES:
            return f"a body of more than {MOST_EVENT_BYTES:,} bytes"
        headers = _headers(request.get("headers"))
        signed = ", although Zoom signed it" * is_signed(headers)
        try:
            if str(data.get("encoding")).lower() == "base64":
                text = base64.b64decode(text, validate=True).decode("utf-8")
            body = read_strict(text)
        except (StrictJSONError, UnicodeDecodeError, binascii.Error, ValueError):
            return f"no JSON{signed}"
        if not is_event(body) or not ("payload" in body or signed):
            return "no event"
        began = _moment(entry.get("startedDateTime"))
        return Capture(place, body, headers=headers, of_har=True, at=began)


def _moment(text: JSON) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _headers(listed: JSON) -> Mapping[str, str]:
    """Return the headers of a request, with names in lower case."""
    return {
        item["name"].lower(): item["value"]
        for item in (listed if isinstance(listed, list) else ())
        if isinstance(item, dict)
        and isinstance(item.get("name"), str)
        and isinstance(item.get("value"), str)
    }
