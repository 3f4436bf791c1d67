"""An event as a JSON string, encoded twice."""

from __future__ import annotations

import json

from mockzoom.synth.malform.kind import Malformation

TOP_STRING = Malformation(
    "top-level-string",
    "the event as a JSON string",
    lambda body: json.dumps(body.decode(), ensure_ascii=False).encode(),
)
