"""Finds the fields of a body that no schema describes, whether the schema forbids them or not.

A field is described where a schema that applies to its object has it among its `properties`,
matches its name with `patternProperties`, or gives a schema for all others. An object without any
such keyword is described as a whole: anything may be in it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from mockzoom.model import JSON

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Path: TypeAlias = tuple[str | int, ...]
Node: TypeAlias = Mapping[str, JSON]


_Matches: TypeAlias = Callable[[JSON, JSON], bool]
"""Says whether a schema admits a value."""


def undescribed(
    schema: Node, body: JSON, validator: Draft202012Validator
) -> Iterator[tuple[Path, JSON]]:
    """Yield path and value of each field that `schema` does not describe, the outermost only.

    What stands further out comes first, and then what comes first in the body. Of alternatives,
    those describe a value that it matches, or all where it matches none.
    """

    def matches(branch: JSON, value: JSON) -> bool:
        try:
            return validator.evolve(schema=branch).is_valid(value)
        except (RecursionError, OverflowError):
            return False

    definitions = schema.get("$defs", {})
    waiting: deque[tuple[list[Node], JSON, Path]] = deque([([schema], body, ())])
    while waiting:
        written, value, path = waiting.popleft()
        if not isinstance(value, dict | list):
            continue
        nodes = list(_applying(written, value, definitions, matches))
        if isinstance(value, list):
            for index, item in enumerate(value):
                waiting.append((_of_item(nodes, index), item, (*path, index)))
            continue
        anything = _takes_anything(nodes)
        for name, item in value.items():
            described = [child for node in nodes for child in _of_field(node, name)]
            if described:
                inner = [child for child in described if isinstance(child, Mapping)]
                waiting.append((inner, item, (*path, name)))
            elif not anything:
                yield (*path, name), item


def _applying(
    written: list[Node], value: JSON, definitions: Node, matches: _Matches
) -> Iterator[Node]:
    """Yield every schema that speaks of a value: those given and what they refer to."""
    waiting: list[JSON] = list(reversed(written))
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping) or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if "$ref" in node:
            waiting.append(definitions.get(str(node["$ref"]).removeprefix("#/$defs/")))
        waiting += node.get("allOf", ())
        for keyword in ("anyOf", "oneOf"):
            if keyword in node:
                branches = node[keyword]
                waiting += [one for one in branches if matches(one, value)] or branches
        if "if" in node:
            chosen = ("if", "then") if matches(node["if"], value) else ("else",)
            waiting += [node.get(keyword) for keyword in chosen]
        for name, dependent in node.get("dependentSchemas", {}).items():
            if isinstance(value, dict) and name in value:
                waiting.append(dependent)


def _of_field(node: Node, name: str) -> Iterator[JSON]:
    """Yield the schemas that a schema has for a field of this name."""
    if name in node.get("properties", {}):
        yield node["properties"][name]
        return
    matching = [
        child for pattern, child in node.get("patternProperties", {}).items()
        if re.search(pattern, name)
    ]  # fmt: skip
    rest = node.get("additionalProperties")
    yield from matching or ([rest] if isinstance(rest, Mapping) else [])


def _of_item(nodes: list[Node], index: int) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        first = node.get("prefixItems", ())
        child = first[index] if index < len(first) else node.get("items")
        if isinstance(child, Mapping):
            found.append(child)
    return found


def _takes_anything(nodes: list[Node]) -> bool:
    """Return whether no schema of an object says what is in it."""
    return not any(
        node.get("properties") or node.get("patternProperties")
        or False in (node.get("additionalProperties"), node.get("unevaluatedProperties"))
        for node in nodes
    )  # fmt: skip
