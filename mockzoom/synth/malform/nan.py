"""`NaN`, which is JavaScript but not JSON; Python's parser takes it, others don't."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation, with_field

NAN = Malformation("nan", "an additional field that is NaN", lambda body: with_field(body, b"NaN"))
