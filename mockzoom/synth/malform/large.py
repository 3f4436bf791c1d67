"""A body of more than 1 MB: past the limits of many frameworks (413 is a fair answer)."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation, with_field

SIZE = 1024 * 1024

LARGE = Malformation(
    "large",
    "an additional field of 1 MB",
    lambda body: with_field(body, b'"' + b"x" * SIZE + b'"'),
    oversize=True,
)
