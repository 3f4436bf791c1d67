"""Objects and arrays of a shape: which fields they have, and which and how many items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from mockzoom.model import JSON
from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Contradiction, Form, Schema
from mockzoom.schema.makers import Constant
from mockzoom.schema.pointer import MISSING, join
from mockzoom.schema.regex import random_text
from mockzoom.schema.schemas import literals
from mockzoom.schema.shape import Choice, Node, ValuePlace, frozen
from mockzoom.schema.values import same

if TYPE_CHECKING:
    from mockzoom.schema.build import Builder


def make_object(builder: Builder, form: Form, place: ValuePlace, chooser: Chooser) -> Node:
    """Return an object of `form`."""
    choices: list[Choice] = []
    present = _present(builder, form, place, chooser, choices)
    _add_dependents(builder, form, present)
    _trim(form, present, place)
    _fill(builder, form, present, place, chooser)
    required = form.required
    fields: dict[str, Node] = {}
    siblings: dict[str, JSON] = {}
    beside = replace(chooser, siblings=siblings)
    for name in sorted(present, key=builder.leaves.rank):
        below = place.below(name)
        try:
            child = builder.solve(form.field_schema(name), below, beside)
        except Contradiction:
            if name in required or builder.exhausted:
                raise
            continue
        if name not in required and builder.is_heavy(child):
            continue
        fields[name] = child
        if child.chosen is not MISSING:
            siblings[name] = child.chosen
    if len(fields) < form.low("minProperties"):
        raise Contradiction("minProperties", "too few properties can be made", place.path)
    builder.leaves.complete(fields)
    return Node(fields=_ordered(fields, form, place), choices=choices)


def _present(
    builder: Builder, form: Form, place: ValuePlace, chooser: Chooser, choices: list[Choice]
) -> dict[str, None]:
    """Return the fields that are to be there: the required ones, and what the chooser keeps.

    Where a schema requires nothing, one field stays: hardly anybody sends empty objects, and a
    schema that forgot its `required` is no reason to claim so.
    """
    required = form.required
    present = dict.fromkeys(required)
    left_out: list[str] = []
    for name in form.properties:
        if name in required or form.field_schema(name) is False:
            continue
        path = place.path + join([name])
        twin = builder.leaves.counterpart(path)
        kept = chooser.keep(path, twin)
        goal = path if twin is None else min(path, twin)
        choices.append((goal + "?", 0 if kept else 1))
        if kept:
            present[name] = None
        else:
            left_out.append(name)
    natural = not (chooser.loose or chooser.is_tight or form.high("maxProperties") == 0)
    if natural and left_out and not present:
        present[left_out[0]] = None
        path = place.path + join(left_out[:1])
        twin = builder.leaves.counterpart(path)
        choices.remove(((path if twin is None else min(path, twin)) + "?", 1))
    return present


_DEPENDENT = ("dependentRequired", "dependentSchemas", "dependencies")


def _add_dependents(builder: Builder, form: Form, present: dict[str, None]) -> None:
    done: set[int] = set()
    while todo := [
        wanted
        for name, wanted in form.entries(*_DEPENDENT)
        if name in present and id(wanted) not in done
    ]:
        for wanted in todo:
            done.add(id(wanted))
            if isinstance(wanted, list):
                form.require(wanted)
            else:
                builder.schemas.absorb(form, wanted)
        present.update(dict.fromkeys(form.required))


def _trim(form: Form, present: dict[str, None], place: ValuePlace) -> None:
    most = form.high("maxProperties")
    if most is None:
        return
    required = form.required
    for name in reversed(list(present)):
        if len(present) > most and name not in required:
            del present[name]
    if len(present) > most:
        raise Contradiction("maxProperties", "more properties are required", place.path)


def _fill(
    builder: Builder, form: Form, present: dict[str, None], place: ValuePlace, chooser: Chooser
) -> None:
    """Add fields up to minProperties, and one entry to a map."""
    least = form.low("minProperties")
    for name in form.properties:
        if len(present) < least and form.field_schema(name) is not False:
            present[name] = None
    is_map = not form.properties and not chooser.is_tight and not chooser.loose
    wanted = max(least, 1 if is_map and _speaks_of_more(form) else 0)
    most = form.high("maxProperties")
    wanted = wanted if most is None else min(wanted, most)
    if len(present) >= wanted:
        return
    for name in _more_names(builder, form, place):
        if name not in form.properties and form.field_schema(name) is not False:
            present[name] = None
        if len(present) >= wanted:
            break


def _speaks_of_more(form: Form) -> bool:
    return bool(form.entries("patternProperties")) or any(
        isinstance(closure.schema, Mapping) and closure.schema for closure in form.closures
    )


def _more_names(builder: Builder, form: Form, place: ValuePlace) -> list[str]:
    """Return names for further fields, as patternProperties and propertyNames want them."""
    wanted = form.low("minProperties")
    names = list(place.example) if isinstance(place.example, Mapping) else []
    for pattern, _ in form.entries("patternProperties"):
        names += random_text(pattern, 4 + wanted, place.path)
    names += [f"key{number}" for number in range(1, wanted + 3)]
    for schema in form.all("propertyNames"):
        names += _named(builder, schema, place)
    good = [
        name
        for name in dict.fromkeys(names)
        if all(builder.judge.fits(schema, name) for schema in form.all("propertyNames"))
    ]
    return good[: wanted + 4]


def _named(builder: Builder, schema: Schema, place: ValuePlace) -> list[str]:
    key = structs.replace(place, name="key", example=MISSING)
    try:
        make = frozen(builder.solve(schema, key, Chooser.first()))
    except Contradiction:
        return []
    return [
        str(make(context, number))
        for context in builder.leaves.contexts
        for number in range(1, 400, 23)
    ]


def _ordered(fields: dict[str, Node], form: Form, place: ValuePlace) -> dict[str, Node]:
    shown = list(place.example) if isinstance(place.example, Mapping) else []
    order = dict.fromkeys([*shown, *form.properties, *fields])
    return {name: fields[name] for name in order if name in fields}


def make_array(builder: Builder, form: Form, place: ValuePlace, chooser: Chooser) -> Node:
    """Return an array of `form`; never an empty one unless nothing else is allowed.

    (Nobody sends an alert without issues or a recording without files, though schemas allow it.)
    """
    held = [schema for schema, count, _ in form.contains for _ in range(count)]
    least = max(form.low("minItems"), len(held))
    size = _size(form, place, chooser, least)
    contained = _spread(held, form, size, chooser.turn)
    items: list[Node] = []
    for position in range(size):
        wanted = form.join([form.item_schema(position), *contained.get(position, ())])
        below = place.at(position)
        try:
            if wanted is False:
                raise Contradiction("items", "no item is allowed here", below.path)
            if form.merged.get("uniqueItems"):
                items.append(_distinct(builder, wanted, below, chooser, items))
            else:
                items.append(builder.solve(wanted, below, chooser))
        except Contradiction:
            if position < least or builder.exhausted:
                raise
            break
    if len(items) < least:
        raise Contradiction("minItems", "fewer items can be made", place.path)
    return Node(items=items)


def _spread(held: list[Schema], form: Form, size: int, turn: int) -> dict[int, list[Schema]]:
    """Return at which positions what `contains` asks for stands: after prefixItems, at first."""
    first = _prefix(form) if _prefix(form) + len(held) <= size else 0
    return {(first + turn + number) % size: [schema] for number, schema in enumerate(held)}


def _prefix(form: Form) -> int:
    return max((len(prefix) for prefix, _ in form.items), default=0)


def _size(form: Form, place: ValuePlace, chooser: Chooser, least: int) -> int:
    prefix = _prefix(form)
    size, most = max(least, chooser.length(place.path, prefix)), form.high("maxItems")
    return size if most is None else min(size, most)


def _distinct(
    builder: Builder, schema: Schema, place: ValuePlace, chooser: Chooser, before: list[Node]
) -> Node:
    first = builder.leaves.contexts[0]
    taken = [frozen(node)(first, 1) for node in before]
    for attempt in range(24):
        try:
            node = builder.solve(schema, place, chooser.attempt(attempt))
        except Contradiction:
            continue
        make = frozen(node)
        for number in range(1, 200, 13):
            value = make(first, number)
            if _is_new(value, taken):
                return node if number == 1 else Node(make=Constant(value), choices=node.choices)
    for value in literals(builder.schemas.root, schema):
        if _is_new(value, taken) and builder.judge.fits(schema, value):
            return Node(make=Constant(value))
    raise Contradiction("uniqueItems", "no further distinct item was found", place.path)


def _is_new(value: JSON, taken: list[JSON]) -> bool:
    return not any(same(value, other) for other in taken)
