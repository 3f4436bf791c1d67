"""What has passed through the proxy: a request, its answer or why there is none, and when."""

from __future__ import annotations

from msgspec import Struct

from mockzoom.model import Failure
from mockzoom.transport.framing import HttpMessage


class Passed(Struct, frozen=True):
    """One request and what came of it; times are seconds, `began` since the epoch."""

    request: HttpMessage
    answer: HttpMessage | None
    failure: Failure | None
    began: float
    sent: float
    """From `began` until the request had passed."""
    first_byte: float | None = None
    complete: float | None = None
    """Until the answer had passed, or the connection was closed without one."""
