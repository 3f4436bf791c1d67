"""The names that a scenario may use and that other layers own; the caller hands them to the loader.

Events belong to the contract, forgeries and faults of the wire to delivery, and what can be done to
a stream, or awaited of it, to the stream server.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mockzoom.model import EventSpec
from mockzoom.synth import MALFORMED_BODIES

CONDITIONS = ("joined", "ready", "closed", "rejoined", "message")
"""What `await: stream.…` can wait for; `message` is followed by what the message is called."""

MEDIA = ("audio", "video", "deskshare", "transcript", "chat")
"""The kinds of media of an RTMS stream (facts: protocol, `media_type`)."""

STREAM_ACTIONS = (
    "drop-signaling",
    "drop-media",
    "stop-answering",
    "withhold-handshake",
    "delay-keep-alives",
    "mute-keep-alives",
    "refuse",
    "malformed-json",
    "unknown-message",
    "oversized-frame",
    "terminate",
    "fail-over",
    "move-time",
    "heal",
    "participant-join",
    "participant-leave",
    "speaker",
    "sharing-start",
    "sharing-stop",
    "video-on",
    "video-off",
    "chat-event",
    "pause",
    "resume",
)
"""What a `stream` step can have done: the faults and happenings of the stream server."""


@dataclass(frozen=True, slots=True)
class Names:
    """Every name that a scenario may use, by what it names.

    `stream_options` are further keys of a scenario's `stream`; None leaves them unchecked, as the
    options of a stream action always are: the stream server judges those.
    """

    events: Mapping[str, EventSpec] = field(default_factory=dict)
    forgeries: Collection[str] = ()
    faults: Collection[str] = ()
    malformed_bodies: Collection[str] = tuple(known.name for known in MALFORMED_BODIES)
    stream_actions: Collection[str] = STREAM_ACTIONS
    conditions: Collection[str] = CONDITIONS
    media: Collection[str] = MEDIA
    stream_options: Collection[str] | None = None
