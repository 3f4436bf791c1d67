"""Believable values: the table of the most used events, and what holds for every event of Zoom."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.synth import DEFAULT_AT_MS, shapes, synthesise
from tests.each import each, thorough
from tests.whole_contract import whole_contract

from .believable import TABLE
from .conftest import seconds

ALL = contract.load()
_SHAPES = 24


def test_the_table_has_the_events_that_receivers_use_most() -> None:
    assert len(TABLE) >= 60
    assert TABLE.keys() <= set(ALL.known)


@each("event", [*TABLE][::6])
def test_the_full_event_is_believable(event: str) -> None:
    body = synthesise(ALL.known[event]).body
    for check in TABLE[event]:
        check(body)


@pytest.mark.slow
@each("event", TABLE)
def test_every_shape_is_believable_and_valid_in_several_entity_sets(event: str) -> None:
    spec = ALL.known[event]
    for index in range(min(shapes(spec), _SHAPES)):
        for seed, entities in ((1, 0), (7, 3), (-4, 11)):
            at_ms = DEFAULT_AT_MS + 7_777_777 * entities
            body = synthesise(spec, seed=seed, index=index, at_ms=at_ms, entities=entities).body
            assert contract.valid_by_both(spec, body)
            for check in TABLE[event]:
                check(body)


def named(value: Any, name: str = "", parent: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield every scalar with the names of its field and of the object around it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from named(item, key, name)
    elif isinstance(value, list):
        for item in value:
            yield from named(item, name, parent)
    else:
        yield name, parent, value


FORMS = (
    (r".*(percent|percentage)", int, r"\d|[1-9]\d|100"),
    (r"monthly_day", int, r"[1-9]|[12]\d|3[01]"),
    (r".*(?<![a-z])jid|.*Jid", str, r"[^@\s]+@xmpp\.zoom\.example"),
    (r"time_stamp", int, r"\d{13}"),
    (r".*country_iso_code", str, r"[A-Z]{2}"),
    (r"language", str, r"[a-z]{2}-[A-Z]{2}"),
    (r"call_id", str, r"[1-9]\d{18}"),
    (r".*_port|port", int, r"\d{4,5}"),
)
"""Names of fields, the type of the value, and the form that it has in every event."""


@pytest.mark.slow
def test_names_of_fields_give_forms_in_every_event_of_zoom() -> None:
    wrong, met = [], set()
    for spec in whole_contract().events.values():
        for name, _, value in named(synthesise(spec).body):
            for pattern, kind, shape in FORMS:
                if re.fullmatch(pattern, name) and type(value) is kind:
                    met.add(pattern)
                    if not re.fullmatch(shape, str(value)):
                        wrong.append((spec.name, name, value))
    assert wrong == []
    assert met == {pattern for pattern, _, _ in FORMS}


PAIRS = (("start", "end"), ("begin", "end"), ("min", "max"), ("min", "avg"), ("avg", "max"),
         ("join", "leave"), ("created", "updated"))  # fmt: skip
"""Words in names of fields: the second is never less than the first."""
PLANNING = {
    "meeting", "webinar", "scheduler", "workspace", "zoom_events", "visitor_management",
}  # fmt: skip
"""Namespaces of events about what is to come."""
TIMED = re.compile(r".*(time|date|_ts|_at|stamp|start|end).*")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def second(value: Any) -> float | None:
    """Return the epoch second that a value is; None where it is no time."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return seconds(value)
    is_ms = isinstance(value, int) and 10**12 < value < 10**13
    return value / 1000 if is_ms else None


@pytest.mark.slow
@pytest.mark.parametrize("every", [4, *thorough(1)])
def test_nothing_ends_before_it_begins_in_any_event_of_zoom(every: int) -> None:
    wrong = []
    for spec in [*whole_contract().events.values()][::every]:
        for index in range(min(2, shapes(spec))):
            for found in objects(synthesise(spec, index=index).body):
                for name, value in found.items():
                    for low, high in PAIRS:
                        other = name.replace(low, high)
                        if low not in name or other not in found:
                            continue
                        some, more = second(value), second(found[other])
                        if some is None or more is None:
                            some, more = value, found[other]
                        if isinstance(some, int | float) and isinstance(more, int | float):
                            wrong += [(spec.name, name, value)] if some > more else []
    assert wrong == []


@pytest.mark.slow
def test_only_what_is_planned_lies_ahead_in_any_event_of_zoom() -> None:
    ahead = set()
    for spec in whole_contract().events.values():
        body = synthesise(spec).body
        for name, _, value in named(body):
            told = second(value)
            if told is not None and TIMED.fullmatch(name) and told > DEFAULT_AT_MS / 1000:
                ahead.add((spec.name.partition(".")[0], name))
    assert {namespace for namespace, _ in ahead} <= PLANNING
    assert {name for _, name in ahead} <= {
        "start_time", "end_time", "start_date_time", "end_date_time",
    }  # fmt: skip


def test_a_guest_who_is_not_signed_in_has_an_empty_id() -> None:
    spec = ALL.known["meeting.participant_joined"]
    ids = {
        synthesise(spec, index=index).payload["object"]["participant"].get("id")
        for index in range(shapes(spec))
    }
    assert "" in ids
    assert any(found and len(found) == 22 for found in ids)


def test_a_person_has_one_name_and_one_address_in_every_event() -> None:
    told = {
        name: synthesise(ALL.known[name]).payload["object"]
        for name in ("user.created", "meeting.registration_created", "meeting.participant_joined")
    }
    user, registrant = told["user.created"], told["meeting.registration_created"]["registrant"]
    guest = told["meeting.participant_joined"]["participant"]
    assert user["email"] == registrant["email"] == guest["email"]
    assert user["display_name"] == guest["user_name"]
    assert user["first_name"] == registrant["first_name"]
    assert user["id"] == guest["id"]


def test_the_token_of_a_recording_is_valid_for_a_day() -> None:
    body = synthesise(ALL.known["recording.completed"]).body
    head, claims, signature = (
        urlsafe_b64decode(part + "=" * (-len(part) % 4))
        for part in body["download_token"].split(".")
    )
    assert json.loads(head) == {"alg": "ES256"}
    told = json.loads(claims)
    assert told["iat"] == body["event_ts"] // 1000
    assert told["exp"] - told["iat"] == 86_400
    assert len(signature) == 64
