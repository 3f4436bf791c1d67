"""The examples of an event: read, checked against the schema beside them, and what they show.

They are objects, named examples, or JSON inside a string. An `ExampleMismatch` is what an example
says otherwise than its schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mockzoom.contract.compile import Compiler
from mockzoom.contract.lint import (
    BLANK_IN_NAME,
    EXAMPLE_CONTRADICTS,
    EXAMPLE_NO_JSON,
    UNREADABLE,
    UNRESOLVED,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.parse import MAX_DEPTH, ParseError, parse_json, plain
from mockzoom.contract.refs import RefTarget, Resolver
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.schema.nodes import SchemaNode, node_of, plain_schema
from mockzoom.schema.pointer import MISSING, get, join, objects
from mockzoom.schema.validators import exact_validator
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
    findings: LintFindings
    event: str

    def read(self, media: RefTarget) -> tuple[Example, ...]:
        """Return the examples of a media type object, and those at the top of its schema."""
        found: list[Example] = []
        characters = 0
        for source in (media, media.below("schema")):
            for example in self._of(source) if isinstance(source.node, dict) else ():
                characters += len(json.dumps(example.value))
                if characters > _MOST_CHARACTERS:
                    at = FindingPlace(example.file, example.pointer, self.event)
                    self.findings.add(UNREADABLE, at, _TOO_LONG)
                    return tuple(found)
                found.append(example)
        return tuple(found)

    def _of(self, source: RefTarget) -> Iterator[Example]:
        if "example" in source.node:
            yield from self._value(source.below("example"))
        listed = source.below("examples")
        if isinstance(listed.node, dict) and _is_body(listed.node):
            yield from self._value(listed)
            return
        for item in listed.items():
            yield from self._named(item)

    def _named(self, item: RefTarget) -> Iterator[Example]:
        """Read an entry of `examples`: an Example Object, a reference to one, or the value."""
        if not isinstance(item.node, dict) or _is_body(item.node):
            yield from self._value(item)
            return
        reference = item.node.get("$ref")
        if isinstance(reference, str):
            target = self.resolver.resolve(reference, item.document, item.pointer)
            if isinstance(target, str) or not isinstance(target.node, dict):
                why = target if isinstance(target, str) else "leads to no example"
                place = FindingPlace(item.document.file, f"{item.pointer}/$ref", self.event)
                message = f"the reference {shown(reference)} {why}; not read"
                self.findings.add(UNRESOLVED, place, message)
                return
            item = target
        if "value" in item.node:
            yield from self._value(item.below("value"))

    def _value(self, found: RefTarget) -> Iterator[Example]:
        value = found.node
        place = FindingPlace(found.document.file, found.pointer, self.event)
        try:
            for _ in range(2):  # some are encoded twice
                if isinstance(value, str):
                    value = plain(parse_json(value), place, LintFindings())
        except ParseError as error:
            where = f"line {error.line}, column {error.column}"
            message = f"the example is no JSON ({where}: {error.message}); not used"
            self.findings.add(EXAMPLE_NO_JSON, place, message)
            return
        if isinstance(value, str):
            message = "the example is text, where an object was expected; not used"
            self.findings.add(EXAMPLE_NO_JSON, place, message)
            return
        yield Example(place.file, place.pointer, value)


def _is_body(value: dict[str, JSON]) -> bool:
    return "event" in value or "payload" in value


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


_PARTS = 400


@dataclass(frozen=True, slots=True)
class Documented:
    """Every value within the examples of an event, up to a bound; the outermost come first."""

    parts: tuple[JSON, ...] = ()

    @classmethod
    def of(cls, examples: Iterable[JSON]) -> Documented:
        """Collect the examples and what is in them."""
        parts = list(examples)
        for part in parts:
            if len(parts) > _PARTS:
                break
            if isinstance(part, dict | list):
                parts += part.values() if isinstance(part, dict) else part
        return cls(tuple(parts))

    def schema(self, name: str, node: SchemaNode) -> SchemaNode | None:
        """Return what a property looks like where an example shows the object that `node` is for.

        An object counts as that one if it has most of the other properties that are required or
        described. None if no example shows the property.
        """
        wanted = {*node.get("required", ()), *node.get("properties", {})} - {name}
        seen = [
            part[name]
            for part in self.parts
            if isinstance(part, dict) and name in part and 2 * len(wanted & {*part}) >= len(wanted)
        ]
        if not seen:
            return None
        schema = node_of(inferred_schema(seen), node.file, node.pointer)
        return schema if isinstance(schema, SchemaNode) else None


_MOST_ERRORS = 1_000
"""Errors of one example that are looked at."""


def check_examples(
    root: SchemaNode, examples: tuple[Example, ...], findings: LintFindings, event: str
) -> tuple[ExampleMismatch, ...]:
    """Note what the examples break, one finding a contradiction, and return it."""
    if not examples:
        return ()
    schema = plain_schema(root)
    validator = _validator(schema)
    described = _described(schema)
    found: list[ExampleMismatch] = []
    for example in examples:
        place = FindingPlace(example.file, example.pointer, event)
        errors = _errors(islice(validator.iter_errors(example.value), _MOST_ERRORS), schema)
        for contradiction in _distinct(errors, example, event):
            where = contradiction.pointer or "the top"
            findings.add(EXAMPLE_CONTRADICTS, place, f"at {where}: {contradiction.message}")
            found.append(contradiction)
        for pointer, name, meant in _blanks(example.value, described):
            where = pointer or "the top"
            message = f"at {where}: the name {shown(name)} has a blank; described is {shown(meant)}"
            findings.add(BLANK_IN_NAME, place, message)
    return tuple(found)


def _blanks(example: JSON, described: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield members whose names have a blank that a described name has not: place, name, that."""
    for pointer, value in objects(example):
        for name in value:
            meant = "".join(name.split())
            if meant != name and meant in described and name not in described:
                yield pointer, name, meant


