"""One key twice: some parsers keep the first value, most the last, strict ones refuse."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation, with_field

DUPLICATE_KEYS = Malformation(
    "duplicate-keys",
    "an additional field that is there twice",
    lambda body: with_field(body, b"1", b'"two"'),
)
