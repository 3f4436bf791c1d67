"""What can be pinned: names of entities' values, and where each stands in events.

A pinned value stands wherever the entity set's own would: an account's id in every event, a user's
address beside each of its names. Names are those of Zoom's fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

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

NUMBERS = frozenset({"meeting_number", "phone_number", "extension_number"})
"""Kinds that are integers in events."""
