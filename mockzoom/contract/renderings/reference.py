"""Reads a rendered API reference back into an OpenAPI document.

Facts: the look of Zoom's reference pages as Markdown, as plain text, and as indented text; the
renderer sorts members by name, required ones first, and makes each example from the schema.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from mockzoom.contract.lint import (
    DUPLICATE_EVENT,
    FROM_RENDERING,
    RENDERING_INCOMPLETE,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.renderings.fields import Field, read_fields
from mockzoom.contract.renderings.nesting import by_example, by_indentation, is_indented
from mockzoom.contract.renderings.schemas import SchemaMaker
from mockzoom.contract.renderings.sections import (
    OperationPart,
    RequestPart,
    operation_parts,
    preface,
    title_of,
)
from mockzoom.model import JSON

_QUOTED = re.compile(r'possible values:[\s`]{0,9}"')
_WEBHOOKS = "/webhooks/"
_LOSSES = (
    "read from a rendered reference, which shows types, formats, enums, required members and "
    "defaults; limits, patterns, additionalProperties, deprecations and examples are not in it"
)


def read_reference(page: str, label: str, notebook: LintFindings) -> dict[str, JSON]:
    """Return the OpenAPI document that a rendered reference shows; nothing in it raises.

    `label` is what findings call the page; those of its text name the line.
    """
    title = title_of(page)
    openapi = title.openapi if title.openapi.startswith("3.") else "3.1.0"
    root: dict[str, JSON] = {
        "openapi": openapi,
        "info": {"title": title.title, "version": title.version},
    }
    notebook.add(FROM_RENDERING, FindingPlace(label), _LOSSES)
    reader = _PageReader(label, notebook, _lines(page), _QUOTED.search(page) is not None)
    if "Content-Type:" in preface(page):
        reader.report(0, None, "fields stand before the first operation; they are not read")
    for part in operation_parts(page):
        in_webhooks = part.path.startswith(_WEBHOOKS)
        section = root.setdefault("webhooks" if in_webhooks else "paths", {})
        name = part.path.removeprefix(_WEBHOOKS)
        reader.add(section, name, part)
    return root


def _lines(page: str) -> list[int]:
    """Return where each line of a page begins."""
    starts = [0]
    position = page.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = page.find("\n", position + 1)
    return starts


@dataclass(frozen=True, slots=True)
class _PageReader:
    label: str
    notebook: LintFindings
    lines: list[int]
    quoted: bool
    """Whether the page writes the texts of enums in quotes."""

    def add(self, section: dict[str, JSON], name: str, part: OperationPart) -> None:
        """Put what a page says of one operation into `paths` or `webhooks`."""
        item = section.setdefault(name, {})
        operation = self._operation(name, part)
        known = item.setdefault(part.method, operation)
        if known is not operation and known != operation:
            message = (
                f"{part.method.upper()} {name} is described again, differently; the first is used"
            )
            self.notebook.add(DUPLICATE_EVENT, self._place(part.start, name), message)

    def report(self, start: int, event: str | None, message: str) -> None:
        """Note what a rendering leaves open, by the line of the page."""
        self.notebook.add(RENDERING_INCOMPLETE, self._place(start, event), message)

    def _place(self, start: int, event: str | None) -> FindingPlace:
        return FindingPlace(f"{self.label}:{bisect_right(self.lines, start)}", "", event)

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
        if not fields:
            return None
        indented = is_indented(fields)
        if not indented and not request.shown and len(fields) > 1:
            message = "nothing shows the nesting of the fields; only the envelope is checked"
            self.report(request.start, name, message)
            return None
        nested = by_indentation(fields) if indented else by_example(fields, example)
        for entry, message in nested.problems:
            report(entry, message)
        return SchemaMaker(self.quoted, report).object_of(nested.roots, example)


def _names(example: JSON) -> frozenset[str]:
    """Return the names of all members that an example shows."""
    names: set[str] = set()
    stack = [example]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            names |= value.keys()
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return frozenset(names)
