"""What Zoom's events are about: kinds of entities by the namespace of event names, and their pins.

This is data; `mockzoom.synth` makes the values. To add a kind, write an `EntityKind` into `KINDS`
with the first words of its events' names. Facts: Zoom's event documents (names, types and examples
of ids) and captured deliveries: a recording carries the ids of its meeting, a phone call's id has
19 digits, a user's id 22 characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

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
TURNS: Mapping[str, int] = {"meeting": 0, "webinar": 1, "session": 2, "guest.uuid": 3}
"""Which of its four forms the UUID of a role has in the first set: UUIDs of one set differ."""


_BY_NAMESPACE = {namespace: kind for kind in KINDS for namespace in kind.namespaces}


def entity_of(event: str) -> EntityKind | None:
    """Return what an event is about, by the namespace of its name; None where that is unknown."""
    return _BY_NAMESPACE.get(event.partition(".")[0])


Key: TypeAlias = tuple[str, str]
"""A kind of value (`mockzoom.zoom.ids`, or a pool of free text) and its role."""


def _meeting(name: str) -> tuple[Key, ...]:
    return (("meeting_digits", name), ("meeting_number", name))


def _phone(person: str) -> tuple[Key, ...]:
    kinds = ("phone_plus", "phone_digits", "phone_number")
    return tuple((kind, f"{person}.phone") for kind in kinds)


def _extension(person: str) -> tuple[Key, ...]:
    kinds = ("extension_digits", "extension_number")
    return tuple((kind, f"{person}.extension") for kind in kinds)


PINNABLE: Mapping[str, tuple[Key, ...]] = {
    "account_id": (("id22", "account"),),
    "host_id": (("id22", "host"),),
    "host_email": (("email", "host"),),
    "host_name": (("people", "host"),),
    "user_id": (("id22", "guest"),),
    "user_email": (("email", "guest"),),
    "user_name": (("people", "guest"),),
    "first_name": (("given", "guest"),),
    "last_name": (("family", "guest"),),
    "operator": (("email", "operator"),),
    "operator_id": (("id22", "operator"),),
    "topic": (("titles", "topic"),),
    "session_name": (("titles", "session"),),
    "meeting_id": _meeting("meeting"),
    "meeting_uuid": (("uuid", "meeting"),),
    "webinar_id": _meeting("webinar"),
    "webinar_uuid": (("uuid", "webinar"),),
    "session_id": (("uuid", "session"),),
    "engagement_id": (("id22", "engagement"),),
    "call_id": (("digits19", "call"),),
    "caller_id": (("id22", "caller"),),
    "caller_name": (("people", "caller"),),
    "caller_number": _phone("caller"),
    "caller_extension": _extension("caller"),
    "callee_id": (("id22", "callee"),),
    "callee_name": (("people", "callee"),),
    "callee_number": _phone("callee"),
    "callee_extension": _extension("callee"),
    "group_id": (("id22", "group"),),
    "room_id": (("id22", "room"),),
    "workspace_id": (("id22", "workspace"),),
    "whiteboard_id": (("id22", "whiteboard"),),
}
"""What can be pinned, and the values that it is."""

PINNED_NUMBERS = frozenset({"meeting_number", "phone_number", "extension_number"})
"""Kinds that are integers in events."""
