"""Compares two compiled schemas place by place: what may come that did not come before.

Alternatives (`anyOf`, `oneOf`) are compared pair by pair, each with the one that is most like it.
What cannot be compared (`not`, `if`, another `pattern`) counts as a change that can break a
receiver, where it is not the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.schema.form import Contradiction
from mockzoom.schema.merge import Unjoinable, flattened
from mockzoom.schema.nodes import SchemaNode, node_of
from mockzoom.schema.pointer import escaped
from mockzoom.schema.values import identity, is_type, same, type_of
from mockzoom.schema.vocabulary import TYPES

_DEEPEST = 100
"""Levels of values down to which two schemas are compared."""
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_TEXTS = ("format", "pattern", "contentEncoding", "contentMediaType")
_OPAQUE = (
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "contains", "propertyNames",
    "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems",
    "patternProperties",
)  # fmt: skip
"""What is only the same or not; of the first three, what could not be taken apart."""
_MOST_ALTERNATIVES = 100

_REMOVED = "Code that reads it finds nothing."
_OPTIONAL = "It may be absent; code that counts on it fails."
_WIDER = "Values may come that were not allowed before."
_NARROWER = "What comes was allowed before, too."
_NEW_FIELD = "A receiver passes over fields that it does not know."
_DEPRECATED = "It still comes, but may be removed one day; stop relying on it."
_UNDEPRECATED = "A receiver may rely on it again."
_UNCLEAR = "The two conditions cannot be compared; values may come that were not allowed before."


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One difference of two schemas; `breaking` where it can break who reads the values."""

    pointer: str
    what: str
    breaking: bool
    before: JSON
    after: JSON
    why: str


class SchemaComparison:
    """Compares two self-contained schemas; each has its definitions in `$defs`."""

    def __init__(self, old: Mapping[str, JSON], new: Mapping[str, JSON]) -> None:
        self._old, self._new = node_of(dict(old)), node_of(dict(new))
        self._equal: set[tuple[str, str]] = set()
        """Pairs of definitions that are compared already, without a difference."""
        self._open: set[tuple[str, str]] = set()
        """Pairs that are compared right now: a recursive schema is compared once."""

    def changes(self) -> Iterator[SchemaChange]:
        """Yield the differences, in the order of the new schema's places."""
        yield from self._compared(self._old, self._new, "", 0)

    def _compared(self, old: JSON, new: JSON, pointer: str, depth: int) -> Iterator[SchemaChange]:
        if depth > _DEEPEST:
            why = f"Values of more than {_DEEPEST} levels are not compared."
            yield SchemaChange(pointer, "not compared", False, None, None, why)
            return
        pair = (_reference(old), _reference(new))
        if not all(pair):
            yield from self._of_schemas(old, new, pointer, depth)
        elif pair not in self._equal and pair not in self._open:
            self._open.add(pair)
            clean = True
            for change in self._of_schemas(old, new, pointer, depth):
                clean = False
                yield change
            self._open.discard(pair)
            if clean:
                self._equal.add(pair)

    # -- alternatives --------------------------------------------------------------------------

    def _alternatives(self, node: JSON, root: SchemaNode) -> list[SchemaNode]:
        """Return the schemas of which a value keeps one, with what stands beside them joined in."""
        if isinstance(node, bool):
            return [SchemaNode("", "")] if node else []
        node = _resolved(node, root).without("deprecated")
        for keyword in ("anyOf", "oneOf"):
            if keyword in node:
                rest = node.without(keyword)
                found = [
                    item
                    for branch in node[keyword]
                    for item in self._alternatives(_beside(_resolved(branch, root), rest), root)
                ]
                return found if len(found) <= _MOST_ALTERNATIVES else [node]
        return [node]

    def _of_schemas(
        self, before: JSON, after: JSON, pointer: str, depth: int
    ) -> Iterator[SchemaChange]:
        whole = _resolved(before, self._old), _resolved(after, self._new)
        yield from _deprecation(*whole, pointer)
        old, new = self._alternatives(whole[0], self._old), self._alternatives(whole[1], self._new)
        if len(old) == len(new) == 1:
            yield from self._of_nodes(old[0], new[0], pointer, depth)
            return
        old_left = [item for item in old if item not in new]
        new_left = [item for item in new if item not in old]
        for after in list(new_left):
            before = max(old_left, key=lambda item: _likeness(item, after), default=None)
            if before is not None and _likeness(before, after) > 0:
                old_left.remove(before)
                new_left.remove(after)
                yield from self._of_nodes(before, after, pointer, depth)
        for after in new_left:
            why = "A value may have a shape that it never had before."
            yield SchemaChange(pointer, "alternative added", True, None, _in_outline(after), why)
        for before in old_left:
            yield SchemaChange(
                pointer, "alternative removed", False, _in_outline(before), None, _NARROWER
            )

    # -- one schema ----------------------------------------------------------------------------

    def _of_nodes(
        self, old: SchemaNode, new: SchemaNode, pointer: str, depth: int
    ) -> Iterator[SchemaChange]:
        yield from _types(old, new, pointer)
        if not _shared_types(old, new):
            return  # what else differs is part of that
        yield from _values(old, new, pointer)
        yield from _limits(old, new, pointer)
        yield from _texts(old, new, pointer)
        yield from self._fields(old, new, pointer, depth)
        yield from self._items(old, new, pointer, depth)
        for keyword in _OPAQUE:
            yield from _opaque(old, new, keyword, pointer)

    def _fields(
        self, old: SchemaNode, new: SchemaNode, pointer: str, depth: int
    ) -> Iterator[SchemaChange]:
        before, after = _described(old), _described(new)
        was, now = set(old.get("required", ())), set(new.get("required", ()))
        rest = old.get("additionalProperties", True), new.get("additionalProperties", True)
        for name in sorted({*before, *after, *was, *now}):
            place = f"{pointer}/{escaped(name)}"
            if name in before and name in after:
                yield from self._compared(before[name], after[name], place, depth + 1)
            elif name in before and isinstance(rest[1], SchemaNode):
                yield from self._compared(before[name], rest[1], place, depth + 1)
            elif name in before:
                what = f"{_kind(name, was)} field removed"
                yield SchemaChange(place, what, True, _short(before[name]), None, _REMOVED)
                continue
            elif name in after:
                what = f"new {_kind(name, now)} field"
                yield SchemaChange(place, what, False, None, _short(after[name]), _NEW_FIELD)
                continue
            yield from _required(name, was, now, place)
        if all(isinstance(item, SchemaNode) for item in rest):
            yield from self._compared(*rest, f"{pointer}/*", depth + 1)
        elif isinstance(rest[0], SchemaNode):
            what = "further fields are of any kind" if rest[1] else "further fields removed"
            why = _WIDER if rest[1] else _REMOVED
            yield SchemaChange(f"{pointer}/*", what, True, _short(rest[0]), _short(rest[1]), why)

    def _items(
        self, old: SchemaNode, new: SchemaNode, pointer: str, depth: int
    ) -> Iterator[SchemaChange]:
        first, second = old.get("prefixItems", []), new.get("prefixItems", [])
        for index in range(max(len(first), len(second))):
            before = first[index] if index < len(first) else old.get("items", True)
            after = second[index] if index < len(second) else new.get("items", True)
            yield from self._compared(before, after, f"{pointer}/{index}", depth + 1)
        if "items" in old or "items" in new:
            before, after = old.get("items", True), new.get("items", True)
            yield from self._compared(before, after, f"{pointer}/*", depth + 1)


