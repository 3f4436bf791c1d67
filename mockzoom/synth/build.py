"""Builds one shape of an event: which fields, branches, values of enums and lengths it has.

The schema is walked place by place; a `Chooser` decides wherever there is a choice. The result is a
tree of `Node`s whose leaves are makers, so that a shape is worked out once and then filled with
values as often as wanted. Where keywords can't be satisfied by construction (`not`, `oneOf`, `if`,
...) the node is made, put before a validator, and made otherwise until it fits, within bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mockzoom.catalog.validation import exact_validator, fast_validator
from mockzoom.model import JSON, EventSpec
from mockzoom.synth.choices import Chooser
from mockzoom.synth.fields import Place
from mockzoom.synth.kinship import CONSTRUCTION_FIRST, kin
from mockzoom.synth.literals import literals
from mockzoom.synth.makers import Maker, constant, one_of
from mockzoom.synth.numbers import number_maker
from mockzoom.synth.patterns import samples
from mockzoom.synth.pointer import MISSING, join
from mockzoom.synth.schema import (
    ALL_TYPES,
    Contradiction,
    Form,
    Schema,
    Schemas,
    both,
    same,
)
from mockzoom.synth.strings import string_choices
from mockzoom.synth.world import DEFAULT_AT_MS, World

Choice = tuple[str, int]
PROBES = (World(1, DEFAULT_AT_MS), World(2, DEFAULT_AT_MS + 77_777, 3))
_TRIES = 48
_BUDGET = 20_000
_RECURSIONS = 2
_DEEPEST = 60


@dataclass(slots=True)
class Node:
    """One place of a shape: a leaf with its maker, an object with fields, or an array."""

    make: Maker | None = None
    fields: dict[str, Node] | None = None
    items: list[Node] | None = None
    choices: list[Choice] = field(default_factory=list)
    """What was chosen here, so that it is known what a shape reaches."""
    chosen: JSON = MISSING
    """The value, where it is one of an enum."""

    def walk_choices(self) -> list[Choice]:
        """Return the choices of this node and all below."""
        found = list(self.choices)
        for child in [*(self.fields or {}).values(), *(self.items or ())]:
            found += child.walk_choices()
        return found


def frozen(node: Node) -> Maker:
    """Return the maker of the whole value that `node` describes."""
    if node.fields is not None:
        return _object_maker(tuple((key, frozen(child)) for key, child in node.fields.items()))
    if node.items is not None:
        return _array_maker(tuple(frozen(child) for child in node.items))
    assert node.make is not None
    return node.make


def _object_maker(pairs: tuple[tuple[str, Maker], ...]) -> Maker:
    return lambda w, n: {key: make(w, n) for key, make in pairs}


def _array_maker(makers: tuple[Maker, ...]) -> Maker:
    return lambda w, n: [make(w, n) for make in makers]


class Builder:
    """Builds the shapes of one event."""

    def __init__(self, spec: EventSpec) -> None:
        self.spec = spec
        self.schemas = Schemas(spec.schema)
        self.example = next((e for e in spec.examples if isinstance(e, Mapping)), MISSING)
        self.hard = False
        """Whether values have to be put before a validator each time they are made."""
        self._budget = _BUDGET
        self._validators: dict[int, tuple[Schema, Callable[[JSON], bool]]] = {}

    def build(self, chooser: Chooser) -> Node:
        """Return one shape. Raises `Contradiction` where none was found."""
        self._budget = _BUDGET
        root = Place(self.spec.name, "", "", "", "", self.example)
        node = self._solve(self.spec.schema, root, chooser)
        if self._accepts(self.spec.schema, node):
            return node
        return self._search(self.spec.schema, root, chooser, "the parts do not fit together")

    # -- one place ----------------------------------------------------------------------------

    def _solve(self, schema: Schema, place: Place, chooser: Chooser) -> Node:
        self._budget -= 1
        if self._budget < 0 or len(place.trail) > _DEEPEST:
            raise Contradiction(place.path, "the search was given up (too deep or too wide)")
        place = replace(place, trail=(*place.trail, id(schema)))
        if place.trail.count(id(schema)) > _RECURSIONS or len(place.trail) > _DEEPEST // 2:
            chooser = chooser.tight()
        form = self._form(schema, place)
        if form.hard:
            self.hard = True
            return self._search(schema, place, chooser, "no branch fits")
        return self._construct(form, schema, place, chooser)

    def _form(self, schema: Schema, place: Place) -> Form:
        try:
            return self.schemas.form(schema)
        except Contradiction as no:
            raise Contradiction(place.path, no.reason) from no

    def _search(self, schema: Schema, place: Place, chooser: Chooser, reason: str) -> Node:
        """Build until a validator is content: as chosen, bare, with other choices, literally."""
        for attempt in range(_TRIES):
            other = chooser.attempt(attempt)
            try:
                form = self._settled(self._form(schema, place), place, other)
                node = self._construct(form, schema, place, other)
            except Contradiction as no:
                reason = no.reason
                if self._budget < 0:
                    raise
                continue
            if self._accepts(schema, node):
                return self._enriched(schema, place, chooser, attempt, node)
        for value in literals(self.schemas.root, schema):
            if self._fits(schema, value):
                return Node(make=constant(value), chosen=value)
        raise Contradiction(place.path, reason)

    def _enriched(
        self, schema: Schema, place: Place, chooser: Chooser, attempt: int, node: Node
    ) -> Node:
        """Add back every optional field that fits, where the shape wants all of them."""
        if attempt == 0 or node.fields is None or not chooser.full:
            return node
        base = chooser.attempt(attempt)
        kept = set(node.fields)
        for name in self._form(schema, place).properties:
            if name in kept:
                continue
            only = base.only(place.path, frozenset(kept | {name}))
            try:
                form = self._settled(self._form(schema, place), place, only)
                richer = self._construct(form, schema, place, only)
            except Contradiction:
                continue
            if richer.fields and name in richer.fields and self._accepts(schema, richer):
                kept, node = set(richer.fields), richer
        return node

    def _settled(self, form: Form, place: Place, chooser: Chooser) -> Form:
        """Choose a branch wherever there are several, until none is left to choose."""
        choices: list[Choice] = []
        while form.one_ofs or form.any_ofs or form.ifs:
            if form.ifs:
                condition, then, otherwise = form.ifs.pop()
                branches: list[Any] = [{"allOf": [condition, then]}, otherwise]
                path = f"{place.path}?if{len(form.ifs)}"
            else:
                group = form.one_ofs or form.any_ofs
                branches = group.pop()
                path = f"{place.path}?of{len(form.one_ofs)}.{len(form.any_ofs)}"
            order = range(len(branches))
            if chooser.is_tight:
                order = sorted(order, key=lambda i: _weight(branches[i]))  # type: ignore[assignment]
            picked = chooser.pick(path, len(branches), list(order))
            try:
                self.schemas.absorb(form, branches[picked])
            except Contradiction as no:
                raise Contradiction(place.path, no.reason) from no
            choices.append((path, picked))
        form.notes["choices"] = choices
        return form

    def _construct(self, form: Form, schema: Schema, place: Place, chooser: Chooser) -> Node:
        place = self._described(place, form)
        node = self._made(form, schema, place, chooser)
        node.choices += form.notes.get("choices", ())
        return node

    def _described(self, place: Place, form: Form) -> Place:
        example = place.example
        if example is MISSING:
            noted = form.notes.get("examples")
            example = form.notes.get(
                "example", noted[0] if isinstance(noted, list) and noted else MISSING
            )
        return replace(place, description=str(form.notes.get("description", "")), example=example)

    def _made(self, form: Form, schema: Schema, place: Place, chooser: Chooser) -> Node:
        if form.enum is not None:
            return self._enum(form, schema, place, chooser)
        kinds = form.kinds()
        if not kinds:
            if place.example is not MISSING:
                return Node(make=constant(place.example))
            kinds = list(ALL_TYPES) if chooser.loose else ["string"]
        choices: list[Choice] = []
        kind = kinds[0]
        if len(kinds) > 1:
            path = f"{place.path}?type"
            picked = chooser.pick(path, len(kinds), None, loose_goal=len(form.types) < 7)
            kind, choices = kinds[picked], [(path, picked)]
        node = self._of_kind(kind, form, schema, place, chooser)
        node.choices += choices
        return node

    def _of_kind(
        self, kind: str, form: Form, schema: Schema, place: Place, chooser: Chooser
    ) -> Node:
        if kind == "object":
            return self._object(form, schema, place, chooser)
        if kind == "array":
            return self._array(form, place, chooser)
        if kind == "null":
            return Node(make=constant(None))
        if kind == "boolean":
            picked = chooser.pick(f"{place.path}=bool", 2)
            return Node(make=constant(not picked), choices=[(f"{place.path}=bool", picked)])
        if kind == "string":
            makers = string_choices(form, place, lambda v: self._fits(schema, v))
            if len(makers) == 1:
                return Node(make=makers[0])
            path = f"{place.path}=form{len(makers)}"
            picked = chooser.pick(path, len(makers))
            return Node(make=makers[picked], choices=[(path, picked)])
        if kind == "integer":
            form.types = frozenset({"integer"})
        return Node(make=number_maker(form, place, lambda v: self._fits(schema, v)))

    def _enum(self, form: Form, schema: Schema, place: Place, chooser: Chooser) -> Node:
        assert form.enum is not None
        values = form.enum
        if form.patterns or form.formats or form.lows or form.highs or form.multiples or form.nots:
            values = [value for value in values if self._fits(schema, value)]
        if not values:
            raise Contradiction(place.path, "no value of the enum satisfies the other keywords")
        if place.path == "/event" and self.spec.name in values:
            values = [self.spec.name]
        if len(values) == 1:
            return Node(make=constant(values[0]), chosen=values[0])
        allowed = kin(place.name, values, chooser.siblings)
        path = f"{place.path}=enum{len(values)}"
        picked = chooser.pick(path, len(values), allowed)
        value = values[picked]
        return Node(make=constant(value), choices=[(path, picked)], chosen=value)

    # -- objects ------------------------------------------------------------------------------

    def _object(self, form: Form, schema: Schema, place: Place, chooser: Chooser) -> Node:
        choices: list[Choice] = []
        present = self._present(form, place, chooser, choices)
        self._add_dependents(form, present)
        self._trim(form, present, place)
        self._fill(form, present, place, chooser)
        fields: dict[str, Node] = {}
        siblings: dict[str, JSON] = {}
        for name in sorted(present, key=lambda name: CONSTRUCTION_FIRST.get(name, 9)):
            below = self._below(place, name)
            try:
                child = self._solve(form.field_schema(name), below, chooser.beside(siblings))
            except Contradiction:
                if name in form.required or self._budget < 0:
                    raise
                continue
            fields[name] = child
            if child.chosen is not MISSING:
                siblings[name] = child.chosen
        if len(fields) < form.low("minProperties"):
            raise Contradiction(place.path, "too few properties can be made for minProperties")
        _count(fields)
        return Node(fields=self._ordered(fields, form, place), choices=choices)

    def _present(
        self, form: Form, place: Place, chooser: Chooser, choices: list[Choice]
    ) -> dict[str, None]:
        present: dict[str, None] = dict.fromkeys(form.required)
        optional: list[str] = []
        for name in form.properties:
            if name in form.required or form.field_schema(name) is False:
                continue
            path = place.path + join([name])
            kept = chooser.keep(path)
            choices.append((path + "?", 0 if kept else 1))
            if kept:
                present[name] = None
            else:
                optional.append(name)
        if not present and optional and not chooser.loose and form.high("maxProperties") != 0:
            present[optional[0]] = None
            choices.remove((f"{place.path}{join(optional[:1])}?", 1))
        return present

    def _add_dependents(self, form: Form, present: dict[str, None]) -> None:
        done: set[int] = set()
        changed = True
        while changed:
            changed = False
            for name, wanted in list(form.dependent):
                if name not in present or id(wanted) in done:
                    continue
                done.add(id(wanted))
                changed = True
                if isinstance(wanted, list):
                    present.update(dict.fromkeys(wanted))
                    form.required.update(dict.fromkeys(wanted))
                else:
                    self.schemas.absorb(form, wanted)
                    present.update(dict.fromkeys(form.required))

    def _trim(self, form: Form, present: dict[str, None], place: Place) -> None:
        most = form.high("maxProperties")
        if most is None:
            return
        for name in reversed(list(present)):
            if len(present) > most and name not in form.required:
                del present[name]
        if len(present) > most:
            raise Contradiction(place.path, "more properties are required than maxProperties")

    def _fill(self, form: Form, present: dict[str, None], place: Place, chooser: Chooser) -> None:
        """Add fields up to minProperties, and one of each kind to a map, where all is wanted."""
        least = form.low("minProperties")
        for name in form.properties:
            if len(present) < least and form.field_schema(name) is not False:
                present[name] = None
        is_map = not form.properties and not chooser.is_tight and not chooser.loose
        wanted = max(least, 1 if is_map and _speaks_of_more(form) else 0)
        most = form.high("maxProperties")
        for name in self._more_names(form, place):
            if len(present) >= wanted or (most is not None and len(present) >= most):
                break
            if name not in form.properties and form.field_schema(name) is not False:
                present[name] = None

    def _more_names(self, form: Form, place: Place) -> list[str]:
        names = list(place.example) if isinstance(place.example, Mapping) else []
        for pattern, _ in form.patterned:
            names += samples(pattern, 4, place.path)
        names += [f"key{number}" for number in range(1, 3)]
        wanted = form.low("minProperties")
        for schema in form.names:
            found = [name for name in names if self._fits(schema, name)]
            if len(found) <= wanted:
                named = replace(place, name="key", example=MISSING)
                try:
                    keys = frozen(self._solve(schema, named, Chooser.first()))
                    found += [str(keys(world, n)) for world in PROBES for n in range(1, 400, 23)]
                except Contradiction:
                    pass
            names = found
        names += [f"key{number}" for number in range(3, wanted + 3)]
        good = [n for n in dict.fromkeys(names) if all(self._fits(s, n) for s in form.names)]
        return good[: wanted + 4]

    def _below(self, place: Place, name: str) -> Place:
        example = place.example
        example = example.get(name, MISSING) if isinstance(example, Mapping) else MISSING
        parent = place.name if not place.name.isdecimal() else place.parent
        return Place(
            place.event, f"{place.path}{join([name])}", f"{place.pointer}{join([name])}",
            name, parent, example, trail=place.trail,
        )  # fmt: skip

    def _ordered(self, fields: dict[str, Node], form: Form, place: Place) -> dict[str, Node]:
        shown = list(place.example) if isinstance(place.example, Mapping) else []
        order = dict.fromkeys([*shown, *form.properties, *fields])
        return {name: fields[name] for name in order if name in fields}

    # -- arrays -------------------------------------------------------------------------------

    def _array(self, form: Form, place: Place, chooser: Chooser) -> Node:
        least = form.low("minItems")
        most = form.high("maxItems")
        held = [schema for schema, count, _ in form.contains for _ in range(count)]
        prefix = max((len(prefix) for prefix, _ in form.items), default=0)
        size = max(least, len(held), chooser.length(place.path, prefix))
        size = min(size, most) if most is not None else size
        items: list[Node] = []
        for position in range(size):
            wanted = [form.item_schema(position), *held[position : position + 1]]
            below = self._item(place, position)
            try:
                items.append(self._distinct(form, wanted, below, chooser, items))
            except Contradiction:
                if position < max(least, len(held)) or self._budget < 0:
                    raise
                break
        if len(items) < max(least, len(held)):
            raise Contradiction(place.path, "fewer items can be made than minItems asks for")
        return Node(items=items)

    def _distinct(
        self, form: Form, wanted: list[Schema], place: Place, chooser: Chooser, before: list[Node]
    ) -> Node:
        if any(schema is False for schema in wanted):
            raise Contradiction(place.path, "no item is allowed here")
        schema = both(wanted)
        if not form.unique:
            return self._solve(schema, place, chooser)
        taken = [frozen(node)(PROBES[0], 1) for node in before]
        for attempt in range(24):
            other = chooser.attempt(attempt)
            try:
                node = self._solve(schema, place, other)
            except Contradiction:
                continue
            make = frozen(node)
            for number in range(1, 200, 13):
                value = make(PROBES[0], number)
                if not any(same(value, other_value) for other_value in taken):
                    fixed = number == 1
                    return node if fixed else Node(make=constant(value), choices=node.choices)
        values = [v for v in literals(self.schemas.root, schema) if self._fits(schema, v)]
        for value in values:
            if not any(same(value, other_value) for other_value in taken):
                return Node(make=constant(value))
        raise Contradiction(place.path, "no further distinct item was found")

    def _item(self, place: Place, position: int) -> Place:
        example = place.example
        if isinstance(example, list) and example:
            example = example[min(position, len(example) - 1)]
        else:
            example = MISSING
        return Place(
            place.event, f"{place.path}/*", f"{place.pointer}/{position}", place.name,
            place.parent, example, trail=place.trail,
        )  # fmt: skip

    # -- validators ---------------------------------------------------------------------------

    def _accepts(self, schema: Schema, node: Node) -> bool:
        make = frozen(node)
        return all(self._fits(schema, make(world, n)) for world in PROBES for n in (1, 12_345))

    def _fits(self, schema: Schema, value: JSON) -> bool:
        """Ask both validators whether `value` satisfies `schema`."""
        if isinstance(schema, bool):
            return schema
        entry = self._validators.get(id(schema))
        if entry is None:
            entry = self._validators[id(schema)] = (schema, self._validator(schema))
        return entry[1](value)

    def _validator(self, schema: Schema) -> Callable[[JSON], bool]:
        whole = self.schemas.standalone(schema)
        assert isinstance(whole, Mapping)
        fast, exact = fast_validator(dict(whole)), exact_validator(whole)

        def fits(value: JSON) -> bool:
            try:
                return fast(value) and exact.is_valid(value)
            except (ValueError, TypeError, OverflowError, RecursionError):
                return False

        return fits


def _weight(schema: Schema) -> int:
    """Return how deep a branch is likely to go: what has references goes deepest."""
    return len(repr(schema)) + 10_000 * ("$ref" in repr(schema))


def _speaks_of_more(form: Form) -> bool:
    return bool(form.patterned) or any(
        isinstance(closure.schema, Mapping) and closure.schema for closure in form.closures
    )


def _count(fields: dict[str, Node]) -> None:
    """Make `recording_count` say how many `recording_files` there are."""
    for name, node in fields.items():
        stem = name.removesuffix("_count") if name.endswith("_count") else None
        if not stem or node.fields is not None or node.items is not None:
            continue
        for other, sibling in fields.items():
            if other.startswith(stem.removesuffix("s")) and sibling.items is not None:
                node.make = one_of([len(sibling.items)], name)
