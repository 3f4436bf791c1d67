"""What stands in fields of Zoom's events: kinds of values, and tables of values and of people.

`mockzoom.zoom.fields` says which field has which value; `mockzoom.synth` makes it. Facts (texts of
leave_reason, roles of people) are those of Zoom's event documents and of captured deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

Way: TypeAlias = Literal[
    "address", "call-type", "chat-id", "concurrency", "concurrency-percent", "date",
    "download-token", "duration",
    "event", "file-name", "file-path", "instant", "leave-reason", "name", "object-id",
    "object-uuid", "occurrence", "occurrence-start", "participant-uuid", "person-id", "phone",
    "server-urls", "time", "title", "url",
]  # fmt: skip
"""The functions of `mockzoom.synth.fields` and `mockzoom.synth.leaves`, by name."""


class Id(Struct, frozen=True):
    """An id of `kind` (`mockzoom.zoom.ids.KINDS`) and `role`.

    A role may name `{name}`, `{stem}` (without its last word), `{item}` (the place in arrays; none
    for the first), `{parent}`, `{person}` (whose field it is), `{path}`, `{event}` and `{space}`
    (its first word).
    """

    kind: str
    role: str = "{name}{item}"
    is_new: bool = False
    """Whether it is another one in each event, as tokens are."""
    is_shown: bool = False
    """Whether the document's example decides the kind where it looks like one."""
    may_be_empty: bool = False
    """Whether events also have an empty text there, as of a guest who is not signed in."""


class Text(Struct, frozen=True):
    """A free text: `pool` is people, titles or sentences."""

    pool: str
    role: str


class OneOf(Struct, frozen=True):
    """One of some values."""

    values: tuple[str | int, ...]


class WholeNumber(Struct, frozen=True):
    """A whole number between two others."""

    low: int
    high: int


class By(Struct, frozen=True):
    """What a function makes."""

    way: Way


Value: TypeAlias = Id | Text | OneOf | WholeNumber | By


class FieldRow(Struct, frozen=True):
    """A row: fields whose name (in lower case with underscores) matches, and what stands there.

    `parent` and `event` (patterns, too) narrow it to fields of some objects and events.
    """

    name: re.Pattern[str]
    value: Value
    parent: re.Pattern[str] | None = None
    event: re.Pattern[str] | None = None

    def fits(self, name: str, parent: str, event: str) -> bool:
        """Return whether this row knows a field, by its name, its object's and its event's."""
        return bool(
            self.name.fullmatch(name)
            and (self.parent is None or self.parent.fullmatch(parent))
            and (self.event is None or self.event.fullmatch(event))
        )


def field(name: str, value: Value, parent: str = "", event: str = "") -> FieldRow:
    """Return a row whose patterns are given as text."""
    return FieldRow(
        re.compile(name), value, re.compile(parent) if parent else None,
        re.compile(event) if event else None,
    )  # fmt: skip


CONCURRENCY_LIMIT = 2000
"""Concurrent streams of an account, as documented for rtms.concurrency_limited."""

PLACEHOLDERS = re.compile(r"string|x{4,}")
"""Examples that say nothing."""

PERSON_OBJECTS = ("user", "participant", "participants")
"""Objects about one person in a meeting; their ids are valid for it only."""
REGISTERED = "registrant"
"""An object about a person with an account's id or none."""
NAMED_OBJECTS = (
    *PERSON_OBJECTS, "host", REGISTERED, "panelist", "operator", "caller", "callee", "owner",
    "forwarded_by", "forwarded_to", "redirect_forwarded_by", "outgoing_by", "accepted_by", "agent",
    "attendees", "assignees", "collaborators", "members", "admins", "speaker",
)  # fmt: skip
"""Objects whose `name` is a person's."""
PHONED_OBJECTS = ("forwarded_by", "forwarded_to", "forward_to", "redirect_forwarded_by",
                  "outgoing_by", "accepted_by")  # fmt: skip
