"""Holds documented examples against the schema beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mockzoom.catalog.examples import Example
from mockzoom.catalog.lint import EXAMPLE_CONTRADICTS, Notebook, Place
from mockzoom.catalog.nodes import Node, plain_schema
from mockzoom.catalog.validation import exact_validator, pointer_of
from mockzoom.catalog.vocabulary import shown
from mockzoom.model import JSON


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An example's value at one place of the body that the schema does not admit."""

    pointer: str
    keyword: str
    value: JSON
    message: str
    types: tuple[str, ...] = ()
    """The types that the schema asks for, where `keyword` is `type`."""


def judge_examples(
    root: Node, examples: tuple[Example, ...], notebook: Notebook, event: str
) -> tuple[Contradiction, ...]:
    """Note what the examples break, one finding a contradiction, and return it."""
    if not examples:
        return ()
    from jsonschema_rs import Draft202012Validator

    schema = plain_schema(root)
    validator = Draft202012Validator(schema, validate_formats=True)
    found: list[Contradiction] = []
    for example in examples:
        place = Place(example.file, example.pointer, event)
        errors = _errors(validator.iter_errors(example.value), schema)
        for contradiction in _distinct(errors, example, event):
            where = contradiction.pointer or "the top"
            notebook.add(EXAMPLE_CONTRADICTS, place, f"at {where}: {contradiction.message}")
            found.append(contradiction)
    return tuple(found)


def _errors(errors: Iterable[Any], schema: JSON) -> Iterator[Contradiction]:
    for error in errors:
        path = list(error.schema_path)
        keyword = str(path[-1]) if path else "false"
        if keyword == "format" and _other_validator_accepts(error.instance, schema, path):
            continue
        types = _at(schema, path) if keyword == "type" else ()
        yield Contradiction(
            pointer_of(error.instance_path),
            keyword,
            error.instance,
            f"{_shortened(error.message)} ({keyword})",
            tuple(types) if isinstance(types, list | tuple) else (str(types),),
        )


def _distinct(errors: Iterable[Contradiction], example: Example, event: str) -> list[Contradiction]:
    """Return one contradiction a cause: a value of the wrong type breaks its enum too."""
    found = list(errors)
    wrong = {error.pointer for error in found if error.keyword == "type"}
    kept = [error for error in found if error.keyword == "type" or error.pointer not in wrong]
    body = example.value
    named = body.get("event") if isinstance(body, dict) else None
    if isinstance(named, str) and named != event and "/event" not in {e.pointer for e in kept}:
        message = f"the example is of another event, {shown(named)}"
        kept.append(Contradiction("/event", "event", named, message))
    return kept


def _at(schema: JSON, path: list[str | int]) -> JSON:
    """Return what stands at a path in a schema, or nothing where it leads through a reference."""
    node = schema
    for step in path:
        try:
            node = node[step]
        except (LookupError, TypeError):
            return ()
    return node


def _other_validator_accepts(value: JSON, schema: JSON, path: list[str | int]) -> bool:
    """Whether a format is broken only in the eyes of the stricter of the two validators."""
    name = _at(schema, path)
    return isinstance(name, str) and exact_validator({"format": name}).is_valid(value)


def _shortened(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= 200 else text[:199] + "…"
