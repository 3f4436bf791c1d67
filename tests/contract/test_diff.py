"""What changes for a receiver between two contracts: what can break it, and what cannot."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract import load
from mockzoom.contract.diff import MOST_DIFFERENCES, Difference, differences
from mockzoom.contract.schema_changes import SchemaComparison
from tests.contract.conftest import Documents
from tests.each import each

SPECS = Path(__file__).resolve().parents[2] / "specs"
TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
BREAKING, HARMLESS, NOTICE = "breaking", "harmless", "notice"


def compared(documents: Documents, old: Any, new: Any) -> list[Difference]:
    """The differences between two documents."""
    contracts = [documents.load(document, f"{i}.json") for i, document in enumerate((old, new))]
    return list(differences(contracts[0].events, contracts[1].events))


def of(documents: Documents, old: Any, new: Any) -> list[tuple[str, str, str]]:
    """Impact, pointer and change, where the payload's field `x` has these schemas."""
    before, after = documents.of(x=old), documents.of(x=new)
    return [(item.impact, item.pointer, item.change) for item in compared(documents, before, after)]


def payload(documents: Documents, properties: Any, *required: str, **more: Any) -> Any:
    schema = {"type": "object", "properties": properties, "required": list(required), **more}
    return documents.document(documents.envelope(schema))


# -- one field -------------------------------------------------------------------------------------

X = "/payload/x"
CHANGES: list[tuple[Any, Any, list[tuple[str, str, str]]]] = [
    (TEXT, TEXT, []),
    (TEXT, {**TEXT, "description": "more", "examples": ["a"]}, []),
    (TEXT, {**TEXT, "deprecated": True}, [(HARMLESS, X, "deprecated")]),
    ({**TEXT, "deprecated": True}, TEXT, [(HARMLESS, X, "no longer deprecated")]),
    ({**TEXT, "deprecated": True}, {**TEXT, "deprecated": True}, []),
    (TEXT, {**NUMBER, "deprecated": True},
     [(HARMLESS, X, "deprecated"), (BREAKING, X, "type changed")]),
    ({"allOf": [TEXT]}, {"allOf": [TEXT], "deprecated": True}, [(HARMLESS, X, "deprecated")]),
    ({"oneOf": [TEXT, NUMBER]}, {"oneOf": [TEXT, NUMBER], "deprecated": True},
     [(HARMLESS, X, "deprecated")]),
    ({**TEXT, "deprecated": True}, {"oneOf": [TEXT, NUMBER]},
     [(HARMLESS, X, "no longer deprecated"), (BREAKING, X, "alternative added")]),
    (TEXT, NUMBER, [(BREAKING, X, "type changed")]),
    (NUMBER, {"type": "number"}, [(BREAKING, X, "type widened")]),
    ({"type": "number"}, NUMBER, [(HARMLESS, X, "type narrowed")]),
    (TEXT, {"type": ["string", "integer"]}, [(BREAKING, X, "type widened")]),
    ({"type": ["string", "integer"]}, TEXT, [(HARMLESS, X, "type narrowed")]),
    (TEXT, {"type": ["string", "null"]}, [(BREAKING, X, "null added")]),
    (TEXT, {"type": "string", "nullable": True}, [(BREAKING, X, "null added")]),
    ({"type": ["string", "null"]}, TEXT, [(HARMLESS, X, "type narrowed")]),
    (TEXT, {}, [(BREAKING, X, "type widened")]),
    ({"enum": ["a"]}, {"enum": ["a"], "type": "string"}, []),
    ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}, []),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, [(BREAKING, X, "enum value added")]),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, [(HARMLESS, X, "enum value removed")]),
    ({"type": "string", "enum": ["a"]}, TEXT, [(BREAKING, X, "enum removed")]),
    (TEXT, {"type": "string", "enum": ["a"]}, [(HARMLESS, X, "enum added")]),
    ({"const": "a"}, {"enum": ["a", "b"]}, [(BREAKING, X, "enum value added")]),
    ({"type": "string", "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]},
     [(BREAKING, X, "null added")]),
    ({**NUMBER, "maximum": 5}, {**NUMBER, "maximum": 9}, [(BREAKING, X, "maximum loosened")]),
    ({**NUMBER, "maximum": 9}, {**NUMBER, "maximum": 5}, [(HARMLESS, X, "maximum tightened")]),
    ({**NUMBER, "minimum": 5}, NUMBER, [(BREAKING, X, "minimum loosened")]),
    (NUMBER, {**NUMBER, "minimum": 5}, [(HARMLESS, X, "minimum tightened")]),
    ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 6}, [(BREAKING, X, "maxLength loosened")]),
    ({**TEXT, "minLength": 5}, {**TEXT, "minLength": 4}, [(BREAKING, X, "minLength loosened")]),
    ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 4},
     [(HARMLESS, X, "multipleOf tightened")]),
    ({**NUMBER, "multipleOf": 4}, {**NUMBER, "multipleOf": 2},
     [(BREAKING, X, "multipleOf loosened")]),
    ({**NUMBER, "format": "int32"}, {**NUMBER, "format": "int64"},
     [(BREAKING, X, "maximum loosened"), (BREAKING, X, "minimum loosened")]),
    ({**TEXT, "format": "date-time"}, TEXT, [(BREAKING, X, "format removed")]),
    (TEXT, {**TEXT, "format": "date-time"}, [(HARMLESS, X, "format added")]),
    ({**TEXT, "format": "date"}, {**TEXT, "format": "date-time"},
     [(BREAKING, X, "format changed")]),
    ({**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, [(BREAKING, X, "pattern changed")]),
    ({"type": "array", "items": TEXT, "uniqueItems": True}, {"type": "array", "items": TEXT},
     [(BREAKING, X, "uniqueItems loosened")]),
    ({"type": "array", "items": TEXT}, {"type": "array", "items": NUMBER},
     [(BREAKING, X + "/*", "type changed")]),
    ({"type": "array", "items": TEXT}, {"type": "array"}, [(BREAKING, X + "/*", "type widened")]),
    ({"type": "array"}, {"type": "array", "items": TEXT}, [(HARMLESS, X + "/*", "type narrowed")]),
    ({"type": "array", "items": TEXT}, TEXT, [(BREAKING, X, "type changed")]),
    ({"type": "object", "additionalProperties": TEXT},
     {"type": "object", "additionalProperties": NUMBER}, [(BREAKING, X + "/*", "type changed")]),
    ({"type": "object", "additionalProperties": TEXT},
     {"type": "object", "additionalProperties": False},
     [(BREAKING, X + "/*", "further fields removed")]),
    ({"oneOf": [TEXT, NUMBER]}, {"oneOf": [NUMBER, TEXT]}, []),
    ({"oneOf": [TEXT, NUMBER]}, {"oneOf": [TEXT, NUMBER, {"type": "boolean"}]},
     [(BREAKING, X, "alternative added")]),
    ({"oneOf": [TEXT, NUMBER]}, TEXT, [(HARMLESS, X, "alternative removed")]),
    (TEXT, {"anyOf": [TEXT, NUMBER]}, [(BREAKING, X, "alternative added")]),
    ({"oneOf": [TEXT, {**NUMBER, "maximum": 5}]}, {"oneOf": [TEXT, {**NUMBER, "maximum": 9}]},
     [(BREAKING, X, "maximum loosened")]),
    ({"allOf": [TEXT, {"maxLength": 5}]}, {**TEXT, "maxLength": 5}, []),
    ({"allOf": [TEXT, {"maxLength": 5}]}, {**TEXT, "maxLength": 6},
     [(BREAKING, X, "maxLength loosened")]),
    ({**TEXT, "not": {"const": "a"}}, TEXT, [(BREAKING, X, "condition `not` removed")]),
    (TEXT, {**TEXT, "not": {"const": "a"}}, [(HARMLESS, X, "condition `not` added")]),
]  # fmt: skip
"""Schemas of one field before and after, and what that means."""


