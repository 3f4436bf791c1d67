"""Other documented values are derived from findings, unless an erratum speaks of the place."""

from __future__ import annotations

import json


def variants(contract):
    return [(v.pointer, v.value, v.erratum) for v in contract.get("room.opened").variants]


def example(payload, event="room.opened"):
    return {"example": {"event": event, "event_ts": 1, "payload": payload}}


def test_a_scalar_of_another_type_in_the_example_is_a_variant(documents):
    document = documents.of(
        media=example({"id": 5, "size": "7", "list": [{"at": 1}], "maybe": 1}),
        id={"type": "string"},
        size={"type": ["integer", "number"]},
        list={
            "type": "array",
            "items": {"type": "object", "properties": {"at": {"type": "string"}}},
        },
        maybe={"type": "integer"},
    )
    assert variants(documents.load(document)) == [
        ("/payload/id", 5, None),
        ("/payload/list/0/at", 1, None),
        ("/payload/size", "7", None),
    ]


def test_another_structure_is_no_variant(documents):
    document = documents.of(
        media=example({"a": "text", "b": {"c": 1}, "d": None, "e": "x"}),
        a={"type": "array"},
        b={"type": "string"},
        d={"type": "string"},
        e={"type": ["object", "integer"]},
    )
    contract = documents.load(document)
    assert len(contract.findings) == 4
    assert variants(contract) == []


def test_the_name_of_another_event_is_no_variant(documents):
    document = documents.of(media=example({}, event="room.closed"))
    assert variants(documents.load(document)) == []


def test_a_described_value_is_a_variant_at_its_place(documents):
    code = {"type": "integer", "enum": [1, 2], "description": "* 1 - a\n* 2 - b\n* 3 - c"}
    rows = {"type": "array", "items": {"type": "object", "properties": {"a/b": code}}}
    assert variants(documents.load(documents.of(rows=rows))) == [("/payload/rows/0/a~1b", 3, None)]


def test_a_scalar_of_another_type_beside_its_own_schema_is_a_variant(documents):
    document = documents.of(code={"type": "string", "example": 5})
    assert variants(documents.load(document)) == [("/payload/code", 5, None)]


def test_an_observed_value_settles_its_place(documents):
    listed = "\n".join(f"* {number} - meaning" for number in range(1, 8))
    code = {"type": "integer", "enum": [1, 2, 3, 4, 5], "description": listed}
    place = (
        "$.webhooks['room.opened'].post.requestBody.content['application/json'].schema"
        ".properties.payload.properties.code.enum"
    )
    action = {
        "target": place,
        "update": [6],
        "x-mockzoom-erratum": {
            "id": "e",
            "reason": "r",
            "other-reading": {
                "pointer": "/payload/code",
                "values": [6],
                "observed": {"date": "2026-07-29", "source": "a capture"},
            },
        },
    }
    errata = documents.write(json.dumps({"overlay": "1.0.0", "actions": [action]}), "e.yaml")
    document = documents.of(code=code)
    assert [value for _, value, _ in variants(documents.load(document))] == [6, 7]
    assert variants(documents.load(document, errata=[errata])) == []


def test_an_erratum_settles_its_place(documents):
    action = {
        "target": "$.webhooks['room.opened']",
        "update": {},
        "x-mockzoom-erratum": {
            "id": "e",
            "reason": "r",
            "other-reading": {"pointer": "/payload/id", "values": [5, 5.0, 6]},
        },
    }
    errata = documents.write(json.dumps({"overlay": "1.0.0", "actions": [action]}), "e.yaml")
    document = documents.of(
        media=example({"id": 5, "size": "7"}), id={"type": "string"}, size={"type": "integer"}
    )
    assert variants(documents.load(document, errata=[errata])) == [
        ("/payload/id", 5, "e"),
        ("/payload/id", 6, "e"),
        ("/payload/size", "7", None),
    ]