def _described(node: SchemaNode) -> Mapping[str, JSON]:
    """Return the properties that a schema describes and allows."""
    properties = node.get("properties", {}).items()
    return {name: child for name, child in properties if child is not False}


def _kind(name: str, required: set[str]) -> str:
    return "required" if name in required else "optional"


def _reference(node: JSON) -> str:
    return str(node.get("$ref", "")) if isinstance(node, dict) else ""


def _resolved(schema: JSON, root: SchemaNode) -> SchemaNode:
    """Return a schema with the references and `allOf` of its own level put into it."""
    node = _as_node(schema)
    for _ in range(_DEEPEST):
        if "$ref" not in node:
            break
        target = root.get("$defs", {}).get(_reference(node).removeprefix("#/$defs/"), True)
        node = _beside(_as_node(target), node.without("$ref"))
    try:
        return flattened(node)
    except (Contradiction, Unjoinable):
        return node


def _as_node(schema: JSON) -> SchemaNode:
    if isinstance(schema, SchemaNode):
        return schema
    return SchemaNode("", "", {} if schema else {"not": {}})


def _beside(node: SchemaNode, rest: SchemaNode) -> SchemaNode:
    """Return a schema and what stands beside it as one."""
    if not rest:
        return node
    try:
        return flattened(node.like({"allOf": [node, rest]}))
    except (Contradiction, Unjoinable):
        return node.like({**rest, **node})


def _likeness(one: SchemaNode, other: SchemaNode) -> int:
    """Return how much two alternatives have in common; 0 where they share no type."""
    if not _shared_types(one, other):
        return 0
    return 1 + len(_described(one).keys() & _described(other).keys())


def _shared_types(one: SchemaNode, other: SchemaNode) -> bool:
    first, second = set(_type_list(one)), set(_type_list(other))
    return any(_numbers(name) in map(_numbers, second) for name in first)


def _numbers(name: str) -> str:
    return "number" if name == "integer" else name


def _shown_types(node: SchemaNode) -> JSON:
    types = _type_list(node)
    if len(types) == len(TYPES):
        return None
    return types[0] if len(types) == 1 else types


