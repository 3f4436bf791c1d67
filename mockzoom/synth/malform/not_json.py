"""Text that is no JSON at all."""

from __future__ import annotations

from mockzoom.synth.malform.kind import Malformation

NOT_JSON = Malformation("not-json", "text that is no JSON", lambda body: b"this is not JSON")
