"""What Zoom's events are about: for each namespace of event names its kind of entity, and its ids.

This is data; `mockzoom.synth` makes the values. To add a kind, write an `EntityKind` into `KINDS`
with the first words of its events' names. Facts: Zoom's event documents (names, types and examples
of ids) and captured deliveries: a recording carries the ids of its meeting, a phone call's id has
19 digits, a user's id 22 characters.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class EntityKind(Struct, frozen=True):
    """One kind of entity. The kinds of ids are those of `mockzoom.zoom.ids.KINDS`."""

    name: str
    """What people call it; it stands in texts, too."""
    namespaces: tuple[str, ...] = ()
    """The first words of its events' names."""
    role: str = ""
    """What its ids belong to in one entity set; its name, where nothing is said."""
    object_id: str = ""
    """The kind of id that `payload.object.id` is as text; none where the example decides."""
    object_number: str = ""
    """The same as a number."""
    object_uuid: str = ""
    """The kind of id that `payload.object.uuid` is."""
    fields: Mapping[str, str] = {}
    """Names of fields anywhere (patterns) that hold its ids as text, with the kinds of these."""
    numbers: Mapping[str, str] = {}
    """The same for numbers."""
    is_attended: bool = False
    """Whether people join and leave it."""
    streams: str = ""
    """What stands before `rtms_started` in the name of the event that starts a stream of it."""
    owner_field: str = ""
    """The field of such an event's payload that names it."""

    @property
    def owner(self) -> str:
        """The role of its ids."""
        return self.role or self.name


KINDS: tuple[EntityKind, ...] = (
    EntityKind(
        "meeting", namespaces=("meeting", "recording"), object_id="meeting_digits",
        object_number="meeting_number", object_uuid="uuid",
        fields={"meeting_uuid": "uuid", "meeting_(id|number)": "meeting_digits"},
        numbers={"meeting_(id|number)": "meeting_number"}, is_attended=True, streams="meeting.",
        owner_field="meeting_uuid",
    ),
    EntityKind(
        "webinar", namespaces=("webinar",), object_id="meeting_digits",
        object_number="meeting_number", object_uuid="uuid",
        fields={"webinar_uuid": "uuid", "webinar_(id|number)": "meeting_digits"},
        numbers={"webinar_(id|number)": "meeting_number"}, is_attended=True, streams="webinar.",
        owner_field="webinar_uuid",
    ),
    EntityKind(
        "session", namespaces=("session",), object_id="uuid", object_number="session_number",
        object_uuid="uuid", fields={"session_(id|uuid)": "uuid"},
        numbers={"session_id": "session_number"}, is_attended=True, streams="session.",
        owner_field="session_id",
    ),
    EntityKind(
        "engagement", namespaces=("contact_center",), object_id="id22",
        fields={"engagement_id": "id22"}, streams="contact_center.voice_",
        owner_field="engagement_id",
    ),
    EntityKind("stream", fields={"rtms_stream_id": "hex32"}),
    EntityKind("user", namespaces=("user",), role="guest", object_id="id22"),
    EntityKind("account", namespaces=("account",), role="sub-account", object_id="id22"),
    EntityKind("group", namespaces=("group",), object_id="id22"),
    EntityKind("call", namespaces=("phone",), fields={"call_id": "digits19"}),
    EntityKind("room", namespaces=("zoomroom",), object_id="id22", fields={"room_id": "id22"}),
    EntityKind(
        "workspace", namespaces=("workspace",), object_id="id22", fields={"workspace_id": "id22"},
    ),
    EntityKind("whiteboard", namespaces=("whiteboard",), fields={"whiteboard_id": "id22"}),
)  # fmt: skip
_CHAT = r"(team_chat|chat_channel|chat_message)\..*"
_ITEMS_OF_EVENTS = (
    "(event|session|hub|channel|(external_)?ticket|ticket_type|exhibitor|speaker|registration)_id"
)
_TRANSCRIBED = r"recording\.transcript_completed|session\.recording_(transcript|summary)_.*"
OWN_IDS: tuple[tuple[str, str, str, str, str], ...] = (
    # chat
    ("channel_id", "hex32", "channel{item}", "", _CHAT),
    ("id", "hex32", "channel", "object", r"(team_chat\.channel_|chat_channel\.).*"),
    ("id", "dashed", "message", "object", r"chat_message\..*"),
    ("message_id|msg_id", "dashed", "message", "", _CHAT),
    ("reply_main_message_id|parent_msg_id", "dashed", "message.parent", "", _CHAT),
    (
        "session_id",
        "id22",
        "{space}.{name}",
        "",
        r"(team_chat|chat_message|cobrowse|whiteboard|phone)\..*",
    ),
    # phone: what its events speak of
    ("id", "id22", "recordings{item}", "object|recordings", r"phone\.recording_.*"),
    ("recording_id", "id22", "recordings{item}", "", r"phone\..*"),
    ("id", "id22", "voice_mails{item}", "object|voice_mails", r"phone\.voicemail_.*"),
    ("voicemail_id", "id22", "voice_mails{item}", "", r"phone\..*"),
    ("id", "id22", "call_history{item}", "call_logs", r"phone\..*history.*"),
    ("call_history_id", "id22", "call_history{item}", "", r"phone\..*"),
    ("call_log_id", "id22", "call_logs{item}", "", r"phone\..*"),
    # recordings: a transcript is another file than those that were completed before
    ("id", "dashed", "{event}{item}", "recording_files", _TRANSCRIBED),
    # others
    ("id", "dashed", "server{item}", "server", r"node\..*"),
    ("udid", "hex64", "server{item}", "server", r"node\..*"),
    ("id", "dashed", "service{item}", "service", r"node\..*"),
    ("friendly_task_id", "key6", "task", "", ""),
    ("task_id", "id22", "task", "", ""),
    ("(zoom_)?meeting_id", "meeting_digits", "meeting", "", r"scheduler\..*"),
    (_ITEMS_OF_EVENTS, "alnum19", "{name}", "", r"zoom_events\..*"),
)
"""Ids by the names of their fields: kind and role, and patterns for object and event.

The first row that fits decides; roles are templates (`mockzoom.zoom.fields.Id`). Two events about
one thing name it alike, whatever ids their examples have.
"""
TURNS: Mapping[str, int] = {"meeting": 0, "webinar": 1, "session": 2, "guest.uuid": 3}
"""Which of its four forms the UUID of a role has in the first set: UUIDs of one set differ."""


_BY_NAMESPACE = {namespace: kind for kind in KINDS for namespace in kind.namespaces}


def entity_of(event: str) -> EntityKind | None:
    """Return what an event is about, by the namespace of its name; None where that is unknown."""
    return _BY_NAMESPACE.get(event.partition(".")[0])
