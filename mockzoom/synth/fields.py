"""What a field's value looks like, judged by its name, parent, description and example.

The first rule that knows the name decides; a name that no rule knows is judged by its example, then
by its description. Some enumerated fields go together: a transcript is a VTT file, a thumbnail a
JPG. Facts (kinds of ids, texts of leave_reason, kinds of recording files) are those of Zoom's event
documents; hosts, addresses and numbers are ones reserved for examples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from mockzoom.model import JSON
from mockzoom.schema.makers import Maker, constant
from mockzoom.schema.pointer import MISSING
from mockzoom.synth.makers import entity, framed, fresh, moment, text
from mockzoom.synth.place import NAMESPACES, EventPlace, rank
from mockzoom.synth.world import World

_LEAVE_REASONS = (
    "Host ended the {}.", "Host closed the {}.", "Host started a new {}.",
    "Network connection error.", "Host did not join.", "Exceeded free {} minutes limit.",
    "Removed by host.", "Unknown reason.", "Leave waiting room.",
    "Removed by host from waiting room.",
)  # fmt: skip
_FILE_OF_RECORDING = {
    "audio_only": "M4A", "audio_only_each_participant": "M4A", "audio_transcript": "TRANSCRIPT",
    "chat_file": "CHAT", "cc_transcript": "CC", "closed_caption": "CC", "poll": "CSV",
    "timeline": "TIMELINE", "thumbnail": "TB", "chat_message": "CHAT_MESSAGE",
}  # fmt: skip
_EXTENSION_OF_FILE = {
    "MP4": "MP4", "M4A": "M4A", "CHAT": "TXT", "TRANSCRIPT": "VTT", "CC": "VTT", "CSV": "CSV",
    "TIMELINE": "JSON", "TB": "JPG", "CHAT_MESSAGE": "JSON",
}  # fmt: skip
MADE_FIRST = {"recording_type": 0, "file_type": 1, "file_extension": 2}
"""The order in which fields that go together are made."""
Rule: TypeAlias = Callable[[EventPlace], Sequence[Maker]]


def string_makers(place: EventPlace) -> Sequence[Maker]:
    """Return the makers for a string at `place`: several where documents tell of several forms."""
    for pattern, rule in _NAMED:
        if pattern.fullmatch(place.snake):
            found = rule(place)
            if found:
                return found
    return [_by_example(place) or _by_description(place) or _words(place)]


def _named_uuid(role: str) -> Rule:
    return lambda place: [entity("uuid", role)]


def _object_id(place: EventPlace) -> Sequence[Maker]:
    if place.parent in ("user", "participant", "participants", "registrant"):
        return [_like(place, entity("user_digits", place.person), "id22", place.person)]
    if place.parent == "object" and place.namespace in NAMESPACES:
        if place.namespace == "session":
            return [entity("uuid", "session")]
        return [entity("meeting_digits", place.namespace)]
    if "file" in place.parent:
        return [fresh("dashed", place.pointer)]
    return [_by_example(place) or entity("id22", place.parent + place.item)]


def _object_uuid(place: EventPlace) -> Sequence[Maker]:
    if place.parent in ("user", "participant", "participants"):
        return [entity("uuid", place.person + ".uuid")]
    if place.parent == "object" and place.namespace in NAMESPACES:
        return [entity("uuid", place.namespace)]
    return [_by_example(place) or entity("uuid", place.parent + place.item)]


def _user_id(place: EventPlace) -> Sequence[Maker]:
    return [_like(place, entity("user_digits", place.person), "id22", place.person)]


def _like(place: EventPlace, digits: Maker, kind: str, role: str) -> Maker:
    """Digits where the example or the description speak of an id valid for one session only."""
    if isinstance(place.example, str):
        return digits if place.example.isdecimal() else _by_example(place) or entity(kind, role)
    temporary = re.search(r"joining|only valid|duration", place.description)
    return digits if temporary else entity(kind, role)


def _participant_uuid(place: EventPlace) -> Sequence[Maker]:
    padded = not isinstance(place.example, str) or place.example.endswith("=")
    return [entity("uuid" if padded else "id22", place.person + ".uuid")]


def _phone(place: EventPlace) -> Sequence[Maker]:
    plus = isinstance(place.example, str) and place.example.startswith("+")
    return [entity("phone_plus" if plus else "phone_digits", place.snake + place.item)]


def _leave_reason(place: EventPlace) -> Sequence[Maker]:
    thing = place.namespace if place.namespace in NAMESPACES else "meeting"
    name = text("people", place.person)
    left = framed("", name, f" left the {thing}.")
    return [
        left,
        framed("", name, f" got disconnected from the {thing}."),
        *(framed("", left, f"<br>Reason: {reason.format(thing)}") for reason in _LEAVE_REASONS),
    ]


def _server_urls(place: EventPlace) -> Sequence[Maker]:
    """One URL, or one for each of two protocols with a comma between."""
    word = entity("word", "rtms-server")

    def both(w: World, n: int) -> str:
        host = f"rtms-{word(w, n)}.zoom.example"
        return f"wss://{host}:443,srt://{host}:9000"

    return [framed("wss://rtms-", word, ".zoom.example:443"), both]


def _url(place: EventPlace) -> Sequence[Maker]:
    scheme = "https"
    if isinstance(place.example, str):
        found = re.match(r"([a-z]+)://", place.example)
        scheme = found[1] if found else scheme
    if scheme in ("rtmp", "rtmps"):
        role = place.snake.replace("backup_", "")
        host = "b" if "backup" in place.snake else "a"
        return [framed(f"{scheme}://{host}.rtmp.zoom.example/", entity("word", role))]
    if re.search(r"download|play|share", place.snake):
        return [framed(f"{scheme}://zoom.example/rec/{place.snake.split('_')[0]}/",
                       fresh("alnum19", place.pointer))]  # fmt: skip
    return [framed(f"{scheme}://live.example/", entity("word", place.snake + place.item))]


def _title(place: EventPlace) -> Sequence[Maker]:
    return [text("titles", place.snake.replace("_name", "") + place.item)]


def _file_name(place: EventPlace) -> Sequence[Maker]:
    return [framed("Recording ", fresh("word", place.pointer))]


def _file_path(place: EventPlace) -> Sequence[Maker]:
    return [framed("/recordings/", fresh("word", place.pointer))]


def _time(place: EventPlace) -> Sequence[Maker]:
    if re.search(r"zone", place.snake) or _example_is_not_time(place):
        return []
    return [moment(rank(place.snake))]


def _example_is_not_time(place: EventPlace) -> bool:
    return isinstance(place.example, str) and not re.match(r"\d{4}-\d\d-\d\d", place.example)


def _choice(*values: str) -> Rule:
    return lambda place: [constant(value) for value in values]


def _kind(kind: str, *, new: bool = False) -> Rule:
    def rule(place: EventPlace) -> Sequence[Maker]:
        role = place.snake + place.item
        return [fresh(kind, place.pointer) if new else entity(kind, role)]

    return rule


def _person_name(place: EventPlace) -> Sequence[Maker]:
    return [text("people", place.person)]


def _plain_name(place: EventPlace) -> Sequence[Maker]:
    people = ("user", "participant", "participants", "host", "registrant", "panelist", "operator")
    return _person_name(place) if place.parent in people else _title(place)


def _sentence(place: EventPlace) -> Sequence[Maker]:
    return [text("sentences", place.path)]


_NAMED: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        ("event", lambda place: [constant(place.event)]),
        ("meeting_uuid", _named_uuid("meeting")),
        ("webinar_uuid", _named_uuid("webinar")),
        ("session_(id|uuid)", _named_uuid("session")),
        ("rtms_stream_id", lambda place: [entity("hex32", "stream")]),
        ("engagement_id", lambda place: [entity("id22", "engagement")]),
        ("meeting_(id|number)", lambda place: [entity("meeting_digits", "meeting")]),
        ("webinar_(id|number)", lambda place: [entity("meeting_digits", "webinar")]),
        ("id", _object_id),
        ("uuid", _object_uuid),
        ("(account|host|operator|owner|creator)_id", lambda place: [
            entity("id22", place.snake.removesuffix("_id"))]),
        ("(user|participant)_id", _user_id),
        ("participant_uuid|participant_user_uuid", _participant_uuid),
        ("message_id", _kind("uuid", new=True)),
        ("stream_id|session_key|stream_key", lambda place: [
            _by_example(place) or entity("alnum12", place.snake)]),
        ("(customer|user)_key", lambda place: [entity("alnum12", place.person + ".key")]),
        (".*(email|email_address)|operator", lambda place: [entity("email", place.person)]),
        (".*phone.*|.*_number|dnis|ani|caller_id", lambda place: (
            _phone(place) if not isinstance(place.example, str)
            or re.fullmatch(r"\+?\d{7,}", place.example) else [])),
        ("leave_reason", _leave_reason),
        ("server_urls?", _server_urls),
        ("call_type", lambda place: (
            _choice("h323", "sip")(place) if "h323" in place.description
            or place.example in ("h323", "sip", MISSING) else [])),
        ("download_(access_)?token", _kind("jwt", new=True)),
        (".*(passcode|password)|.*_pwd", _kind("passcode")),
        (".*(_ip|_ip_address|ip_address)|ip", _kind("ipv4")),
        ("(.*_)?time_?zone", lambda place: [entity("zone", "timezone")]),
        (".*(url|uri|link|href)s?", _url),
        ("file_path", _file_path),
        ("file_name", _file_name),
        (".*_(time|at|date_time|datetime)|date_time|recording_(start|end)|timestamp|datetime",
         _time),
        ("(user|host|inviter|invitee|participant|display|operator|owner|from|callee|caller)_name"
         "|first_name|last_name|username|attendee", _person_name),
        ("name", _plain_name),
        ("(service|app|device|server|domain|country|event|host|file|codec)_?name", lambda p: []),
        (".*_name|topic|title|subject", _title),
        (".*description|agenda|comments?|notes?|message|text|question|answer|summary|caption",
         _sentence),
    )
)  # fmt: skip


_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[0-9a-f]{32}"), "hex32"),
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "dashed"),
    (re.compile(r"[A-Za-z0-9+/]{21,23}=="), "uuid"),
    (re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Za-z0-9_-]{22,23}"), "id22"),
    (re.compile(r"[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}"), "jwt"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "email"),
    (re.compile(r"\d{1,3}(\.\d{1,3}){3}"), "ipv4"),
    (re.compile(r"\+\d{8,15}"), "phone_plus"),
    (re.compile(r"\d{11,15}"), "meeting_digits"),
    (re.compile(r"\d{8}"), "user_digits"),
    (re.compile(r"\d{9,10}"), "session_digits"),
    (re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Za-z0-9]{15,21}"), "alnum19"),
    (re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Za-z0-9]{10,14}"), "alnum12"),
)


def _by_example(place: EventPlace) -> Maker | None:
    """Return a maker of values that look like the example, or of the example itself."""
    example = place.example
    if not isinstance(example, str) or not example:
        return None
    for pattern, kind in _SHAPES:
        if pattern.fullmatch(example):
            return entity(kind, place.snake + place.item)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", example):
        return moment(rank(place.snake))
    if re.match(r"[a-z]+://", example):
        return _url(place)[0]
    return constant(example)


_DESCRIBED: tuple[tuple[str, Rule], ...] = (
    (r"UUID|universally unique", _kind("uuid")),
    (r"\be-?mail address", lambda place: [entity("email", place.person)]),
    (r"\bURL\b", _url),
    (r"\bIP address", _kind("ipv4")),
    (r"\b(unique )?(ID|identifier)\b", _kind("id22")),
    (r"\btime zone|\btimezone", lambda place: [entity("zone", "timezone")]),
)


def _by_description(place: EventPlace) -> Maker | None:
    for pattern, rule in _DESCRIBED:
        if re.search(pattern, place.description):
            return rule(place)[0]
    if place.snake.endswith(("_id", "_uuid", "_key", "_token")):
        kind = {"uuid": "uuid", "key": "alnum12", "token": "alnum19"}
        return entity(kind.get(place.snake.rpartition("_")[2], "id22"), place.snake + place.item)
    return None


def _words(place: EventPlace) -> Maker:
    return entity("word", place.snake + place.item)


def options_for(
    name: str, values: Sequence[JSON], siblings: Mapping[str, JSON]
) -> list[int] | None:
    """Return the indexes of the `values` that go with what `siblings` have; None for all."""
    if name == "file_type" and "recording_type" in siblings:
        wanted = _FILE_OF_RECORDING.get(siblings["recording_type"], "MP4")
    elif name == "file_extension" and "file_type" in siblings:
        wanted = _EXTENSION_OF_FILE.get(siblings["file_type"], "")
    else:
        return None
    found = [position for position, value in enumerate(values) if value == wanted]
    return found or None
