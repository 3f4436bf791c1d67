"""A genuine event whose content type is not JSON."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

WRONG_CONTENT_TYPE = Malformation(
    "wrong-content-type",
    "the event as text/plain",
    lambda body: body,
    content_type="text/plain; charset=utf-8",
)
