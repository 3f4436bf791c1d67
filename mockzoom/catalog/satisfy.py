"""Makes a compiled schema satisfiable, by the smallest repair that can be found.

A schema for which a value exists is left alone. Otherwise the deepest schema without a value is
sought, and one keyword of it is dropped or relaxed, the least telling first. Where the keywords
provably contradict each other that is a finding (MZ710); where merely no value was found, it is
said so (MZ717).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockzoom.catalog.compile import Compiler
from mockzoom.catalog.lint import NO_VALUE_FOUND, UNSATISFIABLE, Place
from mockzoom.catalog.merge import Contradiction, Unjoinable, flattened, types_of
from mockzoom.catalog.nodes import IN_PLACE, Node, children, copied, plain_schema, put
from mockzoom.catalog.proof import contradiction
from mockzoom.catalog.validation import escaped, fast_validator
from mockzoom.catalog.values import number_of
from mockzoom.catalog.vocabulary import is_of_type
from mockzoom.catalog.witness import candidates
from mockzoom.model import JSON

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
class _Repair:
    """A changed schema, the keyword that was changed, and what was done, in words."""

    node: Node
    keyword: str
    done: str


def satisfiable(root: Node, compiler: Compiler) -> Node:
    """Return a root schema that a value satisfies, noting each repair."""
    definitions = root.get("$defs", {})
    if _check(root.without("$defs"), definitions, full=True):
        return root
    fixer = _Fixer(compiler, definitions)
    for name, node in list(definitions.items()):
        if isinstance(node, Node):
            definitions[name] = fixer.fixed(node, in_place=False)
    root = fixer.fixed(root.without("$defs"), in_place=False)
    if definitions:
        root["$defs"] = definitions
    return root


def _check(node: Node, definitions: dict[str, JSON], *, full: bool = False) -> bool:
    """Tell whether a value for the schema is found; `full`: with all that is optional in it."""
    valid = _checker(node, definitions)
    if valid is None:
        return False
    made = candidates(node, definitions)
    return any(valid(value) for value in (made[:1] if full else made))


def _checker(node: Node, definitions: dict[str, JSON]) -> Callable[[JSON], bool] | None:
    schema = plain_schema(node)
    if definitions:
        schema["$defs"] = plain_schema(definitions)
    try:
        return fast_validator(schema)
    except ValueError:
        return None


class _Fixer:
    def __init__(self, compiler: Compiler, definitions: dict[str, JSON]) -> None:
        self._compiler = compiler
        self._definitions = definitions

    def fixed(self, node: Node, *, in_place: bool) -> Node:
        """Return the schema with everything in it satisfiable, and itself too.

        Of the schemas that are combined in place only the whole must have a value: a branch of
        `anyOf` may well be empty.
        """
        for keyword, key, child in list(children(node)):
            within = keyword in IN_PLACE
            if keyword not in ("not", "if", "$defs", "contains", "propertyNames"):
                put(node, keyword, key, self.fixed(child, in_place=within))
        if in_place or _check(node, self._definitions):
            return node
        proof = contradiction(node, self._definitions)
        for repair in _repairs(node, proof):
            if _check(repair.node, self._definitions):
                self._note(node, repair, proof)
                return repair.node
        self._note(node, _Repair(node, "", "nothing of it is checked"), proof)
        return node.like({key: node[key] for key in ("description",) if key in node})

    def _note(self, node: Node, repair: _Repair, proof: Contradiction | None) -> None:
        suffix = f"/{escaped(repair.keyword)}" if repair.keyword else ""
        place = Place(node.file, node.pointer + suffix, self._compiler.event)
        if proof is not None:
            message = f"no value can satisfy the schema: {proof.reason}; {repair.done}"
            self._compiler.note(UNSATISFIABLE, place, message)
        else:
            message = f"no value was found that satisfies the schema; {repair.done}"
            self._compiler.note(NO_VALUE_FOUND, place, message)


def _repairs(node: Node, proof: Contradiction | None) -> Iterator[_Repair]:
    """Yield changed schemas, the smallest change first."""
    yield from _admissions(node)
    yield from _enum_repairs(node)
    if "oneOf" in node:
        relaxed = node.without("oneOf")
        relaxed["anyOf"] = [*node["oneOf"]]
        if "anyOf" not in node:
            yield _Repair(relaxed, "oneOf", "oneOf is read as anyOf")
    first = [proof.keyword] if proof is not None else []
    for keyword in dict.fromkeys([*first, *_ORDER]):
        if keyword in node and keyword not in ("type", "properties", "required"):
            yield _Repair(node.without(keyword), keyword, f"{keyword} is not checked")
    yield from _branch_repairs(node)
    for count in range(2, len(_ORDER) + 1):
        dropped = [keyword for keyword in _ORDER[:count] if keyword in node]
        if _ORDER[count - 1] in node:
            done = f"{', '.join(dropped)} are not checked" if dropped else ""
            yield _Repair(node.without(*dropped), dropped[-1], done)


def _admissions(node: Node) -> Iterator[_Repair]:
    """Admit required properties that the schema forbids."""
    properties = node.get("properties", {})
    closed = node.get("additionalProperties") is False
    forbidden = [
        name for name in node.get("required", ()) if properties.get(name, not closed) is False
    ]
    if forbidden:
        admitted = copied(node)
        admitted["properties"] = {
            **admitted.get("properties", {}),
            **dict.fromkeys(forbidden, True),
        }
        names = ", ".join(map(repr, forbidden))
        yield _Repair(admitted, "required", f"{names} is admitted")


def _enum_repairs(node: Node) -> Iterator[_Repair]:
    """Read the values of an enum in the type that is stated, or take the type from the values."""
    if "enum" not in node or "type" not in node:
        return
    types = types_of(node)
    read = [_converted(value, types) for value in node["enum"]]
    fitting = [value for value in read if is_of_type(value, types)]
    if fitting and fitting != node["enum"]:
        changed = node.like({**node, "enum": fitting})
        yield _Repair(changed, "enum", f"its values are read as {' or '.join(types)}")
    if not fitting:
        yield _Repair(node.without("type"), "type", "the type is taken from the enum's values")


def _converted(value: JSON, types: list[str]) -> JSON:
    if "string" in types and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    number = number_of(value)
    if number is not None and ("number" in types or "integer" in types):
        return number
    if isinstance(value, str) and "boolean" in types and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _branch_repairs(node: Node) -> Iterator[_Repair]:
    """Relax what is combined by `allOf`: one keyword of one branch, or of all branches."""
    branches = [branch for branch in node.get("allOf", []) if isinstance(branch, Node)]
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
            done = f"{keyword} of the schemas combined is not checked"
            yield _Repair(changed, "allOf", done)


def simplified(node: Node) -> Node:
    """Return a schema with each `allOf` joined where one flat schema can say the same."""
    for keyword, key, child in list(children(node)):
        put(node, keyword, key, simplified(child))
    if "allOf" not in node or any(word.startswith("unevaluated") for word in node):
        return node
    try:
        return flattened(node)
    except Unjoinable:
        return node
