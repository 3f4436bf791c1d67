"""Documents are read from files, folders and documentation pages; what is none is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockzoom import contract as catalog_module
from mockzoom.contract import bundled, load, loader, valid_by_both
from mockzoom.contract.products import DEFAULT_PRODUCTS
from mockzoom.errors import SpecError, UsageError
from mockzoom.zoom.url_validation import EVENT as CHALLENGE_EVENT
from tests.envelope import envelope

OPERATION = {
    "post": {
        "operationId": "kiosk.paired",
        "requestBody": {
            "description": "# kiosk.paired\nA kiosk was paired.\n",
            "content": {
                "application/json": {
                    "schema": envelope(
                        {
                            "type": "object",
                            "required": ["kiosk_id"],
                            "properties": {"kiosk_id": {"type": "string"}},
                        }
                    ),
                    "examples": {
                        "json-example": {
                            "value": json.dumps(
                                {
                                    "event": "kiosk.paired",
                                    "event_ts": 1,
                                    "payload": {"kiosk_id": "k1"},
                                },
                                indent=2,
                            )
                        }
                    },
                }
            },
        },
    }
}


def page(first: dict[str, object], second: dict[str, object]) -> str:
    """Return a documentation page with front matter, the document twice, and other JSON."""
    return "\n".join(
        [
            "# Kiosk webhooks",
            "",
            "- Source URL: https://docs.example.com/kiosk/events/",
            "",
            "## Frontmatter",
            "```json",
            json.dumps({"title": "Kiosk webhooks", "paths": None}),
            "```",
            "## OpenAPI",
            "",
            "```json",
            json.dumps(first, indent=2),
            "```",
            "## Downloads",
            "### webhooks.json",
            "```json",
            json.dumps(second, indent=2),
            "```",
            "## Metadata",
            "```json",
            json.dumps({"openapi_present": True, "webhooks_count": 1}),
            "```",
            "## Raw page data",
            "```json",
            '{"page": "/[...slug]", "props": ',
            "```",
        ]
    )


def document(section: str, operation: object = OPERATION) -> dict[str, object]:
    return {"openapi": "3.1.0", "info": {"title": "Kiosk"}, section: {"kiosk.paired": operation}}


def test_a_page_with_the_document_twice_is_read_once(documents):
    contract = documents.load(page(document("paths"), document("webhooks")), "events.md")
    assert contract.findings == ()
    assert list(contract.events) == ["kiosk.paired"]
    spec = contract.get("kiosk.paired")
    assert spec.pointer == "/paths/kiosk.paired"
    assert spec.source.endswith("events.md")
    assert spec.summary == "A kiosk was paired."
    assert valid_by_both(spec, spec.examples[0])


def test_a_page_whose_copies_differ_says_so(documents, only):
    other = json.loads(json.dumps(OPERATION))
    del other["post"]["requestBody"]["content"]["application/json"]["schema"]["required"]
    text = page(document("paths"), document("webhooks", other))
    finding = only(documents.load(text, "events.md"))
    assert (finding.rule, finding.pointer) == ("MZ714", "/webhooks/kiosk.paired")
    line = text.splitlines().index("### webhooks.json") + 3
    assert finding.file.endswith(f"events.md:{line}")
    assert "described differently" in finding.message


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: f"~~~yaml\n{text}\n~~~\n",
        lambda text: f"1. See\n\n   ```json\n   {text}\n   ```\n",
        lambda text: f"````JSON title=x\n{text}\n````",
        lambda text: f"```\n{text}",
        lambda text: f"# x\r\n```json\r\n{text}\r\n```\r\n",
    ],
    ids=["tildes and YAML", "indented", "four ticks", "never closed", "CRLF"],
)
def test_code_blocks_are_found_as_markdown_has_them(documents, wrap):
    contract = documents.load(wrap(json.dumps(document("webhooks"))), "events.md")
    assert list(contract.events) == ["kiosk.paired"]


def test_a_page_may_end_in_txt(documents):
    text = page(document("paths"), document("webhooks"))
    assert list(documents.load(text, "events.txt").events) == ["kiosk.paired"]


def test_yaml_is_read_with_its_dates_and_numbers_as_text(documents):
    text = """
openapi: 3.1.0
webhooks:
  kiosk.paired:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [event, event_ts, payload]
              properties:
                event: {type: string}
                event_ts: {type: integer}
                payload:
                  type: object
                  properties:
                    day: {type: string, format: date, enum: [2024-05-01]}
      responses:
        200: {description: ok}
