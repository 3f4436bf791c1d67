"""Writes the events of any readable document as one clean OpenAPI 3.1 document with `webhooks`.

Facts only: names, types, constraints, examples, mistakes included, as in `specs/`. Descriptions are
left out; of those that explain values which their enum leaves out, these values are kept.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from mockzoom.contract import vocabulary
from mockzoom.contract.compile import omitted_values
from mockzoom.contract.events import EventReader
from mockzoom.contract.lint import LintFindings
from mockzoom.contract.loader import distinct
from mockzoom.contract.operations import Operation, methods
from mockzoom.contract.refs import RefTarget, Resolver, definition_name
from mockzoom.contract.sources import documents_of
from mockzoom.model import JSON, Finding
from mockzoom.schema.nodes import SCHEMA, SCHEMA_LISTS, SCHEMA_MAPS
from mockzoom.schema.pointer import split

_PROSE = frozenset({"description", "title", "$comment", "externalDocs", "xml"})
_MOVED = frozenset({"$defs", "definitions", "$id", "$anchor", "$dynamicAnchor", "$schema"})
_SOURCE = re.compile(
    r"^\W{0,8}(?:source(?: url)?|url|canonical(?: url)?)\W{1,8}(?P<url>https?://[^\s\"'<>)]{1,500})",
    re.IGNORECASE | re.MULTILINE,
)
_RETRIEVED = re.compile(
    r"^\W{0,8}(?:generated|retrieved|fetched|snapshot)\b[^:\n]{0,20}:\W{0,4}(?P<day>\d{4}-\d\d-\d\d)",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD = 20_000
"""The origin is looked for in so many characters from the beginning of a page."""


def rewritten(
    text: str, path: Path, label: str, folder: Path | None = None
) -> tuple[dict[str, JSON], tuple[Finding, ...]]:
    """Return the clean document that a text holds, and everything odd about the text.

    `path` tells the text's kind by its suffix, `label` is its name in findings; references to other
    files are looked up in `folder`. Raises `SpecError` for a text that holds no contract.
    """
    findings = LintFindings()
    documents = documents_of(text, path, label, findings, folder)
    writer = _Writer(findings)
    webhooks = writer.webhooks(distinct(documents, findings))
    info = documents[0].root.get("info")
    root: dict[str, JSON] = {"openapi": "3.1.0", "info": _info(info, path)}
    source = _source(documents[0].root, text)
    if source:
        root["x-mockzoom-source"] = source
    root["webhooks"] = webhooks
    if writer.schemas:
        root["components"] = {"schemas": writer.schemas}
    return root, findings.sorted()


def _info(info: JSON, path: Path) -> dict[str, JSON]:
    stated = info if isinstance(info, dict) else {}
    texts = {key: stated[key] for key in ("title", "version") if isinstance(stated.get(key), str)}
    return {"title": texts.get("title") or path.stem, "version": texts.get("version") or "1.0.0"}


def _source(root: JSON, text: str) -> JSON:
    """Return the origin that a document or the page around it names, or nothing."""
    info = root.get("info")
    for holder in (root, info if isinstance(info, dict) else {}):
        if holder.get("x-mockzoom-source"):
            return holder["x-mockzoom-source"]
    if text.lstrip()[:1] in ("{", "["):
        return None
    head = text[:_HEAD]
    found = {"origin": _SOURCE.search(head), "retrieved": _RETRIEVED.search(head)}
    return {name: match[1] for name, match in found.items() if match}


class _Writer:
    """Writes operations; the schemas that they refer to gather in `schemas`."""

    def __init__(self, findings: LintFindings) -> None:
        self.schemas: dict[str, JSON] = {}
        self._reader = EventReader(findings)
        self._resolver = Resolver(LintFindings())
        self._names: dict[tuple[str, str], str] = {}
        self._waiting: deque[tuple[str, RefTarget]] = deque()

    def webhooks(self, operations: Iterable[Operation]) -> dict[str, JSON]:
        """Return the path items of operations by event; what is odd goes into the findings."""
        items: dict[str, JSON] = {}
        for operation in operations:
            self._reader.read(operation)  # for its findings
            items[operation.event] = {"post": self._operation(operation)}
        while self._waiting:
            name, target = self._waiting.popleft()
            self.schemas[name] = self._schema(target)
        return items

    def _operation(self, operation: Operation) -> dict[str, JSON]:
        media, _ = EventReader(LintFindings()).media(operation)
        written: dict[str, JSON] = {}
        stated: JSON = next((content for _, content in methods(operation.item)), {})
        for key in ("tags", "deprecated", "x-scopes"):
            if isinstance(stated.get(key), list | bool):
                written[key] = stated[key]
        written["operationId"] = operation.event
        if media is not None:
            kind = split(media.pointer)[-1]
            kind = kind if "/" in kind else "application/json"
            written["requestBody"] = {"content": {kind: self._media(media)}}
        return written

    def _media(self, media: RefTarget) -> dict[str, JSON]:
        written: dict[str, JSON] = {}
        if "schema" in media.node:
            written["schema"] = self._schema(media.below("schema"))
        examples = self._examples(media)
        if examples:
            written["examples"] = examples
        return written

    def _examples(self, media: RefTarget) -> dict[str, JSON]:
        written: dict[str, JSON] = {}
        if "example" in media.node:
            written["json-example"] = {"value": media.node["example"]}
        listed = media.node.get("examples")
        if isinstance(listed, dict) and {"event", "payload"} & listed.keys():
            listed = [listed]
        if isinstance(listed, list):
            listed = {f"example-{number}": item for number, item in enumerate(listed, 1)}
        for name, item in listed.items() if isinstance(listed, dict) else ():
            if isinstance(item, dict) and isinstance(item.get("$ref"), str):
                target = self._resolver.resolve(item["$ref"], media.document, media.pointer)
                item = target.node if isinstance(target, RefTarget) else item
            if isinstance(item, dict) and "value" in item and "event" not in item:
                item = item["value"]
            written[name] = {"value": item}
        return written

    # -- schemas ---------------------------------------------------------------------------------

    def _schema(self, found: RefTarget) -> JSON:
        schema = found.node
        if not isinstance(schema, dict):
            return schema
        written: dict[str, JSON] = {}
        for keyword, value in schema.items():
            if keyword in _PROSE or keyword in _MOVED or keyword.startswith("x-"):
                continue
            if keyword in vocabulary.REFERENCES and isinstance(value, str):
                written["$ref"] = self._reference(value, found)
            else:
                written[keyword] = self._value(keyword, found.below(keyword))
        _modernise(written)
        omitted = omitted_values(schema.get("description"), schema.get("enum"))
        if omitted:
            listed = [*schema["enum"], *omitted]
            written["description"] = "\n".join(f"* {value}: documented" for value in listed)
        return written

    def _value(self, keyword: str, found: RefTarget) -> JSON:
        value = found.node
        if isinstance(value, dict) and (keyword in SCHEMA_MAPS or keyword == "dependencies"):
            return {name: self._schema(found.below(name)) for name in value}
        if isinstance(value, list) and keyword in {*SCHEMA_LISTS, "items"}:
            return [self._schema(item) for item in found.items()]
        if isinstance(value, dict) and (keyword in SCHEMA or keyword not in vocabulary.KEYWORDS):
            return self._schema(found)
        return value

    def _reference(self, reference: str, found: RefTarget) -> str:
        """Return a reference into `schemas`; one that leads nowhere is kept as it is."""
        target = self._resolver.resolve(reference, found.document, found.pointer)
        if not isinstance(target, RefTarget) or not isinstance(target.node, dict | bool):
            return reference
        key = (target.document.file, target.pointer)
        if key not in self._names:
            name = definition_name(target, self.schemas)
            self._names[key] = name
            self.schemas[name] = True  # its place, until it is written
            self._waiting.append((name, target))
        return f"#/components/schemas/{self._names[key]}"


def _modernise(schema: dict[str, JSON]) -> None:
    """Write what OpenAPI 3.0 says in its own way as OpenAPI 3.1 does."""
    if schema.get("nullable") is True and "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*types, *([] if "null" in types else ["null"])]
    schema.pop("nullable", None)
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool):
            is_exclusive = schema.pop(exclusive)
            if is_exclusive and bound in schema:
                schema[exclusive] = schema.pop(bound)
