"""What the names of fields mean in Zoom's events: tables, which `mockzoom.synth` turns into values.

The first row that knows a name decides; a name that no row knows is judged by its example, then by
its description. A row's value says what stands in the field: an id (`Id`), a free text (`Text`),
one of some values (`OneOf`), a number (`WholeNumber`), or what a function of `mockzoom.synth` makes
(`By`). Roles are templates: ids of one role are the same in all events of a world.

Facts (kinds of ids, texts of leave_reason, kinds of recording files) are those of Zoom's event
documents and of captured deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from mockzoom.zoom.entities import KINDS

Way: TypeAlias = Literal[
    "concurrency", "concurrency-percent", "call-type", "duration", "event", "file-name",
    "file-path", "instant", "leave-reason", "name", "object-id", "object-uuid",
    "participant-uuid", "person-id", "phone", "server-urls", "time", "title", "url",
]  # fmt: skip
"""The functions of `mockzoom.synth.fields` and `mockzoom.synth.numbers`, by name."""


class Id(Struct, frozen=True):
    """An id of `kind` (`mockzoom.zoom.ids.KINDS`) and `role`.

    A role may name `{name}`, `{stem}` (without its last word), `{item}` (the place in arrays),
    `{parent}`, `{person}` (whose field it is) and `{path}`.
    """

    kind: str
    role: str = "{name}{item}"
    is_new: bool = False
    """Whether it is another one in each event, as tokens are."""
    shown_first: bool = False
    """Whether the document's example decides where there is one."""


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
        """Tell whether this row knows a field, by its name, its object's and its event's."""
        return bool(
            self.name.fullmatch(name)
            and (self.parent is None or self.parent.fullmatch(parent))
            and (self.event is None or self.event.fullmatch(event))
        )


def _field(name: str, value: Value, parent: str = "", event: str = "") -> FieldRow:
    return FieldRow(
        re.compile(name), value, re.compile(parent) if parent else None,
        re.compile(event) if event else None,
    )  # fmt: skip


STRINGS: tuple[FieldRow, ...] = (
    _field("event", By("event")),
    # The recording's file names its meeting by UUID (captured, 2025).
    _field("meeting_id", Id("uuid", "meeting"), "recording_files?", r"recording\..*"),
    *(
        _field(name, Id(kind, owner.owner))
        for owner in KINDS
        for name, kind in owner.fields.items()
    ),
    _field("id", By("object-id")),
    _field("uuid", By("object-uuid")),
    _field("(account|host|operator|owner|creator)_id", Id("id22", "{stem}")),
    _field("(user|participant)_id", By("person-id")),
    _field("participant_uuid|participant_user_uuid", By("participant-uuid")),
    _field("message_id", Id("uuid", is_new=True)),
    _field("stream_id|session_key|stream_key", Id("alnum12", "{name}", shown_first=True)),
    _field("(customer|user)_key", Id("alnum12", "{person}.key")),
    _field(".*(email|email_address)|operator", Id("email", "{person}")),
    _field(".*phone.*|.*_number|dnis|ani|caller_id", By("phone")),
    _field("leave_reason", By("leave-reason")),
    _field("server_urls?", By("server-urls")),
    _field("call_type", By("call-type")),
    _field("download_(access_)?token", Id("jwt", is_new=True)),
    _field(".*(passcode|password)|.*_pwd", Id("passcode")),
    _field(".*(_ip|_ip_address|ip_address)|ip", Id("ipv4")),
    _field("(.*_)?time_?zone", Id("zone", "timezone")),
    _field(".*(url|uri|link|href)s?", By("url")),
    _field("file_path", By("file-path")),
    _field("file_name", By("file-name")),
    _field(".*_(time|at|date_time|datetime)|date_time|recording_(start|end)|timestamp|datetime",
           By("time")),
    _field("(user|host|inviter|invitee|participant|display|operator|owner|from|callee|caller)_name"
           "|first_name|last_name|username|attendee", Text("people", "{person}")),
    _field("name", By("name")),
    _field(".*_name|topic|title|subject", By("title")),
    _field(".*description|agenda|comments?|notes?|message|text|question|answer|summary|caption",
           Text("sentences", "{path}")),
)  # fmt: skip
"""Fields whose value is text."""

