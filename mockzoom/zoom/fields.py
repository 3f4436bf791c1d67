"""What the names of fields mean in Zoom's events: tables, which `mockzoom.synth` turns into values.

The first row that knows a name decides; a name that no row knows is judged by its example, then by
its description. A row's value says what stands in the field: an id (`Id`), a free text (`Text`),
one of some values (`OneOf`), a number (`WholeNumber`), or what a function of `mockzoom.synth` makes
(`By`). Roles are templates: ids of one role are the same in all events of an entity set.

Facts (kinds of ids, texts of leave_reason) are those of Zoom's event
documents and of captured deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from mockzoom.zoom.entities import KINDS, OWN_IDS
from mockzoom.zoom.known_values import KNOWN_VALUES

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


def _field(name: str, value: Value, parent: str = "", event: str = "") -> FieldRow:
    return FieldRow(
        re.compile(name), value, re.compile(parent) if parent else None,
        re.compile(event) if event else None,
    )  # fmt: skip


_MET = r"(meeting|webinar)\..*"
_PEOPLE = (
    "user|host|inviter|invitee|participant|display|operator|owner|from|callee|caller|visitor"
    "|contact|agent|consumer|speaker|creator|registrant|evaluator|sender|recipient"
)

STRINGS: tuple[FieldRow, ...] = (
    _field("event", By("event")),
    *(_field(name, OneOf(values), parent, event) for name, values, parent, event in KNOWN_VALUES),
    # The recording's file names its meeting by UUID (captured, 2025).
    _field("meeting_id", Id("uuid", "meeting"), "recording_files?", r"recording\..*"),
    _field("meeting_uuid", Id("uuid", "meeting{item}"), "meetings"),
    *(_field(name, Id(kind, role), parent, event) for name, kind, role, parent, event in OWN_IDS),
    *(
        _field(name, Id(kind, owner.owner))
        for owner in KINDS
        for name, kind in owner.fields.items()
    ),
    # A guest who is not signed in has no id; user_id has eight digits (captured, 2020 and 2021).
    _field("id|participant_user_id", Id("id22", "{person}", may_be_empty=True), "participant",
           _MET),
    _field("bind_user_id", Id("user_digits", "bound"), "participants?", _MET),
    _field("user_id|participant_id", Id("user_digits", "{person}"), "participants?", _MET),
    _field("registrant_id", Id("id22", "{person}.registrant", may_be_empty=True), "participant"),
    _field("id", Id("id22", "{person}.registrant"), "registrant"),
    # Hexadecimal with dashes, upper case (captured, 2025).
    _field("participant_uuid", Id("guid_upper", "{person}.uuid"),
           event=r"(meeting|webinar)\.participant_role_changed"),
    _field("id", By("object-id")),
    _field("uuid", By("object-uuid")),
    _field("(account|host|operator|owner|creator)_id", Id("id22", "{stem}")),
    _field("(user|participant)_id", By("person-id")),
    _field("(.*_)?(host|owner|operator|caller|callee|agent|contact|evaluator|sender)(_user)?_id",
           Id("id22", "{person}")),
    _field("(.*_)?member_id", Id("member", "{person}.member")),
    _field("(.*_)?collaborator_id", Id("id22", "{person}.collaborator")),
    _field("participant_uuid|participant_user_uuid", By("participant-uuid")),
    _field("message_id", Id("uuid", "{parent}.message")),
    _field("stream_id|session_key|stream_key", Id("alnum12", "{name}", is_shown=True)),
    _field("(customer|user)_key", Id("alnum12", "{person}.key")),
    _field("key", Id("alnum12", "{parent}{item}"), "custom_attributes"),
    _field("authentication_option", Id("id22", "{name}")),
    _field("occurrence_id", By("occurrence")),
    _field("meeting_uuids", Id("uuid", "{name}{item}")),
    _field(".*_ids", Id("id22", "{name}{item}", is_shown=True)),
    _field(".*(?<![a-z])jid", By("chat-id")),
    _field("alternative_hosts", Id("email", "{name}")),
    _field(".*(email|email_address)|operator|acl_id", Id("email", "{person}")),
    _field("extension_number|.*_ext_number", Id("extension_digits", "{person}.extension")),
    _field("number", Id("phone_plus", "{parent}{item}.phone"), "numbers|dial_in_numbers"),
    _field("address|address_line1|city|state|state_code|zip|(.*_)?country(_iso_code|_code)?",
           By("address")),
    _field(".*phone.*|.*_number|dnis|ani|caller_id", By("phone")),
    _field("leave_reason", By("leave-reason")),
    _field("server_urls?", By("server-urls")),
    _field("call_type", By("call-type")),
    _field("download_token", By("download-token"), event=r"recording\..*"),
    _field("download_(access_)?token", Id("jwt", is_new=True)),
    _field("authorized_channel_token", Id("alnum19", "{name}")),
    # A captured recording of 2025 has eight characters, and 32 for its page.
    _field("password", Id("password8"), event=r"recording\..*"),
    _field("recording_play_passcode", Id("base64url32")),
    _field(".*(passcode|password)|.*_pwd", Id("passcode")),
    _field("pmi|.*personal_meeting_id", Id("pmi_digits", "{person}.pmi")),
    _field("(host|client|park)_(key|code)|(.*_)?pin(_code)?|conference_code",
           Id("key6", is_shown=True)),
    _field(".*(_ip|_ip_address|ip_address)|ip", Id("ipv4")),
    # An instant meeting has no time zone (captured, 2020 and 2025).
    _field("timezone", Id("zone", "timezone", may_be_empty=True), "object",
           r"meeting\.participant_.*|recording\.completed"),
    _field("(.*_)?time_?zone", Id("zone", "timezone")),
    _field("encryption_fingerprint", Id("hex32", "{parent}{item}.print")),
    _field(".*url|.*uri|.*link|.*href|urls|links", By("url")),
    _field("file_path", By("file-path")),
    _field("file_name", By("file-name")),
    _field("start_time", By("occurrence-start"), "occurrences"),
    _field("(.*_)?date", By("date")),
    _field(".*_(time|at|date_time|datetime)|date_time|recording_(start|end)|timestamp|datetime",
           By("time")),
    _field("(.*_)?first_name", Text("given", "{person}")),
    _field("(.*_)?last_name", Text("family", "{person}")),
    _field(f"(.*_)?({_PEOPLE})_name|username|attendee", Text("people", "{person}")),
    _field("name", Text("titles", "channel"), "object", r"(chat_channel|team_chat\.channel_).*"),
    _field("name", By("name")),
    _field("meeting_topic|webinar_topic|summary_title", Text("titles", "topic")),
    _field(".*_name|topic|title|subject", By("title")),
    _field("(.*_)?(content|overview|next_steps|instructions)|summary_details",
           Text("sentences", "{path}")),
    _field(".*description|agenda|comments?|notes?|message|text|question|answer|summary|caption",
           Text("sentences", "{path}")),
)  # fmt: skip
"""Fields whose value is text."""

CONCURRENCY_LIMIT = 2000
"""Concurrent streams of an account, as documented for rtms.concurrency_limited."""

NUMBERS: tuple[FieldRow, ...] = (
    _field("event_ts|time_stamp", By("instant")),
    _field("id", By("object-id")),
    *(
        _field(name, Id(kind, owner.owner))
        for owner in KINDS
        for name, kind in owner.numbers.items()
    ),
    _field("user_id|participant_id", Id("user_number", "{person}")),
    _field("extension_number|.*_ext_number", Id("extension_number", "{person}.extension")),
    _field("from_number|to_number", Id("phone_number", "{name}.phone")),
    _field(".*phone.*", Id("phone_number", "{person}.phone")),
    _field("pmi", Id("pmi_number", "{person}.pmi")),
    _field("(.*_)?pin_code", WholeNumber(100_000, 999_999)),
    _field("concurrency_limit", OneOf((CONCURRENCY_LIMIT,))),
    _field("concurrency_number", By("concurrency")),
    _field("percentage|percent", By("concurrency-percent"), event=".*concurrency.*"),
    _field("(.*_)?(percent|percentage|ratio|score)", WholeNumber(1, 100)),
    _field("monthly_day", WholeNumber(1, 31)),
    _field("repeat_interval", WholeNumber(1, 4)),
    _field("end_times", WholeNumber(2, 20)),
    _field("min_port", WholeNumber(1024, 32_767)),
    _field("(max_)?port|.*_port", WholeNumber(32_768, 65_535)),
    _field("min_rssi", WholeNumber(-90, -80)),
    _field("avg_rssi", WholeNumber(-70, -60)),
    _field("max_rssi", WholeNumber(-50, -40)),
    _field("min(_.*)?", WholeNumber(1, 9)),
    _field("avg(_.*)?", WholeNumber(10, 19)),
    _field("max(_.*)?", WholeNumber(20, 40)),
    _field("start_position", WholeNumber(0, 9)),
    _field("end_position", WholeNumber(10, 20)),
    _field("dscp_.*", WholeNumber(0, 63)),
    _field("(.*_)?capacity", OneOf((100, 300, 500, 1000))),
    _field("number_type", WholeNumber(1, 2)),
    _field("(hold|wait|waiting|talk)_time", WholeNumber(1, 60)),
    _field("(.*_)?duration|duration_in_second", By("duration")),
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
