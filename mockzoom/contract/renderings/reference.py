"""Reads a rendered API reference back into an OpenAPI document.

Facts: the look of Zoom's reference pages as Markdown, as plain text, and as indented text; the
renderer sorts members by name, required ones first, and makes each example from the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mockzoom.contract.lint import (
    DUPLICATE_EVENT,
    FROM_RENDERING,
    RENDERING_INCOMPLETE,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.renderings.fields import MISSING, MOST_FIELDS, Field, FieldHead, read_fields
from mockzoom.contract.renderings.nesting import (
    NestingBudget,
    by_example,
    by_indentation,
    inner_object,
    is_indented,
)
from mockzoom.contract.renderings.sections import (
    OperationPart,
    RequestPart,
    operation_parts,
    preface,
    title_of,
)
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.schema.pointer import objects

Report = Callable[[Field, str], None]
_ANY_NAME = "additionalProperty"
"""What renderers call a member of an example that stands for members of any name."""


@dataclass(frozen=True, slots=True)
class SchemaMaker:
    """Makes the schemas of one page; `quoted` says that it writes text values in quotes."""

    quoted: bool
    report: Report

    def object_of(self, fields: list[Field], example: JSON) -> dict[str, JSON]:
        """Return the schema of an object with these members."""
        shape = inner_object(example) or {}
        schema: dict[str, JSON] = {"type": "object"}
        required = [entry.name for entry in fields if entry.required]
        if required:
            schema["required"] = list(dict.fromkeys(required))
        properties: dict[str, JSON] = {}
        for entry in fields:
            if entry.name in properties:
                self.report(entry, "the list names it twice in one object; the first is read")
                continue
            known = entry.name in shape
            properties[entry.name] = self._field(entry, known, shape.get(entry.name))
        if properties:
            schema["properties"] = properties
        return schema

    def _field(self, entry: Field, known: bool, example: JSON) -> dict[str, JSON]:
        for problem in entry.head.problems:
            self.report(entry, problem)
        schema = self._head(entry, entry.head)
        types = entry.head.types
        if entry.levels and "array" in types:
            schema["items"] = self._items(entry, example)
        elif entry.members:
            schema = {**schema, **self.object_of(entry.members, example), **_types(types)}
        elif types == ["object"] and known:
            self._untyped(entry, schema, example)
        if entry.combined:
            self._combined(entry, schema)
        if not types:
            self.report(entry, "no type is shown; any value is admitted")
        return schema

    def _items(self, entry: Field, example: JSON) -> dict[str, JSON]:
        if entry.combined:
            inner: dict[str, JSON] = {}
        elif entry.members:
            inner = self.object_of(entry.members, example)
        elif entry.item is not None:
            inner = self._head(entry, entry.item)
            for problem in entry.item.problems:
                self.report(entry, problem)
        else:
            self.report(entry, "nothing is shown of its items; any items are admitted")
            inner = {}
        for _ in range(entry.levels - 1):
            inner = {"type": "array", "items": inner}
        return inner

    def _head(self, entry: Field, head: FieldHead) -> dict[str, JSON]:
        schema = _types(head.types)
        if head.format:
            schema["format"] = head.format
        if head.enum:
            schema["enum"] = self._enum(entry, head)
        if head.default is not MISSING:
            schema["default"] = head.default
        if head.nullable:
            schema["nullable"] = True
        if head.deprecated:
            schema["deprecated"] = True
        if head.description:
            schema["description"] = head.description
        return schema

    def _enum(self, entry: Field, head: FieldHead) -> list[JSON]:
        """Return an enum's values; where a page writes text without quotes, the type decides."""
        values = list(head.enum or ())
        if self.quoted or head.types != ["string"]:
            return values
        if all(isinstance(value, str) for value in values):
            return values
        self.report(entry, "its values are shown without quotes; read as text, as its type is")
        return [value if isinstance(value, str) else shown(value) for value in values]

    def _untyped(self, entry: Field, schema: dict[str, JSON], example: JSON) -> None:
        """Take away the type `object` where the example has none: so a missing type is shown."""
        if not isinstance(example, dict):
            del schema["type"]
            message = f"it is shown as object, and as {shown(example)} in the example; its type is"
            self.report(entry, f"{message} left open")
            return
        unknown = [name for name in example if not name.startswith(_ANY_NAME)]
        if unknown and not entry.combined:
            names = ", ".join(map(shown, unknown[:10]))
            message = f"the example shows members that are not described ({names}): perhaps one of"
            self.report(entry, f"{message} several alternatives; any member is admitted")

    def _combined(self, entry: Field, schema: dict[str, JSON]) -> None:
        message = f"the rendering shows {entry.combined.lower()!r} without telling the schemas"
        self.report(entry, f"{message} apart; what they say is not checked")
        for keyword in ("properties", "required"):
            schema.pop(keyword, None)


def _types(types: list[str]) -> dict[str, JSON]:
    if not types:
        return {}
    return {"type": types[0] if len(types) == 1 else types}


