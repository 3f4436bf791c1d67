"""An integer of 400 digits: more than a double can hold (it becomes infinity, or an error)."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation, with_field

DIGITS = 400

HUGE_NUMBER = Malformation(
    "huge-number",
    "an additional field with an integer of 400 digits",
    lambda body: with_field(body, b"9" * DIGITS),
    oversize=True,
)
