"""Whatever JSON a document holds, loading ends with a contract or a `SpecError`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mockzoom.contract import bundled, load, valid_by_both
from mockzoom.contract.satisfy import sample
from mockzoom.contract.vocabulary import KEYWORDS
from mockzoom.errors import SpecError
from mockzoom.schema.nodes import SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from mockzoom.synth import synthesise

pytestmark = pytest.mark.slow
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        [
            *("string", "integer", "object", "array", "long", "date-time", "int64", "true", "^a$"),
            *("#", "#/$defs/A", "#/definitions/A", "#/components/schemas/C", "http://x/y", "A"),
            *("event", "payload", "a", "\ud800"),
        ]
    ),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["event", "event_ts", "payload", "a", "b", "A"])


def keyword(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    """Draw a keyword with a value that is mostly of the kind it takes."""

    def value(name: str) -> st.SearchStrategy[Any]:
        if name in SCHEMA_MAPS or name in ("$defs", "definitions"):
            return st.dictionaries(NAMES, inner, max_size=3)
        if name in SCHEMA_LISTS:
            return st.lists(inner, min_size=1, max_size=3)
        if name in SCHEMA:
            return inner
        if name == "required":
            return st.lists(NAMES, max_size=3)
        if name == "enum":
            return st.lists(SCALARS, max_size=4)
        return SCALARS

    return st.sampled_from(sorted(KEYWORDS)).flatmap(
        lambda name: st.tuples(st.just(name), st.one_of(value(name), value(name), ANYTHING))
    )


SCHEMAS = st.recursive(
    st.one_of(st.booleans(), ANYTHING),
    lambda inner: st.lists(keyword(inner), max_size=5).map(dict),
    max_leaves=12,
)


def check(path: Path, document: Any) -> None:
    """Load a document; every event that comes out of it can be used."""
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        contract = load([path])
    except SpecError:
        return
    for spec in contract.events.values():
        Draft202012Validator.check_schema(spec.schema)
        assert spec.schema["type"] == "object"
        assert {"event", "event_ts", "payload"} <= set(spec.schema["properties"])
        assert {"event", "event_ts", "payload"} <= set(spec.schema["required"])
        body = sample(spec)
        assert body["event"] == spec.name
        assert valid_by_both(spec, body)
        assert valid_by_both(spec, synthesise(spec).body)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "contract.json"


@given(root=SCHEMAS, shared=SCHEMAS)
def test_any_json_may_stand_where_a_schema_belongs(path, root, shared):
    media = {"schema": root, "definitions": {"A": shared}}
    operation = {"requestBody": {"content": {"application/json": media}}}
    document = {"openapi": "3.1.0", "webhooks": {"room.opened": {"post": operation}}}
    check(path, {**document, "components": {"schemas": {"C": shared}}})


@given(payload=SCHEMAS, shared=SCHEMAS)
def test_any_json_may_stand_inside_a_sound_envelope(path, payload, shared):
    properties = {"event": {"type": "string"}, "event_ts": {"type": "integer"}, "payload": payload}
    schema = {"type": "object", "required": list(properties), "properties": properties}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    document = {"openapi": "3.0.3", "paths": {"room.opened": {"post": operation}}}
    check(path, {**document, "components": {"schemas": {"C": shared}}})


def places(node: Any) -> list[tuple[Any, Any]]:
    """Return every container of a document with each of its keys or indices."""
    found: list[tuple[Any, Any]] = []
    stack = [node]
    while stack:
        current = stack.pop()
        keys = list(current) if isinstance(current, dict) else range(len(current))
        for key in keys:
            found.append((current, key))
            if isinstance(current[key], dict | list):
                stack.append(current[key])
    return found


@given(data=st.data())
def test_a_real_document_may_be_changed_at_random(path, data):
    whole = json.loads(bundled("specs", "rtms.json").read_text(encoding="utf-8"))
    names = sorted(whole["webhooks"])
    kept = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    whole["webhooks"] = {name: whole["webhooks"][name] for name in kept}
    for _ in range(data.draw(st.integers(1, 5))):
        found = places(whole)
        if not found:
            break
        container, key = found[data.draw(st.integers(0, len(found) - 1))]
        if data.draw(st.booleans()):
            container[key] = data.draw(ANYTHING)
        elif data.draw(st.booleans()):
            del container[key]
        elif isinstance(container, dict):
            container[data.draw(st.text(max_size=8))] = container.pop(key)
    check(path, whole)


@given(text=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_a_file_may_hold_anything(path, text):
    for suffix in (".json", ".yaml", ".md", ".txt"):
        file = path.with_suffix(suffix)
        file.write_bytes(text)
        with pytest.raises(SpecError):
            load([file])
