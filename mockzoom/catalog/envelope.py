"""The envelope around every event: its name, the time in milliseconds, and the payload.

Whatever a document says at the top of a schema, the compiled root is an object with the three
properties, `event` admits the event's own name, and `event_ts` is an integer.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.catalog.compile import Compiler
from mockzoom.catalog.lint import MISSING_SCHEMA, UNSATISFIABLE, UNUSUAL_ENVELOPE, Place
from mockzoom.catalog.nodes import IN_PLACE, Node
from mockzoom.catalog.vocabulary import FORMAT_BOUNDS, shown
from mockzoom.model import JSON

_LOWEST, _HIGHEST = FORMAT_BOUNDS["int64"]


def bare(file: str, pointer: str) -> Node:
    """Return the schema of an event of which only the envelope is known."""
    return Node(
        file,
        pointer,
        {
            "type": "object",
            "required": ["event", "event_ts", "payload"],
            "properties": {
                "event": Node(file, pointer, {"type": "string"}),
                "event_ts": _time(file, pointer),
                "payload": Node(file, pointer, {"type": "object"}),
            },
        },
    )


def enveloped(root: Node | bool, compiler: Compiler, file: str, pointer: str) -> Node:
    """Return the schema of an event with its envelope made whole, noting what was amiss."""
    place = Place(file, pointer, compiler.event)
    if isinstance(root, bool) or not _may_be_object(root):
        says = "says nothing" if root is True else "admits no object"
        message = f"the schema {says}; only the envelope (event, event_ts, payload) is checked"
        compiler.note(MISSING_SCHEMA, place, message)
        return bare(file, pointer)
    root["type"] = "object"
    properties = root.setdefault("properties", {})
    elsewhere = set(_declared(root, root.get("$defs", {})))
    for name in ("event", "event_ts", "payload"):
        if properties.get(name, False) is False:
            _add(root, name, compiler, place, silent=name in elsewhere)
    _mend_name(root, compiler)
    _mend_time(root, compiler)
    return root


def _may_be_object(root: Node) -> bool:
    types = root.get("type", "object")
    return "object" in (types if isinstance(types, list) else [types])


def _declared(node: Node, definitions: dict[str, JSON]) -> Iterator[str]:
    """Yield the properties that the schemas combined in place with a root describe."""
    seen: set[int] = set()
    stack: list[JSON] = [node]
    while stack:
        current = stack.pop()
        if not isinstance(current, Node) or id(current) in seen:
            continue
        seen.add(id(current))
        yield from (name for name, schema in current.get("properties", {}).items() if schema)
        reference = current.get("$ref")
        if isinstance(reference, str):
            stack.append(definitions.get(reference.removeprefix("#/$defs/")))
        for keyword in IN_PLACE[:3]:
            stack += current.get(keyword, [])


def _add(root: Node, name: str, compiler: Compiler, place: Place, *, silent: bool) -> None:
    whole = bare(place.file, place.pointer)
    root["properties"][name] = whole["properties"][name]
    if silent:
        root["properties"][name] = root.like({"type": root["properties"][name]["type"]})
        return
    if name == "event":
        root["required"] = list(dict.fromkeys(["event", *root.get("required", [])]))
    compiler.note(UNUSUAL_ENVELOPE, place, f"the schema does not describe {name!r}; added")


def _mend_name(root: Node, compiler: Compiler) -> None:
    schema = root["properties"].get("event")
    if not isinstance(schema, Node):
        if schema is True:
            root["properties"]["event"] = Node(root.file, root.pointer, {"type": "string"})
        return
    place = Place(schema.file, schema.pointer, compiler.event)
    if "$ref" in schema:
        return
    types = schema.get("type", "string")
    if "string" not in (types if isinstance(types, list) else [types]):
        message = f"an event's name is text, not {shown(types)}; read as string"
        compiler.note(UNUSUAL_ENVELOPE, place, message)
    schema["type"] = "string"
    _admit(schema, compiler, place)


def _admit(schema: Node, compiler: Compiler, place: Place) -> None:
    listed = schema.get("enum", [compiler.event])
    if compiler.event not in listed:
        texts = [value for value in listed if isinstance(value, str)]
        schema["enum"] = [compiler.event, *texts]
        message = f"the enum of `event` lacks the event's own name {compiler.event!r}; added"
        at = Place(place.file, f"{place.pointer}/enum", compiler.event)
        compiler.note(UNSATISFIABLE, at, message)
    if schema.get("const", compiler.event) != compiler.event:
        message = f"the const of `event` is not the event's own name {compiler.event!r}; dropped"
        at = Place(place.file, f"{place.pointer}/const", compiler.event)
        compiler.note(UNSATISFIABLE, at, message)
    schema.pop("const", None)


def _mend_time(root: Node, compiler: Compiler) -> None:
    schema = root["properties"].get("event_ts")
    if schema is True:
        root["properties"]["event_ts"] = _time(root.file, root.pointer)
    if not isinstance(schema, Node) or "$ref" in schema:
        return
    types = schema.get("type", "integer")
    if types not in ("integer", "number"):
        place = Place(schema.file, schema.pointer, compiler.event)
        message = f"event_ts is an integer (milliseconds), not {shown(types)}; read as integer"
        compiler.note(UNUSUAL_ENVELOPE, place, message)
        schema.pop("format", None)
        schema.pop("enum", None)
    schema["type"] = "integer"
    schema.setdefault("minimum", _LOWEST)
    schema.setdefault("maximum", _HIGHEST)


def _time(file: str, pointer: str) -> Node:
    content = {"type": "integer", "minimum": _LOWEST, "maximum": _HIGHEST}
    return Node(file, pointer, content)
