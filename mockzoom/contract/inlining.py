"""Makes a compiled schema self-contained: circles broken, small definitions put in their places."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.contract.compile import Compiler
from mockzoom.contract.lint import UNRESOLVED, FindingPlace
from mockzoom.model import JSON
from mockzoom.schema.nodes import (
    IN_PLACE,
    SchemaNode,
    children,
    copied,
    of_one_value,
    put,
    references,
    size,
)

_INLINE_AT_MOST = 300
_INLINE_IN_ALL = 6_000
_DEPTH = 40
_PREFIX = "#/$defs/"
_REMARKS = ("title", "description", "deprecated", "default", "examples")


def finished(root: SchemaNode | bool, compiler: Compiler) -> SchemaNode | bool:
    """Return the root, itself no reference, with the definitions that it still needs in `$defs`.

    The definitions must be free of circles.
    """
    definitions = compiler.definitions
    if isinstance(root, bool) or not definitions:
        return root
    while "$ref" in root:
        root = _replaced(root, definitions[root["$ref"].removeprefix(_PREFIX)])
    inliner = _Inliner(definitions)
    root = inliner.inlined(root, 0)
    needed: dict[str, SchemaNode | bool] = {}
    waiting = list(references(root))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = definitions[name]
            waiting += references(definitions[name])
    if needed:
        root["$defs"] = {name: needed[name] for name in sorted(needed)}
    return root


def break_circles(compiler: Compiler) -> None:
    """Take out references that lead back to themselves without a step into the value."""
    open_: dict[str, Iterator[SchemaNode]] = {}
    closed: set[str] = set()
    for start in compiler.definitions:
        if start in closed:
            continue
        stack = [start]
        while stack:
            name = stack[-1]
            if name not in open_:
                open_[name] = _references_in_place(compiler.definitions[name])
            reference = next(open_[name], None)
            if reference is None:
                stack.pop()
                closed.add(name)
                continue
            target = reference["$ref"].removeprefix(_PREFIX)
            if target in closed:
                continue
            if target in open_:
                del reference["$ref"]
                place = FindingPlace(reference.file, f"{reference.pointer}/$ref", compiler.event)
                message = "the reference leads round in a circle to itself; not checked"
                compiler.note(UNRESOLVED, place, message)
            else:
                stack.append(target)


def _references_in_place(node: JSON) -> Iterator[SchemaNode]:
    """Yield the schemas with a reference that speak of the same value as `node` does."""
    return (found for found in of_one_value(node, IN_PLACE) if "$ref" in found)


class _Inliner:
    def __init__(self, definitions: dict[str, SchemaNode | bool]) -> None:
        self._definitions = definitions
        self._left = _INLINE_IN_ALL
        self._leads_to = {name: set(references(node)) for name, node in definitions.items()}
        self._fit: dict[str, bool] = {}

    def _fits(self, name: str) -> bool:
        if name not in self._fit:
            self._fit[name] = self._is_small_tree(name)
        return self._fit[name]

    def _is_small_tree(self, name: str) -> bool:
        node = self._definitions[name]
        if isinstance(node, bool):
            return True
        if size(node) > _INLINE_AT_MOST:
            return False
        seen: set[str] = set()
        waiting = set(self._leads_to[name])
        while waiting:
            seen |= waiting
            if name in seen:
                return False
            waiting = set().union(*(self._leads_to[found] for found in waiting)) - seen
        return True

    def inlined(self, node: SchemaNode, depth: int) -> SchemaNode:
        """Put definitions in the place of their references; return what stands for the schema."""
        while "$ref" in node:
            name = node["$ref"].removeprefix(_PREFIX)
            target = self._definitions[name]
            cost = 1 if isinstance(target, bool) else size(target)
            if depth > _DEPTH or cost > self._left or not self._fits(name):
                break
            self._left -= cost
            node = _replaced(node, target)
        for keyword, key, child in list(children(node)):
            put(node, keyword, key, self.inlined(child, depth + 1))
        return node


def _replaced(node: SchemaNode, target: SchemaNode | bool) -> SchemaNode:
    rest = node.without("$ref", *_REMARKS)
    if isinstance(target, bool):
        body = node.like({} if target else {"not": node.like({})})
    else:
        body = copied(target)
    if rest:
        body = node.like({"allOf": [body, rest]})
    body.update({key: node[key] for key in _REMARKS if key in node})
    return body
