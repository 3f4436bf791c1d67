"""The answer is lost on the way: the receiver has given it, the sender never gets it."""

from __future__ import annotations

from dataclasses import replace

from mockzoom.delivery.faults.kind import Fault
from mockzoom.delivery.wire import Connection, Reading
from mockzoom.model import Attempt, Failure

_LOST = Failure("closed", "the answer was lost on the way, as the scenario has it")


async def _play(connection: Connection, head: bytes, body: bytes, timeout: float) -> Reading:
    reading = await connection.send(head + body, timeout)
    connection.abort()
    if isinstance(reading.outcome, Failure):
        return reading
    return replace(reading, outcome=_LOST)


def lose(attempt: Attempt) -> Attempt:
    """Return `attempt` as it looks to a sender that never got the answer."""
    if isinstance(attempt.outcome, Failure):
        return attempt
    return Attempt(
        attempt.request, _LOST, attempt.timings, attempt.started_at, attempt.reused, LOST_CODE
    )


LOST_CODE = -7
"""Zoom's delivery code of a lost answer: a remote error, as for any connection cut off."""
LOST_ANSWER = Fault("lost-answer", "the answer is lost on the way", _play)
"""No fault that a receiver has to survive by itself: only a retry shows whether it counts twice."""
