"""The answer is lost on the way: the receiver has begun to give it, the sender never gets it."""

from __future__ import annotations

import asyncio

from mockzoom.delivery.faults.kind import Fault
from mockzoom.delivery.wire import Connection, Outcome
from mockzoom.model import Attempt, Failure

_LOOK_S = 0.002
_LOST = Failure("closed", "the answer was lost on the way, as the scenario has it")


async def _play(connection: Connection, head: bytes, body: bytes, timeout: float) -> Outcome:
    waiter = connection.begin(timeout)
    connection.write(head + body)
    connection.mark_sent()
    # Its first byte shows that the receiver has surely got the request.
    while not waiter.done() and not connection.answering:
        await asyncio.sleep(_LOOK_S)
    if not waiter.done():
        connection.reset("the answer was lost on the way, as the scenario has it")
    await waiter
    outcome = connection.outcome
    if isinstance(outcome, Failure) and not connection.answering:
        return outcome
    connection.abort()
    return _LOST


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
