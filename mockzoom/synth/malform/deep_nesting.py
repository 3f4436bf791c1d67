"""Ten thousand arrays inside each other: recursive parsers run out of stack."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation, with_field

LEVELS = 10_000

DEEP_NESTING = Malformation(
    "deep-nesting",
    "an additional field nested 10,000 levels deep",
    lambda body: with_field(body, b"[" * LEVELS + b"]" * LEVELS),
    oversize=True,
)
