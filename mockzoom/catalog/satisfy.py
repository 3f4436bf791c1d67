"""Makes a compiled schema satisfiable, by the smallest repair that can be found.

A schema for which a value exists is left alone. Otherwise the deepest schema without a value is
sought, and one keyword of it is dropped or relaxed, the least telling first. Where the keywords
provably contradict each other that is a finding (MZ710); where merely no value was found, it is
said so (MZ717).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mockzoom.catalog.compile import Compiler
from mockzoom.catalog.envelope import bare
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
_PARTS = 400


@dataclass(frozen=True, slots=True)
class _Repair:
    """A changed schema, the keyword that was changed, and what was done, in words."""

    node: Node
    keyword: str
    done: str


def satisfiable(root: Node, compiler: Compiler, examples: Iterable[JSON] = ()) -> Node:
    """Return a root schema that a value satisfies, noting each repair.

    Documented values count as well as those made here: what one of them satisfies is not touched.
    """
    definitions = root.get("$defs", {})
    if _sound(_named(root, compiler.event), definitions) and not definitions:
        return root
    fixer = _Fixer(compiler, definitions, _parts(examples))
    for name, node in list(definitions.items()):
        if isinstance(node, Node):
            definitions[name] = fixer.fixed(node, in_place=False)
    root = fixer.fixed(root.without("$defs"), in_place=False)
    root = fixer.naming_itself(root)
    if definitions:
        root["$defs"] = definitions
    return root


def _named(root: Node, event: str) -> Node:
    """Return the root schema with the event's own name as the only one."""
    properties = dict(root.get("properties", {}))
    name = properties.get("event", True)
    own = root.like({"const": event})
    both = own if isinstance(name, bool) else name.like({**name, "const": event})
    changed = root.without("$defs")
    changed["properties"] = {**properties, "event": both}
    return changed


def _sound(node: Node, definitions: dict[str, JSON]) -> bool:
    """Tell whether a value that holds all that is optional satisfies the schema."""
    valid = _checker(node, definitions)
    made = candidates(node, definitions)[:1]
    return valid is not None and len(made) == 1 and _complete(node, made[0]) and valid(made[0])


def _complete(node: Node, value: JSON) -> bool:
    """Tell whether a value has every property that a schema describes and does not forbid."""
    if isinstance(value, dict):
        described = node.get("properties", {})
        return all(
            name in value and (isinstance(schema, bool) or _complete(schema, value[name]))
            for name, schema in described.items()
            if schema is not False and not _recursive(schema)
        )
    if isinstance(value, list) and isinstance(node.get("items"), Node):
        return _recursive(node["items"]) or (bool(value) and _complete(node["items"], value[0]))
    return True


def _recursive(schema: JSON) -> bool:
    return isinstance(schema, Node) and "$ref" in schema


def _parts(values: Iterable[JSON]) -> list[JSON]:
    """Return the values with everything that is in them, bounded."""
    parts = list(values)
    for part in parts:
        if len(parts) > _PARTS:
            break
        if isinstance(part, dict | list):
            parts += part.values() if isinstance(part, dict) else part
    return parts


def _checker(node: Node, definitions: dict[str, JSON]) -> Callable[[JSON], bool] | None:
    schema = plain_schema(node)
    if definitions:
        schema["$defs"] = plain_schema(definitions)
    try:
        return fast_validator(schema)
    except ValueError:
        return None


class _Fixer:
    def __init__(
        self, compiler: Compiler, definitions: dict[str, JSON], documented: Sequence[JSON]
    ) -> None:
        self._compiler = compiler
        self._definitions = definitions
        self._documented = documented

    def _possible(self, node: Node) -> bool:
        valid = _checker(node, self._definitions)
        made = candidates(node, self._definitions) if valid is not None else []
        return valid is not None and any(map(valid, (*made, *self._documented)))

    def fixed(self, node: Node, *, in_place: bool) -> Node:
        """Return the schema with everything in it satisfiable, and itself too.

        Of the schemas that are combined in place only the whole must have a value: a branch of
        `anyOf` may well be empty.
        """
        for keyword, key, child in list(children(node)):
            within = keyword in IN_PLACE
            if keyword not in ("not", "if", "$defs", "contains", "propertyNames"):
                put(node, keyword, key, self.fixed(child, in_place=within))
        if in_place or self._possible(node):
            return node
        proof = contradiction(node, self._definitions)
        for repair in _repairs(node, proof):
            if self._possible(repair.node):
                self._note(node, repair, proof)
                return repair.node
        self._note(node, _Repair(node, "", "nothing of it is checked"), proof)
        return node.like({key: node[key] for key in ("description",) if key in node})

    def naming_itself(self, root: Node) -> Node:
        """Return the root with whatever dropped that keeps it from carrying the event's name."""
        event = self._compiler.event
        if self._possible(_named(root, event)):
            return root
        for repair in _repairs(root, None):
            if self._possible(_named(repair.node, event)):
                message = f"no body with the event's own name {event!r} is valid; {repair.done}"
                place = Place(root.file, f"{root.pointer}/{repair.keyword}", event)
                self._compiler.note(UNSATISFIABLE, place, message)
                return repair.node
        return bare(root.file, root.pointer)

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
    yield from _branch_repairs(node)
    first = [proof.keyword] if proof is not None else []
    for keyword in dict.fromkeys([*first, *_ORDER]):
        if keyword in node and keyword not in ("type", "properties", "required"):
            yield _Repair(node.without(keyword), keyword, f"{keyword} is not checked")
    for count in range(2, len(_ORDER) + 1):
        dropped = [keyword for keyword in _ORDER[:count] if keyword in node]
        if _ORDER[count - 1] in node:
            done = f"not checked: {', '.join(dropped)}"
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
        yield _Repair(admitted, "required", f"admitted: {names}")


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
            changed = simplified(changed)
            done = f"{keyword} of the schemas combined is not checked"
            yield _Repair(changed, "allOf", done)


def simplified(node: Node) -> Node:
    """Return a schema with each `allOf` joined where one flat schema can say the same."""
    for keyword, key, child in list(children(node)):
        simple = simplified(child)
        put(node, keyword, key, False if simple.get("not") in (True, {}) else simple)
    if "allOf" not in node or any(word.startswith("unevaluated") for word in node):
        return node
    try:
        return flattened(node)
    except Unjoinable:
        return node
