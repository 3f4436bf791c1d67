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
    """What its ids belong to in one world; its name, where nothing is said."""
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
        "meeting",
        namespaces=("meeting", "recording"),
        object_id="meeting_digits",
        object_number="meeting_number",
        object_uuid="uuid",
        fields={"meeting_uuid": "uuid", "meeting_(id|number)": "meeting_digits"},
        numbers={"meeting_(id|number)": "meeting_number"},
        is_attended=True,
        streams="meeting.",
        owner_field="meeting_uuid",
    ),
    EntityKind(
        "webinar",
        namespaces=("webinar",),
        object_id="meeting_digits",
        object_number="meeting_number",
        object_uuid="uuid",
        fields={"webinar_uuid": "uuid", "webinar_(id|number)": "meeting_digits"},
        numbers={"webinar_(id|number)": "meeting_number"},
        is_attended=True,
        streams="webinar.",
        owner_field="webinar_uuid",
    ),
    EntityKind(
        "session",
        namespaces=("session",),
        object_id="uuid",
        object_number="session_number",
        object_uuid="uuid",
        fields={"session_(id|uuid)": "uuid"},
        numbers={"session_id": "session_number"},
        is_attended=True,
        streams="session.",
        owner_field="session_id",
    ),
    EntityKind(
        "engagement",
        namespaces=("contact_center",),
        object_id="id22",
        fields={"engagement_id": "id22"},
        streams="contact_center.voice_",
        owner_field="engagement_id",
    ),
    EntityKind("stream", fields={"rtms_stream_id": "hex32"}),
    EntityKind("user", namespaces=("user",), role="guest", object_id="id22"),
    EntityKind("account", namespaces=("account",), role="sub-account", object_id="id22"),
    EntityKind("group", namespaces=("group",), object_id="id22"),
    EntityKind("call", namespaces=("phone",), fields={"call_id": "digits19"}),
    EntityKind("room", namespaces=("zoomroom",), object_id="id22", fields={"room_id": "id22"}),
    EntityKind(
        "workspace", namespaces=("workspace",), object_id="id22", fields={"workspace_id": "id22"}
    ),
    EntityKind("whiteboard", namespaces=("whiteboard",), fields={"whiteboard_id": "id22"}),
)
TURNS: Mapping[str, int] = {"meeting": 0, "webinar": 1, "session": 2, "guest.uuid": 3}
"""Which of its four forms the UUID of a role has in the first world: UUIDs of one world differ."""


_BY_NAMESPACE = {namespace: kind for kind in KINDS for namespace in kind.namespaces}


def entity_of(event: str) -> EntityKind | None:
    """Return what an event is about, by the namespace of its name; None where that is unknown."""
    return _BY_NAMESPACE.get(event.partition(".")[0])
