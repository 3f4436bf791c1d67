"""The numbers of the stream protocol, version 1 (Zoom, "RTMS data type definitions")."""

from __future__ import annotations

from enum import IntEnum, IntFlag

VERSION = 1
"""The version that the server speaks."""
VERSIONS = (1, 2)
"""The versions that Zoom has. Its messages in JSON are the same in both."""


class MsgType(IntEnum):
    """`msg_type` of every message."""

    SIGNALING_HAND_SHAKE_REQ = 1
    SIGNALING_HAND_SHAKE_RESP = 2
    DATA_HAND_SHAKE_REQ = 3
    DATA_HAND_SHAKE_RESP = 4
    EVENT_SUBSCRIPTION = 5
    EVENT_UPDATE = 6
    CLIENT_READY_ACK = 7
    STREAM_STATE_UPDATE = 8
    SESSION_STATE_UPDATE = 9
    SESSION_STATE_REQ = 10
    SESSION_STATE_RESP = 11
    KEEP_ALIVE_REQ = 12
    KEEP_ALIVE_RESP = 13
    MEDIA_DATA_AUDIO = 14
    MEDIA_DATA_VIDEO = 15
    MEDIA_DATA_SHARE = 16
    MEDIA_DATA_TRANSCRIPT = 17
    MEDIA_DATA_CHAT = 18
    STREAM_STATE_REQ = 19
    STREAM_STATE_RESP = 20
    STREAM_CLOSE_REQ = 21
    STREAM_CLOSE_RESP = 22
    META_DATA_AUDIO = 23
    META_DATA_VIDEO = 24
    META_DATA_SHARE = 25
    META_DATA_TRANSCRIPT = 26
    META_DATA_CHAT = 27
    VIDEO_SUBSCRIPTION_REQ = 28
    VIDEO_SUBSCRIPTION_RESP = 29


class Status(IntEnum):
    """`status_code` of every answer."""

    OK = 0
    INVALID_MESSAGE_TYPE = 1
    INVALID_RTMS_STREAM_ID = 2
    INVALID_SIGNATURE = 3
    INVALID_PAYLOAD = 4
    INVALID_EVENTS = 5
    INVALID_EVENT_TYPE = 6
    INVALID_MEDIA_TYPE = 7
    DUPLICATE_SIGNAL_REQUEST = 8
    MEDIA_TYPE_AUDIO_NOT_SUPPORT = 9
    MEDIA_TYPE_VIDEO_NOT_SUPPORT = 10
    MEDIA_TYPE_DESKSHARE_NOT_SUPPORT = 11
    MEDIA_TYPE_TRANSCRIPT_NOT_SUPPORT = 12
    MEDIA_TYPE_CHAT_NOT_SUPPORT = 13
    MEDIA_TYPE_INVALID_VALUE = 14
    MEDIA_DATA_ALL_CONNECTION_EXIST = 15
    DUPLICATE_MEDIA_DATA_CONNECTION = 16
    INVALID_MEDIA_PARAMS = 17
    INVALID_AUDIO_PARAMS = 18
    INVALID_AUDIO_CONTENT_TYPE = 19
    INVALID_AUDIO_SAMPLE_RATE = 20
    INVALID_AUDIO_CHANNEL = 21
    INVALID_AUDIO_CODEC = 22
    INVALID_AUDIO_DATA_OPT = 23
    INVALID_AUDIO_SEND_RATE = 24
    INVALID_VIDEO_PARAMS = 25
    INVALID_VIDEO_CONTENT_TYPE = 26
    INVALID_VIDEO_CODEC = 27
    INVALID_VIDEO_RESOLUTION = 28
    INVALID_VIDEO_DATA_OPT = 29
    INVALID_VIDEO_FPS = 30
    INVALID_DESKSHARE_PARAMS = 31
    INVALID_DESKSHARE_CONTENT_TYPE = 32
    INVALID_DESKSHARE_CODEC = 33
    INVALID_DESKSHARE_RESOLUTION = 34
    INVALID_DESKSHARE_FPS = 35
    INVALID_TRANSCRIPT_PARAMS = 36
    INVALID_TRANSCRIPT_CONTENT_TYPE = 37
    INVALID_CHAT_PARAMS = 38
    INVALID_CHAT_CONTENT_TYPE = 39
    INVALID_RTMS_SESSION_ID = 40
    INVALID_CLIENT_READY_ACK = 41
    INVALID_EVENT_SUBSCRIBE = 42
    INVALID_TRANSCRIPT_SOURCE_LANGUAGE = 43
    DUPLICATE_VIDEO_SUBSCRIPTION = 44
    INTERNAL_EXCEPTION = 45
    INVALID_TRANSCRIPT_TARGET_LANGUAGE = 46
    CHAT_SESSION_KEY_NOT_AVAILABLE = 47


def status_words(status: int) -> str:
    """Return the name of a status, or the number where it has none."""
    try:
        return Status(status).name
    except ValueError:
        return str(status)


class MediaType(IntFlag):
    """`media_type` of a media handshake; `ALL` is a bit of its own."""

    AUDIO = 1
    VIDEO = 2
    DESKSHARE = 4
    TRANSCRIPT = 8
    CHAT = 16
    ALL = 32


