"""`null` where an object belongs: parsers return it as if nothing were wrong."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

TOP_NULL = Malformation("top-level-null", "null at the top", lambda body: b"null")
