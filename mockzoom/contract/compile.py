"""Turns a schema as written into plain JSON Schema 2020-12, and notes each oddity on the way.

What is known is kept, what can be read sensibly is repaired (`long` is an integer), what cannot is
left out; each such repair is a finding. References become entries of `$defs`, so that recursion
stays finite. Whether the outcome can be satisfied is not judged here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mockzoom.contract import vocabulary
from mockzoom.contract.lint import (
    ENUM_OMITS,
    ILL_TYPED,
    KEYWORD_AS_PROPERTY,
    UNKNOWN_KEYWORD,
    UNRESOLVED,
)
from mockzoom.contract.operations import Document
from mockzoom.contract.readers import LEFT_OUT, PLAIN_KEYWORDS, DocumentPlace, KeywordReader
from mockzoom.contract.refs import Resolver, definition_name
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON
from mockzoom.schema import nodes as keywords
from mockzoom.schema.merge import types_of
from mockzoom.schema.nodes import SchemaNode
from mockzoom.schema.values import is_type


@dataclass(slots=True)
class Compiler(KeywordReader):
    """Compiles the schemas of one event; the definitions they refer to gather in `definitions`."""

    resolver: Resolver = field(kw_only=True)
    definitions: dict[str, SchemaNode | bool] = field(default_factory=dict)
    readings: dict[str, list[tuple[JSON, str]]] = field(default_factory=dict)
    """Other documented values, each with its reason, by file and pointer of the schema."""
    samples: list[tuple[SchemaNode, str, JSON]] = field(default_factory=list)
    """Examples that stand in schemas: the schema, the example's pointer, its value."""
    demanded: frozenset[str] = frozenset()
    """What of the envelope is required although the schema does not say so."""
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _waiting: deque[tuple[str, JSON, Document, str]] = field(default_factory=deque)

    def compile(self, schema: JSON, document: Document, pointer: str) -> SchemaNode | bool:
        """Return a schema compiled, with everything it refers to in `definitions`."""
        root = self._schema(schema, DocumentPlace(document, pointer))
        while self._waiting:
            name, node, target, place = self._waiting.popleft()
            self.definitions[name] = self._schema(node, DocumentPlace(target, place))
        return root

    # -- one schema ----------------------------------------------------------------------------

    def _schema(self, schema: JSON, here: DocumentPlace) -> SchemaNode | bool:
        if isinstance(schema, bool):
            return schema
        node = SchemaNode(here.document.file, here.pointer)
        if not isinstance(schema, dict):
            message = f"a schema is an object, not {shown(schema)}; not checked"
            self.note(ILL_TYPED, self.place(here), message)
            return node
        self.count(len(schema))
        for keyword, value in schema.items():
            self._keyword(node, schema, keyword, value, here)
        self._draft_3_required(node, schema)
        self._bounds(node, schema, here)
        self._nullable(node, schema)
        self._dead_values(node, here)
        self._omitted(node, schema, here)
        self._examples(node, schema, here)
        return node

    def _keyword(
        self,
        node: SchemaNode,
        schema: dict[str, JSON],
        keyword: str,
        value: JSON,
        here: DocumentPlace,
    ) -> None:
        if keyword.startswith("x-") or keyword in vocabulary.SILENT:
            if keyword == "dependencies":
                self._dependencies(node, value, here)
            return
        if keyword in vocabulary.REFERENCES:
            reference = self._reference(value, here.at(keyword))
            if reference is not None:
                node["$ref"] = reference
            return
        if keyword not in vocabulary.KEYWORDS:
            self._unknown(keyword, value, schema, here)
            return
        result = self._value(keyword, value, here)
        if result is not LEFT_OUT:
            target = "prefixItems" if keyword == "items" and isinstance(result, list) else keyword
            node[target] = result

    def _value(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        if keyword in PLAIN_KEYWORDS:
            return self.read_plain(keyword, value, here)
        if keyword in keywords.SCHEMA:
            return self._single(keyword, value, here)
        return (
            self._list(keyword, value, here)
            if keyword in keywords.SCHEMA_LISTS
            else (self._map(keyword, value, here))
        )

    def _unknown(
        self, keyword: str, value: JSON, schema: dict[str, JSON], here: DocumentPlace
    ) -> None:
        near = vocabulary.nearest_keyword(keyword)
        if near is not None and near not in schema:
            advice = f"; did you mean {near}?"
        elif isinstance(value, dict) and ("type" in value or "properties" in value):
            advice = "; it looks like a property, which belongs under `properties`"
        else:
            advice = ""
        message = f"unknown keyword {keyword!r}{advice}; it constrains nothing"
        self.note(UNKNOWN_KEYWORD, self.place(here.at(keyword)), message)

    # -- keywords by the kind of value they take ------------------------------------------------

    def _single(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        here = here.at(keyword)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            self.ill_typed(here, value, "a schema", f"read as {value.lower()}")
            return value.lower() == "true"
        if keyword == "items" and isinstance(value, list):
            self.ill_typed(here, value, "one schema", "read by position")
            items = [self._schema(item, here.at(index)) for index, item in enumerate(value)]
            return items[0] if len(items) == 1 else items or LEFT_OUT
        if not isinstance(value, dict | bool):
            return self.ill_typed(here, value, "a schema", "not checked")
        return self._schema(value, here)

    def _list(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, list) or not value:
            return self.ill_typed(here, value, "a list of schemas", "not checked")
        return [self._schema(item, here.at(index)) for index, item in enumerate(value)]

    def _map(self, keyword: str, value: JSON, here: DocumentPlace) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, dict):
            return self.ill_typed(here, value, "an object of schemas", "not checked")
        usable = value.items()
        if keyword == "patternProperties":
            usable = {name: s for name, s in usable if self.usable(name, here.at(name))}.items()
        for name, item in usable if keyword == "properties" else ():
            if isinstance(item, bool) and name in vocabulary.KEYWORDS:
                message = (
                    f"{name} stands among the properties, where it constrains nothing; move it out"
                )
                place = self.place(here.at(name))
                self.findings.add(KEYWORD_AS_PROPERTY, place, message)
        return {name: self._schema(item, here.at(name)) for name, item in usable}

    def _dependencies(self, node: SchemaNode, value: JSON, here: DocumentPlace) -> None:
        """Read the draft-7 keyword as the two that took its place."""
        here = here.at("dependencies")
        if not isinstance(value, dict):
            self.ill_typed(here, value, "an object", "not checked")
            return
        for name, item in value.items():
            if isinstance(item, list):
                names = self.names_of(name, item, here)
                if names is not LEFT_OUT:
                    node.setdefault("dependentRequired", {})[name] = names
            else:
                node.setdefault("dependentSchemas", {})[name] = self._schema(item, here.at(name))

    def _reference(self, value: JSON, here: DocumentPlace) -> str | None:
        if not isinstance(value, str):
            self.ill_typed(here, value, "a reference", "not checked")
            return None
        target = self.resolver.resolve(value, here.document, here.pointer)
        if not isinstance(target, str) and not isinstance(target.node, dict | bool):
            target = f"leads to {shown(target.node)}, which is no schema"
        if isinstance(target, str):
            message = f"the reference {shown(value)} {target}; not checked"
            self.note(UNRESOLVED, self.place(here), message)
            return None
        key = (target.document.file, target.pointer)
        if key not in self._names:
            name = definition_name(target, self.definitions)
            self._names[key] = name
            self.definitions[name] = True
            self._waiting.append((name, target.node, target.document, target.pointer))
        return f"#/$defs/{self._names[key]}"

    # -- what several keywords mean together -----------------------------------------------------

    def _draft_3_required(self, node: SchemaNode, schema: dict[str, JSON]) -> None:
        """Read `required: true` of a property as the name in its parent's `required`."""
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return
        names = [
            name
            for name, item in properties.items()
            if isinstance(item, dict) and item.get("required") is True
        ]
        if names:
            node["required"] = list(dict.fromkeys([*node.get("required", []), *names]))

    def _bounds(self, node: SchemaNode, schema: dict[str, JSON], here: DocumentPlace) -> None:
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(schema.get(exclusive), bool):
                if not str(here.document.root.get("openapi", "3.0")).startswith("3.0"):
                    made = f"read as OpenAPI 3.0 does, beside {bound}"
                    self.ill_typed(here.at(exclusive), schema[exclusive], "a number", made)
                if schema[exclusive] and bound in node:
                    node[exclusive] = node.pop(bound)
        numeric = {"integer", "number"} & set(types_of(node))
        limits = vocabulary.FORMAT_BOUNDS.get(str(schema.get("format")))
        if limits is not None and numeric:
            node["minimum"] = max(limits[0], node.get("minimum", limits[0]))
            node["maximum"] = min(limits[1], node.get("maximum", limits[1]))

    def _nullable(self, node: SchemaNode, schema: dict[str, JSON]) -> None:
        if schema.get("nullable") is True and "type" in node:
            types = types_of(node)
            node["type"] = [*types, *([] if "null" in types else ["null"])]

    def _examples(self, node: SchemaNode, schema: dict[str, JSON], here: DocumentPlace) -> None:
        listed = schema.get("examples")
        found = list(enumerate(listed)) if isinstance(listed, list) else []
        samples = [(f"{here.pointer}/examples/{index}", value) for index, value in found]
        if "example" in schema:
            samples.insert(0, (f"{here.pointer}/example", schema["example"]))
        self.samples += [(node, pointer, value) for pointer, value in samples]

    def _dead_values(self, node: SchemaNode, here: DocumentPlace) -> None:
        """Leave out values of an enum that the type beside it excludes; never all of them."""
        if "enum" not in node or "type" not in node:
            return
        types = types_of(node)
        alive = [value for value in node["enum"] if is_type(value, types)]
        if not alive or len(alive) == len(node["enum"]):
            return
        dead = _listed([value for value in node["enum"] if not is_type(value, types)])
        node["enum"] = alive
        message = f"enum holds {dead}, which is not of type {' or '.join(types)}; left out"
        self.note(ILL_TYPED, self.place(here.at("enum")), message)

    def _omitted(self, node: SchemaNode, schema: dict[str, JSON], here: DocumentPlace) -> None:
        missing = omitted_values(schema.get("description"), node.get("enum"))
        if missing:
            reason = "described beside the enum, which leaves it out"
            self.readings[node.place] = [(value, reason) for value in missing]
            message = f"the description explains {_listed(missing)}, which the enum leaves out"
            self.findings.add(ENUM_OMITS, self.place(here.at("enum")), message)


def _listed(values: Sequence[JSON]) -> str:
    """Return values as text, those beyond a score only counted."""
    more = f" and {len(values) - 20} more" if len(values) > 20 else ""
    return ", ".join(map(shown, values[:20])) + more


# -- values that a description explains ----------------------------------------------------------

_BREAK = re.compile(r"\r?\n|<br\s*/?>|(?<=\s)(?=[*•] )", re.IGNORECASE)
_ITEM = re.compile(
    r"\s*(?P<bullet>[*•+-](?=\s))?\s*"
    r"(?P<mark>[`'\"]|\*\*)?(?P<value>-?[\w.]+(?:-[\w.]+)*)(?(mark)(?P=mark))\s*"
    r"(?P<sign>:(?=\s)|=|(?<=\s)[-–—](?=\s))\s*(?P<text>\S.*)"
)
_HEADINGS = re.compile(
    r"allowed|caution|default|deprecated|e\.?g|examples?|format|hint|i\.?e|important|notes?|optional"
    r"|possible|required|see|tip|type|valid|values?|warning",
    re.IGNORECASE,
)
"""Words that begin a remark and are no value."""
_MOST = 0.5
_Shape: TypeAlias = tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class _Listed:
    value: JSON
    manner: tuple[bool, bool, str]


def omitted_values(description: JSON, enum: JSON) -> tuple[JSON, ...]:
    """Return the values that a description lists and the enum beside it leaves out, in their order.

    Only items of `value: text`, `value - text` or `value = text` count, all written in one manner,
    most of them in the enum. Everything else is prose.
    """
    if not isinstance(description, str) or not isinstance(enum, list) or len(enum) < 2:
        return ()
    kinds = {type(value) for value in enum if value is not None}
    if kinds not in ({int}, {str}):
        return ()
    numbers = kinds == {int}
    shapes = set() if numbers else set(map(_shape, enum))
    parts = _BREAK.split(description)
    listed = [item for part in parts if (item := _item_of(part, numbers, shapes))]
    known = set(enum)
    inside = [item for item in listed if item.value in known]
    if len({item.value for item in inside}) < 2:
        return ()
    manners = {item.manner for item in inside}
    outside = {item.value: item for item in listed if item.value not in known}
    similar = [value for value, item in outside.items() if item.manner in manners]
    if len(similar) != len(outside) or len(inside) <= _MOST * (len(inside) + len(similar)):
        return ()
    return tuple(similar)


def _item_of(part: str, numbers: bool, shapes: set[_Shape]) -> _Listed | None:
    match = _ITEM.fullmatch(part.rstrip())
    if match is None:
        return None
    text = match["value"]
    manner = (match["bullet"] is not None, match["mark"] is not None, match["sign"])
    if numbers:
        return _Listed(int(text), manner) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
    if _HEADINGS.fullmatch(text.rstrip(".")) or _shape(text) not in shapes:
        return None
    return _Listed(text, manner)


def _shape(value: JSON) -> _Shape:
    """Return whether a name has digits only, lower-case letters only, upper-case letters only."""
    text = str(value)
    return text.isdigit(), text == text.lower(), text == text.upper()
