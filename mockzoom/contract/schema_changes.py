"""Compares two compiled schemas place by place: what may come that did not come before.

Alternatives (`anyOf`, `oneOf`) are compared pair by pair, each with the one that is most like it.
What cannot be compared (`not`, `if`, another `pattern`) counts as a change that can break a
receiver, where it is not the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from mockzoom.model import JSON
from mockzoom.schema.form import Contradiction
from mockzoom.schema.merge import Unjoinable, flattened, types_of
from mockzoom.schema.nodes import TYPES, SchemaNode, node_of
from mockzoom.schema.pointer import escaped
from mockzoom.schema.values import identity, is_type, same, type_of

Impact: TypeAlias = Literal["breaking", "notice", "harmless"]
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


class SchemaChange(NamedTuple):
    """One difference of two schemas; `impact` is on who reads the values."""

    pointer: str
    what: str
    impact: Impact
    before: JSON
    after: JSON
    why: str


def _wider(pointer: str, what: str, before: JSON, after: JSON, why: str = _WIDER) -> SchemaChange:
    """Return a change that can break a receiver."""
    return SchemaChange(pointer, what, "breaking", before, after, why)


def _narrower(
    pointer: str, what: str, before: JSON, after: JSON, why: str = _NARROWER
) -> SchemaChange:
    """Return a change that harms no receiver."""
    return SchemaChange(pointer, what, "harmless", before, after, why)


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
            yield _narrower(pointer, "not compared", None, None, why)
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
            yield _wider(pointer, "alternative added", None, _in_outline(after), why)
        for before in old_left:
            yield _narrower(pointer, "alternative removed", _in_outline(before), None)

    # -- one schema ----------------------------------------------------------------------------

    def _of_nodes(
        self, old: SchemaNode, new: SchemaNode, pointer: str, depth: int
    ) -> Iterator[SchemaChange]:
        yield from _types(old, new, pointer)
        if not _shared_types(old, new):
            return  # what else differs is part of that
        yield from _values(old, new, pointer)
        yield from _limits(old, new, pointer)
        yield from _wholes(old, new, pointer, _TEXTS, "{}", _WIDER)
        yield from self._fields(old, new, pointer, depth)
        yield from self._items(old, new, pointer, depth)
        yield from _wholes(old, new, pointer, _OPAQUE, "condition `{}`", _UNCLEAR)

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
                yield _wider(place, what, _short(before[name]), None, _REMOVED)
                continue
            elif name in after:
                what = f"new {_kind(name, now)} field"
                yield _narrower(place, what, None, _short(after[name]), _NEW_FIELD)
                continue
            yield from _required(name, was, now, place)
        if all(isinstance(item, SchemaNode) for item in rest):
            yield from self._compared(*rest, f"{pointer}/*", depth + 1)
        elif isinstance(rest[0], SchemaNode):
            what = "further fields are of any kind" if rest[1] else "further fields removed"
            why = _WIDER if rest[1] else _REMOVED
            yield _wider(f"{pointer}/*", what, _short(rest[0]), _short(rest[1]), why)

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
        return types_of(node)
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
        yield _narrower(pointer, what, None, None, _DEPRECATED if after else _UNDEPRECATED)


def _types(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    had, has = set(_type_list(old)), set(_type_list(new))
    added = has - had - ({"integer"} if "number" in had else set())
    removed = had - has - ({"integer"} if "number" in has else set())
    shown = _shown_types(old), _shown_types(new)
    if added == {"null"}:
        why = "The value may be null; code that takes it for another type fails."
        yield _wider(pointer, "null added", *shown, why)
    elif added:
        what = "type changed" if removed else "type widened"
        yield _wider(pointer, what, *shown, "Values of another type may come.")
    elif removed:
        yield _narrower(pointer, "type narrowed", *shown)


def _values(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    before, after = _allowed(old), _allowed(new)
    if before is None and after is not None:
        yield _narrower(pointer, "enum added", None, after)
    elif before is not None and after is None:
        yield _wider(pointer, "enum removed", before, None)
    elif before is not None and after is not None:
        known, current = set(map(identity, before)), set(map(identity, after))
        types = _type_list(old)
        for value in after:
            if identity(value) not in known and is_type(value, types):
                why = "Code without a branch for other values fails on it."
                yield _wider(pointer, "enum value added", None, value, why)
        for value in before:
            if identity(value) not in current:
                yield _narrower(pointer, "enum value removed", value, None)


def _required(name: str, was: set[str], now: set[str], place: str) -> Iterator[SchemaChange]:
    if name in was and name not in now:
        yield _wider(place, "no longer required", "required", "optional", _OPTIONAL)
    elif name in now and name not in was:
        why = "It is always there from now on."
        yield _narrower(place, "now required", "optional", "required", why)


def _limits(old: SchemaNode, new: SchemaNode, pointer: str) -> Iterator[SchemaChange]:
    for keyword in (*_UPPER, *_LOWER, "multipleOf", "uniqueItems"):
        absent = False if keyword == "uniqueItems" else None
        before, after = old.get(keyword, absent), new.get(keyword, absent)
        if before != after:
            looser = before is not absent and (after is absent or _admits(keyword, before, after))
            what = f"{keyword} {'loosened' if looser else 'tightened'}"
            yield (_wider if looser else _narrower)(pointer, what, before, after)


def _admits(keyword: str, before: JSON, after: JSON) -> bool:
    """Return whether the limit `after` admits what `before` does not."""
    if keyword == "multipleOf":
        return bool(after % before)
    return bool(after > before if keyword in _UPPER else after < before)


def _wholes(
    old: SchemaNode, new: SchemaNode, pointer: str, keywords: Sequence[str], named: str, why: str
) -> Iterator[SchemaChange]:
    """Yield the changes of keywords whose values are only the same or not."""
    for keyword in keywords:
        before, after = old.get(keyword), new.get(keyword)
        if before is None and after is not None:
            yield _narrower(pointer, f"{named.format(keyword)} added", None, _short(after))
        elif not same(before, after):
            what = f"{named.format(keyword)} {'removed' if after is None else 'changed'}"
            yield _wider(pointer, what, _short(before), _short(after), why)


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