_QUOTED = re.compile(r'possible values:[\s`]{0,9}"')
_MOST_OPERATIONS = 2_000
_WEBHOOKS = "/webhooks/"
_LOSSES = (
    "read from a rendered reference, which shows types, formats, enums, required members and "
    "defaults; limits, patterns, additionalProperties, deprecations and examples are not in it"
)


def read_reference(page: str, label: str, findings: LintFindings) -> dict[str, JSON]:
    """Return the OpenAPI document that a rendered reference shows; nothing in it raises.

    `label` is what findings call the page; those of its text name the line.
    """
    title = title_of(page)
    openapi = title.openapi if title.openapi.startswith("3.") else "3.1.0"
    root: dict[str, JSON] = {
        "openapi": openapi,
        "info": {"title": title.title, "version": title.version},
    }
    findings.add(FROM_RENDERING, FindingPlace(label), _LOSSES)
    quoted = _QUOTED.search(page) is not None
    reader = _PageReader(label, findings, _Lines(page), quoted, NestingBudget())
    if "Content-Type:" in preface(page):
        reader.report(0, None, "fields stand before the first operation; they are not read")
    for count, part in enumerate(operation_parts(page)):
        if count == _MOST_OPERATIONS:
            message = f"more than {_MOST_OPERATIONS:,} operations; those from here on are not read"
            reader.report(part.start, None, message)
            break
        in_webhooks = part.path.startswith(_WEBHOOKS)
        section = root.setdefault("webhooks" if in_webhooks else "paths", {})
        name = part.path.removeprefix(_WEBHOOKS)
        reader.add(section, name, part)
    return root


class _Lines:
    """Finds line and column of positions in a page; quick where each is near the one before."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._position, self._line, self._start = 0, 1, 0

    def place(self, position: int) -> tuple[int, int]:
        """Return line and column of a position, both counted from 1."""
        before, after = sorted((self._position, position))
        passed = self._page.count("\n", before, after)
        if passed:
            self._line += passed if position >= self._position else -passed
            self._start = self._page.rfind("\n", 0, position) + 1
        self._position = position
        return self._line, position - self._start + 1


@dataclass(frozen=True, slots=True)
class _PageReader:
    label: str
    findings: LintFindings
    lines: _Lines
    quoted: bool
    """Whether the page writes the texts of enums in quotes."""
    budget: NestingBudget

    def add(self, section: dict[str, JSON], name: str, part: OperationPart) -> None:
        """Put what a page says of one operation into `paths` or `webhooks`."""
        item = section.setdefault(name, {})
        operation = self._operation(name, part)
        known = item.setdefault(part.method, operation)
        if known is not operation and known != operation:
            message = (
                f"{part.method.upper()} {name} is described again, differently; the first is used"
            )
            self.findings.add(DUPLICATE_EVENT, self._place(part.start, name), message)

    def report(self, start: int, event: str | None, message: str) -> None:
        """Note what a rendering leaves open, by the line of the page."""
        self.findings.add(RENDERING_INCOMPLETE, self._place(start, event), message)

    def _place(self, start: int, event: str | None) -> FindingPlace:
        line, column = self.lines.place(start)
        return FindingPlace(f"{self.label}:{line}:{column}", "", event)

    def _operation(self, name: str, part: OperationPart) -> dict[str, JSON]:
        operation: dict[str, JSON] = {}
        if part.tags:
            operation["tags"] = list(part.tags)
        if not name.startswith("/"):
            operation["operationId"] = name
        if part.request is None:
            self.report(part.start, name, "no request body is shown: the page may be cut here")
            return operation
        media: dict[str, JSON] = {}
        schema = self._schema(name, part.request)
        if schema is not None:
            media["schema"] = schema
        operation["requestBody"] = {"content": {part.request.media_type: media}}
        return operation

    def _schema(self, name: str, request: RequestPart) -> JSON:
        example = request.example
        fields, stray = read_fields(request.fields, _names(example))

        def report(entry: Field, message: str) -> None:
            start = request.start + entry.start
            self.report(start, name, f"{entry.name}: {message}")

        if stray:
            message = f"the body shows {stray.lower()!r} before its first field; not read"
            self.report(request.start, name, message)
        if not request.shown:
            message = "no example follows the list of fields, or a broken one: the page may be cut"
            self.report(request.start, name, message)
        if len(fields) > MOST_FIELDS:
            message = f"more than {MOST_FIELDS:,} fields; only the envelope is checked"
            self.report(request.start, name, message)
            return None
        if not fields:
            return None
        indented = is_indented(fields)
        if not indented and not request.shown and len(fields) > 1:
            message = "nothing shows the nesting of the fields; only the envelope is checked"
            self.report(request.start, name, message)
            return None
        nested = by_indentation(fields) if indented else by_example(fields, example, self.budget)
        if nested is None:
            message = "the page has too many fields to find their nesting; only the envelope is"
            self.report(request.start, name, f"{message} checked")
            return None
        for entry, message in nested.problems:
            report(entry, message)
        return SchemaMaker(self.quoted, report).object_of(nested.roots, example)


def _names(example: JSON) -> frozenset[str]:
    """Return the names of all members that an example shows."""
    return frozenset(name for _, shown in objects(example) for name in shown)