"""
    contract = documents.load(text, "kiosk.yaml")
    assert contract.findings == ()
    payload = contract.get("kiosk.paired").schema["properties"]["payload"]
    assert payload["properties"]["day"]["enum"] == ["2024-05-01"]


def test_a_key_that_repeats_in_yaml_is_found_with_its_line(documents, only):
    text = f"openapi: 3.1.0\ninfo: {{a: 1, a: 2}}\nwebhooks: {json.dumps(document('x')['x'])}\n"
    finding = only(documents.load(text, "kiosk.yaml"))
    assert finding.rule == "MZ719"
    assert "line 2:" in finding.message


@pytest.mark.slow
def test_yaml_aliases_that_multiply_are_refused(documents):
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(SpecError, match="more than 300,000 values"):
        documents.load("\n".join(["openapi: 3.1.0", *lines]), "bomb.yaml")


def test_an_alias_to_itself_is_cut(documents):
    text = f"openapi: 3.1.0\nx: &x [*x]\nwebhooks: {json.dumps(document('x')['x'])}\n"
    contract = documents.load(text, "loop.yaml")
    assert [finding.rule for finding in contract.findings] == ["MZ701"]
    assert "nested more than" in contract.findings[0].message


def test_events_under_paths_are_told_from_rest_paths(documents):
    paths = {
        "kiosk.paired": OPERATION,
        "/kiosk.lost": {"post": {**OPERATION["post"], "operationId": "kiosk.lost"}},
        "kiosk_reset": {"post": {**OPERATION["post"], "operationId": "kiosk_reset"}},
        "kiosks": {"post": {"operationId": "listKiosks"}},
        "/kiosk_reset": {"post": {**OPERATION["post"], "operationId": "kiosk_reset"}},
        "/v1.0": {"get": {}},
        "/report.csv": {"get": {}, "post": {"operationId": "exportReport"}},
        "/kiosks/{id}": {"post": OPERATION["post"]},
        "x-extension": {},
    }
    contract = documents.load({"openapi": "3.0.0", "paths": paths})
    assert list(contract.events) == ["kiosk.lost", "kiosk.paired", "kiosk_reset"]


def test_the_first_usable_method_and_media_type_are_taken(documents):
    good = OPERATION["post"]["requestBody"]["content"]["application/json"]
    content = {
        "text/plain": {"schema": {"type": "string"}},
        "application/json; charset=utf-8": good,
        "application/xml": {"schema": {"type": "array"}},
    }
    item = {"get": {}, "summary": "s", "put": {"requestBody": {"content": content}}}
    contract = documents.load(document("webhooks", item))
    assert contract.findings == ()
    assert "kiosk_id" in str(contract.get("kiosk.paired").schema)


def test_two_documents_that_differ_on_an_event_are_a_finding_and_the_first_counts(documents, only):
    other = json.loads(json.dumps(OPERATION))
    other["post"]["operationId"] = "another"
    first = documents.write(document("webhooks"), "a.json")
    second = documents.write(document("webhooks", other), "b.json")
    contract = load([first, second])
    assert only(contract).rule == "MZ714"
    assert only(contract).file.endswith("b.json")
    assert contract.get("kiosk.paired").source.endswith("a.json")


def test_a_folder_is_read_and_what_is_no_contract_is_passed_over(documents):
    documents.write(document("webhooks"), "specs/kiosk.json")
    documents.write({"compilerOptions": {}}, "specs/tsconfig.json")
    documents.write({"openapi": "3.0.0", "paths": {"/users": {"get": {}}}}, "specs/rest.json")
    documents.write("# Notes\n", "specs/deep/README.md")
    documents.write("just words", "specs/notes.txt")
    documents.write({"overlay": "1.0.0", "actions": []}, "specs/errata.overlay.yaml")
    documents.write("{", "specs/.hidden/broken.json")
    contract = load([documents.folder / "specs"])
    assert list(contract.events) == ["kiosk.paired"]
    assert contract.findings == ()


def test_a_broken_file_in_a_folder_is_a_finding(documents, only):
    documents.write(document("webhooks"), "specs/kiosk.json")
    documents.write('{"openapi": "3.1.0",\n "webhooks": {,}}', "specs/broken.json")
    finding = only(load([documents.folder / "specs"]))
    assert (finding.rule, finding.severity) == ("MZ701", "error")
    assert "broken.json:2:15" in finding.message


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.json",
            b'{"openapi": "3.1.0",\n "webhooks": {,}}',
            r"a\.json:2:15: cannot be read as JSON",
        ),
        ("a.yaml", b"openapi: 3.1.0\nwebhooks: [", r"a\.yaml:\d+:\d+: cannot be read as JSON"),
        ("a.json", b'{"overlay": "1.0.0", "actions": []}', r"an overlay; expected .* --errata"),
        ("a.json", b'{"openapi": "3.1.0", "paths": {}}', r"without events"),
        ("a.json", b'{"a": 1}', r"a\.json:1:1: no contract"),
        ("a.json", b"[]", "no contract"),
        ("a.json", b"", "cannot be read as JSON or YAML"),
        ("a.yaml", b"", "no contract"),
        ("a.md", b"# Title\nNo code here.\n", "no contract"),
        ("a.md", b'# x\n\n```json\n{"openapi": "3.1.0",\n]\n```\n', r"a\.md:5:1: an OpenAPI block"),
        ("a.json", b'{"a":\n "\xff"}', r"a\.json:2:3: not UTF-8 \(byte 0xff\)"),
        ("a.json", '{"openapi": "3.1.0"}'.encode("utf-16"), "not UTF-8"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.yaml", b"- " * 5_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_contract_is_refused_with_its_place(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SpecError, match=expected) as caught:
        load([path])
    assert caught.value.exit_code == 2
    assert "expected" in str(caught.value)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(SpecError, match=r"nowhere\.json: cannot be read: No such file"):
        load([tmp_path / "nowhere.json"])
    with pytest.raises(SpecError, match="no contract document in this folder"):
        load([tmp_path])


def test_a_byte_order_mark_is_allowed(tmp_path):
    path = tmp_path / "kiosk.json"
    path.write_text("\ufeff" + json.dumps(document("webhooks")), encoding="utf-8")
    assert list(load([path]).events) == ["kiosk.paired"]


def test_the_contract_selects_by_name_and_pattern():
    contract = load()
    assert len(contract.events) == 49
    assert list(contract.events) == sorted(contract.events)
    assert contract.select() == tuple(contract.events.values())
    chosen = [spec.name for spec in contract.select(["session.rtms_*", "meeting.rtms_started"])]
    assert chosen == [
        "meeting.rtms_started",
        "session.rtms_interrupted",
        "session.rtms_started",
        "session.rtms_stopped",
    ]
    with pytest.raises(UsageError, match=r"did you mean .*meeting\.rtms_started"):
        contract.get("meeting.rtms_start")
    with pytest.raises(UsageError, match=r"no event matches 'sesion\.rtms_started'; did you mean"):
        contract.select(["session.*", "sesion.rtms_started"])


def test_every_bundled_example_is_valid_in_the_eyes_of_both_validators():
    for spec in load().events.values():
        assert spec.examples, spec.name
        for example in spec.examples:
            assert valid_by_both(spec, example), spec.name


@pytest.mark.slow
def test_loading_twice_gives_the_same():
    read = [loader.build_bundled(bundled("specs"), DEFAULT_PRODUCTS, ()) for _ in range(2)]
    assert read[0] == read[1]
    assert load() == load()


def test_importing_the_contract_imports_no_heavy_library():
    code = (
        "import sys, mockzoom.contract\n"
        "heavy = {'jsonschema', 'jsonschema_rs', 'ruamel.yaml', 'jsonpath_ng'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_bundled_documents_are_found_in_a_wheel_too(tmp_path):
    package = Path(catalog_module.__file__).parent.parent
    assert bundled("specs", "rtms.json").is_file()
    copy = tmp_path / "site" / "mockzoom"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__", "_bundled"))
    shutil.copytree(bundled("specs"), copy / "_bundled" / "specs")
    code = (
        "import mockzoom.contract as c\n"
        "print(c.bundled('specs', 'rtms.json'))\n"
        "print(len(c.load().events), c.load().findings[0].file)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        check=True,
    )
    path, counts = done.stdout.splitlines()
    assert path == str(copy / "_bundled" / "specs" / "rtms.json")
    assert counts.startswith("49 specs/")


def test_a_document_may_describe_the_challenge_which_stays_in_the_catalog(documents):
    document = documents.of(plainToken={"type": "string"})
    document["webhooks"][CHALLENGE_EVENT] = document["webhooks"]["room.opened"]
    contract = documents.load(document)
    assert list(contract.events) == ["endpoint.url_validation", "room.opened"]
    assert CHALLENGE_EVENT not in load().events
