"""Arrays of a shape: how many items, which, and all different where the schema says so."""

from __future__ import annotations

from mockzoom.model import JSON
from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Contradiction, Form, Schema
from mockzoom.schema.literals import literals
from mockzoom.schema.makers import Constant
from mockzoom.schema.place import ValuePlace
from mockzoom.schema.shape import Node, frozen
from mockzoom.schema.solver import Solver
from mockzoom.schema.values import same


def make_array(solver: Solver, form: Form, place: ValuePlace, chooser: Chooser) -> Node:
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
                items.append(_distinct(solver, wanted, below, chooser, items))
            else:
                items.append(solver.solve(wanted, below, chooser))
        except Contradiction:
            if position < least or solver.exhausted:
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
    solver: Solver, schema: Schema, place: ValuePlace, chooser: Chooser, before: list[Node]
) -> Node:
    first = solver.leaves.contexts[0]
    taken = [frozen(node)(first, 1) for node in before]
    for attempt in range(24):
        try:
            node = solver.solve(schema, place, chooser.attempt(attempt))
        except Contradiction:
            continue
        make = frozen(node)
        for number in range(1, 200, 13):
            value = make(first, number)
            if _is_new(value, taken):
                return node if number == 1 else Node(make=Constant(value), choices=node.choices)
    for value in literals(solver.schemas.root, schema):
        if _is_new(value, taken) and solver.judge.fits(schema, value):
            return Node(make=Constant(value))
    raise Contradiction("uniqueItems", "no further distinct item was found", place.path)


def _is_new(value: JSON, taken: list[JSON]) -> bool:
    return not any(same(value, other) for other in taken)