@each(("old", "new", "expected"), CHANGES, lambda old: str(old)[:60])
def test_each_change_of_a_field_has_its_impact(
    documents: Documents, old: Any, new: Any, expected: list[tuple[str, str, str]]
) -> None:
    found = of(documents, old, new)
    assert sorted(found) == sorted(expected), (old, new)


# -- fields and events -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((), ("a",), [(HARMLESS, "/payload/a", "new optional field")]),
        ((), ("a!",), [(HARMLESS, "/payload/a", "new required field")]),
        (("a",), (), [(BREAKING, "/payload/a", "optional field removed")]),
        (("a!",), (), [(BREAKING, "/payload/a", "required field removed")]),
        (("a!",), ("a",), [(BREAKING, "/payload/a", "no longer required")]),
        (("a",), ("a!",), [(HARMLESS, "/payload/a", "now required")]),
        (("a/b~c!",), ("a/b~c",), [(BREAKING, "/payload/a~1b~0c", "no longer required")]),
    ],
)
def test_each_change_of_fields_has_its_impact(
    documents: Documents,
    old: tuple[str, ...],
    new: tuple[str, ...],
    expected: list[tuple[str, str, str]],
) -> None:
    def document(names: tuple[str, ...]) -> Any:
        properties = {name.removesuffix("!"): TEXT for name in ("id", *names)}
        required = [name.removesuffix("!") for name in names if name.endswith("!")]
        return payload(documents, properties, *required)

    found = compared(documents, document(old), document(new))
    assert [(item.impact, item.pointer, item.change) for item in found] == expected


def test_a_field_that_a_schema_of_all_others_still_describes_is_not_removed(
    documents: Documents,
) -> None:
    old = payload(documents, {"a": TEXT, "id": TEXT})
    for rest, expected in ((TEXT, []), (NUMBER, [(BREAKING, "/payload/a", "type changed")])):
        new = payload(documents, {"id": TEXT}, additionalProperties=rest)
        found = compared(documents, old, new)
        assert [(item.impact, item.pointer, item.change) for item in found] == expected