MEDIA: dict[str, MediaType] = {
    kind.name.lower(): kind for kind in MediaType if kind is not MediaType.ALL and kind.name
}
"""The kinds of media by the keys of `media_server.server_urls`."""
DATA_MESSAGE: dict[str, MsgType] = {
    kind: MsgType(number) for number, kind in enumerate(MEDIA, MsgType.MEDIA_DATA_AUDIO)
}
NOT_SUPPORTED: dict[str, Status] = {
    kind: Status(number) for number, kind in enumerate(MEDIA, Status.MEDIA_TYPE_AUDIO_NOT_SUPPORT)
}


class EventType(IntEnum):
    """`event_type` of an event of the stream."""

    FIRST_PACKET_TIMESTAMP = 1
    ACTIVE_SPEAKER_CHANGE = 2
    PARTICIPANT_JOIN = 3
    PARTICIPANT_LEAVE = 4
    SHARING_START = 5
    SHARING_STOP = 6
    MEDIA_CONNECTION_INTERRUPTED = 7
    PARTICIPANT_VIDEO_ON = 8
    PARTICIPANT_VIDEO_OFF = 9


KNOWN_EVENTS = range(1, 15)
"""Event types that may be subscribed to; 10 to 14 speak of chat groups."""
ENGAGEMENT_EVENTS = range(8, 35)
"""Event types of Contact Center, which has those of meetings not; they come unasked."""
CONSUMER_ANSWERED = 8
"""The one that begins an engagement."""
UNASKED = frozenset({EventType.FIRST_PACKET_TIMESTAMP, EventType.MEDIA_CONNECTION_INTERRUPTED})
"""Events that come without a subscription."""


class SessionState(IntEnum):
    """State of the meeting, webinar, session or engagement."""

    INACTIVE = 0
    INITIALIZE = 1
    STARTED = 2
    PAUSED = 3
    RESUMED = 4
    STOPPED = 5


class StreamState(IntEnum):
    """State of its stream."""

    INACTIVE = 0
    ACTIVE = 1
    INTERRUPTED = 2
    TERMINATING = 3
    TERMINATED = 4
    PAUSED = 5
    RESUMED = 6


class StopReason(IntEnum):
    """Why a stream ended."""

    HOST_TRIGGERED = 1
    USER_TRIGGERED = 2
    USER_LEFT = 3
    USER_EJECTED = 4
    HOST_DISABLED_APP = 5
    MEETING_ENDED = 6
    STREAM_CANCELED = 7
    STREAM_REVOKED = 8
    ALL_APPS_DISABLED = 9
    INTERNAL_EXCEPTION = 10
    CONNECTION_TIMEOUT = 11
    INSTANCE_CONNECTION_INTERRUPTED = 12
    SIGNAL_CONNECTION_INTERRUPTED = 13
    DATA_CONNECTION_INTERRUPTED = 14
    SIGNAL_CLOSED_ABNORMALLY = 15
    DATA_CLOSED_ABNORMALLY = 16
    EXIT_SIGNAL = 17
    AUTHENTICATION_FAILURE = 18
    AWAIT_RECONNECTION_TIMEOUT = 19
    RECEIVER_REQUEST_CLOSE = 20
    CUSTOMER_DISCONNECTED = 21
    AGENT_DISCONNECTED = 22
    ADMIN_DISABLED_APP = 23
    KEEP_ALIVE_TIMEOUT = 24
    MANUAL_API = 25
    STREAMING_NOT_SUPPORTED = 26


_TIMEOUTS = (
    StopReason.CONNECTION_TIMEOUT, StopReason.AWAIT_RECONNECTION_TIMEOUT,
    StopReason.KEEP_ALIVE_TIMEOUT,
)  # fmt: skip
_OF_ENGAGEMENTS: dict[int, int] = {
    StopReason.MEETING_ENDED: 1, StopReason.USER_LEFT: 1, StopReason.CUSTOMER_DISCONNECTED: 1,
    StopReason.AGENT_DISCONNECTED: 2, StopReason.STREAM_REVOKED: 3,
    StopReason.ADMIN_DISABLED_APP: 5, StopReason.HOST_DISABLED_APP: 5,
    StopReason.ALL_APPS_DISABLED: 5, **dict.fromkeys(range(10, 20), 6),
    **dict.fromkeys(_TIMEOUTS, 7),
}  # fmt: skip


def told_reason(reason: int, kind: str = "meeting") -> int:
    """Return the `stop_reason` of the webhook for a stream of `kind` that ended with `reason`.

    A Contact Center webhook has numbers of its own: customer disconnected, agent disconnected,
    revoked, canceled (what has no other number), disabled, internal error, connection timeout.
    """
    return _OF_ENGAGEMENTS.get(reason, 4) if kind == "engagement" else reason


def asks_for_fresh_start(reason: int | None, kind: str = "meeting") -> bool:
    """Return whether a stop with `reason` asks the consumer to connect again.

    10 to 19 and 24 do. A Contact Center webhook has numbers of its own, where 6 (internal error)
    and 7 (connection timeout) stand for 10 and 11.
    """
    if reason is None:
        return False
    if kind == "engagement" and reason in (6, 7):
        return True
    return 10 <= reason <= 19 or reason == StopReason.KEEP_ALIVE_TIMEOUT