CONCURRENCY_LIMIT = 2000
"""Concurrent streams of an account, as documented for rtms.concurrency_limited."""

NUMBERS: tuple[FieldRow, ...] = (
    _field("event_ts", By("instant")),
    _field("id", By("object-id")),
    *(
        _field(name, Id(kind, owner.owner))
        for owner in KINDS
        for name, kind in owner.numbers.items()
    ),
    _field("user_id|participant_id", Id("user_number", "{person}")),
    _field(".*phone.*|from_number|to_number", Id("phone_number")),
    _field("concurrency_limit", OneOf((CONCURRENCY_LIMIT,))),
    _field("concurrency_number", By("concurrency")),
    _field("percentage|percent", By("concurrency-percent"), event=".*concurrency.*"),
    _field("percentage|percent", WholeNumber(1, 100)),
    _field("duration", By("duration")),
    _field(".*(_time|_ts|timestamp|_at|_date)|time|date|recording_(start|end)", By("time")),
    _field(".*size", WholeNumber(10_000, 50_000_000)),
    _field(".*count|total.*|.*_num", WholeNumber(1, 9)),
)
"""Fields whose value is a number."""

DESCRIBED: tuple[tuple[re.Pattern[str], Value], ...] = (
    (re.compile(r"UUID|universally unique"), Id("uuid")),
    (re.compile(r"\be-?mail address"), Id("email", "{person}")),
    (re.compile(r"\bURL\b"), By("url")),
    (re.compile(r"\bIP address"), Id("ipv4")),
    (re.compile(r"\b(unique )?(ID|identifier)\b"), Id("id22")),
    (re.compile(r"\btime zone|\btimezone"), Id("zone", "timezone")),
)
"""What a description says that no name does."""
ENDINGS: Mapping[str, str] = {"id": "id22", "uuid": "uuid", "key": "alnum12", "token": "alnum19"}
"""The last word of a name that nothing else knows, and its kind of id."""

PERSON_OBJECTS = ("user", "participant", "participants")
"""Objects about one person in a meeting; their ids are valid for it only."""
REGISTERED = "registrant"
"""An object about a person with an account's id or none."""
NAMED_OBJECTS = (*PERSON_OBJECTS, "host", REGISTERED, "panelist", "operator")
"""Objects whose `name` is a person's."""
ROLES: tuple[tuple[str, str], ...] = (("host", "host"), ("operator", "operator"),
                                      ("inviter", "host"))  # fmt: skip
"""Words in a field's or its object's name, and whose field it then is; a guest's otherwise."""
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

RANKS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern), sixteenths)
    for pattern, sixteenths in (
        (r"(recording|record|file|archive|share|sharing|stream)\w*_(start|begin)", 4),
        (r"(recording|record|file|archive)\w*_(end|stop)", 14),
        (r"creat|schedul|regist|publish", 0),
        (r"start|begin|began", 0),
        (r"join|admit|enter|answer", 2),
        (r"updat|modif|chang|last", 15),
        (r"end|leave|left|stop|finish|complet|delet|expir", 16),
    )
)
"""When the moment of a name is, in sixteenths between the start and now.

start <= join <= recording start < recording end <= leave, end <= now.
"""
FREE_TEXTS = re.compile(
    r"(.*_)?(name|topic|title|description|subject|agenda|comments?|notes?|message|text|question"
    r"|answer|caption|summary|leave_reason|job_title|dept|department|company|display_name)"
)
"""Names of fields in which people write, in any script, but for those of `TECHNICAL`."""
TECHNICAL = re.compile(
    r"(event|host|server|domain|service|file|app|application|country|region|codec|device|field"
    r"|key|class|type|rule|policy|function)_?name|hostname|domainname"
)