"""Objects about further people of a call, each a person of its own."""
ROLES: tuple[tuple[str, str], ...] = (
    ("host", "host"), ("operator", "operator"), ("inviter", "host"), ("caller", "caller"),
    ("callee", "callee"), ("owner", "owner"), ("creator", "creator"), ("contact", "contact"),
    ("agent", "agent"), ("consumer", "consumer"), ("evaluator", "evaluator"),
    ("last_modified", "host"), ("sender", "sender"), ("access_member", "access_member"),
)  # fmt: skip
"""Words in a field's or its object's name, and whose field it then is; a guest's otherwise."""
EVENT_ROLES: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...] = (
    (re.compile(r"phone\.(caller_.*|sms_sent.*|blind_transfer_.*|conference_.*)"),
     {"": "caller", "owner": "caller", "sender": "caller"}),
    (re.compile(r"phone\..*"), {"": "callee", "owner": "callee", "sender": "caller"}),
)  # fmt: skip
"""Events whose people are others: who stands for a role of `ROLES`, and for a guest (`""`).

So what belongs to one side of a call belongs to its caller or to its callee, and to nobody else.
"""
OF_ONE_CALL = ("caller", "callee")
"""People who are the same in every item of an array: a call has one of each."""
HOSTS_FIELDS = frozenset({("object", "user_key")})
"""Fields of the host whose name does not say so, with their objects."""

LEAVE_REASONS = (
    "Host ended the {}.", "Host closed the {}.", "Host started a new {}.",
    "Network connection error.", "Host did not join.", "Exceeded free {} minutes limit.",
    "Removed by host.", "Unknown reason.", "Leave waiting room.",
    "Removed by host from waiting room.",
)  # fmt: skip
"""What leave_reason says beside who left; `{}` stands for the meeting."""
CALL_TYPES = ("h323", "sip")
ADDRESSES: tuple[Mapping[str, str], ...] = tuple(
    dict(zip(("address", "city", "state", "zip", "country"), row, strict=True))
    for row in (
        ("1 Example Street", "San Jose", "CA", "95113", "US"),
        ("2 Example Avenue", "Austin", "TX", "78701", "US"),
        ("3 Example Road", "Toronto", "ON", "M5H 2N2", "CA"),
        ("4 Example Way", "Brisbane", "QLD", "4000", "AU"),
    )
)
"""Addresses whose parts belong together; countries are ISO 3166 codes."""
TOGETHER: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "file_type": ("recording_type", {
        "audio_only": "M4A", "audio_only_each_participant": "M4A", "audio_transcript": "TRANSCRIPT",
        "chat_file": "CHAT", "cc_transcript": "CC", "closed_caption": "CC", "poll": "CSV",
        "timeline": "TIMELINE", "thumbnail": "TB", "chat_message": "CHAT_MESSAGE",
    }, "MP4"),
    "file_extension": ("file_type", {
        "MP4": "MP4", "M4A": "M4A", "CHAT": "TXT", "TRANSCRIPT": "VTT", "CC": "VTT", "CSV": "CSV",
        "TIMELINE": "JSON", "TB": "JPG", "CHAT_MESSAGE": "JSON",
    }, ""),
}  # fmt: skip
"""Enumerated fields that go with another one: which, its values with theirs, and any other's."""
MADE_FIRST: Mapping[str, int] = {"recording_type": 0, "file_type": 1, "file_extension": 2}
"""The order in which fields that go together are made."""

INSTANT: Mapping[str, int] = {"type": 1, "duration": 0}
"""What a meeting has that nobody scheduled; its time zone is empty (captured, 2020)."""

FREE_TEXTS = re.compile(
    r"(.*_)?(name|topic|title|description|subject|agenda|comments?|notes?|message|text|question"
    r"|answer|caption|summary|leave_reason|job_title|dept|department|company|display_name|content"
    r"|overview|next_steps|instructions)|summary_details"
)
"""Names of fields in which people write, in any script, but for those of `TECHNICAL`."""
TECHNICAL = re.compile(
    r"(event|host|server|domain|service|file|app|application|country|region|codec|device|field"
    r"|key|class|type|rule|policy|function)_?name|hostname|domainname"
)

CHANGED, UNCHANGED = "/payload/object", "/payload/old_object"
"""Where an event about a change has the new values, and the old ones of the same members."""
IDENTITY = re.compile(
    r"id|uuid|key|ids|operator|(host|account|group|user|operator|channel|member|policy)_id"
)
"""Names of fields that no change changes: they say what was changed."""
