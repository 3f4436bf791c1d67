"""The envelope around every event: its name, the time in milliseconds, and the payload.

Whatever a document says at the top of a schema, the compiled root is an object with the three
properties and requires them, `event` admits the event's own name, and `event_ts` is an integer.
"""

from __future__ import annotations

from mockzoom.contract.compile import Compiler
from mockzoom.contract.lint import (
    ENVELOPE_OPTIONAL,
    MISSING_SCHEMA,
    UNSATISFIABLE,
    UNUSUAL_ENVELOPE,
    FindingPlace,
)
from mockzoom.contract.vocabulary import FORMAT_BOUNDS, shown
from mockzoom.schema.merge import types_of
from mockzoom.schema.nodes import IN_PLACE, SchemaNode, of_one_value

ENVELOPE = ("event", "event_ts", "payload")
"""What every event carries (facts: the bodies that Zoom documents, and those captured)."""

_LOWEST, _HIGHEST = FORMAT_BOUNDS["int64"]


def bare(file: str, pointer: str) -> SchemaNode:
    """Return the schema of an event of which only the envelope is known."""
    return SchemaNode(
        file,
        pointer,
        {
            "type": "object",
            "required": [*ENVELOPE],
            "properties": {
                "event": SchemaNode(file, pointer, {"type": "string"}),
                "event_ts": _time(file, pointer),
                "payload": SchemaNode(file, pointer, {"type": "object"}),
            },
        },
    )


def enveloped(root: SchemaNode | bool, compiler: Compiler, file: str, pointer: str) -> SchemaNode:
    """Return the schema of an event with its envelope made whole, noting what was amiss."""
    place = FindingPlace(file, pointer, compiler.event)
    if isinstance(root, bool) or "object" not in types_of(root):
        says = "says nothing" if root is True else "admits no object"
        message = f"the schema {says}; only the envelope (event, event_ts, payload) is checked"
        compiler.note(MISSING_SCHEMA, place, message)
        return bare(file, pointer)
    root["type"] = "object"
    properties = root.setdefault("properties", {})
    elsewhere = _declared(root)
    added = [name for name in ENVELOPE if properties.get(name, False) is False]
    for name in added:
        _add(root, name, compiler, place, silent=name in elsewhere)
    _demand(root, compiler, place, told={*added} - elsewhere)
    _fix_name(root, compiler)
    _fix_time(root, compiler)
    return root


def _declared(root: SchemaNode) -> set[str]:
    """Return the properties that the schemas combined in place with a root describe."""
    return {
        name
        for node in of_one_value(root, IN_PLACE[:3], root.get("$defs", {}))
        for name, schema in node.get("properties", {}).items()
        if schema is not False
    }


def _add(
    root: SchemaNode, name: str, compiler: Compiler, place: FindingPlace, *, silent: bool
) -> None:
    forbidden = name in root["properties"]
    whole = bare(place.file, place.pointer)
    root["properties"][name] = whole["properties"][name]
    if silent:
        root["properties"][name] = root.like({"type": root["properties"][name]["type"]})
    if forbidden:
        compiler.note(UNUSUAL_ENVELOPE, place, f"the schema forbids {name!r}; admitted")
    elif not silent:
        compiler.note(UNUSUAL_ENVELOPE, place, f"the schema does not describe {name!r}; added")


def _demand(root: SchemaNode, compiler: Compiler, place: FindingPlace, told: set[str]) -> None:
    """Require the envelope: a schema that forgot its `required` does not make it optional."""
    demanding = of_one_value(root, ("allOf",), root.get("$defs", {}))
    listed = {name for node in demanding for name in node.get("required", ())}
    missing = [name for name in ENVELOPE if name not in listed]
    root["required"] = list(dict.fromkeys([*root.get("required", ()), *ENVELOPE]))
    compiler.demanded = frozenset(missing)
    untold = [name for name in missing if name not in told]
    if untold:
        message = f"the schema does not require {', '.join(map(repr, untold))}; required"
        compiler.note(ENVELOPE_OPTIONAL, place, message)


def _fix_name(root: SchemaNode, compiler: Compiler) -> None:
    schema = root["properties"].get("event")
    if not isinstance(schema, SchemaNode):
        if schema is True:
            root["properties"]["event"] = SchemaNode(root.file, root.pointer, {"type": "string"})
        return
    place = FindingPlace(schema.file, schema.pointer, compiler.event)
    if "$ref" in schema:
        return
    if "string" not in types_of(schema):
        message = f"an event's name is text, not {shown(schema['type'])}; read as string"
        compiler.note(UNUSUAL_ENVELOPE, place, message)
    schema["type"] = "string"
    _admit(schema, compiler, place)


def _admit(schema: SchemaNode, compiler: Compiler, place: FindingPlace) -> None:
    listed = schema.get("enum", [compiler.event])
    if compiler.event not in listed:
        texts = [value for value in listed if isinstance(value, str)]
        schema["enum"] = [compiler.event, *texts]
        message = f"the enum of `event` omits the event's own name {compiler.event!r}; added"
        at = FindingPlace(place.file, f"{place.pointer}/enum", compiler.event)
        compiler.note(UNSATISFIABLE, at, message)
    if schema.get("const", compiler.event) != compiler.event:
        message = f"the const of `event` is not the event's own name {compiler.event!r}; dropped"
        at = FindingPlace(place.file, f"{place.pointer}/const", compiler.event)
        compiler.note(UNSATISFIABLE, at, message)
    schema.pop("const", None)


def _fix_time(root: SchemaNode, compiler: Compiler) -> None:
    schema = root["properties"].get("event_ts")
    if schema is True:
        root["properties"]["event_ts"] = _time(root.file, root.pointer)
    if not isinstance(schema, SchemaNode) or "$ref" in schema:
        return
    types = schema.get("type", "integer")
    if types not in ("integer", "number"):
        place = FindingPlace(schema.file, schema.pointer, compiler.event)
        message = f"event_ts is an integer (milliseconds), not {shown(types)}; read as integer"
        compiler.note(UNUSUAL_ENVELOPE, place, message)
        schema.pop("format", None)
        schema.pop("enum", None)
    schema["type"] = "integer"
    schema.setdefault("minimum", _LOWEST)
    schema.setdefault("maximum", _HIGHEST)


def _time(file: str, pointer: str) -> SchemaNode:
    content = {"type": "integer", "minimum": _LOWEST, "maximum": _HIGHEST}
    return SchemaNode(file, pointer, content)
