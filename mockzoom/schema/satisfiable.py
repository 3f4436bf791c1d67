"""Proves that a schema admits a value, by making one, or that it admits none.

That none satisfies it is proved where its own keywords show it plainly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.schema.build import Builder
from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Contradiction
from mockzoom.schema.leaves import Leaves
from mockzoom.schema.merge import Unjoinable, flattened, joined, types_of
from mockzoom.schema.nodes import SchemaNode, plain_schema
from mockzoom.schema.pointer import MISSING
from mockzoom.schema.shape import frozen
from mockzoom.schema.validators import fast_validator
from mockzoom.schema.values import is_type

_BUDGET = 20_000
"""So many parts are tried for one value; what needs more counts as not found."""
_HEAVIEST = 20_000
"""What is optional and holds more values than these is left out."""


def made_for(node: SchemaNode, definitions: dict[str, JSON]) -> JSON:
    """Return a value that satisfies a schema, with all that is optional; MISSING if none was found.

    The same schema gives the same value.
    """
    return search_for(node, definitions).value


@dataclass(frozen=True, slots=True)
class Witness:
    """What was found for a schema."""

    value: JSON = MISSING
    tried: int = 0
    """Parts that were tried for it."""
    is_shortened: bool = False
    """Something optional was left out, since it holds too much."""


def search_for(node: SchemaNode, definitions: dict[str, JSON]) -> Witness:
    """Return what `made_for` does, and how it was found."""
    schema = _standalone(node, definitions)
    builder = Builder(schema, Leaves(), both=False, budget=_BUDGET, heaviest=_HEAVIEST)
    try:
        value = frozen(builder.build(Chooser.first()))(builder.leaves.contexts[0], 1)
    except (Contradiction, ValueError, RecursionError):
        return Witness(tried=builder.tried)
    return Witness(value, builder.tried, is_shortened=builder.is_shortened)


_PLAIN: Mapping[str, JSON] = {"integer": 1, "number": 1, "boolean": True, "null": None}
_OF_FORMAT = {
    "date": "2026-01-31", "date-time": "2026-01-31T12:00:00Z", "time": "12:00:00Z",
    "email": "somebody@example.com", "hostname": "example.com", "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1", "uri": "https://example.com/", "duration": "PT1M",
    "uuid": "6c0bd4c2-9a4e-4b0e-8b3a-0f3a8f1d2c5e",
}  # fmt: skip


def plain_value(node: JSON) -> JSON:
    """Return a plain value with all that a schema describes, which may satisfy it.

    It is made without trying anything: whether it satisfies the schema is for `validator_of`.
    """
    if not isinstance(node, SchemaNode):
        return 1
    if "const" in node or node.get("enum"):
        return node["const"] if "const" in node else node["enum"][0]
    kind = next(iter(types_of(node)), "null")
    if kind == "object":
        described = node.get("properties", {}).items()
        return {name: plain_value(part) for name, part in described if part is not False}
    if kind == "array":
        return [plain_value(node.get("items", True))]
    if kind == "string":
        return _OF_FORMAT.get(
            node.get("format", ""), "x" * min(node.get("minLength", 1), _HEAVIEST)
        )
    return node.get("minimum", _PLAIN[kind])


def validator_of(node: SchemaNode, definitions: dict[str, JSON]) -> Callable[[JSON], bool] | None:
    """Return what says whether a value satisfies a schema; None where that cannot be used."""
    try:
        return fast_validator(_standalone(node, definitions))
    except ValueError:
        return None


def _standalone(node: SchemaNode, definitions: dict[str, JSON]) -> JSON:
    schema = plain_schema(node)
    if definitions:
        schema["$defs"] = plain_schema(definitions)
    return schema


_PAIRS = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
_SPEAKS_OF = {
    "Length": "string",
    "Items": "array",
    "Properties": "object",
}


def contradiction(node: SchemaNode, definitions: dict[str, JSON]) -> Contradiction | None:
    """Return why no value satisfies the schema, or None where that is not proved."""
    if definitions and endless(node, definitions):
        return Contradiction("$ref", "it demands itself within itself, without end")
    try:
        node = flattened(node)
    except Contradiction as found:
        return found
    except Unjoinable:
        return None
    if "$ref" in node:
        return None
    return (
        _values(node, definitions)
        or _bounds(node)
        or _properties(node)
        or _branches(node, definitions)
        or _negation(node)
    )


def _values(node: SchemaNode, definitions: dict[str, JSON]) -> Contradiction | None:
    for keyword in ("enum", "const"):
        if keyword not in node:
            continue
        values = node["enum"] if keyword == "enum" else [node["const"]]
        types = types_of(node)
        if not any(is_type(value, types) for value in values):
            return Contradiction(keyword, f"{keyword} has no value of type {' or '.join(types)}")
        if _none_valid(node.without(keyword), definitions, values):
            return Contradiction(keyword, f"no value of {keyword} satisfies what stands beside it")
    return None


def _none_valid(node: SchemaNode, definitions: dict[str, JSON], values: list[JSON]) -> bool:
    valid = validator_of(node, definitions)
    return valid is not None and not any(map(valid, values))


def _bounds(node: SchemaNode) -> Contradiction | None:
    types = types_of(node)
    for low, high in _PAIRS:
        if low not in node or high not in node:
            continue
        speaks_of = _SPEAKS_OF.get(low.removeprefix("min"))
        concerned = {speaks_of} if speaks_of else {"integer", "number"}
        if not set(types) <= concerned:
            continue
        strict = low.startswith("exclusive") or high.startswith("exclusive")
        if node[low] > node[high] or (strict and node[low] == node[high]):
            reason = f"{low} {node[low]} leaves nothing below {high} {node[high]}"
            return Contradiction(low, reason)
    return _whole_numbers(node) if types == ["integer"] else None


def _whole_numbers(node: SchemaNode) -> Contradiction | None:
    lows = [node.get("minimum"), _next(node.get("exclusiveMinimum"), 1)]
    highs = [node.get("maximum"), _next(node.get("exclusiveMaximum"), -1)]
    low = max((value for value in lows if value is not None), default=None)
    high = min((value for value in highs if value is not None), default=None)
    if low is None or high is None or -(-low // 1) <= high // 1:
        return None
    return Contradiction("minimum", f"no integer lies between {low} and {high}")


def _next(value: float | None, step: int) -> float | None:
    if value is None:
        return None
    return value + step if value == value // 1 else value


def _properties(node: SchemaNode) -> Contradiction | None:
    if types_of(node) != ["object"]:
        return None
    properties = node.get("properties", {})
    closed = node.get("additionalProperties") is False and "patternProperties" not in node
    for name in node.get("required", ()):
        if properties.get(name, True) is False:
            return Contradiction("required", f"{name!r} is required and forbidden at once")
        if closed and name not in properties:
            reason = f"{name!r} is required, but additionalProperties false forbids it"
            return Contradiction("required", reason)
    if len(node.get("required", ())) > node.get("maxProperties", len(node.get("required", ()))):
        return Contradiction("maxProperties", "more properties are required than it admits")
    if closed and node.get("minProperties", 0) > len(properties):
        return Contradiction("minProperties", "fewer properties are admitted than it demands")
    return None


def _branches(node: SchemaNode, definitions: dict[str, JSON]) -> Contradiction | None:
    for keyword in ("anyOf", "oneOf"):
        base = node.without(keyword)
        branches = node.get(keyword, [])
        if branches and all(_excluded(base, branch, definitions) for branch in branches):
            return Contradiction(keyword, f"no branch of {keyword} admits a value here")
        if keyword == "oneOf" and _all_alike(branches):
            return Contradiction(keyword, "all branches of oneOf are the same, so never just one")
    return None


def _excluded(base: SchemaNode, branch: JSON, definitions: dict[str, JSON]) -> bool:
    if branch is False:
        return True
    try:
        both = joined(base, branch)
    except Contradiction:
        return True
    except Unjoinable:
        return False
    return contradiction(both, definitions) is not None


def _all_alike(branches: list[JSON]) -> bool:
    return len(branches) > 1 and all(branch == branches[0] for branch in branches)


def _negation(node: SchemaNode) -> Contradiction | None:
    if node.get("not", False) is True or node.get("not") == {}:
        return Contradiction("not", "what it forbids is everything")
    return None


def endless(node: SchemaNode, definitions: dict[str, JSON]) -> bool:
    """Return whether a schema demands itself within itself for ever, so that no value is finite."""
    finite: set[str] = set()
    grown = True
    while grown:
        grown = False
        for name, definition in definitions.items():
            if name not in finite and _ends(definition, finite):
                finite.add(name)
                grown = True
    return not _ends(node, finite)


def _ends(node: JSON, finite: set[str]) -> bool:
    """Whether a value of the schema can be finite, given the definitions that can."""
    if not isinstance(node, SchemaNode):
        return True
    if "$ref" in node and node["$ref"].removeprefix("#/$defs/") not in finite:
        return False
    if not all(_ends(branch, finite) for branch in node.get("allOf", ())):
        return False
    for keyword in ("anyOf", "oneOf"):
        if keyword in node and not any(_ends(branch, finite) for branch in node[keyword]):
            return False
    ways = {"object": _object_ends, "array": _array_ends}
    return any(name not in ways or ways[name](node, finite) for name in types_of(node))


def _object_ends(node: SchemaNode, finite: set[str]) -> bool:
    properties = node.get("properties", {})
    return all(_ends(properties.get(name, True), finite) for name in node.get("required", ()))


def _array_ends(node: SchemaNode, finite: set[str]) -> bool:
    return node.get("minItems", 0) == 0 or _ends(node.get("items", True), finite)
