"""A JSON Schema read for making values: references followed, `allOf` merged into one `Form`.

A `Form` is what has to hold at one place, gathered from every schema that speaks of it. What can't
be merged (`oneOf`, `not`, `if`, ...) is kept as lists: the builder chooses branches and then asks a
validator. Keywords are those of JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mockzoom.contract.values import identity
from mockzoom.model import JSON
from mockzoom.synth.pointer import MISSING, get, split
from mockzoom.synth.values import matches, same, type_of

Schema: TypeAlias = Mapping[str, Any] | bool

ALL_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_HINTS = (
    ("object", {"properties", "required", "additionalProperties", "patternProperties",
                "minProperties", "maxProperties", "propertyNames", "dependentRequired"}),
    ("array", {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    ("string", {"pattern", "minLength", "maxLength", "format", "contentEncoding"}),
    ("number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
)  # fmt: skip
HARD = frozenset({
    "not", "if", "oneOf", "anyOf", "contains", "dependentSchemas", "dependentRequired",
    "propertyNames", "unevaluatedProperties", "unevaluatedItems", "uniqueItems",
    "patternProperties", "dependencies", "$dynamicRef",
})  # fmt: skip
"""Keywords whose observance is asked of a validator once a value is made."""


class Unsatisfiable(Exception):
    """Nothing satisfies a place; `reason` says why. Handled inside the layer."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


@dataclass(slots=True)
class Closure:
    """`additionalProperties` of one schema: it speaks of the names that this schema leaves out."""

    names: frozenset[str]
    patterns: tuple[str, ...]
    schema: Schema


