"""Objects of a shape: which fields they have, in the order of the documented example."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockzoom.model import JSON
from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Contradiction, Form, Schema
from mockzoom.schema.place import ValuePlace
from mockzoom.schema.pointer import MISSING, join
from mockzoom.schema.regex import random_text
from mockzoom.schema.shape import Choice, Node, frozen
from mockzoom.schema.solver import Solver


def make_object(solver: Solver, form: Form, place: ValuePlace, chooser: Chooser) -> Node:
    """Return an object of `form`."""
    choices: list[Choice] = []
    present = _present(solver, form, place, chooser, choices)
    _add_dependents(solver, form, present)
    _trim(form, present, place)
    _fill(solver, form, present, place, chooser)
    required = form.required
    fields: dict[str, Node] = {}
    siblings: dict[str, JSON] = {}
    for name in sorted(present, key=solver.leaves.rank):
        below = place.below(name)
        try:
            child = solver.solve(form.field_schema(name), below, chooser.beside(siblings))
        except Contradiction:
            if name in required or solver.exhausted:
                raise
            continue
        if name not in required and solver.is_heavy(child):
            continue
        fields[name] = child
        if child.chosen is not MISSING:
            siblings[name] = child.chosen
    if len(fields) < form.low("minProperties"):
        raise Contradiction("minProperties", "too few properties can be made", place.path)
    solver.leaves.complete(fields)
    return Node(fields=_ordered(fields, form, place), choices=choices)


def _present(
    solver: Solver, form: Form, place: ValuePlace, chooser: Chooser, choices: list[Choice]
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
        twin = solver.leaves.counterpart(path)
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
        twin = solver.leaves.counterpart(path)
        choices.remove(((path if twin is None else min(path, twin)) + "?", 1))
    return present


_DEPENDENT = ("dependentRequired", "dependentSchemas", "dependencies")


def _add_dependents(solver: Solver, form: Form, present: dict[str, None]) -> None:
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
                solver.schemas.absorb(form, wanted)
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
    solver: Solver, form: Form, present: dict[str, None], place: ValuePlace, chooser: Chooser
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
    return bool(form.entries("patternProperties")) or any(
        isinstance(closure.schema, Mapping) and closure.schema for closure in form.closures
    )


def _more_names(solver: Solver, form: Form, place: ValuePlace) -> list[str]:
    """Return names for further fields, as patternProperties and propertyNames want them."""
    wanted = form.low("minProperties")
    names = list(place.example) if isinstance(place.example, Mapping) else []
    for pattern, _ in form.entries("patternProperties"):
        names += random_text(pattern, 4 + wanted, place.path)
    names += [f"key{number}" for number in range(1, wanted + 3)]
    for schema in form.all("propertyNames"):
        names += _named(solver, schema, place)
    good = [
        name
        for name in dict.fromkeys(names)
        if all(solver.judge.fits(schema, name) for schema in form.all("propertyNames"))
    ]
    return good[: wanted + 4]


def _named(solver: Solver, schema: Schema, place: ValuePlace) -> list[str]:
    key = replace(place, name="key", example=MISSING)
    try:
        make = frozen(solver.solve(schema, key, Chooser.first()))
    except Contradiction:
        return []
    return [
        str(make(context, number))
        for context in solver.leaves.contexts
        for number in range(1, 400, 23)
    ]


def _ordered(fields: dict[str, Node], form: Form, place: ValuePlace) -> dict[str, Node]:
    shown = list(place.example) if isinstance(place.example, Mapping) else []
    order = dict.fromkeys([*shown, *form.properties, *fields])
    return {name: fields[name] for name in order if name in fields}
