"""No body at all (content-length 0)."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

EMPTY = Malformation("empty", "no bytes at all", lambda body: b"")
