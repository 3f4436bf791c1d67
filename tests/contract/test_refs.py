"""References are resolved wherever documents point them, and never beyond the folder."""

from __future__ import annotations

import pytest

from mockzoom.contract import valid_by_both
from mockzoom.contract.satisfy import sample

TEXT = {"type": "string", "maxLength": 7}


def compiled(contract, name="x"):
    """Return what is made of a property of the payload."""
    spec = contract.get("room.opened")
    return spec.schema["properties"]["payload"]["properties"][name]


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/schemas/Text",
        "#/components/schemas/T%65xt",
        "#/webhooks/room.opened/post/requestBody/content/application~1json/schema/$defs/Text",
        "#/$defs/Text",
        "#/definitions/Text",
        "#/properties/payload/properties/given",
        "#/properties/given",
        "#text",
        "Text",
        "shared.json",
        "shared.json#/Text",
        "./shared.json#/Text",
        "deeper/more.yaml#/components/schemas/Text",
    ],
)
def test_a_reference_is_resolved_wherever_it_points(documents, reference):
    documents.write({"Text": TEXT, **TEXT}, "shared.json")
    documents.write(
        "components: {schemas: {Text: {$ref: '#/a'}}}\na: {type: string, maxLength: 7}\n",
        "deeper/more.yaml",
    )
    document = documents.of(x={"$ref": reference}, given={"$anchor": "text", **TEXT})
    media = document["webhooks"]["room.opened"]["post"]["requestBody"]["content"]
    media["application/json"]["definitions"] = {"Text": TEXT}
    media["application/json"]["schema"]["$defs"] = {"Text": TEXT}
    document["components"] = {"schemas": {"Text": TEXT}}
    contract = documents.load(document)
    assert [f for f in contract.findings if f.file.endswith("contract.json")] == []
    assert compiled(contract) == TEXT


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/components/schemas/Txet", "leads nowhere"),
        ("#no-such-anchor", "no definition is called 'no-such-anchor'"),
        ("nowhere.json#/a", "a file that is not there"),
        ("../outside.json", "out of the document's folder"),
        ("/etc/hostname", "out of the document's folder"),
        ("https://example.com/a.json", "another host"),
        ("//example.com/a.json", "another host"),
        ("urn:example:a", "another host"),
        ("broken.json", "a file that cannot be read"),
        ("#/openapi", "which is no schema"),
        ("a\u0000b.json", "no path to a file"),
    ],
)
def test_a_reference_that_leads_nowhere_is_a_finding_with_its_reason(
    documents, only, reference, reason
):
    documents.write("{", "broken.json")
    (documents.folder.parent / "outside.json").write_text("{}")
    finding = only(documents.load(documents.of(x={"$ref": reference})))
    assert (finding.rule, finding.severity) == ("MZ708", "error")
    assert finding.pointer == f"{documents.payload}/properties/x/$ref"
    assert reason in finding.message


def test_recursion_is_kept_as_a_definition(documents):
    document = documents.of(x={"$ref": "#/components/schemas/Tree"})
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    tree = {"type": "object", "properties": {"name": TEXT, "children": children}}
    document["components"] = {"schemas": {"Tree": tree}}
    contract = documents.load(document)
    assert contract.findings == ()
    spec = contract.get("room.opened")
    assert compiled(contract) == {"$ref": "#/$defs/Tree"}
    assert set(spec.schema["$defs"]) == {"Tree"}
    body = {"event": "room.opened", "event_ts": 1, "payload": {"x": {"children": [{}, {}]}}}
    assert valid_by_both(spec, body)
    body["payload"]["x"]["children"][1]["name"] = "too long for it"
    assert not valid_by_both(spec, body)


def test_a_reference_with_keywords_beside_it_means_both(documents):
    document = documents.of(x={"$ref": "#/components/schemas/Text", "minLength": 2})
    document["components"] = {"schemas": {"Text": TEXT}}
    assert compiled(documents.load(document)) == {"minLength": 2, **TEXT}


def test_references_in_a_circle_are_a_finding(documents, only):
    document = documents.of(x={"$ref": "#/components/schemas/A"})
    document["components"] = {
        "schemas": {
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
        }
    }
    contract = documents.load(document)
    finding = only(contract)
    assert finding.rule == "MZ708"
    assert finding.pointer == "/components/schemas/B/allOf/0/$ref"
    assert "circle" in finding.message
    assert compiled(contract) == {}


def test_a_finding_in_a_shared_definition_counts_once(documents, only):
    document = documents.of(
        x={"$ref": "#/components/schemas/Odd"}, y={"$ref": "#/components/schemas/Odd"}
    )
    document["webhooks"]["room.closed"] = document["webhooks"]["room.opened"]
    document["components"] = {"schemas": {"Odd": {"type": "long"}}}
    finding = only(documents.load(document))
    assert (finding.rule, finding.pointer) == ("MZ704", "/components/schemas/Odd/type")


@pytest.mark.slow
def test_definitions_that_multiply_stay_small(documents):
    document = documents.of(x={"$ref": "#/components/schemas/D0"})
    document["components"] = {
        "schemas": {
            f"D{n}": {
                "type": "object",
                "properties": {
                    name: {"$ref": f"#/components/schemas/D{n + 1}"} for name in ("a", "b", "c")
                },
            }
            for n in range(30)
        }
        | {"D30": TEXT}
    }
    contract = documents.load(document)
    spec = contract.get("room.opened")
    assert len(str(spec.schema)) < 2_000_000
    assert valid_by_both(spec, sample(spec))


@pytest.mark.slow
def test_a_long_chain_of_definitions_is_followed(documents):
    document = documents.of(x={"$ref": "#/components/schemas/D0"})
    chain = {
        f"D{n}": {
            "type": "object",
            "required": ["next"],
            "properties": {"next": {"$ref": f"#/components/schemas/D{n + 1}"}},
        }
        for n in range(300)
    }
    document["components"] = {"schemas": {**chain, "D300": TEXT}}
    contract = documents.load(document)
    spec = contract.get("room.opened")
    assert valid_by_both(spec, sample(spec))


def test_path_items_bodies_and_examples_may_be_references(documents):
    body = {"event": "room.opened", "event_ts": 1, "payload": {}}
    schema = documents.envelope({"type": "object"})
    media = {"schema": schema, "examples": {"a": {"$ref": "#/components/examples/E"}}}
    document = {
        "openapi": "3.1.0",
        "webhooks": {"room.opened": {"$ref": "#/components/pathItems/Opened"}},
        "components": {
            "pathItems": {
                "Opened": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}}
            },
            "requestBodies": {"B": {"content": {"application/json": media}}},
            "examples": {"E": {"value": body}},
        },
    }
    contract = documents.load(document)
    assert contract.findings == ()
    assert contract.get("room.opened").examples == (body,)
