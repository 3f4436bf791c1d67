"""What ordinarily happens in a meeting: people come, speak, share and leave. No fault, no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockzoom.errors import UsageError
from mockzoom.model import JSON
from mockzoom.zoom.rtms.actions import StreamAction, named, number_from
from mockzoom.zoom.rtms.protocol import (
    CONSUMER_ANSWERED,
    ENGAGEMENT_EVENTS,
    EventType,
    SessionState,
    StreamState,
)
from mockzoom.zoom.rtms.sources import Participant

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.stream import Stream


def _who(stream: Stream, action: str, participant: int) -> Participant:
    people = stream.meeting.people
    if not 0 <= participant < len(people):
        raise UsageError(
            f"{action}: participant is {participant}; the stream has {len(people)} (from 0 on)"
        )
    return people[participant]


def _announce(stream: Stream, event: EventType, who: Participant, *, listed: bool = False) -> str:
    person: dict[str, JSON] = {"user_id": who.user_id, "user_name": who.user_name}
    told = stream.announcements.event(event, **({"participants": [person]} if listed else person))
    return f"{who.user_name} ({who.user_id}){'' if told else ', not subscribed to'}"


def _join(stream: Stream, *, name: str = "Guest") -> str:
    people = stream.meeting.people
    last = max((person.user_id for person in people), default=16_778_240)
    people.append(Participant(last + 1024, name))
    return _announce(stream, EventType.PARTICIPANT_JOIN, people[-1], listed=True)


def _leave(stream: Stream, *, participant: int = -1) -> str:
    people = stream.meeting.people
    index = len(people) - 1 if participant == -1 else participant
    who = _who(stream, "participant-leave", index)
    del people[index]
    return _announce(stream, EventType.PARTICIPANT_LEAVE, who, listed=True)


def _of_one(
    name: str, about: str, event: EventType, *, sharing: bool | None = None
) -> StreamAction:
    """Return what happens to one participant; `sharing` says whether the screen is shared then."""

    def play(stream: Stream, *, participant: int = 0) -> str:
        who = _who(stream, name, participant)
        if sharing is not None:
            stream.meeting.sharing = sharing
        return _announce(stream, event, who)

    return StreamAction(name, about, play, "meeting")


def _pause(stream: Stream) -> str:
    _turn(stream, SessionState.PAUSED, StreamState.PAUSED)
    return "no media flows until resume"


def _resume(stream: Stream) -> str:
    _turn(stream, SessionState.RESUMED, StreamState.RESUMED)
    return "media flows again"


def _turn(stream: Stream, session: SessionState, state: StreamState) -> None:
    """Let media flow or not, and announce the state of session and stream."""
    stream.feeds.pause(on=session is SessionState.PAUSED)
    stream.session_state = session
    stream.announcements.session()
    stream.announcements.state(state)


def _event(stream: Stream, *, event_type: int = 10) -> str:
    number_from("event", "event_type", event_type, 10, 14)
    if event_type not in stream.subscribed:
        return f"event_type {event_type} is not subscribed to"
    stream.announcements.raw_event(event_type)
    return f"event_type {event_type}"


def _of_engagement(
    stream: Stream, *, event_type: int = CONSUMER_ANSWERED, participant: int = 0
) -> str:
    least, most = ENGAGEMENT_EVENTS[0], ENGAGEMENT_EVENTS[-1]
    number_from("engagement-event", "event_type", event_type, least, most)
    who = _who(stream, "engagement-event", participant)
    stream.announcements.engagement_event(event_type, participant)
    return f"event_type {event_type}, {who.user_name}"


MEETING_ACTIONS: tuple[StreamAction, ...] = (
    StreamAction("participant-join", "a participant comes", _join, "meeting"),
    StreamAction("participant-leave", "a participant leaves (the last one)", _leave, "meeting"),
    _of_one("speaker", "another participant speaks", EventType.ACTIVE_SPEAKER_CHANGE),
    _of_one(
        "sharing-start", "a participant shares the screen", EventType.SHARING_START, sharing=True
    ),
    _of_one(
        "sharing-stop", "the screen is no longer shared", EventType.SHARING_STOP, sharing=False
    ),
    _of_one("video-on", "a participant's video is on", EventType.PARTICIPANT_VIDEO_ON),
    _of_one("video-off", "a participant's video is off", EventType.PARTICIPANT_VIDEO_OFF),
    StreamAction("chat-event", "an event of a chat group (event_type 10 to 14)", _event, "meeting"),
    StreamAction(
        "engagement-event",
        "an event of Contact Center (event_type 8 to 34)",
        _of_engagement,
        "engagement",
    ),
    StreamAction("pause", "session and stream are paused", _pause),
    StreamAction("resume", "session and stream go on", _resume),
)


def meeting_action_named(name: str) -> StreamAction:
    """Return the meeting action called `name`; raise `UsageError` with the nearest names."""
    return named(name, MEETING_ACTIONS, "meeting action")
