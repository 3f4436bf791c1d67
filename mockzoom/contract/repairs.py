"""Proposes repairs of a schema that admits no value, the smallest change first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockzoom.contract.documented import Documented
from mockzoom.model import JSON
from mockzoom.schema.form import Contradiction
from mockzoom.schema.merge import simplified, types_of
from mockzoom.schema.nodes import SchemaNode
from mockzoom.schema.values import is_type, number_of

_ORDER = tuple(
    """
    format pattern propertyNames dependentRequired dependentSchemas unevaluatedProperties
    unevaluatedItems minProperties maxProperties minContains maxContains contains uniqueItems
    multipleOf exclusiveMinimum exclusiveMaximum maximum minimum maxLength minLength maxItems
    minItems if not patternProperties additionalProperties const enum anyOf oneOf allOf required
    items prefixItems $ref type properties
    """.split()  # noqa: SIM905 (a list of forty lines would hide the order)
)
"""Keywords, the one to be dropped first at the front."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A changed schema, the keyword that was changed, and what was done, in words."""

    node: SchemaNode
    keyword: str
    done: str


def repairs(
    node: SchemaNode, proof: Contradiction | None, documented: Documented
) -> Iterator[Repair]:
    """Yield changed schemas, the smallest change first."""
    yield from _admissions(node, documented)
    yield from _enum_repairs(node)
    if "oneOf" in node:
        relaxed = node.without("oneOf")
        relaxed["anyOf"] = [*node["oneOf"]]
        if "anyOf" not in node:
            yield Repair(relaxed, "oneOf", "oneOf is read as anyOf")
    yield from _branch_repairs(node)
    first = [proof.keyword] if proof is not None else []
    for keyword in dict.fromkeys([*first, *_ORDER]):
        if keyword in node and keyword not in ("type", "properties", "required"):
            yield Repair(node.without(keyword), keyword, f"{keyword} is not checked")
    for count in range(2, len(_ORDER) + 1):
        dropped = [keyword for keyword in _ORDER[:count] if keyword in node]
        if _ORDER[count - 1] in node:
            done = f"not checked: {', '.join(dropped)}"
            yield Repair(node.without(*dropped), dropped[-1], done)


def _admissions(node: SchemaNode, documented: Documented) -> Iterator[Repair]:
    """Admit required properties that the schema forbids, as an example shows them.

    What no example shows is no longer required: nobody knows what it would look like.
    """
    properties = node.get("properties", {})
    closed = node.get("additionalProperties") is False
    required = node.get("required", ())
    forbidden = [name for name in required if properties.get(name, not closed) is False]
    if not forbidden:
        return
    shown = {name: documented.schema(name, node) for name in forbidden}
    admitted = {name: schema for name, schema in shown.items() if schema is not None}
    dropped = [name for name in forbidden if name not in admitted]
    changed = node.like({**node, "properties": {**properties, **admitted}})
    changed["required"] = [name for name in required if name not in dropped]
    if not changed["required"]:
        del changed["required"]
    done = [f"admitted as in the example: {', '.join(map(repr, admitted))}"] if admitted else []
    if dropped:
        done.append(f"no longer required: {', '.join(map(repr, dropped))}")
    yield Repair(changed, "required", "; ".join(done))


def _enum_repairs(node: SchemaNode) -> Iterator[Repair]:
    """Read the values of an enum in the type that is stated, or take the type from the values.

    A structure stays one: the values of an array's enum are those of its items.
    """
    if "enum" not in node or "type" not in node:
        return
    types = types_of(node)
    read = [_converted(value, types) for value in node["enum"]]
    fitting = [value for value in read if is_type(value, types)]
    if fitting and fitting != node["enum"]:
        changed = node.like({**node, "enum": fitting})
        yield Repair(changed, "enum", f"its values are read as {' or '.join(types)}")
    if fitting:
        return
    if "array" in types:
        items = node["items"] if isinstance(node.get("items"), SchemaNode) else node.like({})
        listed = items.like({**items, "enum": node["enum"]})
        changed = node.without("enum")
        changed["items"] = listed
        yield Repair(changed, "enum", "its values are read as those of the items")
    elif "object" not in types:
        yield Repair(node.without("type"), "type", "the type is taken from the enum's values")


def _converted(value: JSON, types: list[str]) -> JSON:
    if "string" in types and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    number = number_of(value)
    if number is not None and ("number" in types or "integer" in types):
        return number
    if isinstance(value, str) and "boolean" in types and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _branch_repairs(node: SchemaNode) -> Iterator[Repair]:
    """Relax what is combined by `allOf`: one keyword of one branch, or of all branches."""
    branches = [branch for branch in node.get("allOf", []) if isinstance(branch, SchemaNode)]
    for keyword in _ORDER:
        if not any(keyword in branch for branch in branches):
            continue
        for chosen in [*branches, None]:
            relaxed = [
                branch.without(keyword) if chosen is None or branch is chosen else branch
                for branch in branches
            ]
            changed = node.like({**node, "allOf": relaxed})
            if chosen is None:
                changed = changed.without(keyword)
            changed = simplified(changed)
            done = f"{keyword} of the schemas combined is not checked"
            yield Repair(changed, "allOf", done)
