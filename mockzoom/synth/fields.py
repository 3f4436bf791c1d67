"""Makers for the strings of events: what the tables of `mockzoom.zoom.fields` say of a field.

The first row that knows the name and gives a maker decides; a name that no row knows is judged by
its example, then by its description. Hosts, addresses and numbers are ones reserved for examples.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from mockzoom.model import JSON
from mockzoom.schema.makers import Constant, Maker, one_of, whole
from mockzoom.schema.pointer import MISSING
from mockzoom.synth.entity_set import EntitySet
from mockzoom.synth.entity_values import chat_id_of, entity, fresh, text
from mockzoom.synth.makers import Framed, MomentText
from mockzoom.synth.place import EventPlace
from mockzoom.zoom.entities import entity_of
from mockzoom.zoom.field_values import (
    ADDRESSES,
    CALL_TYPES,
    LEAVE_REASONS,
    NAMED_OBJECTS,
    PERSON_OBJECTS,
    PLACEHOLDERS,
    REGISTERED,
    TOGETHER,
    By,
    Id,
    OneOf,
    Text,
    Value,
)
from mockzoom.zoom.fields import DESCRIBED, ENDINGS, STRINGS
from mockzoom.zoom.ids import SHAPES
from mockzoom.zoom.moments import NOW, PLANNED

Rule: TypeAlias = Callable[[EventPlace], Sequence[Maker]]


def string_makers(place: EventPlace) -> Sequence[Maker]:
    """Return the makers for a string at `place`: several where documents tell of several forms."""
    for row in STRINGS:
        if row.fits(place.snake, place.parent, place.event):
            found = makers_of(row.value, place, _WAYS)
            if found:
                return found
    return [_by_example(place) or _by_description(place) or entity("word", place.owned)]


def makers_of(value: Value, place: EventPlace, ways: Mapping[str, Rule]) -> Sequence[Maker]:
    """Return the makers of what a table says stands at `place`; none where it does not apply."""
    if isinstance(value, By):
        return ways[value.way](place)
    if isinstance(value, OneOf) and len(value.values) > 1:
        return [one_of(value.values, place.pointer)]
    if isinstance(value, OneOf):
        return [Constant(value.values[0])]
    if isinstance(value, Text):
        return [text(value.pool, _role(value.role, place))]
    if isinstance(value, Id):
        made = _id(value, place)
        return [made, Constant("")] if value.may_be_empty else [made]
    return [whole(value.low, value.high, place.pointer)]


def _id(value: Id, place: EventPlace) -> Maker:
    if value.is_new:
        return fresh(value.kind, place.pointer)
    kind = _kind_of(place.example) or value.kind if value.is_shown else value.kind
    return entity(kind, _role(value.role, place))


def _role(template: str, place: EventPlace) -> str:
    """Return the role that a template names at `place`."""
    if "{" not in template:
        return template
    return template.format(
        name=place.snake, stem=place.snake.rpartition("_")[0], item=place.item,
        parent=place.parent, person=place.person, path=place.path, event=place.event,
        space=place.event.partition(".")[0],
    )  # fmt: skip


def _object_id(place: EventPlace) -> Sequence[Maker]:
    if place.parent in (*PERSON_OBJECTS, REGISTERED):
        return _person_id(place)
    owner = entity_of(place.event) if place.parent == "object" else None
    if owner is not None and owner.object_id:
        return [entity(owner.object_id, owner.owner)]
    if "file" in place.parent:
        space = place.event.partition(".")[0]
        return [entity("dashed", f"{space}.{place.parent}{place.item}")]
    if place.parent in NAMED_OBJECTS:
        return [entity("id22", place.person)]
    return [entity(_kind_of(place.example) or "id22", place.parent + place.item)]


def _object_uuid(place: EventPlace) -> Sequence[Maker]:
    if place.parent in PERSON_OBJECTS:
        return [entity("uuid", place.person + ".uuid")]
    owner = entity_of(place.event) if place.parent == "object" else None
    if owner is not None and owner.object_uuid:
        return [entity(owner.object_uuid, owner.owner)]
    return [entity(_kind_of(place.example) or "uuid", place.parent + place.item)]


def _person_id(place: EventPlace) -> Sequence[Maker]:
    """Digits where the example or the description speak of an id valid for one session only."""
    if isinstance(place.example, str):
        is_temporary = place.example.isdecimal()
    else:
        is_temporary = bool(re.search(r"joining|only valid|duration", place.description))
    return [entity("user_digits" if is_temporary else "id22", place.person)]


def _participant_uuid(place: EventPlace) -> Sequence[Maker]:
    padded = not isinstance(place.example, str) or place.example.endswith("=")
    return [entity("uuid" if padded else "id22", place.person + ".uuid")]


def _phone(place: EventPlace) -> Sequence[Maker]:
    """A person's phone number; of other fields, such as dial-in numbers, a number of their own."""
    shown = isinstance(place.example, str)
    if shown and not re.fullmatch(r"\+?\d{7,}", place.example):
        return []
    plus = not shown or place.example.startswith("+")
    personal = re.fullmatch(r"phone|(.*_)?(phone|caller|callee|did)_number", place.snake)
    owner = place.person if personal else place.owned
    return [entity("phone_plus" if plus else "phone_digits", f"{owner}.phone")]


