"""Malformed bodies: a genuine event whose bytes, or whose content type, are broken on purpose.

The HTTP framing stays whole: `content-length` is right, and the last byte is sent. So rules MZ404
and MZ405 judge a malformed body like any other request. What breaks the framing is a transport
fault (`mockzoom/transport/faults.py`).

To add one:

1. Write one `MalformedBody` into `MALFORMED_BODIES`, before the oversize ones, with a comment that
   says what it is and why receivers fail on it. Its name appears in reports and in commands that
   reproduce, so it never changes later. There is no randomness and no clock in `apply`.
2. If the body is still an object, keep the genuine event and put the oddity into an additional
   field with `with_field`: a receiver that routes by `event` must get as far as usual, and one that
   ignores unknown fields may answer 2xx.
3. Add its name to the list of `malform` in `scenarios/schema.json`, so that scenarios can name it.
4. Add a line to `EXPECTED` in `tests/synth/test_malformed.py`: what a strict JSON parser makes of
   it.

A correct receiver may refuse a malformed body with 4xx, and may accept what its parser accepts.
Only 5xx (MZ404) and no answer (MZ405) are wrong. Nothing here may force a correct receiver into
either.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8, BOM_UTF16_LE
from collections.abc import Callable
from dataclasses import dataclass

from mockzoom.errors import UsageError, nearest
from mockzoom.model import Headers

JSON_TYPE = "application/json; charset=utf-8"
"""The content type of Zoom's deliveries (captured)."""

FIELD = "mz_odd"
"""The additional field that carries an oddity."""

_LEVELS = 10_000
_DIGITS = 400
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MalformedBody:
    """One way to break a body's bytes, or its content type."""

    name: str
    """Lower case, with hyphens."""
    about: str
    """A few words that complete "the body was …"."""
    apply: Callable[[bytes], bytes]
    """From the bytes of a genuine event (one JSON object) to those to be sent."""
    content_type: str | None = JSON_TYPE
    """None leaves the header out."""
    headers: Headers = ()
    """Further headers, such as a content coding."""
    oversize: bool = False
    """Whether Zoom never sends this size: an error is then a warning (rule MZ404)."""


def with_field(body: bytes, *values: bytes) -> bytes:
    """Return the object `body` with `FIELD` at its end, once for each of `values`, as they are."""
    fields = b",".join(b'"%b":%b' % (FIELD.encode(), value) for value in values)
    end = body.rindex(b"}")
    comma = b"" if body[:end].rstrip().endswith(b"{") else b","
    return body[:end] + comma + fields + body[end:]


MALFORMED_BODIES: tuple[MalformedBody, ...] = (
    MalformedBody("not-json", "text that is no JSON", lambda body: b"this is not JSON"),
    # Framed as complete, so that only the JSON ends too early.
    MalformedBody("cut-short", "the first half of an event", lambda body: body[: len(body) // 2]),
    # content-length 0.
    MalformedBody("empty", "no bytes at all", lambda body: b""),
    # Valid JSON, but no object at the top.
    MalformedBody(
        "top-level-array", "an array that holds the event", lambda body: b"[" + body + b"]"
    ),
    # Encoded twice.
    MalformedBody(
        "top-level-string",
        "the event as a JSON string",
        lambda body: json.dumps(body.decode(), ensure_ascii=False).encode(),
    ),
    MalformedBody("top-level-number", "a number at the top", lambda body: b"12345"),
    # Parsers return it as if nothing were wrong.
    MalformedBody("top-level-null", "null at the top", lambda body: b"null"),
    # Some parsers keep the first value, most keep the last, strict ones refuse.
    MalformedBody(
        "duplicate-keys",
        "an additional field that is there twice",
        lambda body: with_field(body, b"1", b'"two"'),
    ),
    # JavaScript but not JSON; Python's parser accepts it, others do not.
    MalformedBody("nan", "an additional field that is NaN", lambda body: with_field(body, b"NaN")),
    # RFC 8259 forbids it, and some parsers fail on it.
    MalformedBody("bom", "a byte order mark before the event", lambda body: BOM_UTF8 + body),
    # The content type says UTF-8.
    MalformedBody(
        "utf-16",
        "the event in UTF-16 with a byte order mark",
        lambda body: BOM_UTF16_LE + body.decode().encode("utf-16-le"),
    ),
    # JSON's grammar allows the escape, UTF-8 cannot carry it. It parses in many languages and then
    # fails where the text is written to a database or a log.
    MalformedBody(
        "lone-surrogate",
        "an additional field with half of a surrogate pair",
        lambda body: with_field(body, b'"\\ud83d"'),
    ),
    MalformedBody(
        "wrong-content-type",
        "the event as text/plain",
        lambda body: body,
        content_type="text/plain; charset=utf-8",
    ),
    MalformedBody(
        "missing-content-type",
        "the event without content-type",
        lambda body: body,
        content_type=None,
    ),
    # Recursive parsers run out of stack.
    MalformedBody(
        "deep-nesting",
        "an additional field nested 10,000 levels deep",
        lambda body: with_field(body, b"[" * _LEVELS + b"]" * _LEVELS),
        oversize=True,
    ),
    # More than a double can hold: it becomes infinity, or an error.
    MalformedBody(
        "huge-number",
        "an additional field with an integer of 400 digits",
        lambda body: with_field(body, b"9" * _DIGITS),
        oversize=True,
    ),
    # Past the limits of many frameworks; 413 is a fair answer.
    MalformedBody(
        "large",
        "an additional field of 1 MB",
        lambda body: with_field(body, b'"' + b"x" * _MEGABYTE + b'"'),
        oversize=True,
    ),
)
"""All of them, the everyday ones first and the oversize ones last."""


def malformed_body(name: str) -> MalformedBody:
    """Return the malformed body called `name`; raise `UsageError` with the nearest names."""
    for found in MALFORMED_BODIES:
        if found.name == name:
            return found
    names = [known.name for known in MALFORMED_BODIES]
    raise UsageError(f"no malformed body is called {name!r}{nearest(name, names)}")
