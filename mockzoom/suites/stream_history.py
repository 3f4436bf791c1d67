"""What the checks of streams ask of a case: what came when, and which deadline has passed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mockzoom.model import Observation, Violation
from mockzoom.suites.streams import RULES
from mockzoom.zoom.rtms import (
    MEDIA,
    MediaType,
    Note,
    StopReason,
    StreamCase,
    asks_for_fresh_start,
)

SIGNALING, DATA = "SIGNALING_HAND_SHAKE_REQ", "DATA_HAND_SHAKE_REQ"
_TOLD = (Note.TERMINATED, Note.WEBHOOK_STOPPED)
"""The notes of an end that the consumer was told of."""
ENDS = (*_TOLD, Note.UNHEARD)
"""The notes of every end."""
TOLERANCE = 0.02
"""The share of a window by which two clocks may differ."""


def notes(case: StreamCase, name: str) -> list[Observation]:
    """Return the notes called `name`."""
    return [item for item in case.observations if item.recognised == name]


def handshakes(case: StreamCase) -> Iterator[Observation]:
    """Yield every handshake, of signaling and media."""
    return (item for item in case.observations if item.recognised in (SIGNALING, DATA))


def tries(case: StreamCase, generation: int | None = None) -> Iterator[Observation]:
    """Yield every try to join at signaling, also those whose message cannot be read."""
    at: dict[str, int] = {}
    for item in case.observations:
        if item.recognised == Note.CONNECTED and item.socket.startswith("signaling"):
            at[item.socket] = item.code or 0
        elif (
            item.recognised in (SIGNALING, Note.BAD_MESSAGE)
            and item.socket in at
            and generation in (None, at[item.socket])
        ):
            yield item


def ends(case: StreamCase) -> Iterator[Observation]:
    """Yield every end of the stream that the consumer was told of."""
    return (item for item in case.observations if item.recognised in _TOLD)


def last_end(case: StreamCase, before: float) -> Observation | None:
    """Return the first word of the last end before a moment."""
    found: Observation | None = None
    started = -1.0
    for item in case.observations:
        if item.elapsed >= before:
            break
        if item.recognised == Note.WEBHOOK_STARTED:
            started = item.elapsed
        elif item.recognised in _TOLD and (found is None or found.elapsed < started):
            found = item
    return found


def passed(case: StreamCase, since: float, due: float) -> bool:
    """Whether `due` has passed with the stream alive (or ended for want of the consumer)."""
    slack = (due - since) * TOLERANCE
    moved = any(item.elapsed >= since and item.message.startswith("move-time")
                for item in notes(case, Note.FAULT))  # fmt: skip
    for item in case.observations:
        if item.recognised not in ENDS:
            continue
        if not since <= item.elapsed < due - slack:
            continue
        return not moved and item.code == StopReason.AWAIT_RECONNECTION_TIMEOUT
    return case.until >= due - slack


def told_of(case: StreamCase, lost: Observation) -> float | None:
    """Return when the consumer's time to come back begins, or None where it was never told."""
    if not case.webhooks:
        return lost.elapsed
    told = [item.elapsed for item in notes(case, Note.WEBHOOK_INTERRUPTED)]
    return next((elapsed for elapsed in told if elapsed >= lost.elapsed), None)


def media_due_from(case: StreamCase, lost: Observation) -> float | None:
    """Return when the time to bring media back begins; None where MZ608 looks at it."""
    since = lost.elapsed
    for item in notes(case, Note.INTERRUPTED):
        if item.code:
            joined = [j.elapsed for j in notes(case, Note.JOINED) if j.elapsed > item.elapsed]
            if not joined:
                return None
            since = max(since, joined[0])
    return since


def back(case: StreamCase, kind: str, lost: Observation, due: float) -> bool:
    """Whether a media handshake for `kind` was tried in time."""
    for item in case.observations:
        if not lost.elapsed < item.elapsed <= due:
            continue
        if item.recognised == Note.MEDIA_JOINED and kind in item.message.split():
            return True
        if item.recognised == DATA and kind in _asked_for(item.message):
            return True
    return False


def _asked_for(handshake: str) -> Collection[str]:
    """Return the kinds of media that a media handshake asks for, at whichever URL."""
    found = re.search(r'"media_type"\s*:\s*(\d+)', handshake)
    bits = int(found[1]) if found else 0
    return [kind for kind, bit in MEDIA.items() if bits & (bit | MediaType.ALL)]


def comes_after_the_end(case: StreamCase, item: Observation) -> bool:
    """Whether a handshake came long after an end that asks for no fresh start."""
    end = last_end(case, item.elapsed)
    if end is None or item.elapsed - end.elapsed <= case.timing.late:
        return False
    reasons = [
        (other.code, case.kind if other.recognised == Note.WEBHOOK_STOPPED else "meeting")
        for other in ends(case)
        if end.elapsed <= other.elapsed < item.elapsed
    ]
    if any(asks_for_fresh_start(code, kind) for code, kind in reasons):
        return False
    if all(code is None for code, _ in reasons):
        return False
    # A consumer may connect before it has acknowledged the start that tells it to.
    soon = item.elapsed + case.timing.late
    starts = notes(case, Note.WEBHOOK_STARTED)
    return not any(end.elapsed < start.elapsed <= soon for start in starts)


def refused(case: StreamCase) -> str:
    """Say which handshakes were refused for what the consumer asks for; empty where none was."""
    said = dict.fromkeys(
        f"{item.socket.rsplit('-', 1)[0]} was refused with status {item.code} ({item.message})"
        for item in notes(case, Note.REFUSED)
    )
    return "; ".join(list(said)[:2])


def not_offered(case: StreamCase) -> str:
    """Say what the consumer may ask Zoom for and this server does not have; empty for nothing."""
    found = notes(case, Note.NOT_OFFERED)[:1]
    return "".join(
        f"the consumer asked for what mockzoom cannot do ({item.message}), and was refused with"
        f" status {item.code}; what depends on it was not checked"
        for item in found
    )


def sent(case: StreamCase, note: Observation) -> str:
    """Return the message that a note speaks of: the last one before it on its socket."""
    text = ""
    for item in case.observations:
        if item.elapsed > note.elapsed:
            break
        if item.direction == "in" and item.socket == note.socket:
            text = item.message
    return text or note.message


def seen(case: StreamCase) -> str:
    """Say what connected, where nothing shook hands."""
    connected = notes(case, Note.CONNECTED)
    if not connected:
        return "no connection at all"
    names = ", ".join(item.socket for item in connected[:3])
    return f"{len(connected)} connections ({names}) without a handshake"


def violation(
    rule: str, case: StreamCase, message: str, cause: str, expected: str, actual: str,
    count: int = 1,
) -> Violation:  # fmt: skip
    """Return the violation of `rule` that a stream shows."""
    return RULES[rule].violation(
        f"{message} (stream {case.stream})", cause, event=case.event, events=(case.event,),
        count=count, expected=expected, actual=actual,
    )  # fmt: skip
