"""`mockzoom specs import`: any readable document as clean OpenAPI, findings on standard error."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract import Contract, load
from tests.cli.conftest import Call
from tests.each import each
from tests.whole_contract import LARGE, SAMPLE

PAGES = Path(__file__).parents[1] / "contract" / "renderings" / "pages"


def wordless(schema: Any) -> Any:
    """Return a schema without titles and descriptions; properties may be called so."""
    if isinstance(schema, list):
        return [wordless(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: wordless(item) for name, item in value.items()}
        if key in ("properties", "$defs")
        else wordless(value)
        for key, value in schema.items()
        if key not in ("title", "description")
    }


def facts(contract: Contract) -> dict[str, Any]:
    """Return what events are, their words aside."""
    return {
        name: (wordless(spec.schema), spec.examples, spec.variants)
        for name, spec in contract.events.items()
    }


@pytest.mark.slow
@each("path", [*sorted(PAGES.iterdir()), *SAMPLE])
def test_what_is_imported_gives_the_same_events(call: Call, tmp_path: Path, path: Path) -> None:
    _imported(call, tmp_path, path)


@pytest.mark.thorough
@each("path", LARGE)
def test_what_is_imported_of_a_large_product_gives_the_same_events(
    call: Call, tmp_path: Path, path: Path
) -> None:
    _imported(call, tmp_path, path)


def _imported(call: Call, tmp_path: Path, path: Path) -> None:
    out = tmp_path / f"{path.stem}-imported.json"
    assert call("specs", "import", str(path), "-o", str(out)).code == 0
    assert facts(load([out], errata=())) == facts(load([path], errata=()))


def test_facts_are_written_and_no_words(call: Call) -> None:
    ended = call("specs", "import", str(PAGES / "markdown-page.txt"))
    document = json.loads(ended.out)
    assert list(document) == ["openapi", "info", "x-mockzoom-source", "webhooks"]
    assert document["openapi"] == "3.1.0"
    assert document["info"] == {"title": "RTMS", "version": "1.0.0"}
    assert document["x-mockzoom-source"] == {
        "origin": "https://developers.zoom.us/docs/api/rtms/events/",
        "retrieved": "2026-02-07",
    }
    operation = document["webhooks"]["session.rtms_interrupted"]["post"]
    assert list(operation) == ["tags", "operationId", "requestBody"]
    assert '"description": "word' not in ended.out
    stopped = document["webhooks"]["meeting.rtms_stopped"]["post"]["requestBody"]["content"]
    reason = stopped["application/json"]["schema"]["properties"]["payload"]["properties"]
    assert reason["stop_reason"]["description"].splitlines()[-2:] == [
        "* 5: documented",
        "* 6: documented",
    ]


def test_findings_are_on_standard_error(call: Call) -> None:
    ended = call("specs", "import", str(PAGES / "one-line-markdown.txt"))
    json.loads(ended.out)
    assert "MZ722 rtms.concurrency_limited" in ended.err
    assert "id_field: the example shows members that are not described" in ended.err
    assert "info MZ723" in ended.err
    assert ended.err.splitlines()[-1] == "0 error, 8 warning, 1 info"


def test_standard_input_is_read(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (PAGES / "indented-text.txt").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    ended = call("specs", "import", "-")
    assert ended.code == 0
    assert len(json.loads(ended.out)["webhooks"]) == 14
    assert "standard input:715:5#: warning MZ722" in ended.err


def test_an_existing_file_is_overwritten_only_by_force(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("mine", "utf-8")
    page = str(PAGES / "plain-text.txt")
    ended = call("specs", "import", page, "-o", str(out))
    assert (ended.code, ended.out) == (2, "")
    assert "out.json: exists; name a new file, or pass --force to overwrite it" in ended.err
    assert out.read_text("utf-8") == "mine"
    assert call("specs", "import", page, "-o", str(out), "--force").code == 0
    assert len(load([out]).events) == 14


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Just words.", "no contract: expected an OpenAPI document"),
        ("", "no contract: expected an OpenAPI document"),
        ("{", "cannot be read as JSON or YAML"),
        ('{"openapi": "3.1.0", "paths": {"/v2/users": {"get": {}}}}', "without events"),
    ],
)
def test_what_is_no_contract_is_refused(call: Call, tmp_path: Path, text: str, reason: str) -> None:
    page = tmp_path / "page.txt"
    page.write_text(text, "utf-8")
    ended = call("specs", "import", str(page), "-o", "out.json")
    assert (ended.code, ended.out) == (2, "")
    assert reason in ended.err
    assert "with events under `webhooks`" in ended.err
    assert not Path("out.json").exists()


def test_a_folder_and_a_place_that_cannot_be_written_are_refused(
    call: Call, tmp_path: Path
) -> None:
    assert (
        "is a folder; expected one contract document or page"
        in call("specs", "import", str(tmp_path)).err
    )
    ended = call("specs", "import", str(PAGES / "plain-text.txt"), "-o", "no/such/out.json")
    assert ended.code == 2
    assert "-o no/such/out.json: cannot be written" in ended.err


def test_references_and_older_ways_to_say_things_are_written_as_openapi_3_1(
    call: Call, tmp_path: Path
) -> None:
    schema = {"$ref": "#/components/schemas/Body", "description": "Words."}
    media = {"schema": schema, "example": {"event": "a.b", "event_ts": 1, "payload": {}}}
    body = {
        "type": "object",
        "title": "Body",
        "properties": {
            "title": {"type": "string", "nullable": True},
            "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "inner": {"$ref": "#/components/schemas/Body"},
            "lost": {"$ref": "#/nowhere"},
        },
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "2", "description": "Words."},
        "paths": {"a.b": {"post": {"requestBody": {"content": {"application/json": media}}}}},
        "components": {"schemas": {"Body": body}},
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document), "utf-8")
    written = json.loads(call("specs", "import", str(path)).out)
    content = written["webhooks"]["a.b"]["post"]["requestBody"]["content"]["application/json"]
    assert content == {
        "schema": {"$ref": "#/components/schemas/Body"},
        "examples": {"json-example": {"value": media["example"]}},
    }
    assert written["components"]["schemas"] == {
        "Body": {
            "type": "object",
            "properties": {
                "title": {"type": ["string", "null"]},
                "size": {"type": "integer", "exclusiveMinimum": 0},
                "inner": {"$ref": "#/components/schemas/Body"},
                "lost": {"$ref": "#/nowhere"},
            },
        }
    }
