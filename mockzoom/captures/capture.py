"""One captured request: its body, the bytes it came as where they are known, its headers.

The form in which people keep a request is an object with `headers` and `body`. `body` is the text
as it came, so that its signature can be checked, or the JSON value. `isBase64Encoded: true` says
that the text is base64; with it, the event of an AWS Lambda function behind an API gateway has this
form. Further members are passed over.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockzoom.captures.strict_json import StrictJSONError, read_strict
from mockzoom.errors import UsageError
from mockzoom.model import JSON
from mockzoom.schema.values import type_of
from mockzoom.zoom.headers import is_signed

MOST_EVENT_BYTES = 1024 * 1024
"""Bytes of a body up to which it is checked; Zoom's have some kilobytes."""
_HEADERS = "expected an object of names and values, or a list of {name, value}"


@dataclass(frozen=True, slots=True)
class Capture:
    """One captured request that is an event, or that Zoom has signed."""

    place: str
    """Where it stands: the file with a line, a JSON pointer, or both."""
    body: JSON = None
    raw: bytes | None = None
    """The body as it came; None where only its value is known."""
    headers: Mapping[str, str] | None = None
    """Names in lower case; None where the capture has none."""
    broken: str = ""
    """Why the body is no JSON, where it is none."""
    of_har: bool = False
    """Whether a tool has written it down as a HAR, which may have encoded the body anew."""
    at: float | None = None
    """When it was made (epoch seconds), where the capture says so."""


def is_event(value: JSON) -> bool:
    """Return whether a value is the body of an event: an object that names it."""
    return isinstance(value, dict) and isinstance(value.get("event"), str)


def is_request_form(value: JSON) -> bool:
    """Return whether a value is a captured request with its body."""
    return isinstance(value, dict) and "body" in value and not is_event(value)


def read_request(value: Mapping[str, JSON], place: str, inner: str) -> Capture:
    """Return the request that has the form of this module; raise `UsageError` where it has not.

    `inner` is the place in which pointers into the request go on. What is no event is a capture
    all the same where Zoom has signed it.
    """
    given = value.get("headers")
    headers = None if given is None else _headers(given, f"{inner}/headers")
    where = f"{inner}/body"
    body = value["body"]
    if isinstance(body, str):
        return of_body(_bytes(body, value.get("isBase64Encoded") is True, where), place, headers,
                       where)  # fmt: skip
    if not is_event(body) and not is_signed(headers):
        raise UsageError(f"{where}: {no_event(body)}")
    return Capture(place, body, headers=headers)


def of_body(raw: bytes, place: str, headers: Mapping[str, str] | None, where: str) -> Capture:
    """Return the capture of a raw body; raise `UsageError`, which names `where`, if it is none.

    A body that Zoom has signed is a capture whatever it is, up to `MOST_EVENT_BYTES`.
    """
    check_size(len(raw), where)
    try:
        text = raw.decode("utf-8")
        body = read_strict(text)
    except UnicodeDecodeError as error:
        why = f"no text in UTF-8 from byte {error.start + 1} on"
    except StrictJSONError as error:
        why = f"{error.message} (line {error.line}, column {error.column} of the body)"
    else:
        if not is_event(body) and not is_signed(headers):
            raise UsageError(f"{where}: {no_event(body)}")
        return Capture(place, body, raw, headers)
    if not is_signed(headers):
        raise UsageError(f"{where}: {why}; expected the body of an event as it came")
    return Capture(place, None, raw, headers, broken=why)


def check_size(size: int, where: str) -> None:
    """Raise `UsageError` for a body that is too large to be checked."""
    if size > MOST_EVENT_BYTES:
        raise UsageError(
            f"{where}: a body of {size:,} bytes; expected an event, of which at most"
            f" {MOST_EVENT_BYTES:,} bytes are checked (Zoom's have some kilobytes)"
        )


def no_event(value: JSON) -> str:
    """Say that a value is no event, and what was expected."""
    found = f"found {type_of(value)}" if not isinstance(value, dict) else "it has no `event`"
    if isinstance(value, dict) and "event" in value:
        found = "its `event` is no text"
    return f"no event: {found}; expected a JSON object with the event's name as `event`"


def _headers(value: JSON, where: str) -> Mapping[str, str]:
    pairs = dict(_pairs(value, where))
    return {name.strip().lower(): text.strip() for name, text in pairs.items()}


def _pairs(value: JSON, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict | list):
        raise UsageError(f"{where}: found {type_of(value)}; {_HEADERS}")
    items = list(value.items()) if isinstance(value, dict) else value
    for number, item in enumerate(items):
        if isinstance(item, dict):
            item = (item.get("name"), item.get("value"))
        name, text = item if isinstance(item, list | tuple) and len(item) == 2 else (None, None)
        if isinstance(text, list) and len(text) == 1:
            text = text[0]
        if isinstance(name, str) and isinstance(text, list | int | float | None):
            continue  # of no header that is asked for
        if not isinstance(name, str) or not isinstance(text, str):
            raise UsageError(f"{where}: item {number} is no header; {_HEADERS}")
        yield name, text


def _bytes(text: str, encoded: bool, where: str) -> bytes:
    try:
        if encoded:
            return base64.b64decode(text, validate=True)
        return text.encode()
    except (binascii.Error, ValueError) as error:
        if encoded:
            raise UsageError(f"{where}: isBase64Encoded is true, but it is no base64") from None
        raise UsageError(f"{where}: half of a surrogate pair, which no body has: {error}") from None
