"""Builds one shape of an event: which fields, branches, values of enums and lengths it has.

The schema is walked place by place; a `Chooser` decides wherever there is a choice. The result is a
tree of `Node`s whose leaves are makers, so that a shape is worked out once and then filled with
values as often as wanted. Where keywords can't be satisfied by construction (`not`, `oneOf`, `if`,
...) the node is made, put before a validator, and made otherwise until it fits, within bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockzoom.contract.values import MOST_VALUES
from mockzoom.model import JSON, EventSpec
from mockzoom.synth.arrays import make_array
from mockzoom.synth.choices import Chooser
from mockzoom.synth.fields import options_for
from mockzoom.synth.literals import literals
from mockzoom.synth.makers import constant
from mockzoom.synth.node import Choice, Judge, Node
from mockzoom.synth.numbers import number_maker
from mockzoom.synth.objects import make_object
from mockzoom.synth.place import EventPlace
from mockzoom.synth.pointer import MISSING
from mockzoom.synth.schema import ALL_TYPES, Form, Schema, Schemas, Unsatisfiable
from mockzoom.synth.strings import string_choices

_TRIES = 48
_BUDGET = 20_000
_RECURSIONS = 1
_DEEPEST = 60


class Builder:
    """Builds the shapes of one event."""

    def __init__(self, spec: EventSpec) -> None:
        self.spec = spec
        self.schemas = Schemas(spec.schema)
        self.judge = Judge(self.schemas)
        self.example = next((e for e in spec.examples if isinstance(e, Mapping)), MISSING)
        self.hard = False
        """Whether values have to be put before a validator each time they are made."""
        self._budget = _BUDGET
        self._failures: Counter[int] = Counter()
        """How often nothing was found for a schema, so that it is not sought for ever."""

    @property
    def exhausted(self) -> bool:
        """Whether the search has to be given up."""
        return self._budget < 0

    def build(self, chooser: Chooser) -> Node:
        """Return one shape. Raises `Unsatisfiable` where none was found."""
        self._budget = _BUDGET
        self._failures.clear()
        root = EventPlace(self.spec.name, "", "", "", "", self.example)
        try:
            node = self.solve(self.spec.schema, root, chooser)
            if self.judge.accepts(self.spec.schema, node):
                return node
            reason = "the parts do not fit together"
        except Unsatisfiable as no:
            reason = f"{no.place}: {no.reason}" if no.place else no.reason
        self._budget = _BUDGET
        self.hard = True
        return self._search(self.spec.schema, root, chooser, reason)

    def solve(self, schema: Schema, place: EventPlace, chooser: Chooser) -> Node:
        """Return a node that satisfies `schema` at `place`, or raise `Unsatisfiable`."""
        self._budget -= 1
        if self.exhausted or len(place.trail) > _DEEPEST:
            raise Unsatisfiable(place.path, "the search was given up (too deep or too wide)")
        place = replace(place, trail=(*place.trail, id(schema)))
        if place.trail.count(id(schema)) > _RECURSIONS or len(place.trail) > _DEEPEST // 2:
            chooser = chooser.tight()
        form = self._form(schema, place)
        if form.hard:
            self.hard = True
            return self._search(schema, place, chooser, "no branch fits")
        return self._construct(form, schema, place, chooser)

    def _form(self, schema: Schema, place: EventPlace) -> Form:
        try:
            return self.schemas.form(schema)
        except Unsatisfiable as no:
            raise Unsatisfiable(place.path, no.reason) from no

    # -- where a validator has to be asked ----------------------------------------------------

    def _search(self, schema: Schema, place: EventPlace, chooser: Chooser, reason: str) -> Node:
        """Build until the validators are content: as chosen, bare, otherwise, literally."""
        before = frozenset(chooser.taken)
        failures = self._failures[id(schema)]
        for attempt in range(_TRIES >> failures):
            other = chooser.attempt(attempt, before)
            try:
                node = self._attempt(schema, place, other)
            except Unsatisfiable as no:
                reason = no.reason if no.place in ("", place.path) else f"{no.place}: {no.reason}"
                if self.exhausted:
                    break
                continue
            if self.judge.accepts(schema, node):
                chooser.taken |= other.taken
                return self._enriched(schema, place, chooser, node) if attempt else node
        for value in self._literals(schema):
            return Node(make=constant(value), chosen=value)
        self._failures[id(schema)] += 1
        raise Unsatisfiable(place.path, reason)

    def _literals(self, schema: Schema) -> Iterator[JSON]:
        """Yield what fits of the values that the schema itself mentions."""
        if self._failures[id(schema)] < 2:
            for value in literals(self.schemas.root, schema):
                if self.judge.fits(schema, value):
                    yield value

    def _attempt(self, schema: Schema, place: EventPlace, chooser: Chooser) -> Node:
        form, choices = self._settled(self._form(schema, place), place, chooser)
        node = self._construct(form, schema, place, chooser)
        node.choices += choices
        return node

    def _enriched(self, schema: Schema, place: EventPlace, chooser: Chooser, node: Node) -> Node:
        """Add back every optional field that fits, where the shape wants all of them."""
        if node.fields is None or not chooser.full:
            return node
        kept = frozenset(node.fields)
        for name in self._form(schema, place).properties:
            if name in kept:
                continue
            only = chooser.only(place.path, kept | {name}, dict(node.choices))
            try:
                richer = self._attempt(schema, place, only)
            except Unsatisfiable:
                continue
            if richer.fields and name in richer.fields and self.judge.accepts(schema, richer):
                kept, node = frozenset(richer.fields), richer
        return node

    def _settled(
        self, form: Form, place: EventPlace, chooser: Chooser
    ) -> tuple[Form, list[Choice]]:
        """Choose a branch wherever there are several, until none is left to choose.

        A branch that plainly contradicts what is wanted already gives way to the next.
        """
        choices: list[Choice] = []
        while form.one_ofs or form.any_ofs or form.ifs:
            if form.ifs:
                condition, then, otherwise = form.ifs.pop()
                branches: list[Any] = [{"allOf": [condition, then]}, otherwise]
                path = f"{place.path}?if{len(form.ifs)}"
            else:
                branches = (form.one_ofs or form.any_ofs).pop()
                path = f"{place.path}?of{len(form.one_ofs)}.{len(form.any_ofs)}"
            order = list(range(len(branches)))
            if chooser.is_tight:
                order.sort(key=lambda position: _weight(branches[position]))
            picked = chooser.pick(path, len(branches), order)
            form, picked = self._joined_by(form, branches, picked, place)
            choices.append((path, picked))
        return form, choices

    def _joined_by(
        self, form: Form, branches: list[Any], picked: int, place: EventPlace
    ) -> tuple[Form, int]:
        reason = ""
        for position in [*range(picked, len(branches)), *range(picked)]:
            tried = form.clone()
            try:
                self.schemas.absorb(tried, branches[position])
            except Unsatisfiable as no:
                reason = no.reason
            else:
                return tried, position
        raise Unsatisfiable(place.path, reason)

    # -- where a value can be constructed -----------------------------------------------------

    def _construct(self, form: Form, schema: Schema, place: EventPlace, chooser: Chooser) -> Node:
        place = _described(place, form)
        if form.enum is not None:
            return self._enum(form, schema, place, chooser)
        kinds = form.kinds()
        if not kinds:
            if place.example is not MISSING and not chooser.loose:
                return Node(make=constant(place.example))
            plain = "object" if place.name in ("payload", "object") else "string"
            kinds = list(ALL_TYPES) if chooser.loose else [plain]
        if len(kinds) == 1:
            return self._of_kind(kinds[0], form, schema, place, chooser)
        path = f"{place.path}?type{len(kinds)}"
        picked = chooser.pick(path, len(kinds), loose_goal=len(form.types) < len(ALL_TYPES))
        node = self._of_kind(kinds[picked], form, schema, place, chooser)
        node.choices.append((path, picked))
        return node

    def _of_kind(
        self, kind: str, form: Form, schema: Schema, place: EventPlace, chooser: Chooser
    ) -> Node:
        if kind == "object":
            return make_object(self, form, place, chooser)
        if kind == "array":
            return make_array(self, form, place, chooser)
        if kind == "null":
            return Node(make=constant(None))
        if kind == "boolean":
            path = f"{place.path}=bool"
            picked = chooser.pick(path, 2)
            return Node(make=constant(not picked), choices=[(path, picked)])
        if kind == "string":
            return self._string(form, schema, place, chooser)
        if kind == "integer":
            form.types = frozenset({"integer"})
        return Node(make=number_maker(form, place, lambda v: self.judge.fits(schema, v)))

    def _string(self, form: Form, schema: Schema, place: EventPlace, chooser: Chooser) -> Node:
        makers = string_choices(form, place, lambda value: self.judge.fits(schema, value))
        if len(makers) == 1:
            return Node(make=makers[0])
        path = f"{place.path}=form{len(makers)}"
        picked = chooser.pick(path, len(makers))
        return Node(make=makers[picked], choices=[(path, picked)])

    def _enum(self, form: Form, schema: Schema, place: EventPlace, chooser: Chooser) -> Node:
        listed, fits = form.enum or [], self.judge.of_enum(schema)
        values = list(filter(fits, _spread(listed))) or _spread(list(filter(fits, listed)))
        if place.path == "/event" and self.spec.name in listed and fits(self.spec.name):
            values = [self.spec.name]
        if not values:
            raise Unsatisfiable(place.path, "no value of the enum satisfies the other keywords")
        if len(values) == 1:
            return Node(make=constant(values[0]), chosen=values[0])
        path = f"{place.path}=enum{len(values)}"
        picked = chooser.pick(path, len(values), options_for(place.name, values, chooser.siblings))
        value = values[picked]
        return Node(make=constant(value), choices=[(path, picked)], chosen=value)


def _described(place: EventPlace, form: Form) -> EventPlace:
    """Return `place` with what the schema says in words, and its example if the event had none."""
    example = place.example
    if example is MISSING:
        noted = form.notes.get("examples")
        first = noted[0] if isinstance(noted, list) and noted else MISSING
        example = form.notes.get("example", first)
    return replace(place, description=str(form.notes.get("description", "")), example=example)


def _spread(values: list[JSON]) -> list[JSON]:
    """Return the values of an enum that shapes are to reach: all, or as many evenly spread."""
    if len(values) <= MOST_VALUES:
        return values
    last = len(values) - 1
    return [values[last * turn // (MOST_VALUES - 1)] for turn in range(MOST_VALUES)]


def _weight(schema: Schema) -> int:
    """Return how deep a branch is likely to go: what has references goes deepest."""
    text = repr(schema)
    return len(text) + 10_000 * ("$ref" in text)
