"""A genuine event without the header content-type."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

MISSING_CONTENT_TYPE = Malformation(
    "missing-content-type", "the event without content-type", lambda body: body, content_type=None
)
