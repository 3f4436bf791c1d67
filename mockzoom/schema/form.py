"""What several schemas want of one value, gathered into one `Form`: `$ref` and `allOf` worked in.

Keywords that two schemas can say as one (`type`, bounds, `required`, …) are merged by `JOINS`; of
all others each different value is kept, and so are the parts of objects and arrays. `Contradiction`
is raised where two schemas plainly exclude one another. Keywords are those of JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeGuard

from mockzoom.model import JSON
from mockzoom.schema.nodes import TYPES
from mockzoom.schema.values import identity, is_type, kept_by_identity, matches, same

Schema: TypeAlias = Mapping[str, Any] | bool

_HINTS = (
    ("object", {"properties", "required", "additionalProperties", "patternProperties",
                "minProperties", "maxProperties", "propertyNames", "dependentRequired"}),
    ("array", {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    ("string", {"pattern", "minLength", "maxLength", "format", "contentEncoding"}),
    ("number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
)  # fmt: skip
_NATURAL = ("object", "array", "string", "integer", "number", "boolean", "null")
"""Types, the one first that is made where a value may have several."""
HARD = frozenset({
    "not", "if", "oneOf", "anyOf", "contains", "dependentSchemas", "dependentRequired",
    "propertyNames", "unevaluatedProperties", "unevaluatedItems", "uniqueItems",
    "patternProperties", "dependencies", "$dynamicRef",
})  # fmt: skip
"""Keywords whose observance is asked of a validator once a value is made."""
REMARKS = frozenset({"title", "description", "deprecated", "default", "example", "examples"})
"""Keywords that constrain nothing."""
LOWS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
HIGHS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_GROUPED = frozenset({
    "properties", "additionalProperties", "items", "prefixItems", "contains", "minContains",
    "maxContains", "if", "then", "else", "allOf",
})  # fmt: skip
"""Keywords that act together with others of the same schema."""


class Contradiction(Exception):
    """No value satisfies the schemas of one place; handled inside the layers that make values."""

    def __init__(self, keyword: str, reason: str, place: str = "") -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.keyword = keyword
        """The keyword in which they disagree; empty where it is no single one."""
        self.reason, self.place = reason, place


@dataclass(slots=True)
class Closure:
    """`additionalProperties` of one schema: it speaks of the names that this schema leaves out."""

    names: frozenset[str]
    patterns: tuple[str, ...]
    schema: Schema
    keyword: str = "additionalProperties"


@dataclass(slots=True)
class Form:
    """What has to hold at one place."""

    merged: dict[str, JSON] = field(default_factory=dict)
    """The keywords of `JOINS`."""
    several: dict[str, list[JSON]] = field(default_factory=dict)
    """All keywords that neither are merged nor belong together: the different values of each."""
    properties: dict[str, list[Schema]] = field(default_factory=dict)
    closures: list[Closure] = field(default_factory=list)
    items: list[tuple[list[Schema], Schema]] = field(default_factory=list)
    """`prefixItems` and `items` of each schema that has any."""
    contains: list[tuple[Schema, int, int | None]] = field(default_factory=list)
    ifs: list[tuple[Schema, Schema, Schema]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    """description, title, example, examples, default: hints, not constraints."""
    hard: bool = False
    hinted: str | None = None
    joined: dict[tuple[int, ...], Schema] = field(default_factory=dict)
    """Schemas joined before, by their parts, so that equal places have the very same schema."""

    def clone(self) -> Form:
        """Return a copy to which branches can be added."""
        copies = {slot: copy(getattr(self, slot)) for slot in self.__slots__}
        lists = {name: {key: [*value] for key, value in copies[name].items()} for name in (
            "properties", "several")}  # fmt: skip
        return Form(**{**copies, **lists, "joined": self.joined})

    def add(self, schema: Mapping[str, Any]) -> None:
        """Add what a schema itself wants, without what its `$ref` and `allOf` lead to.

        Raises `Contradiction` where it plainly excludes what was added before.
        """
        for keyword, value in schema.items():
            if keyword in JOINS:
                known = self.merged.get(keyword)
                self.merged[keyword] = value if known is None else JOINS[keyword](known, value)
            elif keyword in REMARKS:
                self.notes.setdefault(keyword, value)
            elif keyword not in _GROUPED and keyword != "$ref":
                values = self.several.setdefault(keyword, [])
                if not any(value is one or same(value, one) for one in values):
                    values.append(value)
        self._add_object(schema)
        self._add_array(schema)
        if "if" in schema and ("then" in schema or "else" in schema):
            branches = schema["if"], schema.get("then", True), schema.get("else", True)
            if branches not in self.ifs:
                self.ifs.append(branches)
        for name, hints in _HINTS:
            if self.hinted is None and not hints.isdisjoint(schema):
                self.hinted = name
        self.hard = self.hard or not HARD.isdisjoint(schema)
        self._check()

    def _add_object(self, schema: Mapping[str, Any]) -> None:
        properties = schema.get("properties", {})
        for name, value in properties.items():
            self.properties.setdefault(name, []).append(value)
        patterns = tuple(schema.get("patternProperties", {}))
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if schema.get(keyword, True) is True or (
                keyword == "unevaluatedProperties" and not _EVALUATING.isdisjoint(schema)
            ):
                continue
            names = frozenset(properties)
            self.closures.append(Closure(names, patterns, schema[keyword], keyword))

    def _add_array(self, schema: Mapping[str, Any]) -> None:
        if "items" in schema or "prefixItems" in schema:
            self.items.append((list(schema.get("prefixItems", ())), schema.get("items", True)))
        if "contains" in schema:
            least, most = schema.get("minContains", 1), schema.get("maxContains")
            self.contains.append((schema["contains"], int(least), most))

    def _check(self) -> None:
        """Raise `Contradiction` for what no value can satisfy, whatever else is wanted."""
        if {"type", "const"} <= self.merged.keys() or "enum" in self.merged:
            self.enum_values()

    # -- what was merged ---------------------------------------------------------------------------

    @property
    def types(self) -> frozenset[str]:
        """The types that a value may have; with `number` come integers."""
        found = self.merged.get("type")
        if found is None:
            return frozenset(TYPES)
        types = {found} if isinstance(found, str) else set(found)
        return frozenset(types | {"integer"} if "number" in types else types)

    def only(self, *types: str) -> bool:
        """Return whether every value has one of `types`."""
        return self.types <= frozenset(types)

    @property
    def enum(self) -> list[JSON] | None:
        """The values allowed by enum, const and type, or None where any may be."""
        if "enum" not in self.merged and "const" not in self.merged:
            return None
        return self.enum_values()

    def enum_values(self) -> list[JSON]:
        """Return the values that enum, const and type allow; raise `Contradiction` if none."""
        allowed = self.merged.get("enum")
        if "const" in self.merged:
            wanted = self.merged["const"]
            allowed = [wanted] if allowed is None else [v for v in allowed if same(v, wanted)]
            if not allowed:
                raise Contradiction("const", "the enum beside it does not have its value")
        if "type" in self.merged:
            allowed = allowed or []
            chosen = _of_types if len(allowed) < _LONG else _of_types_in_long
            allowed = chosen(allowed, self.types)
        if not allowed:
            keyword = "enum" if "enum" in self.merged else "const"
            raise Contradiction(keyword, f"none of its values is of type {_said(self.merged)}")
        return list(allowed)

    @property
    def required(self) -> Collection[str]:
        """The names of the properties that have to be there, in the order met."""
        found: Collection[str] = dict.fromkeys(self.merged.get("required", ()))
        return found

    def require(self, names: Collection[str]) -> None:
        """Add names to those required."""
        self.merged["required"] = [*dict.fromkeys([*self.merged.get("required", ()), *names])]

    @property
    def lows(self) -> dict[str, float]:
        """The lower bounds by keyword."""
        return {keyword: self.merged[keyword] for keyword in LOWS if keyword in self.merged}

    @property
    def highs(self) -> dict[str, float]:
        """The upper bounds by keyword."""
        return {keyword: self.merged[keyword] for keyword in HIGHS if keyword in self.merged}

    def low(self, keyword: str) -> int:
        """Return the lower bound `keyword` as a whole number (lengths and counts)."""
        return max(0, -int(-self.merged.get(keyword, 0) // 1))

    def high(self, keyword: str) -> int | None:
        """Return the upper bound `keyword`, or None."""
        bound = self.merged.get(keyword)
        return None if bound is None else int(bound // 1)

    def all(self, keyword: str) -> list[JSON]:
        """Return the different values that the schemas give a keyword which is not merged."""
        return self.several.get(keyword, [])

    def entries(self, *keywords: str) -> list[tuple[str, Any]]:
        """Return the entries of keywords that hold objects, such as `patternProperties`."""
        return [entry for word in keywords for value in self.all(word) for entry in value.items()]

    # -- parts -------------------------------------------------------------------------------------

    def kinds(self) -> list[str]:
        """Return the types a value may have, the natural one first; `number` covers integers."""
        if "type" not in self.merged:
            return [self.hinted] if self.hinted else []
        kinds = [name for name in _NATURAL if name in self.types]
        if "number" in self.types and "integer" in kinds:
            kinds.remove("integer")
        return kinds

    def field_schema(self, name: str) -> Schema:
        """Return the schema of the field `name` of an object of this form."""
        found = list(self.properties.get(name, ()))
        patterned = self.entries("patternProperties")
        found += [schema for pattern, schema in patterned if matches(pattern, name)]
        for closure in self.closures:
            if name not in closure.names and not any(matches(p, name) for p in closure.patterns):
                found.append(closure.schema)
        return self.join(found)

    def item_schema(self, position: int) -> Schema:
        """Return the schema of the item at `position` of an array of this form."""
        return self.join(
            [prefix[position] if position < len(prefix) else rest for prefix, rest in self.items]
        )

    def join(self, schemas: list[Schema]) -> Schema:
        """Return one schema for all of `schemas`: the same object for the same ones."""
        key = tuple(map(id, schemas))
        if key not in self.joined:
            self.joined[key] = both(schemas)
        return self.joined[key]


_EVALUATING = frozenset({"$ref", "allOf", "oneOf", "anyOf", "if", "dependentSchemas"})


def both(schemas: list[Schema]) -> Schema:
    """Return one schema that wants what all of `schemas` want."""
    wanted = [schema for schema in schemas if schema is not True]
    if not wanted:
        return True
    if any(schema is False for schema in wanted):
        return False
    return wanted[0] if len(wanted) == 1 else {"allOf": wanted}


def is_reference(schema: Schema) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a schema is a reference alone."""
    return (
        isinstance(schema, Mapping)
        and "$ref" in schema
        and REMARKS.issuperset(keyword for keyword in schema if keyword != "$ref")
    )


def _of_types(values: list[JSON], types: frozenset[str]) -> list[JSON]:
    """Return the values that have one of the types."""
    return [value for value in values if is_type(value, types)]


_LONG = 1_000
_of_types_in_long = kept_by_identity(20)(_of_types)
"""The same, so that each shape does not look at a hundred thousand values again."""


def _said(merged: Mapping[str, JSON]) -> str:
    types = merged.get("type", "any type")
    return types if isinstance(types, str) else " or ".join(types)


# -- two values of one keyword as one --------------------------------------------------------------


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


JOINS: Mapping[str, Callable[[JSON, JSON], JSON]] = {
    "const": _constants,
    "enum": _values,
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "type": _types,
    "uniqueItems": lambda one, other: one or other,
    **dict.fromkeys(LOWS, max),
    **dict.fromkeys(HIGHS, min),
}
"""For each keyword of which two values can be said as one, how."""
