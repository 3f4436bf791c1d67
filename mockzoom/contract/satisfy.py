"""Makes a compiled schema satisfiable, by the smallest repair that can be found.

A schema for which a value exists is left alone. Otherwise the deepest schema without a value is
sought, and one keyword of it is dropped or relaxed, the least telling first. Where the keywords
provably contradict each other that is a finding (MZ710); where merely no value was found, it is
said so (MZ717).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockzoom.contract.compile import Compiler
from mockzoom.contract.envelope import ENVELOPE, bare
from mockzoom.contract.examples import Documented
from mockzoom.contract.lint import NO_VALUE_FOUND, UNSATISFIABLE, FindingPlace
from mockzoom.model import JSON, EventSpec
from mockzoom.schema.form import Contradiction
from mockzoom.schema.merge import simplified, types_of
from mockzoom.schema.nodes import IN_PLACE, SchemaNode, children, node_of, put, references
from mockzoom.schema.pointer import MISSING, escaped
from mockzoom.schema.satisfiable import (
    Witness,
    contradiction,
    made_for,
    plain_value,
    search_for,
    validator_of,
)
from mockzoom.schema.values import is_type, number_of

_ORDER = tuple(
    """
    format pattern propertyNames dependentRequired dependentSchemas unevaluatedProperties
    unevaluatedItems minProperties maxProperties minContains maxContains contains uniqueItems
    multipleOf exclusiveMinimum exclusiveMaximum maximum minimum maxLength minLength maxItems
    minItems if not patternProperties additionalProperties const enum anyOf oneOf allOf required
    items prefixItems $ref type properties
    """.split()  # noqa: SIM905 (a list of forty lines would hide the order)
)
"""Keywords, the one to be dropped first at the front."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A changed schema, the keyword that was changed, and what was done, in words."""

    node: SchemaNode
    keyword: str
    done: str


def repairs(
    node: SchemaNode, proof: Contradiction | None, documented: Documented
) -> Iterator[Repair]:
    """Yield changed schemas, the smallest change first."""
    yield from _admissions(node, documented)
    yield from _enum_repairs(node)
    if "oneOf" in node:
        relaxed = node.without("oneOf")
        relaxed["anyOf"] = [*node["oneOf"]]
        if "anyOf" not in node:
            yield Repair(relaxed, "oneOf", "oneOf is read as anyOf")
    yield from _branch_repairs(node)
    first = [proof.keyword] if proof is not None else []
    for keyword in dict.fromkeys([*first, *_ORDER]):
        if keyword in node and keyword not in ("type", "properties", "required"):
            yield Repair(node.without(keyword), keyword, f"{keyword} is not checked")
    for count in range(2, len(_ORDER) + 1):
        dropped = [keyword for keyword in _ORDER[:count] if keyword in node]
        if _ORDER[count - 1] in node:
            done = f"not checked: {', '.join(dropped)}"
            yield Repair(node.without(*dropped), dropped[-1], done)


def _admissions(node: SchemaNode, documented: Documented) -> Iterator[Repair]:
    """Admit required properties that the schema forbids, as an example shows them.

    What no example shows is no longer required: nobody knows what it would look like.
    """
    properties = node.get("properties", {})
    closed = node.get("additionalProperties") is False
    required = node.get("required", ())
    forbidden = [name for name in required if properties.get(name, not closed) is False]
    if not forbidden:
        return
    shown = {name: documented.schema(name, node) for name in forbidden}
    admitted = {name: schema for name, schema in shown.items() if schema is not None}
    dropped = [name for name in forbidden if name not in admitted]
    changed = node.like({**node, "properties": {**properties, **admitted}})
    changed["required"] = [name for name in required if name not in dropped]
    if not changed["required"]:
        del changed["required"]
    done = [f"admitted as in the example: {', '.join(map(repr, admitted))}"] if admitted else []
    if dropped:
        done.append(f"no longer required: {', '.join(map(repr, dropped))}")
    yield Repair(changed, "required", "; ".join(done))


def _enum_repairs(node: SchemaNode) -> Iterator[Repair]:
    """Read the values of an enum in the type that is stated, or take the type from the values.

    A structure stays one: the values of an array's enum are those of its items.
    """
    if "enum" not in node or "type" not in node:
        return
    types = types_of(node)
    read = [_converted(value, types) for value in node["enum"]]
    fitting = [value for value in read if is_type(value, types)]
    if fitting and fitting != node["enum"]:
        changed = node.like({**node, "enum": fitting})
        yield Repair(changed, "enum", f"its values are read as {' or '.join(types)}")
    if fitting:
        return
    if "array" in types:
        items = node["items"] if isinstance(node.get("items"), SchemaNode) else node.like({})
        listed = items.like({**items, "enum": node["enum"]})
        changed = node.without("enum")
        changed["items"] = listed
        yield Repair(changed, "enum", "its values are read as those of the items")
    elif "object" not in types:
        yield Repair(node.without("type"), "type", "the type is taken from the enum's values")