def _described(schema: JSON) -> set[str]:
    """Return the names of all properties that a schema describes, at any depth."""
    described = (node.get("properties") for _, node in objects(schema))
    return {name for properties in described if isinstance(properties, dict) for name in properties}


def check_samples(compiler: Compiler) -> None:
    """Check the examples that stand inside schemas against them; those that fit are kept there.

    To be asked when the definitions are compiled and free of circles.
    """
    definitions = {name: plain_schema(node) for name, node in compiler.definitions.items()}
    for node, pointer, value in compiler.samples:
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            value = _decoded(value)
        schema = {**plain_schema(node.without("examples", "default")), "$defs": definitions}
        found = islice(_validator(schema).iter_errors(value), _MOST_ERRORS)
        errors = _causes(_errors(found, schema))
        if not errors:
            node.setdefault("examples", []).append(value)
            continue
        place = FindingPlace(node.file, pointer, compiler.event)
        for error in errors:
            where = f"at {error.pointer}: " if error.pointer else ""
            compiler.findings.add(EXAMPLE_CONTRADICTS, place, where + error.message)
        reason = other_type(errors[0]) if errors[0].pointer == "" else None
        if reason is not None:
            compiler.readings.setdefault(node.place, []).append((value, reason))


def _decoded(text: str) -> JSON:
    try:
        return plain(parse_json(text), FindingPlace(""), LintFindings())
    except ParseError:
        return text


def _validator(schema: JSON) -> Any:
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema, validate_formats=True)


def _errors(errors: Iterable[Any], schema: JSON) -> Iterator[ExampleMismatch]:
    for error in errors:
        path = list(error.schema_path)
        keyword = str(path[-1]) if path else "false"
        if keyword == "format" and _other_validator_accepts(error.instance, schema, path):
            continue
        types = _at(schema, path) if keyword == "type" else ()
        yield ExampleMismatch(
            join(error.instance_path),
            keyword,
            error.instance,
            f"{_shortened(error.message)} ({keyword})",
            tuple(types) if isinstance(types, list | tuple) else (str(types),),
        )


def _distinct(
    errors: Iterable[ExampleMismatch], example: Example, event: str
) -> list[ExampleMismatch]:
    """Return the contradictions of an example, that of its name among them."""
    kept = _causes(errors)
    body = example.value
    named = body.get("event") if isinstance(body, dict) else None
    if isinstance(named, str) and named != event and "/event" not in {e.pointer for e in kept}:
        message = f"the example is of another event, {shown(named)}"
        kept.append(ExampleMismatch("/event", "event", named, message))
    return kept


def _causes(errors: Iterable[ExampleMismatch]) -> list[ExampleMismatch]:
    """Return one contradiction a cause: a value of the wrong type breaks its enum too."""
    found = sorted(errors, key=lambda error: (error.pointer, error.keyword))
    wrong = {error.pointer for error in found if error.keyword == "type"}
    return [error for error in found if error.keyword == "type" or error.pointer not in wrong]


def _at(schema: JSON, path: list[str | int]) -> JSON:
    """Return what stands at a path in a schema, or nothing where it leads through a reference."""
    found = get(schema, path)
    return () if found is MISSING else found


def _other_validator_accepts(value: JSON, schema: JSON, path: list[str | int]) -> bool:
    """Whether a format is broken only in the eyes of the stricter of the two validators."""
    name = _at(schema, path)
    return isinstance(name, str) and exact_validator({"format": name}).is_valid(value)


def _shortened(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= 200 else text[:199] + "…"
