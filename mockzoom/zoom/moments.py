"""When things happen: what the names of events and of time fields say, as tables.

A *moment* is a named instant of what an entity set is about: the start of its meeting, the time at
which its guest joined. An event may be such a moment itself (`meeting.started` is `start`), and
fields hold moments (`start_time`). So `start_time` is the time of the started event in every later
event of a scenario. Facts: captured deliveries, in which join_time of the first participant is the
meeting's start_time, and Zoom's event documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

NOW = "now"
PLANNED, PLANNED_END = "planned", "planned_end"
"""When a meeting is scheduled to begin and to end, which lies ahead of it."""

RANKS: Mapping[str, int] = {
    "start": 0, "join": 2, "answer": 2, "recording_start": 4, "recording_end": 14, "changed": 15,
    "leave": 16, "end": 16, "summary": 16, "summary_changed": 16, NOW: 16,
}  # fmt: skip
"""Where a moment lies between the start and now, in sixteenths, as long as no event has told it:
start <= join <= recording start < recording end <= leave, end <= now. A call is answered so many
seconds after it began to ring as its phone rings (`RINGING_S`)."""
RINGING_S = (4, 19)
"""How long a phone rings, at least and at most: until somebody answers, or nobody does."""

EVENTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), moment)
    for pattern, moment in (
        (r"(.*[._])?recording[._]started", "recording_start"),
        (r"(.*[._])?recording[._]stopped", "recording_end"),
        (r"(meeting|webinar|session)\.started|.*\.(session|engagement)_started", "start"),
        (r"(meeting|webinar|session)\.ended|.*\.(session|engagement)_ended", "end"),
        (r"phone\.\w+_ringing", "start"),
        (r"phone\.\w+_(answered|connected)", "answer"),
        (r"phone\.\w+_(ended|missed|rejected)", "end"),
        (r"(team_chat\.\w+_message_posted|chat_message\.sent)", "start"),
        (r"meeting\.summary_completed", "summary"),
        (r"meeting\.summary_updated", "summary_changed"),
        (r".*_joined(_\w+)?", "join"),
        (r".*_left(_\w+)?", "leave"),
    )
)
"""Which moment an event is; the first pattern that matches its name decides."""

TWO_SIDED = re.compile(r"phone\..*")
"""Events that both sides get: when something was is told by the first one."""
HELD = re.compile(
    r"(meeting|webinar)\.started|workspace\.reservation_checked_(in|out)"
    r"|visitor_management\.checked_(in|out)|zoom_events\.session_ended"
)
"""Events that tell that what was scheduled has begun; it was scheduled for then."""
QUICK = re.compile(r"phone\.\w+_(answered|connected|missed|rejected)")
"""Events that come some seconds after the one before them: a phone rings no longer."""

PLANNED_MINUTES = (30, 45, 60, 90)
"""How long meetings are scheduled to last."""


@lru_cache(maxsize=2048)
def moment_of_event(event: str) -> str:
    """Return the moment that an event is; `now` where it is none that others speak of."""
    return next((moment for pattern, moment in EVENTS if pattern.fullmatch(event)), NOW)
