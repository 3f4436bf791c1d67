"""Captured requests as deliveries, so that a journal keeps them and they can be sent again.

When a request was made is not always known. It is what the capture says, or its signature, or the
event itself; where none says it, it comes with the one before.
"""

from __future__ import annotations

from urllib.parse import quote

from mockzoom.captures.capture import Capture
from mockzoom.engine.case import JSON_TYPE
from mockzoom.model import Attempt, Delivery, Exchange, Failure, Request, Timings
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.headers import REQUEST_ID, TIMESTAMP

_LATEST_MS = 10**13


def as_delivery(capture: Capture, event: str, before: float) -> Exchange:
    """Return a captured request as a delivery that is called by its place, without its answer.

    A body that was kept as JSON is written as Zoom writes it. `before` is the time of the capture
    before this one.
    """
    headers = {_text(name): _text(value) for name, value in (capture.headers or {}).items()}
    body = encode(capture.body) if capture.raw is None else capture.raw
    kind = headers.get("content-type", JSON_TYPE)
    delivery = Delivery(
        capture.place, "by-hand:0", event or None, body, headers.get(REQUEST_ID, ""),
        content_type=kind,
    )  # fmt: skip
    request = Request("POST", f"file:{quote(capture.place)}", tuple(headers.items()), body)
    unknown = Failure("closed", "no answer was captured")
    return Exchange(delivery, (Attempt(request, unknown, Timings(), _moment(capture, before)),))


def _text(text: str) -> str:
    """Return a text as UTF-8 carries it: without halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


def _moment(capture: Capture, before: float) -> float:
    """Return when a request was made (epoch seconds)."""
    if capture.at is not None:
        return capture.at
    stamp = (capture.headers or {}).get(TIMESTAMP, "")
    if stamp.isascii() and stamp.isdigit() and len(stamp) <= 10:
        return float(stamp)
    told = capture.body.get("event_ts") if isinstance(capture.body, dict) else None
    if isinstance(told, int) and not isinstance(told, bool) and 0 < told < _LATEST_MS:
        return told / 1000
    return before
