"""Both validators read a compiled schema alike."""

from __future__ import annotations

import pytest

from mockzoom.contract import COMMON_FORMATS, SchemaError, errors, load, valid, valid_by_both
from mockzoom.contract.satisfy import sample
from mockzoom.model import EventSpec
from mockzoom.schema.leaves import FORMAT_SAMPLES
from mockzoom.schema.validators import exact_validator, fast_validator


def spec(schema):
    return EventSpec("a.b", "a.json", "", "", schema)


FORMATS = {
    "date": (["2024-02-29"], ["2023-02-29", "2024-2-9", "20240209", "", "x"]),
    "date-time": (
        ["2024-05-01T10:20:30Z", "2024-05-01T10:20:30.123+01:00"],
        ["2024-05-01 10:20:30", "2024-05-01T10:20:30", "2024-05-01", "2024-05-01T25:00:00Z", ""],
    ),
    "duration": (["P1D", "PT1H", "P1Y2M"], ["P", "1D", "PT", ""]),
    "email": (["jill@example.com", "a+b@example.co.uk"], ["jill", "jill.example.com", ""]),
    "hostname": (["example.com", "a-b.example"], ["-a", "a b", "a..b", ""]),
    "ipv4": (["192.0.2.1"], ["256.1.1.1", "1.2.3", "01.2.3.4", ""]),
    "ipv6": (["::1", "2001:db8::1"], ["12345::", "1.2.3.4", "::1/64", ""]),
    "json-pointer": (["", "/a", "/a~1b"], ["a", "/~", "#/a"]),
    "time": (["10:20:30Z", "10:20:30.5+01:00"], ["10:20:30", "25:00:00Z", "10:20", ""]),
    "uri": (["https://example.com/a?b=c#d", "urn:x"], ["//a/b", "/a", "a b", ""]),
    "uri-reference": (["/a", "//a/b", "?a=b", ""], ["a b", "\\x"]),
    "uuid": (
        ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
        ["2eb8aa08aa9811eab4aa73b441d16380", "4444AAAiAAAAAiAiAiiAii==", ""],
    ),
}


def test_every_common_format_is_tried():
    assert set(FORMATS) == COMMON_FORMATS == set(FORMAT_SAMPLES)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_both_validators_assert_a_common_format_alike(name):
    event = spec({"type": "string", "format": name})
    good, bad = FORMATS[name]
    for text in (*good, *FORMAT_SAMPLES[name]):
        assert valid(event, text), text
        assert errors(event, text) == (), text
    for text in bad:
        assert not valid(event, text), text
        assert [error.keyword for error in errors(event, text)] == ["format"], text


def test_errors_name_the_keyword_and_the_place():
    event = spec(
        {
            "type": "object",
            "required": ["a", "b"],
            "properties": {"a/b": {"items": {"type": "integer"}}},
            "additionalProperties": False,
        }
    )
    found = errors(event, {"a/b": [1, "2"], "c": 1})
    assert [(error.pointer, error.keyword) for error in found] == [
        ("", "additionalProperties"),
        ("", "required"),
        ("", "required"),
        ("/a~1b/1", "type"),
    ]
    assert isinstance(found[0], SchemaError)
    assert "'2' is not of type 'integer'" in found[3].message


def test_two_specs_with_different_schemas_are_not_mixed_up():
    for kind, good, bad in (("string", "a", 1), ("integer", 1, "a")):
        for _ in range(50):
            event = spec({"type": kind})
            assert valid(event, good)
            assert not valid(event, bad)


@pytest.mark.parametrize(
    "body", [{"a": "\ud800"}, {"\ud800": 1}, {"a": float("nan")}, {1: 2}], ids=repr
)
def test_what_json_cannot_carry_is_never_valid(body):
    event = spec({"type": "object", "properties": {"a": {"type": ["string", "number"]}}})
    assert not valid_by_both(event, body)


@pytest.mark.slow
def test_both_validators_agree_on_bundled_events_and_on_what_breaks_them():
    for event in load().events.values():
        body = sample(event)
        assert body["event"] == event.name
        assert valid(event, body)
        assert errors(event, body) == ()
        for broken in (
            {key: value for key, value in body.items() if key != "payload"},
            {**body, "event_ts": "1"},
            {**body, "event_ts": 2**63},
            {**body, "payload": None},
        ):
            assert valid(event, broken) == (errors(event, broken) == ())
            assert not valid(event, broken) or "payload" not in event.schema["required"]


def test_integer_formats_are_bounds(documents):
    contract = documents.load(
        documents.of(
            a={"type": "integer", "format": "int32"},
            b={"type": "integer", "format": "int64", "minimum": 0},
            c={"type": "string", "format": "int64"},
        )
    )
    properties = contract.get("room.opened").schema["properties"]["payload"]["properties"]
    assert properties == {
        "a": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
        "b": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        "c": {"type": "string"},
    }


def test_the_fast_validator_refuses_what_is_no_schema():
    with pytest.raises(ValueError, match="long"):
        fast_validator({"type": "long"})


def test_a_number_too_large_to_be_divided_is_an_error_and_no_exception():
    made = spec({"properties": {"n": {"type": "number", "multipleOf": 0.1}}})
    assert errors(made, {"n": 10**400}) == (
        SchemaError("", "", "holds a number too large to be validated"),
    )


def test_a_long_enum_is_looked_up_as_json_compares() -> None:
    values = [*range(2_000), True, "a", [1], {"b": 2}]
    validator = exact_validator({"enum": values})
    for value in (0, 1.0, 1_999, True, "a", [1.0], {"b": 2}):
        assert validator.is_valid(value), value
    for value in (2_000, 0.5, False, "b", [True], {"b": True}, None):
        assert not validator.is_valid(value), value