def _type_list(node: SchemaNode) -> list[str]:
    """Return the types that a schema admits, by `type` or by its values."""
    if "type" in node:
        return list(node["type"]) if isinstance(node["type"], list) else [node["type"]]
    values = _allowed(node)
    return list(TYPES) if values is None else list(dict.fromkeys(map(type_of, values)))


def _allowed(node: SchemaNode) -> list[JSON] | None:
    if "const" in node:
        return [node["const"]]
    return list(node["enum"]) if "enum" in node else None


def _deprecation(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    before, after = bool(old.get("deprecated")), bool(new.get("deprecated"))
    if before != after:
        what = "deprecated" if after else "no longer deprecated"
        why = _DEPRECATED if after else _UNDEPRECATED
        yield SchemaChange(pointer, what, False, None, None, why)


def _types(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    before, after = _type_list(old), _type_list(new)
    has, had = set(after), set(before)
    added = has - had - ({"integer"} if "number" in had else set())
    removed = had - has - ({"integer"} if "number" in has else set())
    shown = _shown_types(old), _shown_types(new)
    if added == {"null"}:
        why = "The value may be null; code that takes it for another type fails."
        yield SchemaChange(pointer, "null added", True, *shown, why)
    elif added:
        what = "type changed" if removed else "type widened"
        yield SchemaChange(pointer, what, True, *shown, "Values of another type may come.")
    elif removed:
        yield SchemaChange(pointer, "type narrowed", False, *shown, _NARROWER)


def _values(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    before, after = _allowed(old), _allowed(new)
    if before is None and after is None:
        return
    if before is None:
        yield SchemaChange(pointer, "enum added", False, None, after, _NARROWER)
        return
    if after is None:
        yield SchemaChange(pointer, "enum removed", True, before, None, _WIDER)
        return
    known, current = set(map(identity, before)), set(map(identity, after))
    types = _type_list(old)
    for value in after:
        if identity(value) not in known and is_type(value, types):
            why = "Code without a branch for other values fails on it."
            yield SchemaChange(pointer, "enum value added", True, None, value, why)
    for value in before:
        if identity(value) not in current:
            yield SchemaChange(pointer, "enum value removed", False, value, None, _NARROWER)


def _required(name: str, was: set[str], now: set[str], place: str) -> Iterator[SchemaChange]:
    if name in was and name not in now:
        yield SchemaChange(place, "no longer required", True, "required", "optional", _OPTIONAL)
    elif name in now and name not in was:
        why = "It is always there from now on."
        yield SchemaChange(place, "now required", False, "optional", "required", why)


def _limits(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    for keywords, is_looser in ((_UPPER, _more), (_LOWER, _less)):
        for keyword in keywords:
            before, after = old.get(keyword), new.get(keyword)
            if before != after:
                yield _limit(pointer, keyword, before, after, is_looser(before, after))
    before, after = old.get("multipleOf"), new.get("multipleOf")
    if before != after:
        whole = before is not None and after is not None and after % before == 0
        yield _limit(pointer, "multipleOf", before, after, before is not None and not whole)
    if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        before, after = bool(old.get("uniqueItems")), bool(new.get("uniqueItems"))
        yield _limit(pointer, "uniqueItems", before, after, before)


def _more(before: JSON, after: JSON) -> bool:
    return before is not None and (after is None or after > before)


def _less(before: JSON, after: JSON) -> bool:
    return before is not None and (after is None or after < before)


def _limit(pointer: str, keyword: str, before: JSON, after: JSON, looser: bool) -> SchemaChange:
    what = f"{keyword} {'loosened' if looser else 'tightened'}"
    return SchemaChange(pointer, what, looser, before, after, _WIDER if looser else _NARROWER)


def _texts(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    for keyword in _TEXTS:
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        if before is None:
            yield SchemaChange(pointer, f"{keyword} added", False, before, after, _NARROWER)
        else:
            what = f"{keyword} {'removed' if after is None else 'changed'}"
            yield SchemaChange(pointer, what, True, before, after, _WIDER)


def _opaque(old: SchemaNode, new: SchemaNode, keyword: str, pointer: str) -> Iterator[SchemaChange]:
    before, after = old.get(keyword), new.get(keyword)
    if same(before, after):
        return
    if before is None:
        what = f"condition `{keyword}` added"
        yield SchemaChange(pointer, what, False, None, _short(after), _NARROWER)
    else:
        what = f"condition `{keyword}` {'removed' if after is None else 'changed'}"
        yield SchemaChange(pointer, what, True, _short(before), _short(after), _UNCLEAR)


def _in_outline(node: SchemaNode) -> JSON:
    """Return what tells an alternative from the others: in short, with the names of its fields."""
    names = [*_described(node)]
    return {**_short(node), **({"properties": names} if names else {})}


def _short(node: JSON) -> JSON:
    """Return what a schema says in short: its types and values, not what is in it."""
    if not isinstance(node, dict):
        return node
    kept = ("type", "enum", "const", "format", "pattern")
    return {key: value for key, value in node.items() if key in kept}
