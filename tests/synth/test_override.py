"""Single values set by hand."""

from __future__ import annotations

import re

import pytest

from mockzoom.contract import Contract
from mockzoom.errors import UsageError
from mockzoom.model import Event
from mockzoom.synth import BrokenValue, override, parse_set, synthesise

EVENT = Event("a.b", {"event": "a.b", "payload": {"name": "x", "k.1": [1, {"s": 2}], "t/u": 0}})


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("payload.stop_reason=6", ("payload.stop_reason", 6)),
        ("payload.name=Zoë", ("payload.name", "Zoë")),
        ('payload.name="6"', ("payload.name", "6")),
        ("payload.name=", ("payload.name", "")),
        ("payload.name=a=b", ("payload.name", "a=b")),
        ("payload.list=[1,null]", ("payload.list", [1, None])),
        ("payload.name=NaN", ("payload.name", "NaN")),
        ("payload.name=6 {", ("payload.name", "6 {")),
    ],
)
def test_a_setting_is_json_where_it_can_be(text: str, parsed: tuple[str, object]) -> None:
    assert parse_set(text) == parsed


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ('{"a":1', "broken JSON at character 7: Expecting ',' delimiter"),
        ("[1,", "broken JSON at character 4: Expecting value"),
        ('"Zoë', "broken JSON at character 1: Unterminated string"),
        ('"Zoë" said', "broken JSON at character 7: Extra data"),
        (" [NaN]", "broken JSON: NaN is no JSON number"),
        ("[" * 100_000, "broken JSON"),
    ],
)
def test_a_value_that_begins_as_json_has_to_be_json_unless_it_is_raw(value: str, why: str) -> None:
    with pytest.raises(BrokenValue, match=re.escape(why)) as caught:
        parse_set(f"payload.name={value}")
    assert len(str(caught.value)) < 300
    assert parse_set(f"payload.name={value}", raw=True) == ("payload.name", value)


@pytest.mark.parametrize("text", ["payload.name", "=6", " =6"])
def test_what_is_no_setting_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"write path=value"):
        parse_set(text)


def test_a_value_is_set_and_the_original_is_left_alone() -> None:
    changed = override(EVENT, "payload.name", "Zoë")
    assert changed.body["payload"]["name"] == "Zoë"
    assert EVENT.body["payload"]["name"] == "x"
    assert list(changed.body["payload"]) == list(EVENT.body["payload"])


def test_items_are_numbered_and_odd_keys_are_reached_by_pointer() -> None:
    assert override(EVENT, "/payload/k.1/1/s", 9).body["payload"]["k.1"] == [1, {"s": 9}]
    assert override(EVENT, "/payload/t~1u", 9).body["payload"]["t/u"] == 9


def test_the_event_itself_can_be_set() -> None:
    assert override(EVENT, "event", "c.d").body["event"] == "c.d"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "payload.nme",
            r"has no 'payload.nme': at /payload it has name.*did you mean payload.name",
        ),
        ("payload.name.x", r'at /payload/name it is "x"'),
        ("/payload/k.1/7", r"it is a list of 2 items \(0 to 1\)"),
        ("payload.new", r"has no 'payload.new'"),
        ("nowhere.at.all", r"at / it has event, payload"),
    ],
)
def test_an_unknown_path_is_refused_with_what_is_there(path: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        override(EVENT, path, 1)


def test_an_absent_optional_field_can_be_set_when_the_schema_names_it(contract: Contract) -> None:
    spec = contract.get("session.user_joined")
    bare = synthesise(spec, index=1)
    changed = override(bare, "payload.object.user.user_key", "k", spec)
    assert changed.payload["object"]["user"]["user_key"] == "k"
    with pytest.raises(UsageError, match="user_keys"):
        override(bare, "payload.object.user.user_keys", "k", spec)
    with pytest.raises(UsageError, match="user_key"):
        override(bare, "payload.object.user.user_key", "k")
