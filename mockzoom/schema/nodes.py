"""Schemas while they are compiled, which remember where they were written; the words they hold.

The words are those of JSON Schema 2020-12: keywords with the kind of value each takes, and types.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mockzoom.model import JSON


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


SCHEMA = words(
    "additionalProperties contains else if items not propertyNames then unevaluatedItems "
    "unevaluatedProperties"
)
SCHEMA_LISTS = words("allOf anyOf oneOf prefixItems")
SCHEMA_MAPS = words("dependentSchemas patternProperties properties")
COUNTS = words(
    "maxContains maxItems maxLength maxProperties minContains minItems minLength minProperties"
)
NUMBERS = words("exclusiveMaximum exclusiveMinimum maximum minimum multipleOf")
FLAGS = words("deprecated nullable readOnly uniqueItems writeOnly")
TEXTS = words("description title")
OTHERS = words("const default dependentRequired enum format pattern required type")
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")


class SchemaNode(dict[str, JSON]):
    """A schema object; `file` and `pointer` tell where it was written."""

    __slots__ = ("file", "pointer")

    def __init__(self, file: str, pointer: str, content: dict[str, JSON] | None = None) -> None:
        super().__init__(content or {})
        self.file = file
        self.pointer = pointer

    @property
    def place(self) -> str:
        """Where it was written, as one key: file and pointer."""
        return f"{self.file}#{self.pointer}"

    def like(self, content: dict[str, JSON]) -> SchemaNode:
        """Return a schema with other content that came from the same place."""
        return SchemaNode(self.file, self.pointer, content)

    def without(self, *keywords: str) -> SchemaNode:
        """Return a copy that lacks the keywords."""
        return self.like({key: value for key, value in self.items() if key not in keywords})


IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose subschemas speak of the same value as the schema they stand in."""

_SINGLE = tuple(sorted(SCHEMA))
_LISTS = tuple(sorted(SCHEMA_LISTS))
_MAPS = (*sorted(SCHEMA_MAPS), "$defs")


def children(node: SchemaNode) -> Iterator[tuple[str, str | int | None, SchemaNode]]:
    """Yield the subschemas of a schema that are objects: keyword, key or index, subschema."""
    for keyword in _MAPS:
        for name, child in (node.get(keyword) or {}).items():
            if isinstance(child, SchemaNode):
                yield keyword, name, child
    for keyword in _LISTS:
        for index, child in enumerate(node.get(keyword) or ()):
            if isinstance(child, SchemaNode):
                yield keyword, index, child
    for keyword in _SINGLE:
        child = node.get(keyword)
        if isinstance(child, SchemaNode):
            yield keyword, None, child


def put(node: SchemaNode, keyword: str, key: str | int | None, child: JSON) -> None:
    """Replace one subschema of a schema in place."""
    if key is None:
        node[keyword] = child
    else:
        node[keyword][key] = child


def plain_schema(value: JSON) -> JSON:
    """Return a schema as plain dicts, sharing nothing with the original."""
    if isinstance(value, dict):
        return {key: plain_schema(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_schema(item) for item in value]
    return value


def copied(value: JSON) -> JSON:
    """Return a deep copy that keeps the places of its schemas."""
    if isinstance(value, SchemaNode):
        return value.like({key: copied(item) for key, item in value.items()})
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def node_of(schema: JSON, file: str = "", pointer: str = "") -> JSON:
    """Return plain JSON Schema as nodes; `true` and `false` as they are."""
    if not isinstance(schema, dict):
        return schema
    node = SchemaNode(file, pointer, dict(schema))
    for keyword in _MAPS:
        if keyword in node:
            node[keyword] = {name: node_of(child) for name, child in node[keyword].items()}
    for keyword in _LISTS:
        if keyword in node:
            node[keyword] = [node_of(child) for child in node[keyword]]
    for keyword in _SINGLE:
        if keyword in node:
            node[keyword] = node_of(node[keyword])
    return node


def references(node: JSON) -> Iterator[str]:
    """Yield the names of the definitions that a schema and those in it refer to."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, SchemaNode):
            if "$ref" in current:
                yield current["$ref"].removeprefix("#/$defs/")
            stack += [child for _, _, child in children(current)]


def of_one_value(
    node: JSON, keywords: Collection[str], definitions: dict[str, JSON] | None = None
) -> Iterator[SchemaNode]:
    """Yield a schema and those that `keywords` combine with it, each once.

    With `definitions`, references are followed into them.
    """
    seen: set[int] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if not isinstance(current, SchemaNode) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if definitions is not None and "$ref" in current:
            stack.append(definitions.get(str(current["$ref"]).removeprefix("#/$defs/")))
        stack += [child for keyword, _, child in children(current) if keyword in keywords]


def size(node: SchemaNode) -> int:
    """Return how many schemas a schema holds, itself included."""
    return 1 + sum(size(child) for _, _, child in children(node))
