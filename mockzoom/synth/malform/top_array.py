"""An event inside an array: sound JSON, but no object at the top."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

TOP_ARRAY = Malformation(
    "top-level-array", "an array that holds the event", lambda body: b"[" + body + b"]"
)
