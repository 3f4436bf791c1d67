"""What the server sends on signaling without being asked: states and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockzoom.model import JSON
from mockzoom.zoom.rtms.protocol import UNASKED, EventType, MsgType, StreamState
from mockzoom.zoom.rtms.sources.kind import channel_of

if TYPE_CHECKING:
    from mockzoom.zoom.rtms.stream import Stream


class Announcements:
    """Sends on a stream's signaling socket; where none is joined, nothing is sent."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def _say(self, body: dict[str, Any], code: int | None = None) -> None:
        if self._stream.signaling is not None:
            self._stream.signaling.send(body, code)

    def state(self, state: StreamState, reason: int = 0) -> None:
        """Send a stream state."""
        self._say(
            {"msg_type": int(MsgType.STREAM_STATE_UPDATE), "state": int(state),
             "reason": int(reason), "timestamp": self._stream.now_ms()}, int(reason) or None,
        )  # fmt: skip

    def session(self, reason: int = 0) -> None:
        """Send the session's state; documents name its reason in two ways, so both are sent."""
        stream = self._stream
        self._say(
            {"msg_type": int(MsgType.SESSION_STATE_UPDATE), "state": int(stream.session_state),
             "stop_reason": int(reason), "reason": int(reason), "timestamp": stream.now_ms(),
             "rtms_session_id": stream.session_id}
        )  # fmt: skip

    def event(self, event: EventType, **fields: JSON) -> bool:
        """Send an event, if it comes unasked or was subscribed to; return whether."""
        if event not in UNASKED and event not in self._stream.subscribed:
            return False
        self.raw_event(int(event), **fields)
        return True

    def raw_event(self, event_type: int, **fields: JSON) -> None:
        """Send an event, whoever subscribed to what."""
        content = {"event_type": event_type, "timestamp": self._stream.now_ms(), **fields}
        self._say({"msg_type": int(MsgType.EVENT_UPDATE), "event": content})

    def engagement_event(self, event_type: int, participant: int) -> None:
        """Send an event of Contact Center: it has a time of its own name, and who it is about."""
        person = self._stream.meeting.people[participant]
        content = {
            "event_type": event_type,
            "event_ts": self._stream.now_ms(),
            "participant_info": {
                "channel_id": channel_of(participant),
                "user_id": person.user_id,
                "user_name": person.user_name,
            },
        }
        self._say({"msg_type": int(MsgType.EVENT_UPDATE), "event": content})

    def participants(self) -> None:
        """Say who is there."""
        people = [
            {"user_id": person.user_id, "user_name": person.user_name}
            for person in self._stream.meeting.people
        ]
        self.event(EventType.PARTICIPANT_JOIN, participants=people)