def _converted(value: JSON, types: list[str]) -> JSON:
    if "string" in types and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    number = number_of(value)
    if number is not None and ("number" in types or "integer" in types):
        return number
    if isinstance(value, str) and "boolean" in types and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _branch_repairs(node: SchemaNode) -> Iterator[Repair]:
    """Relax what is combined by `allOf`: one keyword of one branch, or of all branches."""
    branches = [branch for branch in node.get("allOf", []) if isinstance(branch, SchemaNode)]
    for keyword in _ORDER:
        if not any(keyword in branch for branch in branches):
            continue
        for chosen in [*branches, None]:
            relaxed = [
                branch.without(keyword) if chosen is None or branch is chosen else branch
                for branch in branches
            ]
            changed = node.like({**node, "allOf": relaxed})
            if chosen is None:
                changed = changed.without(keyword)
            changed = simplified(changed)
            done = f"{keyword} of the schemas combined is not checked"
            yield Repair(changed, "allOf", done)


_EXAMPLES = 3
"""So many of an event's documented values, the outermost, may prove its schema."""
_DEFINITIONS = 100
"""More definitions than these are judged only by what the root makes of them."""
_COST_OF_FAILURE = 200
"""A failed search counts as so many keywords: the time that an event may take is bounded."""
_PARTS = 10
"""So many parts that a search tried, or definitions that it may need, count as one keyword."""


def satisfiable(root: SchemaNode, compiler: Compiler, documented: Documented) -> SchemaNode:
    """Return a root schema that a value satisfies, noting each repair.

    Documented values count as well as those made here: what one of them satisfies is not touched.
    """
    definitions = root.get("$defs", {})
    named = _named(root, compiler.event)
    if not definitions and (_shown(named, documented) or _sound(named, definitions)):
        return root
    fixer = _Fixer(compiler, definitions, documented)
    single = compiler.definitions if len(definitions) <= _DEFINITIONS else ()
    for name in reversed(single):  # what was found last lies deepest
        node = definitions.get(name)
        if isinstance(node, SchemaNode):
            definitions[name] = fixer.fixed(node, in_place=False)
    root = fixer.fixed_root(root.without("$defs"))
    if next(references(root), None) is not None:
        root["$defs"] = definitions
    return root


def _named(root: SchemaNode, event: str) -> SchemaNode:
    """Return the root schema with the event's own name as the only one."""
    properties = dict(root.get("properties", {}))
    name = properties.get("event", True)
    own = root.like({"const": event})
    both = own if isinstance(name, bool) else name.like({**name, "const": event})
    changed = root.without("$defs")
    changed["properties"] = {**properties, "event": both}
    changed["required"] = list(dict.fromkeys(["event", *root.get("required", ())]))
    return changed


def _shown(root: SchemaNode, documented: Documented) -> bool:
    """Return whether an example with all that is optional satisfies the schema: a quicker proof."""
    complete = [body for body in documented.parts[:_EXAMPLES] if _complete(root, body)]
    valid = validator_of(root, {}) if complete else None
    return valid is not None and any(map(valid, complete))


def _sound(node: SchemaNode, definitions: dict[str, JSON]) -> bool:
    """Return whether a value that holds all that is optional satisfies the schema."""
    if not definitions and _is_plain(node):
        return True
    value = made_for(node, definitions)
    return value is not MISSING and _complete(node, value)


def _is_plain(node: SchemaNode) -> bool:
    """Return whether a plain value satisfies the schema: a quicker proof than a search."""
    try:
        value = plain_value(node)
        valid = validator_of(node, {}) if _complete(node, value) else None
        return valid is not None and valid(value)
    except (RecursionError, OverflowError):
        return False


def _complete(node: SchemaNode, value: JSON) -> bool:
    """Return whether a value has every property that a schema describes and does not forbid."""
    if isinstance(value, dict):
        described = node.get("properties", {})
        return all(
            name in value and (isinstance(schema, bool) or _complete(schema, value[name]))
            for name, schema in described.items()
            if schema is not False and not _recursive(schema)
        )
    if isinstance(value, list) and isinstance(node.get("items"), SchemaNode):
        return _recursive(node["items"]) or (bool(value) and _complete(node["items"], value[0]))
    return True


