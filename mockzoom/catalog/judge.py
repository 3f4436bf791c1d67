"""Holds documented examples against the schema beside them."""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.catalog.examples import Example
from mockzoom.catalog.lint import EXAMPLE_CONTRADICTS, Notebook, Place
from mockzoom.catalog.nodes import Node, plain_schema
from mockzoom.catalog.validation import pointer_of
from mockzoom.catalog.vocabulary import shown
from mockzoom.model import JSON


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An example's value at one place of the body that the schema does not admit."""

    pointer: str
    keyword: str
    value: JSON
    message: str


def judge_examples(
    root: Node, examples: tuple[Example, ...], notebook: Notebook, event: str
) -> tuple[Contradiction, ...]:
    """Note what the examples break, one finding a contradiction, and return it."""
    if not examples:
        return ()
    import jsonschema_rs

    schema = plain_schema(root)
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    found: list[Contradiction] = []
    for example in examples:
        broken = _broken(validator, example, event)
        place = Place(example.file, example.pointer, event)
        for contradiction in broken:
            where = contradiction.pointer or "the top"
            message = f"at {where}: {contradiction.message}"
            notebook.add(EXAMPLE_CONTRADICTS, place, message)
        found += broken
    return tuple(found)


def _broken(validator: object, example: Example, event: str) -> list[Contradiction]:
    found: dict[str, Contradiction] = {}
    for error in validator.iter_errors(example.value):  # type: ignore[attr-defined]
        pointer = pointer_of(error.instance_path)
        keyword = str(error.schema_path[-1]) if error.schema_path else "false"
        message = f"{_shortened(error.message)} ({keyword})"
        # A value of the wrong type breaks the enum beside it too: one contradiction.
        if pointer not in found or keyword == "type":
            found[pointer] = Contradiction(pointer, keyword, error.instance, message)
        elif found[pointer].keyword != "type":
            found[f"{pointer} {len(found)}"] = Contradiction(
                pointer, keyword, error.instance, message
            )
    body = example.value
    named = body.get("event") if isinstance(body, dict) else None
    if isinstance(named, str) and named != event and "/event" not in found:
        message = f"the example is of another event, {shown(named)}"
        found["/event"] = Contradiction("/event", "event", named, message)
    return list(found.values())


def _shortened(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= 200 else text[:199] + "…"
