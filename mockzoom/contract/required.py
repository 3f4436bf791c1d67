"""Finds names in `required` that no schema for the same object describes."""

from __future__ import annotations

from mockzoom.contract.compile import Compiler
from mockzoom.contract.examples import Documented
from mockzoom.contract.lint import REQUIRED_NAMES_NOTHING, FindingPlace
from mockzoom.errors import nearest
from mockzoom.model import JSON
from mockzoom.schema.nodes import SchemaNode, children, of_one_value

_NAMES_COMPARED = 10
"""To look for the nearest among so many names counts as one keyword."""
_COMBINED = ("allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas")


def check_required(root: SchemaNode, compiler: Compiler, documented: Documented) -> None:
    """Note each required name without a description, and describe it as an example shows it."""
    definitions = root.get("$defs", {})

    def check(node: SchemaNode, around: frozenset[str]) -> None:
        described = around | _described(node, definitions)
        if "$ref" not in node and not _open_map(node):
            for name in node.get("required", ()):
                if name not in described:
                    _describe(node, name, described, compiler, documented)
        for keyword, _, child in children(node):
            if keyword not in ("not", "if", "$defs"):
                check(child, described if keyword in _COMBINED else frozenset())

    for node in (root, *definitions.values()):
        if isinstance(node, SchemaNode):
            check(node, frozenset())


def _describe(
    node: SchemaNode, name: str, described: frozenset[str], compiler: Compiler,
    documented: Documented,
) -> None:  # fmt: skip
    compiler.count(len(described) // _NAMES_COMPARED)
    schema = documented.schema(name, node)
    node.setdefault("properties", {})[name] = node.like({}) if schema is None else schema
    place = FindingPlace(node.file, f"{node.pointer}/required", compiler.event)
    message = f"required names {name!r}, which is not described{nearest(name, described)}"
    compiler.note(REQUIRED_NAMES_NOTHING, place, message)


def _open_map(node: SchemaNode) -> bool:
    """Whether names that are not listed are described or forbidden as a whole."""
    return "patternProperties" in node or node.get("additionalProperties", True) is not True


def _described(node: SchemaNode, definitions: dict[str, JSON]) -> frozenset[str]:
    """Return the properties that a schema describes, with those combined in place."""
    found = of_one_value(node, _COMBINED, definitions)
    return frozenset(name for one in found for name in one.get("properties", {}))