def _call_type(place: EventPlace) -> Sequence[Maker]:
    known = CALL_TYPES[0] in place.description or place.example in (*CALL_TYPES, MISSING)
    return [Constant(value) for value in CALL_TYPES] if known else []


def _leave_reason(place: EventPlace) -> Sequence[Maker]:
    owner = entity_of(place.event)
    thing = owner.name if owner is not None and owner.is_attended else "meeting"
    name = text("people", place.person)
    left = Framed("", name, f" left the {thing}.")
    return [
        left,
        Framed("", name, f" got disconnected from the {thing}."),
        *(Framed("", left, f"<br>Reason: {reason.format(thing)}") for reason in LEAVE_REASONS),
    ]


def _server_urls(place: EventPlace) -> Sequence[Maker]:
    """One URL, or one for each of two protocols with a comma between."""
    word = entity("word", "rtms-server")

    def both(w: EntitySet, n: int) -> str:
        host = f"rtms-{word(w, n)}.zoom.example"
        return f"wss://{host}:443,srt://{host}:9000"

    return [Framed("wss://rtms-", word, ".zoom.example:443"), both]


def _url(place: EventPlace) -> Sequence[Maker]:
    scheme = "https"
    if isinstance(place.example, str):
        found = re.match(r"([a-z]+)://", place.example)
        scheme = found[1] if found else scheme
    if scheme in ("rtmp", "rtmps"):
        role = place.snake.replace("backup_", "")
        host = "b" if "backup" in place.snake else "a"
        return [Framed(f"{scheme}://{host}.rtmp.zoom.example/", entity("word", role))]
    if re.search(r"download|play|share", place.snake):
        first = place.snake.split("_")[0]
        # As a captured recording has it (2025).
        path = "webhook_download" if first == "download" else first
        own = fresh if first == "download" else entity
        return [Framed(f"{scheme}://us06web.zoom.example/rec/{path}/",
                       own("alnum19", place.pointer))]  # fmt: skip
    return [Framed(f"{scheme}://live.example/", entity("word", place.snake + place.item))]


def _chat_id(place: EventPlace) -> Sequence[Maker]:
    """A chat id: of a user by the user's id, of a channel or a robot by an id of its own."""
    word = place.snake.removesuffix("jid").rstrip("_")
    whose = place.person if word in ("user", "sender", "operator") else f"{word}{place.item}"
    return [chat_id_of(entity("id22", whose))]


def _address(place: EventPlace) -> Sequence[Maker]:
    """A part of an address; the parts beside each other are of one, or are the example's."""
    if isinstance(place.example, str) and place.example:
        return []
    part = next((key for key in ADDRESSES[0] if key in place.snake), "address")
    if place.snake == "state_code":
        part = "state"
    salt = len(place.item)
    return [lambda w, n: ADDRESSES[(w.root >> 11 + salt) % len(ADDRESSES)][part]]


def _download_token(place: EventPlace) -> Sequence[Maker]:
    """A token as a captured recording has it (2025): ES256, valid for a day from now on."""
    signature = fresh("base64url32", place.pointer)

    def make(w: EntitySet, n: int) -> str:
        claims = f'{{"iss":"https://event.zoom.example","exp":{w.now_s + _DAY_S},"iat":{w.now_s}}}'
        body = urlsafe_b64encode(claims.encode()).decode().rstrip("=")
        # 86 characters, as 64 bytes have; the last one has four bits that are always 0.
        text = f"{signature(w, n)}{signature(w, n ^ 1)}{signature(w, n ^ 2)}"
        return f"{_ES256}.{body}.{text[:85]}A"

    return [make]


_ES256 = urlsafe_b64encode(b'{"alg":"ES256"}').decode().rstrip("=")


def _file_name(place: EventPlace) -> Sequence[Maker]:
    kind = "Recording" if "record" in place.event or "archive" in place.parent else "Document"
    return [Framed(f"{kind} ", _file_word(place))]


