"""Reads the examples of an event: objects, named examples, or JSON inside a string.

An `ExampleMismatch` is what an example says otherwise than its schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mockzoom.contract.lint import (
    EXAMPLE_NO_JSON,
    UNREADABLE,
    UNRESOLVED,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.operations import Document
from mockzoom.contract.parse import MAX_DEPTH, ParseError, parse_json, plain
from mockzoom.contract.refs import RefTarget, Resolver
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.schema.pointer import escaped
from mockzoom.schema.values import type_of

_MOST_CHARACTERS = 200_000
"""Characters of an event's examples. All examples of Zoom's largest known document have fewer."""
_TOO_LONG = f"the examples have more than {_MOST_CHARACTERS:,} characters; not used from here on"
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True)
class Example:
    """A documented example body, and where in which document it is written."""

    file: str
    pointer: str
    value: JSON


@dataclass(frozen=True, slots=True)
class ExampleMismatch:
    """An example's value at one place of the body that the schema does not admit."""

    pointer: str
    keyword: str
    value: JSON
    message: str
    types: tuple[str, ...] = ()
    """The types that the schema asks for, where `keyword` is `type`."""


@dataclass(frozen=True, slots=True)
class ExampleReader:
    """Reads the examples of one event."""

    resolver: Resolver
    notebook: LintFindings
    event: str

    def read(self, media: JSON, document: Document, pointer: str) -> tuple[Example, ...]:
        """Return the examples of a media type object, and those at the top of its schema."""
        found: list[Example] = []
        characters = 0
        for source, place in ((media, pointer), (media.get("schema"), f"{pointer}/schema")):
            for example in self._of(source, document, place) if isinstance(source, dict) else ():
                characters += len(json.dumps(example.value))
                if characters > _MOST_CHARACTERS:
                    at = FindingPlace(example.file, example.pointer, self.event)
                    self.notebook.add(UNREADABLE, at, _TOO_LONG)
                    return tuple(found)
                found.append(example)
        return tuple(found)

    def _of(self, source: dict[str, JSON], document: Document, pointer: str) -> Iterator[Example]:
        if "example" in source:
            yield from self._value(source["example"], document, f"{pointer}/example")
        listed = source.get("examples")
        if isinstance(listed, list):
            for index, item in enumerate(listed):
                yield from self._named(item, document, f"{pointer}/examples/{index}")
        elif isinstance(listed, dict):
            if "event" in listed or "payload" in listed:
                yield from self._value(listed, document, f"{pointer}/examples")
                return
            for name, item in listed.items():
                yield from self._named(item, document, f"{pointer}/examples/{escaped(name)}")

    def _named(self, item: JSON, document: Document, pointer: str) -> Iterator[Example]:
        """Read an entry of `examples`: an Example Object, a reference to one, or the value."""
        if not isinstance(item, dict) or "event" in item or "payload" in item:
            yield from self._value(item, document, pointer)
            return
        if isinstance(item.get("$ref"), str):
            target = self.resolver.resolve(item["$ref"], document, pointer)
            if isinstance(target, RefTarget) and isinstance(target.node, dict):
                document, pointer, item = target.document, target.pointer, target.node
            else:
                why = target if isinstance(target, str) else "leads to no example"
                place = FindingPlace(document.file, f"{pointer}/$ref", self.event)
                message = f"the reference {shown(item['$ref'])} {why}; not read"
                self.notebook.add(UNRESOLVED, place, message)
                return
        if "value" in item:
            yield from self._value(item["value"], document, f"{pointer}/value")

    def _value(self, value: JSON, document: Document, pointer: str) -> Iterator[Example]:
        place = FindingPlace(document.file, pointer, self.event)
        try:
            for _ in range(2):  # some are encoded twice
                if isinstance(value, str):
                    value = plain(parse_json(value), place, LintFindings())
        except ParseError as error:
            where = f"line {error.line}, column {error.column}"
            message = f"the example is no JSON ({where}: {error.message}); not used"
            self.notebook.add(EXAMPLE_NO_JSON, place, message)
            return
        if isinstance(value, str):
            message = "the example is text, where an object was expected; not used"
            self.notebook.add(EXAMPLE_NO_JSON, place, message)
            return
        yield Example(document.file, pointer, value)


def inferred_schema(values: list[JSON], depth: int = 0) -> JSON:
    """Return a schema for the structure that example values have in common."""
    types = list(dict.fromkeys(type_of(value) for value in values))
    if len(types) != 1 or types == ["null"] or depth > MAX_DEPTH:
        return {}
    if types == ["object"]:
        found: dict[str, list[JSON]] = {}
        for value in values:
            for name, item in value.items():
                found.setdefault(name, []).append(item)
        return {
            "type": "object",
            "required": [name for name, items in found.items() if len(items) == len(values)],
            "properties": {
                name: inferred_schema(items, depth + 1) for name, items in found.items()
            },
        }
    if types == ["array"]:
        items = [item for value in values for item in value]
        return {"type": "array", "items": inferred_schema(items, depth + 1) if items else {}}
    return {"type": types[0]}


def other_type(found: ExampleMismatch) -> str | None:
    """Return what to say of a scalar that has another scalar type; None for anything else."""
    scalar = isinstance(found.value, str | int | float)
    if found.keyword != "type" or not scalar or not set(found.types) <= _SCALARS:
        return None
    return f"the example has it; the schema says {' or '.join(found.types)}"