def test_a_closed_object_that_opens_is_no_change_for_a_receiver(documents: Documents) -> None:
    closed = payload(documents, {"id": TEXT}, additionalProperties=False)
    assert compared(documents, closed, payload(documents, {"id": TEXT})) == []


def test_a_renamed_event_is_removed_and_new(documents: Documents) -> None:
    old = documents.of(x=TEXT)
    new = {**old, "webhooks": {"room.closed": old["webhooks"]["room.opened"]}}
    found = compared(documents, old, new)
    assert [(item.impact, item.event, item.change) for item in found] == [
        (BREAKING, "room.opened", "event removed"), (NOTICE, "room.closed", "new event"),
    ]  # fmt: skip


def test_a_difference_has_before_after_and_a_reason(documents: Documents) -> None:
    (found,) = compared(
        documents,
        documents.of(x={**TEXT, "maxLength": 5}),
        documents.of(x={**TEXT, "maxLength": 9}),
    )
    assert (found.before, found.after) == (5, 9)
    (found,) = compared(documents, documents.of(x=TEXT), documents.of(x=NUMBER))
    assert (found.before, found.after) == ("string", "integer")
    assert found.why == "Values of another type may come."


def test_references_are_compared_by_what_they_lead_to(documents: Documents) -> None:
    old = documents.of(x={"$ref": "#/components/schemas/Name"})
    old["components"] = {"schemas": {"Name": {**TEXT, "maxLength": 5}}}
    assert compared(documents, old, documents.of(x={**TEXT, "maxLength": 5})) == []
    (found,) = compared(documents, old, documents.of(x=TEXT))
    assert (found.pointer, found.change) == (X, "maxLength loosened")


def _tree(documents: Documents, name: Any) -> Any:
    document = documents.of(tree={"$ref": "#/components/schemas/Tree"})
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    properties = {"children": children, "name": name, "twins": children}
    document["components"] = {"schemas": {"Tree": {"type": "object", "properties": properties}}}
    return document


def test_a_recursive_schema_is_compared_once(documents: Documents) -> None:
    assert compared(documents, _tree(documents, TEXT), _tree(documents, TEXT)) == []
    found = compared(documents, _tree(documents, TEXT), _tree(documents, NUMBER))
    assert {item.change for item in found} == {"type changed"}
    assert "/payload/tree/name" in [item.pointer for item in found]
    assert len(found) < 10


def test_thirty_levels_of_two_references_each_are_compared_in_time() -> None:
    def schema(last: Any) -> Any:
        levels: dict[str, Any] = {"L30": last}
        for level in range(30):
            reference = {"$ref": f"#/$defs/L{level + 1}"}
            levels[f"L{level}"] = {"type": "object", "properties": {"a": reference, "b": reference}}
        return {"$ref": "#/$defs/L0", "$defs": levels}

    assert list(SchemaComparison(schema(TEXT), schema(TEXT)).changes()) == []
    changes = SchemaComparison(schema(TEXT), schema(NUMBER)).changes()
    assert [item.what for item in islice(changes, 100)] == ["type changed"] * 100


def test_schemas_that_differ_far_within_are_compared_down_to_a_depth() -> None:
    def nested(levels: int, last: Any) -> Any:
        for _ in range(levels):
            last = {"type": "object", "properties": {"a": last}}
        return last

    (found,) = SchemaComparison(nested(90, TEXT), nested(90, NUMBER)).changes()
    assert found.pointer == "/a" * 90
    (found,) = SchemaComparison(nested(200, TEXT), nested(200, NUMBER)).changes()
    assert found.what == "not compared"


def test_differences_beyond_the_number_that_is_named_count_as_breaking(
    documents: Documents,
) -> None:
    many = {f"f{number}": TEXT for number in range(MOST_DIFFERENCES + 1)}
    found = compared(documents, documents.of(id=TEXT), documents.of(id=TEXT, **many))
    assert len(found) == MOST_DIFFERENCES + 1
    assert found[0].change == "more than 1,000 differences"
    assert (found[0].impact, found[1].impact) == (BREAKING, HARMLESS)


# -- the bundled documents -------------------------------------------------------------------------


def test_the_three_documents_of_rtms_only_grew() -> None:
    files = ("history/rtms-2026-02-07.json", "history/rtms-2026-undated.json", "rtms.json")
    first, second, third = (load([SPECS / name]).events for name in files)
    found = differences(first, second)
    assert [(item.impact, item.event, item.pointer) for item in found] == [
        (NOTICE, "contact_center.voice_rtms_interrupted", ""),
        (NOTICE, "contact_center.voice_rtms_started", ""),
        (NOTICE, "contact_center.voice_rtms_stopped", ""),
        (HARMLESS, "session.rtms_started", "/payload/account_id"),
    ]
    assert {(item.impact, item.change) for item in differences(second, third)} == {
        (HARMLESS, "new required field")
    }
    back = differences(third, first)
    assert {item.impact for item in back} == {BREAKING}
    assert len(back) == len(differences(first, third))


def test_a_contract_does_not_differ_from_itself() -> None:
    events = load().events
    assert differences(events, events) == ()
