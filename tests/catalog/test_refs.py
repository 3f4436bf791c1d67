"""References are resolved wherever documents point them, and never beyond the folder."""

from __future__ import annotations

import pytest

from mockzoom.catalog import valid_by_both
from mockzoom.catalog.satisfy import sample

TEXT = {"type": "string", "maxLength": 7}


def compiled(catalog, name="x"):
    """Return what is made of a property of the payload."""
    spec = catalog.get("room.opened")
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
def test_a_reference_is_resolved_wherever_it_points(contract, reference):
    contract.write({"Text": TEXT, **TEXT}, "shared.json")
    contract.write(
        "components: {schemas: {Text: {$ref: '#/a'}}}\na: {type: string, maxLength: 7}\n",
        "deeper/more.yaml",
    )
    document = contract.of(x={"$ref": reference}, given={"$anchor": "text", **TEXT})
    media = document["webhooks"]["room.opened"]["post"]["requestBody"]["content"]
    media["application/json"]["definitions"] = {"Text": TEXT}
    media["application/json"]["schema"]["$defs"] = {"Text": TEXT}
    document["components"] = {"schemas": {"Text": TEXT}}
    catalog = contract.load(document)
    assert [f for f in catalog.findings if f.file.endswith("contract.json")] == []
    assert compiled(catalog) == TEXT


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
    contract, only, reference, reason
):
    contract.write("{", "broken.json")
    (contract.folder.parent / "outside.json").write_text("{}")
    finding = only(contract.load(contract.of(x={"$ref": reference})))
    assert (finding.rule, finding.severity) == ("MZ708", "error")
    assert finding.pointer == f"{contract.payload}/properties/x/$ref"
    assert reason in finding.message


def test_recursion_is_kept_as_a_definition(contract):
    document = contract.of(x={"$ref": "#/components/schemas/Tree"})
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    tree = {"type": "object", "properties": {"name": TEXT, "children": children}}
    document["components"] = {"schemas": {"Tree": tree}}
    catalog = contract.load(document)
    assert catalog.findings == ()
    spec = catalog.get("room.opened")
    assert compiled(catalog) == {"$ref": "#/$defs/Tree"}
    assert set(spec.schema["$defs"]) == {"Tree"}
    body = {"event": "room.opened", "event_ts": 1, "payload": {"x": {"children": [{}, {}]}}}
    assert valid_by_both(spec, body)
    body["payload"]["x"]["children"][1]["name"] = "too long for it"
    assert not valid_by_both(spec, body)


def test_a_reference_with_keywords_beside_it_means_both(contract):
    document = contract.of(x={"$ref": "#/components/schemas/Text", "minLength": 2})
    document["components"] = {"schemas": {"Text": TEXT}}
    assert compiled(contract.load(document)) == {"minLength": 2, **TEXT}


def test_references_in_a_circle_are_a_finding(contract, only):
    document = contract.of(x={"$ref": "#/components/schemas/A"})
    document["components"] = {
        "schemas": {
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
        }
    }
    catalog = contract.load(document)
    finding = only(catalog)
    assert finding.rule == "MZ708"
    assert finding.pointer == "/components/schemas/B/allOf/0/$ref"
    assert "circle" in finding.message
    assert compiled(catalog) == {}


def test_a_finding_in_a_shared_definition_counts_once(contract, only):
    document = contract.of(
        x={"$ref": "#/components/schemas/Odd"}, y={"$ref": "#/components/schemas/Odd"}
    )
    document["webhooks"]["room.closed"] = document["webhooks"]["room.opened"]
    document["components"] = {"schemas": {"Odd": {"type": "long"}}}
    finding = only(contract.load(document))
    assert (finding.rule, finding.pointer) == ("MZ704", "/components/schemas/Odd/type")


@pytest.mark.slow
def test_definitions_that_multiply_stay_small(contract):
    document = contract.of(x={"$ref": "#/components/schemas/D0"})
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
    catalog = contract.load(document)
    spec = catalog.get("room.opened")
    assert len(str(spec.schema)) < 2_000_000
    assert valid_by_both(spec, sample(spec))


@pytest.mark.slow
def test_a_long_chain_of_definitions_is_followed(contract):
    document = contract.of(x={"$ref": "#/components/schemas/D0"})
    chain = {
        f"D{n}": {
            "type": "object",
            "required": ["next"],
            "properties": {"next": {"$ref": f"#/components/schemas/D{n + 1}"}},
        }
        for n in range(300)
    }
    document["components"] = {"schemas": {**chain, "D300": TEXT}}
    catalog = contract.load(document)
    spec = catalog.get("room.opened")
    assert valid_by_both(spec, sample(spec))


def test_path_items_bodies_and_examples_may_be_references(contract):
    body = {"event": "room.opened", "event_ts": 1, "payload": {}}
    schema = contract.envelope({"type": "object"})
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
    catalog = contract.load(document)
    assert catalog.findings == ()
    assert catalog.get("room.opened").examples == (body,)
