"""Says a `Form` as one flat schema again, where one can say it: `allOf` is worked in and gone."""

from __future__ import annotations

from mockzoom.model import JSON
from mockzoom.schema.form import JOINS, REMARKS, Contradiction, Form
from mockzoom.schema.nodes import TYPES, SchemaNode, children, put


class Unjoinable(Exception):
    """One flat schema cannot say what several say together; the message is the keyword."""


def joined(one: SchemaNode, *others: SchemaNode | bool) -> SchemaNode:
    """Return a schema that admits exactly what all admit; of remarks the first ones are kept.

    Raises `Contradiction` where no value satisfies all of them, `Unjoinable` where one flat schema
    cannot say it.
    """
    if False in others:
        raise Contradiction("allOf", "one of the schemas admits nothing")
    schemas = [one, *(other for other in others if isinstance(other, SchemaNode))]
    if len(schemas) == 1:
        return one
    form, order = Form(), dict[str, None]()
    for schema in schemas:
        if any(keyword.startswith("unevaluated") for keyword in schema):
            raise Unjoinable("unevaluatedProperties")
        form.add(schema)
        order.update(dict.fromkeys(schema))
    return one.like(_flat(form, order, schemas))


def flattened(node: SchemaNode) -> SchemaNode:
    """Return a schema with its `allOf` joined into it.

    Raises `Contradiction` and `Unjoinable` as `joined` does.
    """
    while "allOf" in node:
        node = joined(node.without("allOf"), *node["allOf"])
    return node


def simplified(node: SchemaNode) -> SchemaNode:
    """Return a schema with each `allOf` joined where one flat schema can say the same."""
    for keyword, key, child in list(children(node)):
        simple = simplified(child)
        put(node, keyword, key, False if simple.get("not") in (True, {}) else simple)
    if "allOf" not in node or any(word.startswith("unevaluated") for word in node):
        return node
    try:
        return flattened(node)
    except (Contradiction, Unjoinable):
        return node


def types_of(node: SchemaNode) -> list[str]:
    """Return the types that a schema admits by its `type`."""
    types = node.get("type", list(TYPES))
    return types if isinstance(types, list) else [types]


def _flat(form: Form, order: dict[str, None], schemas: list[SchemaNode]) -> dict[str, JSON]:
    parts = {**_object(form), **_array(form)}
    flat: dict[str, JSON] = {}
    for keyword in order:
        if keyword in JOINS:
            flat[keyword] = form.merged[keyword]
        elif keyword in REMARKS:
            flat[keyword] = form.notes[keyword]
        elif keyword in parts:
            flat[keyword] = parts[keyword]
        elif keyword not in _PARTS:
            flat[keyword] = _only(keyword, schemas)
    return flat


_PARTS = ("properties", "additionalProperties", "items", "prefixItems")
_TOGETHER = (("if", "then", "else"), ("contains", "minContains", "maxContains"))
"""Keywords that mean nothing without one another, so that they stay those of one schema."""


def _only(keyword: str, schemas: list[SchemaNode]) -> JSON:
    """Return what the one schema says that has the keyword, or several in the same words."""
    together = next((group for group in _TOGETHER if keyword in group), (keyword,))
    saying = [schema for schema in schemas if any(word in schema for word in together)]
    said = [[schema.get(word) for word in together] for schema in saying]
    if any(other != said[0] for other in said):
        raise Unjoinable(keyword)
    return saying[0][keyword]


def _object(form: Form) -> dict[str, JSON]:
    patterned = bool(form.all("patternProperties"))
    properties: dict[str, JSON] = {}
    for name, described in form.properties.items():
        rest = [closure.schema for closure in form.closures if name not in closure.names]
        if patterned and rest:
            raise Unjoinable("patternProperties")
        properties[name] = _both([*described, *rest])
        if properties[name] is False and name in form.required and form.only("object"):
            raise Contradiction("required", f"{name!r} is required and forbidden")
    found: dict[str, JSON] = {"properties": properties} if form.properties else {}
    if form.closures:
        if patterned and len(form.closures) > 1:
            raise Unjoinable("patternProperties")
        found["additionalProperties"] = _both([closure.schema for closure in form.closures])
    return found


def _array(form: Form) -> dict[str, JSON]:
    if not form.items:
        return {}
    (prefix, rest), *others = form.items
    if prefix or any(other for other, _ in others):
        if any(entry != (prefix, rest) for entry in others):
            raise Unjoinable("prefixItems")
        more = {} if rest is True else {"items": rest}
        return {"prefixItems": prefix, **more}
    return {"items": _both([rest, *(schema for _, schema in others)])}


def _both(schemas: list[JSON]) -> JSON:
    """Return the schema of a part that several schemas describe."""
    wanted: list[JSON] = []
    for schema in schemas:
        if schema is not True and not any(schema is one or schema == one for one in wanted):
            wanted.append(schema)
    if not wanted or False in wanted:
        return not wanted
    first: SchemaNode = wanted[0]
    try:
        return joined(*wanted)
    except (Contradiction, Unjoinable):
        return first.like({"allOf": wanted})
