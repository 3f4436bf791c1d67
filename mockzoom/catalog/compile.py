"""Turns a schema as written into plain JSON Schema 2020-12, and notes each oddity on the way.

What is known is kept, what can be read sensibly is repaired (`long` is an integer), what cannot is
left out; each such repair is a finding. References become entries of `$defs`, so that recursion
stays finite. Whether the outcome can be satisfied is not judged here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from mockzoom.catalog import vocabulary
from mockzoom.catalog.described import omitted_values
from mockzoom.catalog.lint import (
    ENUM_OMITS,
    ILL_TYPED,
    UNKNOWN_FORMAT,
    UNKNOWN_KEYWORD,
    UNKNOWN_TYPE,
    UNRESOLVED,
    UNUSABLE_PATTERN,
    Notebook,
    Place,
)
from mockzoom.catalog.nodes import Node
from mockzoom.catalog.operations import Document
from mockzoom.catalog.refs import Resolver
from mockzoom.catalog.validation import COMMON_FORMATS, escaped
from mockzoom.catalog.values import number_of, same, unusable
from mockzoom.catalog.vocabulary import is_of_type, shown
from mockzoom.model import JSON, Rule

_LEFT_OUT = object()


@dataclass(slots=True)
class Compiler:
    """Compiles the schemas of one event; the definitions they refer to gather in `definitions`."""

    resolver: Resolver
    notebook: Notebook
    event: str
    notes: list[str] = field(default_factory=list)
    definitions: dict[str, Node | bool] = field(default_factory=dict)
    omitted: dict[str, tuple[JSON, ...]] = field(default_factory=dict)
    """Described values that an enum leaves out, by file and pointer of the schema."""
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _waiting: deque[tuple[str, JSON, Document, str]] = field(default_factory=deque)

    def compile(self, schema: JSON, document: Document, pointer: str) -> Node | bool:
        """Return a schema compiled, with everything it refers to in `definitions`."""
        root = self._schema(schema, _Here(document, pointer))
        while self._waiting:
            name, node, target, place = self._waiting.popleft()
            self.definitions[name] = self._schema(node, _Here(target, place))
        return root

    def note(self, rule: Rule, place: Place, message: str) -> None:
        """Note a finding, and in `notes` what it means for this event."""
        self.notebook.add(rule, place, message)
        self.notes.append(f"{place.pointer}: {message}")

    # -- one schema ----------------------------------------------------------------------------

    def _schema(self, schema: JSON, here: _Here) -> Node | bool:
        if isinstance(schema, bool):
            return schema
        node = Node(here.document.file, here.pointer)
        if not isinstance(schema, dict):
            message = f"a schema is an object, not {shown(schema)}; not checked"
            self.note(ILL_TYPED, self._place(here), message)
            return node
        for keyword, value in schema.items():
            self._keyword(node, schema, keyword, value, here)
        self._draft_3_required(node, schema)
        self._bounds(node, schema, here)
        self._nullable(node, schema)
        self._dead_values(node, here)
        self._omitted(node, schema, here)
        _examples(node, schema)
        return node

    def _keyword(
        self, node: Node, schema: dict[str, JSON], keyword: str, value: JSON, here: _Here
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
        read = _READERS.get(keyword)
        if read is None:
            self._unknown(keyword, value, schema, here)
            return
        result = read(self, keyword, value, here)
        if result is not _LEFT_OUT:
            target = "prefixItems" if keyword == "items" and isinstance(result, list) else keyword
            node[target] = result

    def _unknown(self, keyword: str, value: JSON, schema: dict[str, JSON], here: _Here) -> None:
        near = vocabulary.nearest_keyword(keyword)
        if near is not None and near not in schema:
            advice = f"; did you mean {near}?"
        elif isinstance(value, dict) and ("type" in value or "properties" in value):
            advice = "; it looks like a property, which belongs under `properties`"
        else:
            advice = ""
        message = f"unknown keyword {keyword!r}{advice}; it constrains nothing"
        self.note(UNKNOWN_KEYWORD, self._place(here.at(keyword)), message)

    def _ill_typed(self, here: _Here, value: JSON, expected: str, made: str) -> None:
        keyword = here.pointer.rpartition("/")[2]
        message = f"{keyword} is {shown(value)}; expected {expected}; {made}"
        self.note(ILL_TYPED, self._place(here), message)

    def _place(self, here: _Here) -> Place:
        return Place(here.document.file, here.pointer, self.event)

    # -- keywords by the kind of value they take ------------------------------------------------

    def _single(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            self._ill_typed(here, value, "a schema", f"read as {value.lower()}")
            return value.lower() == "true"
        if keyword == "items" and isinstance(value, list):
            self._ill_typed(here, value, "one schema", "read by position")
            items = [self._schema(item, here.at(index)) for index, item in enumerate(value)]
            return items[0] if len(items) == 1 else items or _LEFT_OUT
        if not isinstance(value, dict | bool):
            self._ill_typed(here, value, "a schema", "not checked")
            return _LEFT_OUT
        return self._schema(value, here)

    def _list(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, list) or not value:
            self._ill_typed(here, value, "a list of schemas", "not checked")
            return _LEFT_OUT
        return [self._schema(item, here.at(index)) for index, item in enumerate(value)]

    def _map(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, dict):
            self._ill_typed(here, value, "an object of schemas", "not checked")
            return _LEFT_OUT
        usable = value.items()
        if keyword == "patternProperties":
            usable = {name: s for name, s in usable if self._usable(name, here.at(name))}.items()
        return {name: self._schema(item, here.at(name)) for name, item in usable}

    def _count(self, keyword: str, value: JSON, here: _Here) -> JSON:
        number = number_of(value)
        if number is None or number < 0 or number != int(number):
            self._ill_typed(here.at(keyword), value, "a count from 0 up", "not checked")
            return _LEFT_OUT
        if isinstance(value, str):
            self._ill_typed(here.at(keyword), value, "a count from 0 up", f"read as {number}")
        return int(number)

    def _numeric(self, keyword: str, value: JSON, here: _Here) -> JSON:
        if isinstance(value, bool) and keyword.startswith("exclusive"):
            return _LEFT_OUT  # OpenAPI 3.0; see _bounds
        number = number_of(value)
        if number is None or (keyword == "multipleOf" and number <= 0):
            self._ill_typed(here.at(keyword), value, "a number", "not checked")
            return _LEFT_OUT
        if isinstance(value, str):
            self._ill_typed(here.at(keyword), value, "a number", f"read as {number}")
        return number

    def _flag(self, keyword: str, value: JSON, here: _Here) -> JSON:
        if not isinstance(value, bool):
            self._ill_typed(here.at(keyword), value, "true or false", "left out")
            return _LEFT_OUT
        return value if keyword in ("deprecated", "uniqueItems") and value else _LEFT_OUT

    def _text(self, keyword: str, value: JSON, here: _Here) -> JSON:
        if isinstance(value, str):
            return value
        self._ill_typed(here.at(keyword), value, "text", "left out")
        return _LEFT_OUT

    def _any(self, keyword: str, value: JSON, here: _Here) -> JSON:
        return value

    def _names_list(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return list(dict.fromkeys(value)) or _LEFT_OUT
        expected = "a list of property names"
        if isinstance(value, bool):
            made = "the property counts as required" if value else "left out"
            self._ill_typed(here, value, expected, made)
            return _LEFT_OUT
        names = [value] if isinstance(value, str) and value.lower() not in ("true", "false") else []
        if isinstance(value, list):
            names = [name for name in value if isinstance(name, str)]
        self._ill_typed(here, value, expected, f"read as {names}" if names else "not checked")
        return list(dict.fromkeys(names)) or _LEFT_OUT

    def _dependent(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, dict):
            self._ill_typed(here, value, "an object of lists of property names", "not checked")
            return _LEFT_OUT
        read = {name: self._names_list(name, names, here) for name, names in value.items()}
        return {name: names for name, names in read.items() if names is not _LEFT_OUT}

    def _dependencies(self, node: Node, value: JSON, here: _Here) -> None:
        """Read the draft-7 keyword as the two that took its place."""
        here = here.at("dependencies")
        if not isinstance(value, dict):
            self._ill_typed(here, value, "an object", "not checked")
            return
        for name, item in value.items():
            if isinstance(item, list):
                names = self._names_list(name, item, here)
                if names is not _LEFT_OUT:
                    node.setdefault("dependentRequired", {})[name] = names
            else:
                node.setdefault("dependentSchemas", {})[name] = self._schema(item, here.at(name))

    # -- keywords with a meaning of their own ----------------------------------------------------

    def _type(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(item, str) for item in given):
            self._ill_typed(here, value, "the name of a type, or a list of them", "not checked")
            given = [item for item in given if isinstance(item, str)]
        types: list[str] = []
        for item in given:
            if item in vocabulary.TYPES:
                types.append(item)
                continue
            meant = vocabulary.nearest_types(item)
            made = f"read as {' or '.join(meant)}" if meant else "not checked"
            message = f"unknown type {shown(item)}; {made}; known: {', '.join(vocabulary.TYPES)}"
            self.note(UNKNOWN_TYPE, self._place(here), message)
            if not meant:
                return _LEFT_OUT
            types += meant
        types = list(dict.fromkeys(types))
        if not types:
            return _LEFT_OUT
        return types[0] if len(types) == 1 else types

    def _enum(self, keyword: str, value: JSON, here: _Here) -> JSON:
        if not isinstance(value, list) or not value:
            made = "not checked"
            self._ill_typed(here.at(keyword), value, "a list with at least one value", made)
            return _LEFT_OUT
        distinct: list[JSON] = []
        for item in value:
            if not any(same(item, other) for other in distinct):
                distinct.append(item)
        return distinct

    def _format(self, keyword: str, value: JSON, here: _Here) -> JSON:
        here = here.at(keyword)
        if not isinstance(value, str):
            self._ill_typed(here, value, "the name of a format", "not checked")
            return _LEFT_OUT
        if value in COMMON_FORMATS:
            return value
        if value not in vocabulary.KNOWN_FORMATS:
            near = vocabulary.nearest_format(value)
            advice = f"; did you mean {near}?" if near else ""
            message = f"unknown format {shown(value)}{advice}; not checked"
            self.note(UNKNOWN_FORMAT, self._place(here), message)
        return _LEFT_OUT

    def _pattern(self, keyword: str, value: JSON, here: _Here) -> JSON:
        if not isinstance(value, str):
            self._ill_typed(here.at(keyword), value, "a regular expression", "not checked")
            return _LEFT_OUT
        return value if self._usable(value, here.at(keyword)) else _LEFT_OUT

    def _usable(self, pattern: str, here: _Here) -> bool:
        reason = unusable(pattern)
        if reason is not None:
            message = f"the pattern {shown(pattern)} cannot be used: {reason}; not checked"
            self.note(UNUSABLE_PATTERN, self._place(here), message)
        return reason is None

    def _reference(self, value: JSON, here: _Here) -> str | None:
        if not isinstance(value, str):
            self._ill_typed(here, value, "a reference", "not checked")
            return None
        target = self.resolver.resolve(value, here.document, here.pointer)
        if not isinstance(target, str) and not isinstance(target.node, dict | bool):
            target = f"leads to {shown(target.node)}, which is no schema"
        if isinstance(target, str):
            message = f"the reference {shown(value)} {target}; not checked"
            self.note(UNRESOLVED, self._place(here), message)
            return None
        key = (target.document.file, target.pointer)
        if key not in self._names:
            name = self._definition_name(target.pointer, target.document.file)
            self._names[key] = name
            self.definitions[name] = True
            self._waiting.append((name, target.node, target.document, target.pointer))
        return f"#/$defs/{self._names[key]}"

    def _definition_name(self, pointer: str, file: str) -> str:
        last = pointer.rpartition("/")[2] or file.rpartition("/")[2].partition(".")[0]
        stem = re.sub(r"\W+", "_", last) or "definition"
        name, count = stem, 1
        while name in self.definitions:
            count += 1
            name = f"{stem}_{count}"
        return name

    # -- what several keywords mean together -----------------------------------------------------

    def _draft_3_required(self, node: Node, schema: dict[str, JSON]) -> None:
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

    def _bounds(self, node: Node, schema: dict[str, JSON], here: _Here) -> None:
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(schema.get(exclusive), bool):
                if not str(here.document.root.get("openapi", "3.0")).startswith("3.0"):
                    made = f"read as OpenAPI 3.0 does, beside {bound}"
                    self._ill_typed(here.at(exclusive), schema[exclusive], "a number", made)
                if schema[exclusive] and bound in node:
                    node[exclusive] = node.pop(bound)
        types = node.get("type", ["integer"])
        numeric = {"integer", "number"} & set(types if isinstance(types, list) else [types])
        limits = vocabulary.FORMAT_BOUNDS.get(str(schema.get("format")))
        if limits is not None and numeric:
            node["minimum"] = max(limits[0], node.get("minimum", limits[0]))
            node["maximum"] = min(limits[1], node.get("maximum", limits[1]))

    def _nullable(self, node: Node, schema: dict[str, JSON]) -> None:
        if schema.get("nullable") is True and "type" in node:
            types = node["type"] if isinstance(node["type"], list) else [node["type"]]
            node["type"] = [*types, *([] if "null" in types else ["null"])]

    def _dead_values(self, node: Node, here: _Here) -> None:
        """Leave out values of an enum that the type beside it excludes; never all of them."""
        if "enum" not in node or "type" not in node:
            return
        types = node["type"] if isinstance(node["type"], list) else [node["type"]]
        alive = [value for value in node["enum"] if is_of_type(value, types)]
        if not alive or len(alive) == len(node["enum"]):
            return
        dead = ", ".join(shown(value) for value in node["enum"] if not is_of_type(value, types))
        node["enum"] = alive
        message = f"enum holds {dead}, which is not of type {' or '.join(types)}; left out"
        self.note(ILL_TYPED, self._place(here.at("enum")), message)

    def _omitted(self, node: Node, schema: dict[str, JSON], here: _Here) -> None:
        missing = omitted_values(schema.get("description"), node.get("enum"))
        if missing:
            self.omitted[f"{here.document.file}#{here.pointer}"] = missing
            listed = ", ".join(shown(value) for value in missing)
            message = f"the description explains {listed}, which the enum leaves out"
            self.notebook.add(ENUM_OMITS, self._place(here.at("enum")), message)


@dataclass(frozen=True, slots=True)
class _Here:
    document: Document
    pointer: str

    def at(self, step: str | int) -> _Here:
        return _Here(self.document, f"{self.pointer}/{escaped(str(step))}")


_READERS: dict[str, Callable[[Compiler, str, JSON, _Here], JSON]] = {
    **dict.fromkeys(vocabulary.SCHEMA, Compiler._single),
    **dict.fromkeys(vocabulary.SCHEMA_LISTS, Compiler._list),
    **dict.fromkeys(vocabulary.SCHEMA_MAPS, Compiler._map),
    **dict.fromkeys(vocabulary.COUNTS, Compiler._count),
    **dict.fromkeys(vocabulary.NUMBERS, Compiler._numeric),
    **dict.fromkeys(vocabulary.FLAGS, Compiler._flag),
    **dict.fromkeys(vocabulary.TEXTS, Compiler._text),
    "const": Compiler._any,
    "default": Compiler._any,
    "dependentRequired": Compiler._dependent,
    "enum": Compiler._enum,
    "format": Compiler._format,
    "pattern": Compiler._pattern,
    "required": Compiler._names_list,
    "type": Compiler._type,
}


def _examples(node: Node, schema: dict[str, JSON]) -> None:
    listed = schema.get("examples")
    values = list(listed) if isinstance(listed, list) else []
    if "example" in schema:
        values.insert(0, schema["example"])
    if values:
        node["examples"] = values
