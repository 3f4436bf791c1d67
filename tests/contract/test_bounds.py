"""Whatever is named as a contract ends soon, within bounds, with a finding or a clear refusal."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockzoom.contract import load
from mockzoom.contract.loader import MOST_EVENTS
from mockzoom.contract.readers import MOST_KEYWORDS
from mockzoom.contract.sources import LARGEST
from mockzoom.errors import SpecError
from tests.envelope import envelope

pytestmark = pytest.mark.slow

LEVELS = 30
MANY = 200_000


def document(payload: Any, **components: Any) -> str:
    """Return a document of one event with this payload."""
    post = {"requestBody": {"content": {"application/json": {"schema": envelope(payload)}}}}
    root = {"openapi": "3.1.0", "webhooks": {"room.opened": {"post": post}}}
    return json.dumps({**root, "components": {"schemas": components}})


def levels(make: Callable[[dict[str, str]], Any]) -> str:
    """Return a document with levels that each refer twice to the next."""
    shelf = "#/components/schemas"
    components = {f"L{level}": make({"$ref": f"{shelf}/L{level + 1}"}) for level in range(LEVELS)}
    components[f"L{LEVELS}"] = {"type": "object", "properties": {"x": {"type": "string"}}}
    inner = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": f"{shelf}/L0"}}}
    return document(inner, **components)


def two_required(next_: dict[str, str]) -> Any:
    return {"type": "object", "required": ["a", "b"], "properties": {"a": next_, "b": next_}}


def two_items(next_: dict[str, str]) -> Any:
    return {"type": "array", "minItems": 2, "items": next_}


TOO_LONG = f"the schema takes too long to read: more than {MOST_KEYWORDS:,} keywords"


def many_events(count: int, payload: Any, **components: Any) -> str:
    """Return a document of many events with this payload."""
    root = json.loads(document(payload, **components))
    (item,) = root["webhooks"].values()
    return json.dumps({**root, "webhooks": {f"room.e{number}": item for number in range(count)}})


def fields(count: int, make: Callable[[int], Any]) -> Any:
    """Return an object of required fields."""
    made = {f"f{number}": make(number) for number in range(count)}
    return {"type": "object", "required": [*made], "properties": made}


def described_otherwise(count: int) -> Any:
    described = {f"of_room_{number}": {} for number in range(count)}
    named = [f"of_rooms_{number}" for number in range(count)]
    return {"type": "object", "required": named, "properties": described}


def chain(count: int) -> str:
    shelf = "#/components/schemas"
    components = {
        f"L{n}": {"properties": {"a": {"$ref": f"{shelf}/L{n + 1}"}}} for n in range(count)
    }
    return many_events(6, {"$ref": f"{shelf}/L0"}, **components, **{f"L{count}": {}})


def with_example(payload: Any, inner: Any) -> str:
    root = json.loads(document(payload))
    media = root["webhooks"]["room.opened"]["post"]["requestBody"]["content"]["application/json"]
    media["example"] = {"event": "room.opened", "event_ts": 1, "payload": inner}
    return json.dumps(root)


def operation(number: int, rest: str) -> str:
    return (
        f"POST a.b{number} Method: POST Path: a.b{number} Request Body Content-Type: a/json {rest}"
    )


FIELD = "- **`x` (required)** `object` "

REFUSED: dict[str, tuple[str, Callable[[], str], str]] = {
    "brackets in YAML": ("x.yaml", lambda: "openapi: 3.1.0\nx: " + "[" * 100_000, "too deeply"),
    "braces in YAML": ("x.yaml", lambda: "x: " + "{" * 100_000, "nested too deeply"),
    "dashes in YAML": ("x.yaml", lambda: "- " * 100_000, "cannot be read as JSON or YAML"),
    "indented YAML": ("x.yaml", lambda: "".join(" " * n + "a:\n" for n in range(2_000)), "YAML"),
    "aliases in YAML": (
        "x.yaml",
        lambda: "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n-1},*a{n-1}]\n" for n in range(1, 40)),
        "more than 300,000 values",
    ),
    "much YAML": ("x.yaml", lambda: "x: 1\n" + "# words\n" * 300_000, "convert it to JSON"),
    "brackets in JSON": ("x.json", lambda: "[" * 100_000, "nested too deeply"),
    "an enum of too many objects": (
        "x.json",
        lambda: document({"properties": {"x": {"enum": [{"a": n} for n in range(MANY)]}}}),
        "more than 300,000 values",
    ),
    "many values in JSON": ("x.json", lambda: "[" + "{}," * 2_500_000 + "{}]", "300,000 values"),
    "a large file": ("x.json", lambda: '{"x": "' + "a" * 50_000_000 + '"}', "larger than 8 MB"),
    "one long line": ("x.md", lambda: "words " * 3_400_000, "larger than 8 MB"),
    "one line that may be read": ("x.txt", lambda: "words " * 1_200_000, "no contract"),
    "many fences": ("x.md", lambda: "```json\n{}\n```\n" * 100_000, "no contract"),
    "many broken blocks": (
        "x.md",
        lambda: "```yaml\nopenapi: 3.1.0\npaths: [\n```\n" * 100_000,
        "an OpenAPI block that is broken",
    ),
    "line numbers without lines": (
        "x.txt",
        lambda: "1{ " + " ".join(map(str, range(2, 900_000))),
        "no contract",
    ),
    "many beginnings": ("x.txt", lambda: '{"openapi":' * 600_000, "cannot be read as JSON or YAML"),
}  # fmt: skip

FOUND: dict[str, tuple[str, Callable[[], str], str]] = {
    "two references a level": ("x.json", lambda: levels(two_required), "no value was found"),
    "two items a level": ("x.json", lambda: levels(two_items), TOO_LONG),
    "many events in blocks": (
        "x.md",
        lambda: '```json\n{"webhooks":{"a.b":{"post":{}}}}\n```\n' * 100_000,
        "more than 1,000 code blocks; those from here on are not read",
    ),
    "many operations": (
        "x.txt",
        lambda: " ".join(operation(number, FIELD) for number in range(50_000)),
        "more than 2,000 operations; those from here on are not read",
    ),
    "many fields": (
        "x.txt",
        lambda: operation(1, FIELD * 150_000 + '**Example:** ```json {"x": {}} ```'),
        "more than 10,000 fields; only the envelope is checked",
    ),
    "many fields in many operations": (
        "x.txt",
        lambda: " ".join(
            operation(number, FIELD * 5_000 + '**Example:** ```json {"x": {"x": {}}} ```')
            for number in range(16)
        ),
        "the page has too many fields to find their nesting",
    ),
    "many examples that never end": (
        "x.txt",
        lambda: operation(1, FIELD + ' **Example:** ```json {"x": [' * 200_000),
        "no example follows the list of fields, or a broken one",
    ),
    "many events": (
        "x.json",
        lambda: many_events(MOST_EVENTS + 10, {"type": "object"}),
        f"more than {MOST_EVENTS:,} events; those from here on are not read",
    ),
    "many fields in many events": (
        "x.json",
        lambda: many_events(100, fields(500, lambda _: {"type": "string"})),
        "the schemas up to here take too long to read: more than 50,000 keywords",
    ),
    "many fields of one event": (
        "x.json",
        lambda: document(fields(50_000, lambda _: {"type": "string"})),
        TOO_LONG,
    ),
    "many alternatives": (
        "x.json",
        lambda: document({"anyOf": [fields(1, lambda _: {}) for _ in range(30_000)]}),
        TOO_LONG,
    ),
    "many contradictions": (
        "x.json",
        lambda: document(
            fields(2_400, lambda _: {"type": "string", "minLength": 5, "maxLength": 2})
        ),
        TOO_LONG,
    ),
    "many texts without a value": (
        "x.json",
        lambda: many_events(
            20, fields(400, lambda n: {"type": "string", "pattern": f"^x{n}$", "format": "uuid"})
        ),
        TOO_LONG,
    ),
    "many patterns": (
        "x.json",
        lambda: many_events(8, fields(1_500, lambda n: {"type": "string", "pattern": f"x{n}"})),
        TOO_LONG,
    ),
    "many misspelt keywords": (
        "x.json",
        lambda: document(fields(50_000, lambda n: {f"tpye{n}": "string"})),
        TOO_LONG,
    ),
    "many required names that are not described": (
        "x.json",
        lambda: document(described_otherwise(4_000)),
        TOO_LONG,
    ),
    "a long chain of references": (
        "x.json",
        lambda: chain(3_000),
        "the schemas up to here take too long to read",
    ),
    "a long example": (
        "x.json",
        lambda: with_example(
            {"properties": {"x": {"items": {"type": "string"}}}}, {"x": [1] * 280_000}
        ),
        "the examples have more than 200,000 characters; not used from here on",
    ),
    "nothing but blanks": (
        "x.txt",
        lambda: operation(1, " " * 4_000_000),
        "no example follows the list of fields",
    ),
}

PLAIN: dict[str, tuple[str, Callable[[], str]]] = {
    "two alternatives a level": ("x.json", lambda: levels(lambda next_: {"anyOf": [next_, next_]})),
    "two conditions a level": ("x.json", lambda: levels(lambda next_: {"allOf": [next_, next_]})),
    "an enum of many numbers": (
        "x.json",
        lambda: document({"properties": {"x": {"enum": list(range(MANY))}}}),
    ),
    "an enum of many objects": (
        "x.json",
        lambda: document({"properties": {"x": {"enum": [{"a": n} for n in range(145_000)]}}}),
    ),
}


def test_an_enum_of_many_values_says_how_many_are_made(tmp_path: Path) -> None:
    values = [f"v{number}" for number in range(MANY)]
    inner = {"type": "object", "properties": {"x": {"type": "string", "enum": values}}}
    path = tmp_path / "x.json"
    path.write_text(document(inner), "utf-8")
    spec = load([path]).events["room.opened"]
    assert any("of the enum's 200000 values" in note for note in spec.notes), spec.notes


def test_events_with_an_enum_of_many_values_are_made_in_time(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    inner = {
        "type": "object",
        "required": ["x"],
        "properties": {"x": {"type": "integer", "enum": list(range(MANY))}},
    }
    path.write_text(document(inner), "utf-8")
    command = [sys.executable, "-m", "mockzoom", "events", "synth", "room.opened", "--spec"]
    ended = subprocess.run(
        [*command, str(path), "--malformed"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)),
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    keywords = {json.loads(line)["mutation"]["keyword"] for line in ended.stdout.splitlines()}
    assert {"type", "required"} <= keywords


def test_a_pipe_and_a_device_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(SpecError, match="is no regular file but a pipe or device"):
            load([path])


def test_a_pipe_in_a_folder_is_a_finding(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "x.json").write_text(document({"type": "object"}), "utf-8")
    contract = load([tmp_path])
    assert list(contract.events) == ["room.opened"]
    assert [item.rule for item in contract.findings if "no regular file" in item.message] == [
        "MZ701"
    ]


LIMITED = [
    *(pytest.param(*REFUSED[case][:2], 2, REFUSED[case][2], id=case) for case in REFUSED),
    *(pytest.param(*FOUND[case][:2], 0, FOUND[case][2], id=case) for case in FOUND),
    *(pytest.param(*PLAIN[case], 0, "", id=case) for case in PLAIN),
]


@pytest.mark.parametrize(("name", "make", "code", "reason"), LIMITED)
def test_a_process_with_little_memory_and_time_is_enough(
    tmp_path: Path, name: str, make: Callable[[], str], code: int, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(make(), "utf-8")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (500_000_000, 500_000_000))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))  # twice what is promised

    ended = subprocess.run(
        [sys.executable, "-m", "mockzoom", "specs", "lint", "--fail-on", "never", str(path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert ended.returncode == code, (ended.returncode, ended.stderr[-2000:])
    assert reason in ended.stdout + ended.stderr


def test_standard_input_that_never_ends_is_refused(tmp_path: Path) -> None:
    with Path("/dev/zero").open("rb") as zeros:
        ended = subprocess.run(
            [sys.executable, "-m", "mockzoom", "specs", "import", "-"],
            stdin=zeros,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert ended.returncode == 2
    assert f"standard input: larger than {LARGEST // 1024**2} MB" in ended.stderr
