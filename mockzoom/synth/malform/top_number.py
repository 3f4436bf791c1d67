"""A number where an object belongs."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

TOP_NUMBER = Malformation("top-level-number", "a number at the top", lambda body: b"12345")
