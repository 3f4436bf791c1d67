"""Objects of a shape: which fields they have, in the order of Zoom's example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockzoom.model import JSON
from mockzoom.synth.choices import Chooser
from mockzoom.synth.makers import constant
from mockzoom.synth.node import PROBES, Choice, Node, Solver, frozen
from mockzoom.synth.patterns import samples
from mockzoom.synth.place import EventPlace
from mockzoom.synth.pointer import MISSING, join
from mockzoom.synth.schema import Form, Schema, Unsatisfiable
from mockzoom.zoom.fields import MADE_FIRST


def make_object(solver: Solver, form: Form, place: EventPlace, chooser: Chooser) -> Node:
    """Return an object of `form`."""
    choices: list[Choice] = []
    present = _present(form, place, chooser, choices)
    _add_dependents(solver, form, present)
    _trim(form, present, place)
    _fill(solver, form, present, place, chooser)
    fields: dict[str, Node] = {}
    siblings: dict[str, JSON] = {}
    for name in sorted(present, key=lambda name: MADE_FIRST.get(name, 9)):
        below = _field_place(place, name)
        try:
            child = solver.solve(form.field_schema(name), below, chooser.beside(siblings))
        except Unsatisfiable:
            if name in form.required or solver.exhausted:
                raise
            continue
        fields[name] = child
        if child.chosen is not MISSING:
            siblings[name] = child.chosen
    if len(fields) < form.low("minProperties"):
        raise Unsatisfiable(place.path, "too few properties can be made for minProperties")
    _count_items(fields)
    return Node(fields=_ordered(fields, form, place), choices=choices)


def _present(
    form: Form, place: EventPlace, chooser: Chooser, choices: list[Choice]
) -> dict[str, None]:
    """Return the fields that are to be there: the required ones, and what the chooser keeps.

    Where a schema requires nothing, one field stays: Zoom sends no empty objects, and a schema
    that forgot its `required` is no reason to claim so.
    """
    present: dict[str, None] = dict.fromkeys(form.required)
    left_out: list[str] = []
    for name in form.properties:
        if name in form.required or form.field_schema(name) is False:
            continue
        path = place.path + join([name])
        kept = chooser.keep(path)
        choices.append((path + "?", 0 if kept else 1))
        if kept:
            present[name] = None
        else:
            left_out.append(name)
    natural = not (chooser.loose or chooser.is_tight or form.high("maxProperties") == 0)
    if natural and left_out and not present:
        present[left_out[0]] = None
        choices.remove((place.path + join(left_out[:1]) + "?", 1))
    return present


def _add_dependents(solver: Solver, form: Form, present: dict[str, None]) -> None:
    done: set[int] = set()
    while todo := [
        wanted for name, wanted in form.dependent if name in present and id(wanted) not in done
    ]:
        for wanted in todo:
            done.add(id(wanted))
            if isinstance(wanted, list):
                form.required.update(dict.fromkeys(wanted))
            else:
                solver.schemas.absorb(form, wanted)
        present.update(dict.fromkeys(form.required))


def _trim(form: Form, present: dict[str, None], place: EventPlace) -> None:
    most = form.high("maxProperties")
    if most is None:
        return
    for name in reversed(list(present)):
        if len(present) > most and name not in form.required:
            del present[name]
    if len(present) > most:
        raise Unsatisfiable(place.path, "more properties are required than maxProperties")


def _fill(
    solver: Solver, form: Form, present: dict[str, None], place: EventPlace, chooser: Chooser
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
    for name in _more_names(solver, form, place):
        if name not in form.properties and form.field_schema(name) is not False:
            present[name] = None
        if len(present) >= wanted:
            break


def _speaks_of_more(form: Form) -> bool:
    return bool(form.patterned) or any(
        isinstance(closure.schema, Mapping) and closure.schema for closure in form.closures
    )


def _more_names(solver: Solver, form: Form, place: EventPlace) -> list[str]:
    """Return names for further fields, as patternProperties and propertyNames want them."""
    wanted = form.low("minProperties")
    names = list(place.example) if isinstance(place.example, Mapping) else []
    for pattern, _ in form.patterned:
        names += samples(pattern, 4 + wanted, place.path)
    names += [f"key{number}" for number in range(1, wanted + 3)]
    for schema in form.names:
        names += _named(solver, schema, place)
    good = [
        name
        for name in dict.fromkeys(names)
        if all(solver.judge.fits(schema, name) for schema in form.names)
    ]
    return good[: wanted + 4]


def _named(solver: Solver, schema: Schema, place: EventPlace) -> list[str]:
    key = replace(place, name="key", example=MISSING)
    try:
        make = frozen(solver.solve(schema, key, Chooser.first()))
    except Unsatisfiable:
        return []
    return [str(make(world, number)) for world in PROBES for number in range(1, 400, 23)]


def _field_place(place: EventPlace, name: str) -> EventPlace:
    example = place.example
    step = join([name])
    return EventPlace(
        event=place.event,
        path=place.path + step,
        pointer=place.pointer + step,
        name=name,
        parent=place.name,
        example=example.get(name, MISSING) if isinstance(example, Mapping) else MISSING,
        trail=place.trail,
    )


def _ordered(fields: dict[str, Node], form: Form, place: EventPlace) -> dict[str, Node]:
    shown = list(place.example) if isinstance(place.example, Mapping) else []
    order = dict.fromkeys([*shown, *form.properties, *fields])
    return {name: fields[name] for name in order if name in fields}


def _count_items(fields: dict[str, Node]) -> None:
    """Let `recording_count` say how many `recording_files` there are."""
    for name, node in fields.items():
        stem = name.removesuffix("_count")
        if stem == name or node.make is None:
            continue
        for other, sibling in fields.items():
            if other.startswith(stem.removesuffix("s")) and sibling.items is not None:
                node.make = constant(len(sibling.items))
