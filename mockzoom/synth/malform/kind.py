"""What a wire malformation is, and the one way to carry an oddity inside a genuine event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

JSON_TYPE = "application/json; charset=utf-8"
"""The content type of Zoom's deliveries (captured)."""

FIELD = "mz_odd"
"""The additional field that carries an oddity."""


@dataclass(frozen=True, slots=True)
class Malformation:
    """A way of spoiling a body's bytes, or its content type; the HTTP framing stays whole.

    `oversize` marks the sizes that Zoom never sends: what a receiver does wrong with them is a
    warning (rule MZ404).
    """

    name: str
    about: str
    apply: Callable[[bytes], bytes]
    """From the bytes of a genuine event (one JSON object) to those to be sent."""
    content_type: str | None = JSON_TYPE
    """None leaves the header out."""
    oversize: bool = False


def with_field(body: bytes, *values: bytes) -> bytes:
    """Return the object `body` with `FIELD` at its end, once for each of `values`, as they are.

    The genuine envelope stays, so that a receiver which reads `event` first still knows the event.
    """
    fields = b",".join(b'"%b":%b' % (FIELD.encode(), value) for value in values)
    end = body.rindex(b"}")
    comma = b"" if body[:end].rstrip().endswith(b"{") else b","
    return body[:end] + comma + fields + body[end:]
