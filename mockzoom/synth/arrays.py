"""Arrays of a shape: how many items, which, and all different where the schema says so."""

from __future__ import annotations

from mockzoom.model import JSON
from mockzoom.synth.choices import Chooser
from mockzoom.synth.literals import literals
from mockzoom.synth.makers import constant
from mockzoom.synth.node import PROBES, Node, Solver, frozen
from mockzoom.synth.place import EventPlace
from mockzoom.synth.pointer import MISSING
from mockzoom.synth.schema import Form, Schema, Unsatisfiable
from mockzoom.synth.values import same


def make_array(solver: Solver, form: Form, place: EventPlace, chooser: Chooser) -> Node:
    """Return an array of `form`; never an empty one unless nothing else is allowed.

    (Zoom sends no alert without issues and no recording without files, though its schemas would
    allow it: a receiver need not be ready for that.)
    """
    held = [schema for schema, count, _ in form.contains for _ in range(count)]
    least = max(form.low("minItems"), len(held))
    size = _size(form, place, chooser, least)
    contained = _spread(held, form, size, chooser.turn)
    items: list[Node] = []
    for position in range(size):
        wanted = form.join([form.item_schema(position), *contained.get(position, ())])
        below = _item_place(place, position)
        try:
            if wanted is False:
                raise Unsatisfiable(below.path, "no item is allowed here")
            if form.unique:
                items.append(_distinct(solver, wanted, below, chooser, items))
            else:
                items.append(solver.solve(wanted, below, chooser))
        except Unsatisfiable:
            if position < least or solver.exhausted:
                raise
            break
    if len(items) < least:
        raise Unsatisfiable(place.path, "fewer items can be made than minItems asks for")
    return Node(items=items)


def _spread(held: list[Schema], form: Form, size: int, turn: int) -> dict[int, list[Schema]]:
    """Return at which positions what `contains` asks for stands: after prefixItems, at first."""
    first = _prefix(form) if _prefix(form) + len(held) <= size else 0
    return {(first + turn + number) % size: [schema] for number, schema in enumerate(held)}


def _prefix(form: Form) -> int:
    return max((len(prefix) for prefix, _ in form.items), default=0)


def _size(form: Form, place: EventPlace, chooser: Chooser, least: int) -> int:
    prefix = _prefix(form)
    size, most = max(least, chooser.length(place.path, prefix)), form.high("maxItems")
    return size if most is None else min(size, most)


def _distinct(
    solver: Solver, schema: Schema, place: EventPlace, chooser: Chooser, before: list[Node]
) -> Node:
    taken = [frozen(node)(PROBES[0], 1) for node in before]
    for attempt in range(24):
        try:
            node = solver.solve(schema, place, chooser.attempt(attempt))
        except Unsatisfiable:
            continue
        make = frozen(node)
        for number in range(1, 200, 13):
            value = make(PROBES[0], number)
            if _is_new(value, taken):
                return node if number == 1 else Node(make=constant(value), choices=node.choices)
    for value in literals(solver.schemas.root, schema):
        if _is_new(value, taken) and solver.judge.fits(schema, value):
            return Node(make=constant(value))
    raise Unsatisfiable(place.path, "no further distinct item was found")


def _is_new(value: JSON, taken: list[JSON]) -> bool:
    return not any(same(value, other) for other in taken)


def _item_place(place: EventPlace, position: int) -> EventPlace:
    example = place.example
    if isinstance(example, list) and example:
        example = example[min(position, len(example) - 1)]
    else:
        example = MISSING
    return EventPlace(
        place.event, f"{place.path}/*", f"{place.pointer}/{position}", place.name,
        place.parent, example, trail=place.trail,
    )  # fmt: skip
