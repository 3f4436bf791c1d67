"""Joins two schemas that speak of the same value into one, as `allOf` demands both.

`Contradiction` is raised where the join proves that no value can satisfy both; `Unjoinable` where
one flat schema cannot say what the two say together.
"""

from __future__ import annotations

from collections.abc import Callable

from mockzoom.contract.nodes import SchemaNode
from mockzoom.contract.values import identity, same
from mockzoom.contract.vocabulary import TYPES, is_of_type
from mockzoom.model import JSON


class Unjoinable(Exception):
    """The two schemas cannot be said as one."""


class Contradiction(Unjoinable):
    """No value satisfies both schemas; `keyword` is where they disagree."""

    def __init__(self, keyword: str, reason: str) -> None:
        super().__init__(reason)
        self.keyword = keyword
        self.reason = reason


_REMARKS = frozenset({"title", "description", "deprecated", "default", "examples"})


def joined(one: SchemaNode, other: SchemaNode | bool) -> SchemaNode:
    """Return a schema that admits exactly what both admit."""
    if isinstance(other, bool):
        if not other:
            raise Contradiction("allOf", "one of the schemas admits nothing")
        return one
    result = one.like(dict(one))
    _join_properties(result, one, other)
    for keyword, value in other.items():
        if keyword in ("properties", "additionalProperties"):
            continue
        if keyword not in result:
            result[keyword] = value
        elif keyword not in _REMARKS and result[keyword] != value:
            join = _JOINS.get(keyword)
            if join is None:
                raise Unjoinable(keyword)
            result[keyword] = join(result[keyword], value)
    _check_values(result)
    return result


def flattened(node: SchemaNode) -> SchemaNode:
    """Return a schema with its `allOf` joined into it; raise `Unjoinable`."""
    while "allOf" in node:
        branches = node["allOf"]
        node = node.without("allOf")
        for branch in branches:
            node = joined(node, branch)
    return node


def types_of(node: SchemaNode) -> list[str]:
    """Return the types that a schema admits by its `type`."""
    types = node.get("type", list(TYPES))
    return types if isinstance(types, list) else [types]


def _join_properties(result: SchemaNode, one: SchemaNode, other: SchemaNode) -> None:
    blocked = "patternProperties" in one or "patternProperties" in other
    mine, theirs = one.get("properties", {}), other.get("properties", {})
    properties: dict[str, JSON] = {}
    for name in [*mine, *(name for name in theirs if name not in mine)]:
        first = mine.get(name, one.get("additionalProperties", True))
        second = theirs.get(name, other.get("additionalProperties", True))
        if (
            blocked
            and (name not in mine or name not in theirs)
            and (first is False or second is False)
        ):
            raise Unjoinable("patternProperties")
        properties[name] = _both(first, second)
    if properties:
        result["properties"] = properties
    rest = _both(one.get("additionalProperties", True), other.get("additionalProperties", True))
    if rest is not True:
        result["additionalProperties"] = rest


def _both(first: JSON, second: JSON) -> JSON:
    """Return the schema of a property that two schemas describe."""
    if first is True or first is second or first == second:
        return second
    if second is True:
        return first
    if first is False or second is False:
        return False
    try:
        return joined(first, second)
    except Unjoinable:
        return first.like({"allOf": [first, second]})


def _check_values(node: SchemaNode) -> None:
    types = types_of(node)
    if "enum" in node and not any(is_of_type(value, types) for value in node["enum"]):
        raise Contradiction("enum", "none of the enum's values has the type")
    for low, high in (
        ("minimum", "maximum"),
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
    ):
        if low in node and high in node and node[low] > node[high]:
            raise Contradiction(low, f"{low} {node[low]} is more than {high} {node[high]}")
    for name in node.get("required", ()):
        if node.get("properties", {}).get(name) is False:
            raise Contradiction("required", f"{name!r} is required and forbidden")


def _types(one: JSON, other: JSON) -> JSON:
    first = one if isinstance(one, list) else [one]
    second = other if isinstance(other, list) else [other]
    common = [
        name for name in first if name in second or (name == "integer" and "number" in second)
    ]
    common += [name for name in second if name == "integer" and "number" in first]
    common = list(dict.fromkeys(common))
    if not common:
        raise Contradiction("type", f"a value cannot be {one} and {other}")
    return common[0] if len(common) == 1 else common


def _values(one: JSON, other: JSON) -> JSON:
    admitted = set(map(identity, other))
    common = [value for value in one if identity(value) in admitted]
    if not common:
        raise Contradiction("enum", "the two enums have no value in common")
    return common


def _constants(one: JSON, other: JSON) -> JSON:
    if not same(one, other):
        raise Contradiction("const", "two different values are demanded")
    return one


def _names(one: JSON, other: JSON) -> JSON:
    return list(dict.fromkeys([*one, *other]))


def _schemas(one: JSON, other: JSON) -> JSON:
    if isinstance(one, SchemaNode) and isinstance(other, SchemaNode):
        return _both(one, other)
    raise Unjoinable("items")


_JOINS: dict[str, Callable[[JSON, JSON], JSON]] = {
    "const": _constants,
    "enum": _values,
    "items": _schemas,
    "required": _names,
    "type": _types,
    "uniqueItems": lambda one, other: True,
    **dict.fromkeys(("minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), min),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), min),
}
