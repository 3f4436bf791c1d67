"""The schema of an event around the schema of its payload, as documents have it."""

from __future__ import annotations

from typing import Any

INT64 = {"type": "integer", "format": "int64"}
BOUNDED = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
"""The same once a contract was read."""


def envelope(payload: Any, event_ts: Any = INT64, **more: Any) -> dict[str, Any]:
    """Return an event's schema around a payload's, with `more` keywords."""
    properties = {"event": {"type": "string"}, "event_ts": event_ts, "payload": payload}
    required = ["event", "event_ts", "payload"]
    return {"type": "object", "required": required, "properties": properties, **more}
