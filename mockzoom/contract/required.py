"""Finds names in `required` that no schema for the same object describes."""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.contract.compile import Compiler
from mockzoom.contract.examples import Documented
from mockzoom.contract.lint import REQUIRED_NAMES_NOTHING, FindingPlace
from mockzoom.errors import nearest
from mockzoom.model import JSON
from mockzoom.schema.nodes import SchemaNode, children

_NAMES_COMPARED = 10
"""To look for the nearest among so many names counts as one keyword."""
_COMBINED = ("allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas")


def check_required(root: SchemaNode, compiler: Compiler, documented: Documented) -> None:
    """Note each required name without a description, and describe it as an example shows it."""
    definitions = root.get("$defs", {})
    for node in (root, *definitions.values()):
        if isinstance(node, SchemaNode):
            _check(node, frozenset(), definitions, _Scribe(compiler, documented))


@dataclass(frozen=True, slots=True)
class _Scribe:
    compiler: Compiler
    documented: Documented

    def note(self, node: SchemaNode, name: str, described: frozenset[str]) -> None:
        self.compiler.count(len(described) // _NAMES_COMPARED)
        schema = self.documented.schema(name, node)
        node.setdefault("properties", {})[name] = node.like({}) if schema is None else schema
        place = FindingPlace(node.file, f"{node.pointer}/required", self.compiler.event)
        message = f"required names {name!r}, which is not described{nearest(name, described)}"
        self.compiler.note(REQUIRED_NAMES_NOTHING, place, message)


def _check(
    node: SchemaNode, around: frozenset[str], definitions: dict[str, JSON], scribe: _Scribe
) -> None:
    described = around | _described(node, definitions)
    if "$ref" not in node and not _open_map(node):
        for name in node.get("required", ()):
            if name not in described:
                scribe.note(node, name, described)
    for keyword, _, child in children(node):
        if keyword in ("not", "if", "$defs"):
            continue
        _check(child, described if keyword in _COMBINED else frozenset(), definitions, scribe)


def _open_map(node: SchemaNode) -> bool:
    """Whether names that are not listed are described or forbidden as a whole."""
    return "patternProperties" in node or node.get("additionalProperties", True) is not True


def _described(node: SchemaNode, definitions: dict[str, JSON]) -> frozenset[str]:
    """Return the properties that a schema describes, with those combined in place."""
    names: set[str] = set()
    entered: set[str] = set()
    stack: list[JSON] = [node]
    while stack:
        current = stack.pop()
        if not isinstance(current, SchemaNode):
            continue
        names |= current.get("properties", {}).keys()
        reference = current.get("$ref", "").removeprefix("#/$defs/")
        if reference and reference not in entered:
            entered.add(reference)
            stack.append(definitions.get(reference))
        stack += [child for keyword, _, child in children(current) if keyword in _COMBINED]
    return frozenset(names)
