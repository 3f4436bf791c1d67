"""The first half of an event: framed as complete, so that only the JSON ends too early."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

CUT_SHORT = Malformation(
    "cut-short", "the first half of an event", lambda body: body[: len(body) // 2]
)
