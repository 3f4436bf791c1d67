"""Builds one shape of a value: which fields, branches, values of enums and lengths it has.

The schema is walked place by place; a `Chooser` decides wherever there is a choice. The result is a
tree of `Node`s whose leaves are makers, so that a shape is worked out once and then filled with
values as often as wanted. Where keywords can't be satisfied by construction (`not`, `oneOf`, `if`,
...) the node is made, put before a validator, and made otherwise until it fits, within bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from msgspec import structs

from mockzoom.model import JSON
from mockzoom.schema.choices import Chooser
from mockzoom.schema.containers import make_array, make_object
from mockzoom.schema.form import Contradiction, Form, Schema, is_reference
from mockzoom.schema.judge import Judge
from mockzoom.schema.leaves import Leaves
from mockzoom.schema.makers import Constant
from mockzoom.schema.nodes import TYPES
from mockzoom.schema.pointer import MISSING
from mockzoom.schema.schemas import Schemas, literals
from mockzoom.schema.shape import Choice, Node, ValuePlace
from mockzoom.schema.values import MOST_VALUES

_TRIES = 48
_BUDGET = 20_000
_TOO_HEAVY = 30_000
"""Values in one part: what demands more is not made."""
_GIVEN_UP = "the search was given up (too deep or too wide)"
_RECURSIONS = 1
_DEEPEST = 60


class Builder:
    """Builds the shapes of one schema's values."""

    def __init__(
        self, schema: Schema, leaves: Leaves[Any], root: ValuePlace | None = None, *,
        both: bool = True, budget: int = _BUDGET, heaviest: int | None = None,
    ) -> None:  # fmt: skip
        """`root` is the place of the whole value, with its example; `both`: see `Judge`.

        `budget` bounds the search: so many parts are tried for one shape. With `heaviest`, what
        was made for one schema is shared by all places that have it, and what is optional is left
        out where it holds more values than that: definitions that refer to each other multiply.
        """
        self.schema, self.leaves, self.root = schema, leaves, root or ValuePlace()
        self.schemas = Schemas(schema)
        self.judge = Judge(self.schemas, leaves.contexts, both=both)
        self.hard = False
        """Whether values have to be put before a validator each time they are made."""
        self._all = self._budget = budget
        self._heaviest = heaviest
        self.is_shortened = False
        """Whether something optional was left out, since it holds too much."""
        self._shared: dict[tuple[object, ...], Node] = {}
        self._failures: Counter[int] = Counter()
        """How often nothing was found for a schema, so that it is not sought for ever."""

    @property
    def exhausted(self) -> bool:
        """Whether the search has to be given up."""
        return self._budget < 0

    @property
    def tried(self) -> int:
        """How many parts were tried for the last shape."""
        return self._all - self._budget

    def build(self, chooser: Chooser) -> Node:
        """Return one shape. Raises `Contradiction` where none was found."""
        self._budget = self._all
        self._failures.clear()
        try:
            node = self.solve(self.schema, self.root, chooser)
            if self.judge.accepts(self.schema, node):
                return node
            reason = "the parts do not fit together"
        except Contradiction as no:
            reason = str(no)
        self._budget = self._all
        self.hard = True
        return self._search(self.schema, self.root, chooser, reason)

    def solve(self, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        """Return a node that satisfies `schema` at `place`, or raise `Contradiction`."""
        self._budget -= 1
        if self.exhausted or len(place.trail) > _DEEPEST:
            raise Contradiction("", _GIVEN_UP, place.path)
        place = structs.replace(place, trail=(*place.trail, id(schema)))
        if place.trail.count(id(schema)) > _RECURSIONS or len(place.trail) > _DEEPEST // 2:
            chooser = replace(chooser, is_tight=True)
        if self._heaviest is None or chooser.loose:
            return self._solved(schema, place, chooser)
        target = self.schemas.resolve(schema["$ref"]) if is_reference(schema) else schema
        key = (id(target), chooser.is_tight, chooser.mode, chooser.turn, chooser.keep_none)
        if key not in self._shared:
            self._shared[key] = self._solved(schema, place, chooser)
        if self._shared[key].weight > _TOO_HEAVY:
            self._budget = -1
            raise Contradiction("", _GIVEN_UP, place.path)
        return self._shared[key]

    def is_heavy(self, node: Node) -> bool:
        """Return whether a part holds more values than are made of what is optional."""
        found = self._heaviest is not None and node.weight > self._heaviest
        self.is_shortened = self.is_shortened or found
        return found

    def _solved(self, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        form = self._form(schema, place)
        if form.hard:
            self.hard = True
            return self._search(schema, place, chooser, "no branch fits")
        return self._construct(form, schema, place, chooser)

    def _form(self, schema: Schema, place: ValuePlace) -> Form:
        try:
            return self.schemas.form(schema)
        except Contradiction as no:
            raise Contradiction(no.keyword, no.reason, place.path) from no

    # -- where a validator has to be asked ----------------------------------------------------

    def _search(self, schema: Schema, place: ValuePlace, chooser: Chooser, reason: str) -> Node:
        """Build until the validators are content: as chosen, bare, otherwise, literally."""
        before = frozenset(chooser.taken)
        failures = self._failures[id(schema)]
        for attempt in range(_TRIES >> failures):
            other = chooser.attempt(attempt, before)
            try:
                node = self._attempt(schema, place, other)
            except Contradiction as no:
                reason = no.reason if no.place in ("", place.path) else str(no)
                if self.exhausted:
                    break
                continue
            if self.judge.accepts(schema, node):
                chooser.taken |= other.taken
                chooser.picked.update(other.picked)
                return self._enriched(schema, place, chooser, node) if attempt else node
        for value in self._literals(schema):
            return Node(make=Constant(value), chosen=value)
        self._failures[id(schema)] += 1
        raise Contradiction("", reason, place.path)

    def _literals(self, schema: Schema) -> Iterator[JSON]:
        """Yield what fits of the values that the schema itself mentions."""
        if self._failures[id(schema)] < 2:
            for value in literals(self.schemas.root, schema):
                if self.judge.fits(schema, value):
                    yield value

    def _attempt(self, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        form, choices = self._settled(self._form(schema, place), place, chooser)
        node = self._construct(form, schema, place, chooser)
        node.choices += choices
        return node

    def _enriched(self, schema: Schema, place: ValuePlace, chooser: Chooser, node: Node) -> Node:
        """Add back every optional field that fits, where the shape wants all of them."""
        if node.fields is None or not chooser.full:
            return node
        kept = frozenset(node.fields)
        for name in self._form(schema, place).properties:
            if name in kept:
                continue
            only = replace(
                chooser, kept=(place.path, kept | {name}), forced=dict(node.choices),
                keep_none=False, loose=False,
            )  # fmt: skip
            try:
                richer = self._attempt(schema, place, only)
            except Contradiction:
                continue
            if richer.fields and name in richer.fields and self.judge.accepts(schema, richer):
                kept, node = frozenset(richer.fields), richer
        return node

    def _settled(
        self, form: Form, place: ValuePlace, chooser: Chooser
    ) -> tuple[Form, list[Choice]]:
        """Choose a branch wherever there are several, until none is left to choose.

        A branch that plainly contradicts what is wanted already gives way to the next.
        """
        choices: list[Choice] = []
        while form.all("oneOf") or form.all("anyOf") or form.ifs:
            if form.ifs:
                condition, then, otherwise = form.ifs.pop()
                branches: list[Any] = [{"allOf": [condition, then]}, otherwise]
                path = f"{place.path}?if{len(form.ifs)}"
            else:
                branches = (form.all("oneOf") or form.all("anyOf")).pop()
                path = f"{place.path}?of{len(form.all('oneOf'))}.{len(form.all('anyOf'))}"
            order = list(range(len(branches)))
            if chooser.is_tight:
                order.sort(key=lambda position: _weight(branches[position]))
            picked = chooser.pick(path, len(branches), order)
            form, picked = self._joined_by(form, branches, picked, place)
            choices.append((path, picked))
        return form, choices

    def _joined_by(
        self, form: Form, branches: list[Any], picked: int, place: ValuePlace
    ) -> tuple[Form, int]:
        reason = ""
        for position in [*range(picked, len(branches)), *range(picked)]:
            tried = form.clone()
            try:
                self.schemas.absorb(tried, branches[position])
            except Contradiction as no:
                reason = no.reason
            else:
                return tried, position
        raise Contradiction("", reason, place.path)

    # -- where a value can be constructed -----------------------------------------------------

    def _construct(self, form: Form, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        place = _described(place, form)
        if form.enum is not None:
            return self._enum(form, schema, place, chooser)
        kinds = form.kinds()
        if not kinds:
            if place.example is not MISSING and not chooser.loose:
                return Node(make=Constant(place.example))
            kinds = list(TYPES) if chooser.loose else [self.leaves.untyped(place)]
        if len(kinds) == 1:
            return self._of_kind(kinds[0], form, schema, place, chooser)
        path = f"{place.path}?type{len(kinds)}"
        picked = chooser.pick(path, len(kinds), loose_goal="type" in form.merged)
        node = self._of_kind(kinds[picked], form, schema, place, chooser)
        node.choices.append((path, picked))
        return node

    def _of_kind(
        self, kind: str, form: Form, schema: Schema, place: ValuePlace, chooser: Chooser
    ) -> Node:
        if kind == "object":
            return make_object(self, form, place, chooser)
        if kind == "array":
            return make_array(self, form, place, chooser)
        if kind == "null":
            return Node(make=Constant(None))
        if kind == "boolean":
            path = f"{place.path}=bool"
            picked = chooser.pick(path, 2, unlike=self._unlike(place, "=bool"))
            return Node(make=Constant(not picked), choices=[(path, picked)])
        if kind == "string":
            return self._string(form, schema, place, chooser)
        if kind == "integer":
            form.merged["type"] = "integer"
        return Node(make=self.leaves.number(form, place, lambda v: self.judge.fits(schema, v)))

    def _string(self, form: Form, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        makers = self.leaves.texts(form, place, lambda value: self.judge.fits(schema, value))
        if len(makers) == 1:
            return Node(make=makers[0])
        path = f"{place.path}=form{len(makers)}"
        unlike = self._unlike(place, f"=form{len(makers)}")
        picked = chooser.pick(path, len(makers), unlike=unlike)
        return Node(make=makers[picked], choices=[(path, picked)])

    def _enum(self, form: Form, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        values = self._values_of(form.enum or [], schema, place)
        if not values:
            raise Contradiction("enum", "no value satisfies the other keywords", place.path)
        if len(values) == 1:
            return Node(make=Constant(values[0]), chosen=values[0])
        path = f"{place.path}=enum{len(values)}"
        allowed = self.leaves.allowed(place, values, chooser.siblings)
        unlike = self._unlike(place, f"=enum{len(values)}")
        picked = chooser.pick(path, len(values), allowed, unlike=unlike)
        value = values[picked]
        return Node(make=Constant(value), choices=[(path, picked)], chosen=value)

    def _unlike(self, place: ValuePlace, choice: str) -> str:
        """Return the path of the choice that is to be made otherwise than at `place`."""
        other = self.leaves.counterpart(place.path)
        return "" if other is None else other + choice

    def _values_of(self, enum: list[JSON], schema: Schema, place: ValuePlace) -> list[JSON]:
        """Return the values of an enum to be made: likely ones before others."""
        fits = self.judge.of_enum(schema)
        for listed in (self.leaves.listed(place, enum), enum):
            values = list(filter(fits, _spread(listed))) or _spread(list(filter(fits, listed)))
            if values:
                return values
        return []


def _described(place: ValuePlace, form: Form) -> ValuePlace:
    """Return `place` with what the schema says in words, and its example if the event had none."""
    example = place.example
    if example is MISSING:
        noted = form.notes.get("examples")
        first = noted[0] if isinstance(noted, list) and noted else MISSING
        example = form.notes.get("example", first)
    return structs.replace(
        place, description=str(form.notes.get("description", "")), example=example
    )


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
