"""Makes a value that satisfies a schema: the proof that it can be satisfied.

The values are plain and always the same. A schema may need several tries (a branch of `oneOf`, the
optional properties or only the required ones), so candidates are made, likeliest first; whoever
asks validates them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from mockzoom.contract.merge import Unjoinable, flattened, joined, types_of
from mockzoom.contract.nodes import SchemaNode, plain_schema, references
from mockzoom.contract.patterns import matching_text
from mockzoom.contract.scalars import LONGEST, numbers, texts
from mockzoom.contract.validation import fast_validator
from mockzoom.contract.values import same
from mockzoom.model import JSON

_PLAIN = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "title"),
        *("description", "deprecated", "default", "examples", "minimum", "maximum"),
        *("minLength", "maxLength"),
    }
)
"""Keywords that the first candidate always satisfies, if there is one."""
_REMARKS = frozenset({"$ref", "title", "description", "deprecated", "default", "examples"})
_TRIES = 24
_ENOUGH = 2_000
"""A value is not made heavier than this by what is optional: shared definitions multiply."""
_WORK = 8_000


def candidates(node: SchemaNode, definitions: dict[str, JSON]) -> list[JSON]:
    """Return values that are likely to satisfy the schema, likeliest first."""
    maker = _Maker(definitions)
    try:
        return list(islice(maker.values(node), _TRIES))
    except (_TooMuch, RecursionError):
        return []


class _TooMuch(Exception):
    pass


class _Maker:
    def __init__(self, definitions: dict[str, JSON]) -> None:
        self._definitions = definitions
        self._plain_definitions = plain_schema(definitions)
        self._checkers: dict[int, tuple[SchemaNode, Callable[[JSON], bool]]] = {}
        self._entered: list[str] = []
        self._cut = False
        self._memory: dict[str, JSON] = {}
        self._weights: dict[int, tuple[JSON, int]] = {}
        self._work = 0

    def values(self, node: JSON) -> Iterator[JSON]:
        """Yield candidates for a schema; none for one that can only recurse for ever."""
        self._work += 1
        if self._work > _WORK:
            raise _TooMuch
        if isinstance(node, bool):
            if node:
                yield from ("text", 1, None)
            return
        if "$ref" in node:
            yield from self._referred(node)
            return
        try:
            node = flattened(node)
        except Unjoinable:
            node = _jammed(node)
        if "$ref" in node:
            yield from self._referred(node)
            return
        for keyword in ("oneOf", "anyOf"):
            if keyword in node:
                yield from self._branches(node, keyword)
                return
        yield from self._flat(node)

    def _referred(self, node: SchemaNode) -> Iterator[JSON]:
        name = node["$ref"].removeprefix("#/$defs/")
        if name in self._entered:
            self._cut = True
            return
        self._entered.append(name)
        try:
            target = self._definitions.get(name, True)
            rest = node.without("$ref")
            if rest and isinstance(target, SchemaNode):
                try:
                    target = joined(rest, target)
                except Unjoinable:
                    target = rest.like({"allOf": [rest, target]})
            values = list(islice(self.values(target), _TRIES))
        finally:
            self._entered.pop()
        yield from values

    def _branches(self, node: SchemaNode, keyword: str) -> Iterator[JSON]:
        base = node.without(keyword)
        groups = []
        for branch in node[keyword]:
            if branch is False:
                continue
            try:
                groups.append(list(islice(self.values(joined(base, branch)), 6)))
            except Unjoinable:
                if isinstance(branch, SchemaNode):
                    both = base.like({"allOf": [base, branch]})
                    groups.append(list(islice(self.values(_jammed(both)), 3)))
        for rank in range(6):
            yield from (group[rank] for group in groups if rank < len(group))

    def _flat(self, node: SchemaNode) -> Iterator[JSON]:
        if "const" in node:
            yield node["const"]
            return
        if "enum" in node:
            yield from node["enum"]
            return
        makers: dict[str, Callable[[SchemaNode], Iterator[JSON]]] = {
            "string": texts,
            "integer": numbers,
            "number": numbers,
            "object": self._objects,
            "array": self._arrays,
            "boolean": lambda node: iter((True, False)),
            "null": lambda node: iter((None,)),
        }
        for name in _likely_types(node):
            yield from makers[name](node)

    # -- objects and arrays ----------------------------------------------------------------------

    def _objects(self, node: SchemaNode) -> Iterator[JSON]:
        required = node.get("required", [])
        properties = node.get("properties", {})
        full: dict[str, JSON] = {}
        weight = 1
        for name, schema in properties.items():
            value = self._first(schema)
            heavier = weight + self._weight(value)
            if value is not _NONE and (heavier < _ENOUGH or name in required):
                full[name], weight = value, heavier
        for name in required:
            if name in properties and name not in full:
                return
            if name not in full:
                value = self._first(self._unnamed(node))
                full[name] = None if value is _NONE else value
        least = {name: full[name] for name in full if name in required}
        for value in (full, least):
            filled = self._filled(node, value)
            self._weights[id(filled)] = filled, weight
            yield filled
        names = [name for name in full if name not in least]
        for name in names[:8]:
            yield {key: value for key, value in full.items() if key != name}
            yield {**least, name: full[name]}

    def _first(self, schema: JSON) -> JSON:
        """Return the first candidate, validated where the keywords act on each other."""
        if isinstance(schema, SchemaNode) and "$ref" in schema and _REMARKS.issuperset(schema):
            return self._first_of(schema["$ref"].removeprefix("#/$defs/"))
        made = self.values(schema)
        if isinstance(schema, bool) or _PLAIN.issuperset(schema):
            return next(made, _NONE)
        valid = self._checker(schema)
        return next((value for value in islice(made, _TRIES) if valid(value)), _NONE)

    def _first_of(self, name: str) -> JSON:
        """Return the first candidate of a definition; none where that is within itself."""
        if name in self._memory:
            return self._memory[name]
        if name in self._entered:
            self._cut = True
            return _NONE
        before, self._cut = self._cut, False
        self._entered.append(name)
        try:
            value = self._first(self._definitions.get(name, True))
        finally:
            self._entered.pop()
        if not self._cut:
            self._memory[name] = value
        self._cut = self._cut or before
        return value

    def _weight(self, value: JSON) -> int:
        """Return about how many values a value holds; those made here are shared."""
        known = self._weights.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            weight = 1 + sum(map(self._weight, inner))
            self._weights[id(value)] = value, weight
            return weight
        return 1

    def _several(self, schema: JSON) -> list[JSON]:
        made = list(islice(self.values(schema), _TRIES))
        if isinstance(schema, bool) or _PLAIN.issuperset(schema):
            return made[:8]
        valid = self._checker(schema)
        return [value for value in made if valid(value)][:8]

    def _checker(self, schema: SchemaNode) -> Callable[[JSON], bool]:
        known = self._checkers.get(id(schema))
        if known is None or known[0] is not schema:
            plain = plain_schema(schema)
            if next(references(schema), None) is not None:
                plain["$defs"] = self._plain_definitions
            try:
                known = (schema, fast_validator(plain))
            except ValueError:
                known = (schema, lambda value: False)
            self._checkers[id(schema)] = known
        return known[1]

    def _unnamed(self, node: SchemaNode) -> JSON:
        for schema in node.get("patternProperties", {}).values():
            return schema
        rest = node.get("additionalProperties", True)
        return rest if rest is not False else True

    def _filled(self, node: SchemaNode, value: dict[str, JSON]) -> dict[str, JSON]:
        """Add properties up to `minProperties`."""
        least = node.get("minProperties", 0)
        if len(value) >= least or least > 1_000:
            return value
        filled = dict(value)
        patterns = list(node.get("patternProperties", {}))
        stems = matching_text(patterns[0], 0, 40) if patterns else []
        names = [*stems, *(f"extra_{number}" for number in range(least))]
        rest = next(self.values(self._unnamed(node)), None)
        for name in names:
            if len(filled) >= least:
                break
            filled.setdefault(name, rest)
        return filled

    def _arrays(self, node: SchemaNode) -> Iterator[JSON]:
        places = [self._first(item) for item in node.get("prefixItems", [])]
        if _NONE in places:
            places = places[: places.index(_NONE)]
        items = self._several(node.get("items", True))
        held = self._several(node["contains"])[:4] if "contains" in node else []
        least = max(node.get("minItems", 0), node.get("minContains", 1) if held else 0)
        pool = [*held, *items]
        for length in dict.fromkeys((max(least, min(1, node.get("maxItems", 1))), least)):
            if length <= len(places):
                yield places[: max(length, min(len(places), node.get("maxItems", len(places))))]
            if length > LONGEST or (not pool and length > len(places)):
                continue
            wanted = length - len(places)
            yield [*places, *(pool[0] for _ in range(wanted))]
            distinct = _distinct(places, pool, wanted)
            if distinct is not None:
                yield distinct
        if least == 0:
            yield []


_NONE = object()


def _likely_types(node: SchemaNode) -> list[str]:
    """Return the types to try: of those admitted, first the ones the other keywords speak of."""
    admitted = types_of(node)
    speaks = {
        "object": ("properties", "required", "additionalProperties", "minProperties"),
        "array": ("items", "prefixItems", "minItems", "contains"),
        "string": ("pattern", "format", "minLength", "maxLength"),
        "integer": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
    }
    hinted = [name for name, words in speaks.items() if any(word in node for word in words)]
    ordered = [name for name in hinted if name in admitted] if "type" not in node else []
    return list(dict.fromkeys([*ordered, *admitted]))


def _jammed(node: SchemaNode) -> SchemaNode:
    """Return what can be joined of a schema whose `allOf` cannot be joined as a whole."""
    branches = node.get("allOf", [])
    node = node.without("allOf")
    for branch in branches:
        try:
            node = joined(node, branch if isinstance(branch, bool) else flattened(branch))
        except Unjoinable:
            continue
    return node


def _distinct(places: list[JSON], pool: list[JSON], wanted: int) -> list[JSON] | None:
    result = list(places)
    for value in [*pool, *(f"text {number}" for number in range(min(wanted, 100)))]:
        if len(result) < len(places) + wanted and not any(same(value, item) for item in result):
            result.append(value)
    return result if len(result) == len(places) + wanted else None
