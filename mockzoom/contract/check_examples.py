"""Checks documented examples against the schema beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from mockzoom.contract.compile import Compiler
from mockzoom.contract.examples import Example, ExampleMismatch, other_type
from mockzoom.contract.lint import (
    BLANK_IN_NAME,
    EXAMPLE_CONTRADICTS,
    FindingPlace,
    LintFindings,
)
from mockzoom.contract.parse import ParseError, parse_json, plain
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.schema.nodes import SchemaNode, plain_schema
from mockzoom.schema.pointer import MISSING, escaped, get, join
from mockzoom.schema.validators import exact_validator

_MOST_ERRORS = 1_000
"""Errors of one example that are looked at."""


def check_examples(
    root: SchemaNode, examples: tuple[Example, ...], notebook: LintFindings, event: str
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
            notebook.add(EXAMPLE_CONTRADICTS, place, f"at {where}: {contradiction.message}")
            found.append(contradiction)
        for pointer, name, meant in _blanks(example.value, described):
            where = pointer or "the top"
            message = f"at {where}: the name {shown(name)} has a blank; described is {shown(meant)}"
            notebook.add(BLANK_IN_NAME, place, message)
    return tuple(found)


def _blanks(example: JSON, described: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield members whose names have a blank that a described name has not: place, name, that."""
    stack: list[tuple[str, JSON]] = [("", example)]
    while stack:
        pointer, value = stack.pop()
        if isinstance(value, list):
            stack += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
        for name, item in value.items() if isinstance(value, dict) else ():
            stack.append((f"{pointer}/{escaped(name)}", item))
            meant = "".join(name.split())
            if meant != name and meant in described and name not in described:
                yield pointer, name, meant


def _described(schema: JSON) -> set[str]:
    """Return the names of all properties that a schema describes, at any depth."""
    names: set[str] = set()
    stack = [schema]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            properties = current.get("properties")
            names |= properties.keys() if isinstance(properties, dict) else set()
            stack += current.values()
        elif isinstance(current, list):
            stack += current
    return names


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
            compiler.notebook.add(EXAMPLE_CONTRADICTS, place, where + error.message)
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
