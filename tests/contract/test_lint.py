"""Each oddity of a document is one finding, with its rule, its place and its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockzoom.contract import LINT_RULES, load, valid_by_both
from mockzoom.contract.satisfy import sample
from mockzoom.synth import shapes, synthesise

OBJECT = {"type": "object"}

ODD_PROPERTIES: list[tuple[str, Any, str, str, str, Any]] = [
    # what it is, the property's schema, rule, place below the schema, reason, what is made of it
    ("a Java type", {"type": "long"}, "MZ704", "/type", "read as integer", {"type": "integer"}),
    ("a type in capitals", {"type": "String"}, "MZ704", "/type", "as string", {"type": "string"}),
    ("prose for a type", {"type": "the id of it"}, "MZ704", "/type", "not checked", {}),
    (
        "an unknown type in a list",
        {"type": ["string", "int"]},
        "MZ704",
        "/type",
        "read as integer",
        {"type": ["string", "integer"]},
    ),
    ("a type that is a number", {"type": 7}, "MZ707", "/type", "type is 7", {}),
    (
        "format datetime",
        {"type": "string", "format": "datetime"},
        "MZ705",
        "/format",
        "did you mean date-time?",
        {"type": "string"},
    ),
    (
        "format url",
        {"type": "string", "format": "url"},
        "MZ705",
        "/format",
        "did you mean uri?",
        {"type": "string"},
    ),
    (
        "format int",
        {"type": "integer", "format": "int"},
        "MZ705",
        "/format",
        "unknown format",
        {"type": "integer"},
    ),
    (
        "a misspelt keyword",
        {"type": "string", "maxlength": 3},
        "MZ706",
        "/maxlength",
        "did you mean maxLength?",
        {"type": "string"},
    ),
    (
        "a property outside of properties",
        {"type": "object", "host_id": {"type": "string"}},
        "MZ706",
        "/host_id",
        "belongs under `properties`",
        OBJECT,
    ),
    (
        "an enum that is no list",
        {"type": "string", "enum": "a"},
        "MZ707",
        "/enum",
        "expected a list",
        {"type": "string"},
    ),
    (
        "an empty enum",
        {"type": "string", "enum": []},
        "MZ707",
        "/enum",
        "at least one value",
        {"type": "string"},
    ),
    (
        "properties as a list",
        {"type": "object", "properties": [{"name": "a"}]},
        "MZ707",
        "/properties",
        "expected an object of schemas",
        OBJECT,
    ),
    (
        "a bound in quotes",
        {"type": "integer", "minimum": "5"},
        "MZ707",
        "/minimum",
        "read as 5",
        {"type": "integer", "minimum": 5},
    ),
    (
        "a negative length",
        {"type": "string", "minLength": -1},
        "MZ707",
        "/minLength",
        "a count from 0 up",
        {"type": "string"},
    ),
    ("a schema that is text", "string", "MZ707", "", "a schema is an object", {}),
    (
        "a boolean in quotes",
        {"type": "object", "additionalProperties": "false"},
        "MZ707",
        "/additionalProperties",
        "read as false",
        {"type": "object", "additionalProperties": False},
    ),
    (
        "one dead enum value",
        {"type": "string", "enum": ["a", 1]},
        "MZ707",
        "/enum",
        "enum holds 1, which is not of type string",
        {"type": "string", "enum": ["a"]},
    ),
    ("a reference to nothing", {"$ref": "#/nowhere"}, "MZ708", "/$ref", "leads nowhere", {}),
    (
        "a reference to a host",
        {"$ref": "https://example.com/x.json"},
        "MZ708",
        "/$ref",
        "another host",
        {},
    ),
    ("a reference that is none", {"$ref": 5}, "MZ707", "/$ref", "expected a reference", {}),
    (
        "a required name that is described nowhere",
        {"type": "object", "required": ["host_idd"], "properties": {"host_id": OBJECT}},
        "MZ709",
        "/required",
        "did you mean host_id?",
        {
            "type": "object",
            "required": ["host_idd"],
            "properties": {"host_id": OBJECT, "host_idd": {}},
        },
    ),
    (
        "an enum of another type",
        {"type": "integer", "enum": ["1", "2"]},
        "MZ710",
        "/enum",
        "no value of type integer",
        {"type": "integer", "enum": [1, 2]},
    ),
    (
        "an enum whose type must be wrong",
        {"type": "integer", "enum": ["on", "off"]},
        "MZ710",
        "/type",
        "taken from the enum's values",
        {"enum": ["on", "off"]},
    ),
    (
        "a minimum above the maximum",
        {"type": "integer", "minimum": 5, "maximum": 3},
        "MZ710",
        "/minimum",
        "minimum 5 leaves nothing below maximum 3",
        {"type": "integer", "maximum": 3},
    ),
    (
        "a required property that is forbidden",
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        "MZ710",
        "/required",
        "required and forbidden at once; no longer required: 'a'",
        {"type": "object", "properties": {"a": False}},
    ),
    (
        "a required property outside of a closed object",
        {"type": "object", "required": ["a"], "additionalProperties": False},
        "MZ710",
        "/required",
        "additionalProperties false forbids it; no longer required: 'a'",
        {"type": "object", "additionalProperties": False, "properties": {}},
    ),
    (
        "an enum of an array's items",
        {"type": "array", "items": {"type": "string"}, "enum": ["EU", "US"]},
        "MZ710",
        "/enum",
        "its values are read as those of the items",
        {"type": "array", "items": {"type": "string", "enum": ["EU", "US"]}},
    ),
    (
        "two types at once",
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        "MZ710",
        "/allOf",
        "a value cannot be string and integer",
        {"type": "integer"},
    ),
    (
        "branches of oneOf that are alike",
        {"oneOf": [{"type": "string"}, {"type": "string"}]},
        "MZ710",
        "/oneOf",
        "oneOf is read as anyOf",
        {"anyOf": [{"type": "string"}, {"type": "string"}]},
    ),
    (
        "a pattern that only Python knows",
        {"type": "string", "pattern": "^a\\Z"},
        "MZ715",
        "/pattern",
        "outside what ECMA-262 defines",
        {"type": "string"},
    ),
    (
        "a pattern that only JavaScript knows",
        {"type": "string", "pattern": "\\p{L}"},
        "MZ715",
        "/pattern",
        "bad escape",
        {"type": "string"},
    ),
    (
        "a pattern that nothing of the length matches",
        {"type": "string", "pattern": "^[0-9]{3}$", "minLength": 5},
        "MZ717",
        "/pattern",
        "no value was found",
        {"type": "string", "minLength": 5},
    ),
]


@pytest.mark.parametrize(
    ("schema", "rule", "place", "reason", "compiled"),
    [row[1:] for row in ODD_PROPERTIES],
    ids=[row[0] for row in ODD_PROPERTIES],
)
def test_an_odd_property_is_one_finding_and_mended(
    documents, only, schema, rule, place, reason, compiled
):
    contract = documents.load(documents.of(odd=schema))
    finding = only(contract)
    assert finding.rule == rule
    assert finding.pointer == f"{documents.payload}/properties/odd{place}"
    assert reason in finding.message
    assert finding.event == documents.event
    assert finding.file.endswith("contract.json")
    spec = contract.get(documents.event)
    assert spec.schema["properties"]["payload"]["properties"]["odd"] == compiled
    assert valid_by_both(spec, sample(spec))


def test_every_rule_but_the_informative_ones_is_mended_with_a_note(documents):
    contract = documents.load(documents.of(odd={"type": "long"}))
    (note,) = contract.get(documents.event).notes
    assert "read as integer" in note


SOUND_PROPERTIES: dict[str, Any] = {
    "an extension": {"type": "string", "x-enum": ["a"], "x-order": 3},
    "the annotations of OpenAPI": {
        "type": "string",
        "xml": {"name": "a"},
        "externalDocs": {"url": "https://example.com"},
        "discriminator": {"propertyName": "kind"},
        "example": "b",
        "readOnly": True,
        "deprecated": True,
        "$comment": "c",
    },
    "properties named like keywords": {
        "type": "object",
        "required": ["type", "required", "enum"],
        "properties": {
            "type": {"type": "string"},
            "required": {"type": "boolean"},
            "enum": {"type": "array", "items": {"type": "string"}},
            "properties": {"type": "object", "properties": {"format": {"type": "string"}}},
            "format": {"type": "string"},
            "$ref": {"type": "string"},
            "items": {"type": "integer"},
        },
    },
    "int32 and int64": {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "format": "int32"},
            "b": {"type": "integer", "format": "int64"},
        },
    },
    "a registered format that nobody checks": {"type": "string", "format": "password"},
    "names required in one branch and described in another": {
        "allOf": [
            {"type": "object", "required": ["a"]},
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ]
    },
    "alternatives of required names": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "an open map with a required name": {
        "type": "object",
        "required": ["en"],
        "additionalProperties": {"type": "string"},
    },
    "an optional property that is forbidden": {"type": "object", "properties": {"old": False}},
    "a strict lower bound": {"type": "integer", "exclusiveMinimum": 1},
    "distinct items": {
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 5,
        "uniqueItems": True,
    },
    "a type or null": {"oneOf": [{"type": "string"}, {"type": "null"}]},
    "an integer or a number": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]},
    "a pattern with a length": {"type": "string", "pattern": "^[0-9a-f]+$", "minLength": 32},
    "a condition": {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": "integer"}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["size"]},
    },
    "a format with a length": {"type": "string", "format": "date-time", "maxLength": 24},
    "an exact text": {"const": "x"},
    "a value that is not another": {"type": "string", "not": {"enum": ["text"]}},
    "a description that is prose": {
        "type": "string",
        "enum": ["on", "off"],
        "description": "State: on or off. Note: the host sets it - never a guest.",
    },
    "a description that lists all": {
        "type": "integer",
        "enum": [1, 2, 3],
        "description": "* 1 - a\n* 2 - b\n* 3 - c",
    },
    "a remark among the values": {
        "type": "string",
        "enum": ["on", "off"],
        "description": "`on`: works\n`off`: rests\nDefault: off\nnote: never empty",
    },
    "a description that lists mostly other things": {
        "type": "integer",
        "enum": [1, 2],
        "description": "1 - a\n2 - b\n3 - c\n4 - d\n5 - e",
    },
}


@pytest.mark.parametrize("schema", SOUND_PROPERTIES.values(), ids=SOUND_PROPERTIES.keys())
def test_a_sound_schema_raises_no_alarm(documents, schema):
    contract = documents.load(documents.of(sound=schema))
    assert contract.findings == ()
    spec = contract.get(documents.event)
    assert spec.notes == ()
    assert valid_by_both(spec, sample(spec))


@pytest.mark.parametrize(
    ("description", "enum", "missing"),
    [
        ("Why.\n* 1 — a\n* 2 — b\n* 3 — c", [1, 2], "3"),
        ("1 = a <br> 2 = b <br/> 3 = c", [1, 3], "2"),
        ("* `on`: a\n* `off`: b\n* `idle`: c", ["on", "off"], '"idle"'),
        ("* MP4: a\n* M4A: b\n* CC: c", ["MP4", "M4A"], '"CC"'),
        ("Codes.\n0: a\n-1: b\n7: c\n8: d", [0, -1, 7], "8"),
    ],
)
def test_a_described_value_that_the_enum_omits_is_found(
    documents, only, description, enum, missing
):
    kind = "integer" if isinstance(enum[0], int) else "string"
    schema = {"type": kind, "enum": enum, "description": description}
    finding = only(documents.load(documents.of(code=schema)))
    assert (finding.rule, finding.severity) == ("MZ703", "warning")
    assert finding.pointer == f"{documents.payload}/properties/code/enum"
    assert f"explains {missing}, which" in finding.message


def test_required_true_of_a_property_counts_for_its_parent(documents, only):
    contract = documents.load(documents.of(id={"type": "string", "required": True}))
    finding = only(contract)
    assert finding.rule == "MZ707"
    assert finding.pointer == f"{documents.payload}/properties/id/required"
    assert "counts as required" in finding.message
    payload = contract.get(documents.event).schema["properties"]["payload"]
    assert payload["required"] == ["id"]


def test_the_habits_of_openapi_3_0_are_no_oddities(documents):
    document = documents.of(
        openapi="3.0.3",
        name={"type": "string", "nullable": True, "example": "Jill"},
        size={"type": "integer", "minimum": 0, "exclusiveMinimum": True},
    )
    contract = documents.load(document)
    assert contract.findings == ()
    properties = contract.get(documents.event).schema["properties"]["payload"]["properties"]
    assert properties["name"]["type"] == ["string", "null"]
    assert properties["name"]["examples"] == ["Jill"]
    assert properties["size"] == {"type": "integer", "exclusiveMinimum": 0}


def test_a_boolean_bound_in_openapi_3_1_is_found_and_read_as_before(documents, only):
    contract = documents.load(documents.of(size={"minimum": 0, "exclusiveMinimum": True}))
    assert only(contract).rule == "MZ707"
    properties = contract.get(documents.event).schema["properties"]["payload"]["properties"]
    assert properties["size"] == {"exclusiveMinimum": 0}


@pytest.mark.parametrize("closed", [True, False])
def test_a_required_name_without_a_schema_is_described_as_the_example_shows_it(documents, closed):
    payload = {
        "type": "object",
        "required": ["id", "host"],
        "properties": {"id": {"type": "string"}},
    }
    if closed:
        payload["additionalProperties"] = False
    body = {"event": "room.opened", "event_ts": 1, "payload": {"id": "a", "host": {"name": "J"}}}
    contract = documents.load(documents.document(documents.envelope(payload), example=body))
    assert [finding.rule for finding in contract.findings] == ["MZ710" if closed else "MZ709"]
    spec = contract.get(documents.event)
    compiled = spec.schema["properties"]["payload"]
    assert compiled["required"] == ["id", "host"]
    assert compiled["properties"]["host"]["properties"] == {"name": {"type": "string"}}
    assert valid_by_both(spec, body)


def test_closed_objects_that_are_combined_are_opened(documents, only):
    one = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    two = {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}}
    branches = [{**branch, "additionalProperties": False} for branch in (one, two)]
    contract = documents.load(documents.document(documents.envelope({"allOf": branches})))
    finding = only(contract)
    assert (finding.rule, finding.pointer) == ("MZ710", f"{documents.payload}/allOf")
    assert "additionalProperties" in finding.message
    payload = contract.get(documents.event).schema["properties"]["payload"]
    assert payload["required"] == ["a", "b"]
    assert set(payload["properties"]) == {"a", "b"}


def test_an_enum_of_the_name_that_lacks_the_events_own_is_found(documents, only):
    schema = documents.envelope({"type": "object"})
    schema["properties"]["event"]["enum"] = ["room.closed"]
    contract = documents.load(documents.document(schema))
    finding = only(contract)
    assert finding.rule == "MZ710"
    assert finding.pointer == f"{documents.media}/schema/properties/event/enum"
    assert "omits the event's own name" in finding.message
    assert "room.opened" in contract.get(documents.event).schema["properties"]["event"]["enum"]


def test_a_const_of_the_name_is_not_enforced(documents):
    schema = documents.envelope({"type": "object"})
    schema["properties"]["event"]["const"] = "room.opened"
    contract = documents.load(documents.document(schema))
    assert contract.findings == ()
    assert "const" not in contract.get(documents.event).schema["properties"]["event"]


def test_a_schema_that_demands_itself_without_end_is_cut(documents, only):
    document = documents.of(tree={"$ref": "#/components/schemas/Tree"})
    tree = {
        "type": "object",
        "required": ["child"],
        "properties": {"child": {"$ref": "#/components/schemas/Tree"}},
    }
    document["components"] = {"schemas": {"Tree": tree}}
    contract = documents.load(document)
    finding = only(contract)
    assert finding.rule == "MZ710"
    assert finding.pointer == "/components/schemas/Tree/properties/child/$ref"
    assert "without end" in finding.message
    spec = contract.get(documents.event)
    assert valid_by_both(spec, sample(spec))


def test_an_example_that_contradicts_is_one_finding_a_contradiction(documents):
    body = {"event": "room.opened", "event_ts": 1, "payload": {"id": 5, "size": "7"}}
    media = {"examples": {"first": {"value": json.dumps(body)}}}
    document = documents.of(
        media=media, id={"type": "string", "enum": ["a"]}, size={"type": "integer"}
    )
    contract = documents.load(document)
    found = {finding.message for finding in contract.findings}
    assert {finding.rule for finding in contract.findings} == {"MZ702"}
    places = {finding.pointer for finding in contract.findings}
    assert places == {f"{documents.media}/examples/first/value"}
    assert len(found) == 2
    assert any("at /payload/id: 5" in message for message in found)
    assert any("at /payload/size:" in message for message in found)


def test_an_example_of_another_event_is_found(documents, only):
    body = {"event": "room.closed", "event_ts": 1, "payload": {}}
    finding = only(documents.load(documents.of(media={"example": body})))
    assert (finding.rule, finding.pointer) == ("MZ702", f"{documents.media}/example")
    assert '"room.closed"' in finding.message


def test_an_example_inside_a_schema_is_judged_by_that_schema(documents, only):
    contract = documents.load(documents.of(size={"type": "integer", "example": "big"}))
    finding = only(contract)
    assert finding.rule == "MZ702"
    assert finding.pointer == f"{documents.payload}/properties/size/example"
    properties = contract.get(documents.event).schema["properties"]["payload"]["properties"]
    assert "examples" not in properties["size"]


def test_an_example_that_is_no_json_is_found_with_line_and_column(documents, only):
    media = {"examples": {"bad": {"value": '{\n  "event": "room.opened",\n}'}}}
    finding = only(documents.load(documents.of(media=media)))
    assert (finding.rule, finding.severity) == ("MZ711", "warning")
    assert finding.pointer == f"{documents.media}/examples/bad/value"
    assert "line 3, column 1" in finding.message


def test_an_event_without_a_schema_gets_the_envelope(documents, only):
    contract = documents.load({"openapi": "3.1.0", "webhooks": {"room.opened": {"post": {}}}})
    finding = only(contract)
    assert (finding.rule, finding.severity) == ("MZ712", "warning")
    assert finding.pointer == "/webhooks/room.opened"
    spec = contract.get("room.opened")
    assert spec.schema["required"] == ["event", "event_ts", "payload"]
    assert spec.schema["properties"]["payload"] == {"type": "object"}


def test_an_event_without_a_schema_takes_its_structure_from_the_example(documents, only):
    body = {"event": "room.opened", "event_ts": 1, "payload": {"seats": [{"row": 2}]}}
    document = documents.document({}, examples={"one": {"value": json.dumps(body)}})
    contract = documents.load(document)
    assert only(contract).rule == "MZ712"
    spec = contract.get("room.opened")
    seats = spec.schema["properties"]["payload"]["properties"]["seats"]
    assert seats["items"]["properties"]["row"] == {"type": "integer"}
    assert spec.examples == (body,)


def test_an_answer_that_repeats_the_request_is_worth_a_remark(documents, only):
    schema = documents.envelope({"type": "object"})
    document = documents.document(schema)
    answer = {"200": {"content": {"application/json": {"schema": schema}}}}
    document["webhooks"]["room.opened"]["post"]["responses"] = answer
    finding = only(documents.load(document))
    assert (finding.rule, finding.severity) == ("MZ713", "info")
    assert finding.pointer.endswith("/post/responses/200/content/application~1json/schema")


def test_a_schema_without_the_envelope_gets_it(documents):
    schema = {"type": "object", "additionalProperties": False, "properties": {"event_ts": True}}
    contract = documents.load(documents.document(schema))
    assert [finding.rule for finding in contract.findings] == ["MZ716", "MZ716", "MZ720"]
    spec = contract.get(documents.event)
    assert spec.schema["required"] == ["event", "event_ts", "payload"]
    assert spec.schema["properties"]["event"] == {"type": "string"}
    assert spec.schema["properties"]["event_ts"]["type"] == "integer"


PLAIN = {"event": {"type": "string"}, "event_ts": {"type": "integer"}, "payload": {}}


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        ({"type": "object", "properties": PLAIN}, "'event', 'event_ts', 'payload'"),
        ({"type": "object", "properties": PLAIN, "required": ["payload", "event"]}, "'event_ts'"),
        ({"allOf": [{"properties": PLAIN}, {"required": ["event_ts"]}]}, "'event', 'payload'"),
        ({"oneOf": [{"properties": PLAIN}, False]}, "'event', 'event_ts', 'payload'"),
    ],
)
def test_the_envelope_is_required_even_where_the_schema_forgot_it(documents, only, schema, missing):
    contract = documents.load(documents.document(schema))
    finding = only(contract)
    assert (finding.rule, finding.severity) == ("MZ720", "info")
    assert finding.message == f"the schema does not require {missing}; required"
    spec = contract.get(documents.event)
    assert {*spec.schema["required"]} == {"event", "event_ts", "payload"}
    assert any(finding.message in note for note in spec.notes)
    for index in range(shapes(spec)):
        assert {*synthesise(spec, index=index).body} == {"event", "event_ts", "payload"}


def test_the_envelope_stays_required_where_a_schema_leaves_no_room_for_it(documents):
    closed = {"properties": {"event": {"type": "string"}}, "additionalProperties": False}
    for root in ({"allOf": [closed, {"minProperties": 1}]}, {**closed, "maxProperties": 1}):
        spec = documents.load(documents.document({"type": "object", **root})).get(documents.event)
        assert {*spec.schema["required"]} == {"event", "event_ts", "payload"}
        assert {*synthesise(spec).body} == {"event", "event_ts", "payload"}


def test_an_example_need_not_have_what_its_schema_does_not_require(documents, only):
    document = documents.document(
        {"type": "object", "properties": PLAIN}, example={"event": "room.opened", "payload": {}}
    )
    assert only(documents.load(document)).rule == "MZ720"


def test_a_payload_that_is_forbidden_is_admitted(documents, only):
    contract = documents.load(documents.document(documents.envelope(False)))
    finding = only(contract)
    assert (finding.rule, finding.message) == (
        "MZ716",
        "the schema forbids 'payload'; admitted",
    )
    assert contract.get(documents.event).schema["properties"]["payload"] == {"type": "object"}


@pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "string"}, False])
def test_a_root_that_can_be_no_object_is_replaced_by_the_envelope(documents, only, schema):
    contract = documents.load(documents.document(schema))
    assert only(contract).rule == "MZ712"
    assert contract.get(documents.event).schema["properties"]["payload"] == {"type": "object"}


def test_a_key_that_repeats_is_found(documents, only):
    text = json.dumps(documents.of(a={"type": "string"}))
    text = text.replace('"a": {"type"', '"a": {"type": "integer", "type"')
    finding = only(documents.load(text))
    assert (finding.rule, finding.pointer) == (
        "MZ719",
        f"{documents.payload}/properties/a/type",
    )


def test_what_json_cannot_carry_is_replaced_and_found(documents):
    text = json.dumps(documents.of(a={"type": "number", "maximum": float("inf")}, b={"const": "?"}))
    contract = documents.load(text.replace('"?"', '"\\ud800"'))
    found = {(finding.rule, finding.pointer.rpartition("/")[2]) for finding in contract.findings}
    assert found == {("MZ701", "maximum"), ("MZ707", "maximum"), ("MZ701", "const")}


def test_findings_are_sorted_worst_first_and_each_rule_is_in_the_table():
    findings = load().findings
    order = {"error": 0, "warning": 1, "info": 2}
    keys = [(order[f.severity], f.file, f.pointer, f.rule) for f in findings]
    assert keys == sorted(keys)
    severities = {rule.id: rule.severity for rule in LINT_RULES}
    assert all(severities[finding.rule] == finding.severity for finding in findings)
    assert len(severities) == len(LINT_RULES)


def test_the_bundled_documents_report_what_the_facts_say():
    findings = load().findings
    video = [f for f in findings if f.rule == "MZ702"]
    assert len(video) == 12
    assert {f.file for f in video} == {"specs/video-sdk.json"}
    assert sum("at /payload/object/session_id: 1234567890" in f.message for f in video) == 10
    assert sum("at /payload/object/issues:" in f.message for f in video) == 1
    assert sum("at /event:" in f.message for f in video) == 1
    omitted = [f for f in findings if f.rule == "MZ703" and f.file == "specs/rtms.json"]
    assert {f.event for f in omitted} == {
        "meeting.rtms_stopped",
        "session.rtms_stopped",
        "webinar.rtms_stopped",
    }
    assert all("explains 5, 6, which" in f.message for f in omitted)
    assert {f.event for f in findings if f.rule == "MZ713"} == set(load().events)


def test_equal_values_of_an_enum_count_once_and_true_is_not_one(documents):
    values = [1, True, 1.0, "1", [1], [True], [1.0], {"a": 0}, {"a": False}, {"a": 0.0}, None, 0]
    contract = documents.load(documents.of(a={"enum": values}))
    kept = contract.get(documents.event).schema["properties"]["payload"]["properties"]["a"]["enum"]
    expected = [1, True, "1", [1], [True], {"a": 0}, {"a": False}, None, 0]
    assert json.dumps(kept) == json.dumps(expected)


def test_a_huge_enum_is_read_whole_and_the_spec_says_how_much_of_it_is_made(documents, only):
    """Comparing each value with each would take many minutes here."""
    values = [f"v{number}" for number in range(20_000)]
    lines = "\n".join(f"* {value} - text" for value in [*values, "v20000"])
    member = {"type": "string", "enum": values * 2, "description": lines}
    joined = {"allOf": [member, {"enum": [*reversed(values), "other"]}]}
    contract = documents.load(documents.of(a=joined))
    assert (only(contract).rule, only(contract).message) == (
        "MZ703",
        'the description explains "v20000", which the enum leaves out',
    )
    spec = contract.get(documents.event)
    assert spec.schema["properties"]["payload"]["properties"]["a"]["enum"] == values
    assert any("of the enum's 20000 values 256, evenly spread, are made" in n for n in spec.notes)


def test_a_message_names_some_of_many_values(documents, only):
    enum = [*range(20_000), "text"]
    finding = only(documents.load(documents.of(a={"type": "string", "enum": enum})))
    assert finding.message.startswith("enum holds 0, 1, 2, ")
    assert finding.message.endswith("19 and 19980 more, which is not of type string; left out")


def test_a_member_required_twice_is_found(documents, only):
    payload = {"type": "object", "required": ["id", "id"], "properties": {"id": {}}}
    contract = documents.load(documents.document(documents.envelope(payload)))
    finding = only(contract)
    assert (finding.rule, finding.pointer) == ("MZ721", f"{documents.payload}/required")
    assert finding.message == 'required names "id" more than once; once counts'
    assert contract.get(documents.event).schema["properties"]["payload"]["required"] == ["id"]


def test_a_keyword_among_the_properties_is_found(documents, only):
    contract = documents.load(documents.of(additionalProperties=False, title={"type": "string"}))
    finding = only(contract)
    place = f"{documents.payload}/properties/additionalProperties"
    assert (finding.rule, finding.pointer) == ("MZ724", place)
    assert "stands among the properties, where it constrains nothing" in finding.message


@pytest.mark.parametrize(
    ("name", "found"),
    [("host id", ()), ("host_id ", ("MZ725",)), ("ho st_id", ("MZ725",)), ("host_id", ())],
)
def test_a_blank_in_a_described_name_of_an_example_is_found(documents, name, found):
    body = {"event": "room.opened", "event_ts": 1, "payload": {name: "a"}}
    schema = documents.envelope({"type": "object", "properties": {"host_id": {"type": "string"}}})
    contract = documents.load(documents.document(schema, example=body))
    assert tuple(finding.rule for finding in contract.findings) == found
    for finding in contract.findings:
        assert finding.pointer == f"{documents.media}/example"
        assert 'described is "host_id"' in finding.message