def _whole(root: SchemaNode) -> bool:
    """Return whether a repair left the envelope as it is."""
    return "type" in root and all(
        name in root.get("properties", {}) and name in root.get("required", ()) for name in ENVELOPE
    )


def _recursive(schema: JSON) -> bool:
    return isinstance(schema, SchemaNode) and "$ref" in schema


def sample(spec: EventSpec) -> JSON:
    """Return a plain body that satisfies an event's schema and carries the event's name.

    It is made by trying, always the same, and shows that the schema can be satisfied; raises
    `LookupError` for a schema that did not come out of this contract.
    """
    root = node_of(spec.schema)
    definitions = root.get("$defs", {})
    named = _named(root, spec.name)
    body = made_for(named, definitions)
    if body is not MISSING:
        return body
    valid = validator_of(named, definitions)
    for body in spec.examples:
        if valid is not None and valid(body):
            return body
    raise LookupError(f"no body was found for {spec.name}")


class _Fixer:
    def __init__(
        self, compiler: Compiler, definitions: dict[str, JSON], documented: Documented
    ) -> None:
        self._compiler = compiler
        self._definitions = definitions
        self._documented = documented

    def _search(self, node: SchemaNode) -> Witness:
        self._compiler.count(len(self._definitions) // _PARTS)
        if contradiction(node, self._definitions) is not None:
            return Witness()
        found = search_for(node, self._definitions)
        failed = found.value is MISSING
        self._compiler.count(failed * _COST_OF_FAILURE + found.tried // _PARTS)
        return found

    def _sound(self, node: SchemaNode) -> bool:
        if not self._definitions and _is_plain(node):
            return True
        found = self._search(node)
        return found.value is not MISSING and (found.is_shortened or _complete(node, found.value))

    def _possible(self, node: SchemaNode) -> bool:
        if self._search(node).value is not MISSING:
            return True
        valid = validator_of(node, self._definitions)
        return valid is not None and any(map(valid, self._documented.parts))

    def fixed(self, node: SchemaNode, *, in_place: bool) -> SchemaNode:
        """Return the schema with everything in it satisfiable, and itself too.

        Of the schemas that are combined in place only the whole must have a value: a branch of
        `anyOf` may well be empty.
        """
        if not in_place and self._sound(node):
            return node
        self._fix_children(node)
        if in_place or self._possible(node):
            return node
        proof = contradiction(node, self._definitions)
        for repair in repairs(node, proof, self._documented):
            if self._possible(repair.node):
                self._note(node, repair, proof)
                return repair.node
        self._note(node, Repair(node, "", "nothing of it is checked"), proof)
        return node.like({key: node[key] for key in ("description",) if key in node})

    def fixed_root(self, root: SchemaNode) -> SchemaNode:
        """Return the root satisfiable by a body with the event's own name, still an object."""
        event = self._compiler.event
        self._fix_children(root)
        if self._possible(_named(root, event)):
            return root
        proof = contradiction(root, self._definitions)
        if proof is None and self._possible(root):
            proof = Contradiction("event", f"none that carries the event's own name {event!r}")
        any_name = root.like({"type": "string"})
        plain_name = root.like({**root, "properties": {**root["properties"], "event": any_name}})
        first = Repair(plain_name, "properties", "event is any text")
        for repair in (first, *repairs(root, proof, self._documented)):
            if _whole(repair.node) and self._possible(_named(repair.node, event)):
                self._note(root, repair, proof)
                return repair.node
        self._note(root, Repair(root, "", "only the envelope is checked"), proof)
        return bare(root.file, root.pointer)

    def _fix_children(self, node: SchemaNode) -> None:
        for keyword, key, child in list(children(node)):
            if keyword not in ("not", "if", "$defs", "contains", "propertyNames"):
                put(node, keyword, key, self.fixed(child, in_place=keyword in IN_PLACE))

    def _note(self, node: SchemaNode, repair: Repair, proof: Contradiction | None) -> None:
        suffix = f"/{escaped(repair.keyword)}" if repair.keyword else ""
        place = FindingPlace(node.file, node.pointer + suffix, self._compiler.event)
        if proof is not None:
            message = f"no value can satisfy the schema: {proof.reason}; {repair.done}"
            self._compiler.note(UNSATISFIABLE, place, message)
        else:
            message = f"no value was found that satisfies the schema; {repair.done}"
            self._compiler.note(NO_VALUE_FOUND, place, message)