def _file_word(place: EventPlace) -> Maker:
    return entity("word", f"{place.parent}{place.item}.file")


def _time(place: EventPlace) -> Sequence[Maker]:
    if re.search(r"zone", place.snake) or _example_is_not_time(place):
        return []
    later_s = _LAST_WEEK * 7 * _DAY_S if place.parent == "recurrence" else 0
    return [MomentText(place.moment, place.event, later_s)]


def _example_is_not_time(place: EventPlace) -> bool:
    shown = isinstance(place.example, str) and place.example
    return bool(shown and not re.match(r"\d{4}-\d\d-\d\d", shown))


_DAY_S = 86_400
_LAST_WEEK = 20
"""The week in which what recurs each week ends."""


def _date(place: EventPlace) -> Sequence[Maker]:
    """A day, a month from now on: what expires or is due does so later."""
    if _example_is_not_time(place):
        return []
    if isinstance(place.example, str) and "T" in place.example:
        return [MomentText(place.moment, place.event)]
    later = MomentText(NOW, place.event, 30 * _DAY_S)
    return [lambda w, n: str(later(w, n))[:10]]


def _planned_week(place: EventPlace) -> MomentText:
    """When an occurrence of a recurring meeting is planned: one each week."""
    found = re.search(r"/(\d+)$", place.item)
    return MomentText(PLANNED, place.event, 7 * _DAY_S * (int(found[1]) if found else 0))


def _occurrence(place: EventPlace) -> Sequence[Maker]:
    """The id of an occurrence: the milliseconds of its start (example of 2019)."""
    week = _planned_week(place)
    return [lambda w, n: str(week.second(w) * 1000)]


def _plain_name(place: EventPlace) -> Sequence[Maker]:
    if place.parent in NAMED_OBJECTS:
        return [text("people", place.person)]
    space = place.event.partition(".")[0]
    return [text("titles", f"{space}.{place.parent}{place.item}")]


_WAYS: Mapping[str, Rule] = {
    "address": _address, "call-type": _call_type, "chat-id": _chat_id, "date": _date,
    "download-token": _download_token,
    "event": lambda place: [Constant(place.event)], "file-name": _file_name,
    "file-path": lambda place: [Framed("/recordings/", _file_word(place))],
    "leave-reason": _leave_reason, "name": _plain_name, "object-id": _object_id,
    "object-uuid": _object_uuid, "occurrence": _occurrence,
    "occurrence-start": lambda place: [_planned_week(place)],
    "participant-uuid": _participant_uuid, "person-id": _person_id, "phone": _phone,
    "server-urls": _server_urls, "time": _time,
    "title": lambda place: [text("titles", place.owned.replace("_name", ""))], "url": _url,
}  # fmt: skip
"""What the tables call by name."""


def _by_example(place: EventPlace) -> Maker | None:
    """Return a maker of values that look like the example, or of the example itself."""
    example = place.example
    if not isinstance(example, str) or not example or PLACEHOLDERS.fullmatch(example):
        return None
    kind = _kind_of(example)
    if kind:
        return entity(kind, place.person if kind == "email" else _own(kind, place))
    if ENDINGS.get(place.snake.rpartition("_")[2]) == "id22":
        return entity("id22", place.owned)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", example):
        return MomentText(place.moment, place.event)
    if re.match(r"[a-z]+://", example):
        return _url(place)[0]
    return Constant(example)


def _kind_of(example: JSON | object) -> str:
    """Return the kind of id that an example looks like; empty where it looks like none."""
    if not isinstance(example, str):
        return ""
    return next((kind for pattern, kind in SHAPES if pattern.fullmatch(example)), "")


def _by_description(place: EventPlace) -> Maker | None:
    for pattern, value in DESCRIBED:
        if pattern.search(place.description):
            return makers_of(value, place, _WAYS)[0]
    kind = ENDINGS.get(place.snake.rpartition("_")[2]) if "_" in place.snake else None
    return None if kind is None else entity(kind, place.owned)


def _own(kind: str, place: EventPlace) -> str:
    return f"{place.owned}.phone" if kind.startswith("phone") else place.owned


def options_for(
    name: str, values: Sequence[JSON], siblings: Mapping[str, JSON]
) -> list[int] | None:
    """Return the indexes of the `values` that go with what `siblings` have; None for all."""
    other, theirs, otherwise = TOGETHER.get(name, ("", {}, ""))
    if other not in siblings:
        return None
    wanted = theirs.get(siblings[other], otherwise)
    found = [position for position, value in enumerate(values) if value == wanted]
    return found or None