@dataclass(slots=True)
class Form:
    """What has to hold at one place."""

    types: frozenset[str] = frozenset(ALL_TYPES)
    enum: list[JSON] | None = None
    properties: dict[str, list[Schema]] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    patterned: list[tuple[str, Schema]] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    names: list[Schema] = field(default_factory=list)
    dependent: list[tuple[str, Schema | list[str]]] = field(default_factory=list)
    items: list[tuple[list[Schema], Schema]] = field(default_factory=list)
    contains: list[tuple[Schema, int, int | None]] = field(default_factory=list)
    unique: bool = False
    one_ofs: list[list[Schema]] = field(default_factory=list)
    any_ofs: list[list[Schema]] = field(default_factory=list)
    ifs: list[tuple[Schema, Schema, Schema]] = field(default_factory=list)
    nots: list[Schema] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    multiples: list[float] = field(default_factory=list)
    lows: dict[str, float] = field(default_factory=dict)
    """minimum, exclusiveMinimum, minLength, minItems, minProperties: the largest of each."""
    highs: dict[str, float] = field(default_factory=dict)
    """The upper bounds: the smallest of each."""
    notes: dict[str, Any] = field(default_factory=dict)
    """description, title, example, examples, default: hints, not constraints."""
    hard: bool = False
    hinted: str | None = None
    joined: dict[tuple[int, ...], Schema] = field(default_factory=dict)
    """Schemas joined before, by their parts, so that equal places have the very same schema."""

    def clone(self) -> Form:
        """Return a copy to which branches can be added."""
        shared = {"joined": self.joined, "enum": self.enum and list(self.enum)}
        copies = {slot: copy(getattr(self, slot)) for slot in self.__slots__}
        return Form(
            **{**copies, **shared, "properties": {k: [*v] for k, v in self.properties.items()}}
        )

    def kinds(self) -> list[str]:
        """Return the types a value may have, the natural one first; `number` covers integers."""
        if len(self.types) == len(ALL_TYPES):
            return [self.hinted] if self.hinted else []
        kinds = [name for name in ALL_TYPES if name in self.types]
        if "number" in self.types and "integer" in kinds:
            kinds.remove("integer")
        return kinds

    def field_schema(self, name: str) -> Schema:
        """Return the schema of the field `name` of an object of this form."""
        found = list(self.properties.get(name, ()))
        found += [schema for pattern, schema in self.patterned if matches(pattern, name)]
        for closure in self.closures:
            if name not in closure.names and not any(matches(p, name) for p in closure.patterns):
                found.append(closure.schema)
        return self.join(found)

    def join(self, schemas: list[Schema]) -> Schema:
        """Return one schema for all of `schemas`: the same object for the same ones."""
        key = tuple(map(id, schemas))
        if key not in self.joined:
            self.joined[key] = both(schemas)
        return self.joined[key]

    def item_schema(self, position: int) -> Schema:
        """Return the schema of the item at `position` of an array of this form."""
        return self.join(
            [prefix[position] if position < len(prefix) else rest for prefix, rest in self.items]
        )

    def low(self, keyword: str, default: int = 0) -> int:
        """Return the lower bound `keyword` as a whole number (lengths and counts)."""
        return max(0, -int(-self.lows.get(keyword, default) // 1))

    def high(self, keyword: str) -> int | None:
        """Return the upper bound `keyword`, or None."""
        bound = self.highs.get(keyword)
        return None if bound is None else int(bound // 1)


def both(schemas: list[Schema]) -> Schema:
    """Return one schema that wants what all of `schemas` want."""
    wanted = [schema for schema in schemas if schema is not True]
    if not wanted:
        return True
    if any(schema is False for schema in wanted):
        return False
    return wanted[0] if len(wanted) == 1 else {"allOf": wanted}


class Schemas:
    """The self-contained schema of one event, as a source of forms."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._joined: dict[tuple[int, ...], Schema] = {}

    def form(self, schema: Schema) -> Form:
        """Return what `schema` wants, `$ref` and `allOf` worked in.

        Raises `Unsatisfiable` where it is plain that nothing satisfies it.
        """
        form = Form(joined=self._joined)
        self.absorb(form, schema)
        return form

    def absorb(self, form: Form, schema: Schema, seen: tuple[str, ...] = ()) -> None:
        """Add what `schema` wants to `form`."""
        if schema is True:
            return
        if not isinstance(schema, Mapping):
            raise Unsatisfiable("", "the schema is false")
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            self.absorb(form, self.resolve(reference), (*seen, reference))
        for part in schema.get("allOf", ()):
            self.absorb(form, part, seen)
        _add_types(form, schema)
        _add_bounds(form, schema)
        _add_object(form, schema)
        _add_array(form, schema)
        _add_branches(form, schema)
        for keyword in ("description", "title", "example", "examples", "default"):
            if keyword in schema:
                form.notes.setdefault(keyword, schema[keyword])
        form.hard = form.hard or not HARD.isdisjoint(schema)

    def resolve(self, reference: str) -> Schema:
        """Return the schema a local `$ref` leads to."""
        found = get(self.root, split(reference.lstrip("#")))
        if found is MISSING:
            raise Unsatisfiable("", f"$ref {reference} leads nowhere")
        schema: Schema = found
        return schema

    def standalone(self, schema: Schema) -> Schema:
        """Return `schema` with the definitions that its references need, for a validator."""
        if not isinstance(schema, Mapping) or schema is self.root:
            return schema
        if not isinstance(self.root, Mapping):
            return schema
        kept = {key: self.root[key] for key in ("$defs", "definitions") if key in self.root}
        return {**kept, **schema} if kept else schema

    def names(self, tokens: list[str]) -> bool:
        """Tell whether the schema names the field at `tokens`, in any branch."""
        return bool(self.at(tokens))

    def at(self, tokens: list[str]) -> list[Schema]:
        """Return every schema, of any branch, that speaks of the place at `tokens`."""
        schemas = [self.root]
        for token in tokens:
            schemas = [found for schema in schemas for found in self._below(schema, token)]
        return schemas

    def _below(self, schema: Schema, token: str) -> Iterator[Schema]:
        for part in self.parts(schema):
            found = part.get("properties", {}).get(token)
            if found is not None:
                yield found
            if token.isdecimal():
                prefix = part.get("prefixItems", [])
                yield from prefix[int(token) : int(token) + 1]
                if int(token) >= len(prefix) and isinstance(part.get("items"), Mapping):
                    yield part["items"]

    def parts(self, schema: Schema, seen: tuple[str, ...] = ()) -> Iterator[Mapping[str, Any]]:
        """Yield `schema` and every schema that speaks of the same place, in any branch."""
        if not isinstance(schema, Mapping):
            return
        yield schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            yield from self.parts(self.resolve(reference), (*seen, reference))
        for keyword in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(keyword, ()):
                yield from self.parts(part, seen)
        for keyword in ("then", "else"):
            if keyword in schema:
                yield from self.parts(schema[keyword], seen)


def _add_types(form: Form, schema: Mapping[str, Any]) -> None:
    wanted = schema.get("type")
    if wanted is not None:
        types = {wanted} if isinstance(wanted, str) else set(wanted)
        if "number" in types:
            types.add("integer")
        form.types &= types
        if not form.types:
            raise Unsatisfiable("", f"no type satisfies {wanted!r} and the other schemas here")
    for name, hints in _HINTS:
        if form.hinted is None and not hints.isdisjoint(schema):
            form.hinted = name
    _add_enum(form, schema)


def _add_enum(form: Form, schema: Mapping[str, Any]) -> None:
    allowed = schema.get("enum")
    if "const" in schema:
        allowed = [v for v in allowed if same(v, schema["const"])] if allowed else [schema["const"]]
    if allowed is not None:
        if form.enum is not None:
            admitted = set(map(identity, allowed))
            allowed = [value for value in form.enum if identity(value) in admitted]
        form.enum = list(allowed)
    if form.enum is not None:
        if len(form.types) < len(ALL_TYPES):
            form.enum = [value for value in form.enum if type_of(value) in form.types]
        if not form.enum:
            raise Unsatisfiable("", "no value is allowed by every type, enum and const here")


def _add_bounds(form: Form, schema: Mapping[str, Any]) -> None:
    for keyword in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
        if keyword in schema:
            form.lows[keyword] = max(schema[keyword], form.lows.get(keyword, schema[keyword]))
    for keyword in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
        if keyword in schema:
            form.highs[keyword] = min(schema[keyword], form.highs.get(keyword, schema[keyword]))
    for keyword, gathered in (
        ("pattern", form.patterns), ("format", form.formats), ("multipleOf", form.multiples),
    ):  # fmt: skip
        if keyword in schema and schema[keyword] not in gathered:
            gathered.append(schema[keyword])


def _add_object(form: Form, schema: Mapping[str, Any]) -> None:
    properties = schema.get("properties", {})
    for name, value in properties.items():
        form.properties.setdefault(name, []).append(value)
    form.required.update(dict.fromkeys(schema.get("required", ())))
    patterned = schema.get("patternProperties", {})
    form.patterned += patterned.items()
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema and schema[keyword] is not True:
            if keyword == "unevaluatedProperties" and _evaluates_elsewhere(schema):
                continue
            closure = Closure(frozenset(properties), tuple(patterned), schema[keyword])
            form.closures.append(closure)
    if "propertyNames" in schema:
        form.names.append(schema["propertyNames"])
    for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
        form.dependent += schema.get(keyword, {}).items()


def _evaluates_elsewhere(schema: Mapping[str, Any]) -> bool:
    return not {"$ref", "allOf", "oneOf", "anyOf", "if", "dependentSchemas"}.isdisjoint(schema)


def _add_array(form: Form, schema: Mapping[str, Any]) -> None:
    if "items" in schema or "prefixItems" in schema:
        form.items.append((list(schema.get("prefixItems", ())), schema.get("items", True)))
    if "contains" in schema:
        least, most = schema.get("minContains", 1), schema.get("maxContains")
        form.contains.append((schema["contains"], int(least), most))
    form.unique = form.unique or bool(schema.get("uniqueItems"))


def _add_branches(form: Form, schema: Mapping[str, Any]) -> None:
    if "oneOf" in schema:
        form.one_ofs.append(list(schema["oneOf"]))
    if "anyOf" in schema:
        form.any_ofs.append(list(schema["anyOf"]))
    if "not" in schema:
        form.nots.append(schema["not"])
    if "if" in schema and ("then" in schema or "else" in schema):
        form.ifs.append((schema["if"], schema.get("then", True), schema.get("else", True)))
