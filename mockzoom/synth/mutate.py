"""Malformed events: valid ones with one constraint of the schema broken, and the record of it.

`Mutation.keyword` and `Mutation.pointer` are what the validators report: the object for a missing
field (`operator` names the field, `before` is its value, and `after` None), and the outermost
`oneOf` or `anyOf` for what is broken inside its branches; for a name against `propertyNames`, the
keyword inside it. Every mutant is tried before it is handed
out: jsonschema reports this keyword at this place and nothing anywhere else, and jsonschema-rs
finds it invalid. What passed once for a spec and a structure is not put before jsonschema again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, product
from typing import TYPE_CHECKING, Any, TypeAlias

from mockzoom.model import JSON, Event, EventSpec, Mutation
from mockzoom.schema.constraints import Constraint, Walker, speaks_of
from mockzoom.schema.form import Schema
from mockzoom.schema.operators import Candidate, Change, Tokens
from mockzoom.schema.pointer import MISSING, get, join, put
from mockzoom.schema.validators import SchemaError, errors, errors_by, exact_validator, valid
from mockzoom.schema.values import kept_by_identity
from mockzoom.synth.entity_set import DEFAULT_AT_MS
from mockzoom.synth.evolve import Evolving
from mockzoom.synth.pins import NO_PINS, Pins
from mockzoom.synth.valid import shapes, synthesise

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


_ELSEWHERE = frozenset({"$ref", "$dynamicRef"})
_NAMES_COUNT = frozenset({"additionalProperties", "unevaluatedProperties"})
"""Keywords that speak of the properties which `properties` does not name."""
Proof: TypeAlias = Callable[[Event, Tokens], bool]
"""Says whether a mutant, made by a change at a place, is proven."""


def proves(spec: EventSpec, mutant: Event) -> bool:
    """Whether `mutant` is invalid for the reason that its `mutation` records, and no other."""
    return _is_reason(mutant, errors(spec, mutant.body))


def _is_reason(mutant: Event, found: tuple[SchemaError, ...]) -> bool:
    mutation = mutant.mutation
    if mutation is None:
        return False
    return any(error.keyword == mutation.keyword for error in found) and all(
        error.pointer == mutation.pointer for error in found
    )


class Proofs:
    """Proves mutants of one event at a fraction of the cost of `proves`.

    What lies beside the place that was changed is as valid as it was before, so jsonschema is given
    the schema without it: no property that is not on the way to the place, but for its name where
    other keywords ask which ones there are.
    """

    def __init__(self, spec: EventSpec) -> None:
        self._spec = spec
        self._is_local = not speaks_of(spec.schema, _ELSEWHERE)
        self._near: dict[Tokens, Draft202012Validator] = {}

    def of(self, body: JSON) -> Proof:
        """Return the proof for mutants of `body`: quick, where jsonschema finds that one valid."""
        if self._is_local and not errors(self._spec, body):
            return self._near_by
        return lambda mutant, changed: proves(self._spec, mutant)

    def _near_by(self, mutant: Event, changed: Tokens) -> bool:
        way = tuple([0 if isinstance(token, int) else token for token in changed])
        validator = self._near.get(way)
        if validator is None:
            validator = self._near[way] = exact_validator(_pruned(self._spec.schema, way))
        return _is_reason(mutant, errors_by(validator, mutant.body))


def _pruned(schema: Mapping[str, Any], way: Tokens) -> Mapping[str, Any]:
    """Return `schema` with `true` for every property that is not on the `way`."""
    if not way:
        return schema
    if isinstance(way[0], int):
        return {**schema, "items": _below(schema["items"], way)} if "items" in schema else schema
    properties = schema.get("properties", {})
    beside = dict.fromkeys(properties, True) if _NAMES_COUNT & schema.keys() else {}
    own = {name: _below(part, way) for name, part in properties.items() if name == way[0]}
    return {**schema, "properties": beside | own}


def _below(part: Schema, way: Tokens) -> Schema:
    return _pruned(part, way[1:]) if isinstance(part, Mapping) else part


_KEPT = 1024
_STRUCTURES_KEPT = 64
_COUNTS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class _Step:
    """One proven way to break one constraint of bodies of one structure."""

    constraint: str
    operator: str
    keyword: str
    pointer: str
    reported: Tokens
    changed: Tokens
    change: Change
    is_inside: bool
    """What is changed lies inside what is reported."""


class _Mutator:
    """The mutations of one event."""

    def __init__(self, spec: EventSpec) -> None:
        self.spec = spec
        self.walker = Walker(spec.schema, Evolving(spec))
        self._proofs = Proofs(spec)
        self._plans: dict[object, list[_Step]] = {}
        self._met: set[str] = set()
        self._known: list[tuple[int, _Step]] = []
        self._further = self._every_step()

    def plan(self, body: JSON) -> list[_Step]:
        """Return the steps for `body` and all others of its structure."""
        key = _structure(body, self.walker.by_value)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= _STRUCTURES_KEPT:
                self._plans.clear()
            found = self._plans[key] = list(self._proven(body, self._constraints(body).values()))
        return found

    def every_step(self, position: int = 0) -> Iterator[tuple[int, _Step]]:
        """Yield the steps that break every constraint, each with the shape it belongs to.

        The first one yielded is that at `position`. A step is proven when it is asked for first:
        whoever delivers the first mutants has not to wait for the last ones.
        """
        while True:
            while position < len(self._known):
                yield self._known[position]
                position += 1
            step = next(self._further, None)
            if step is None:
                return
            self._known.append(step)

    def constraints(self) -> int:
        """Return how many constraints the shapes meet."""
        for _ in self.every_step():
            pass
        return len(self._met)

    def _every_step(self) -> Iterator[tuple[int, _Step]]:
        broken: set[str] = set()
        for index in range(shapes(self.spec)):
            body = synthesise(self.spec, index=index).body
            met = self._constraints(body)
            self._met.update(met)
            new = set()
            for step in self._proven(body, [met[key] for key in met if key not in broken]):
                new.add(step.constraint)
                yield index, step
            broken |= new

    def apply(self, event: Event, steps: Iterable[_Step]) -> Iterator[Event]:
        """Yield `event` with each of `steps` done to it."""
        for step in steps:
            if self.walker.by_value and get(event.body, step.changed) is MISSING:
                continue
            mutant = _mutant(event, step)
            if valid(self.spec, mutant.body):
                continue
            if not self.walker.by_value or proves(self.spec, mutant):
                yield mutant

    def _constraints(self, body: JSON) -> dict[str, Constraint]:
        """Return the constraints that `body` meets, by id, the first place of each."""
        met: dict[str, Constraint] = {}
        for constraint in self.walker.constraints(body):
            met.setdefault(constraint.id, constraint)
        return met

    def _proven(self, body: JSON, constraints: Collection[Constraint]) -> Iterator[_Step]:
        if not constraints:
            return
        proof = self._proofs.of(body)
        for constraint in constraints:
            for attempt in constraint.attempts:
                step = self._step(body, constraint, attempt, proof)
                if step is not None:
                    yield step

    def _step(
        self, body: JSON, constraint: Constraint, attempt: Candidate, proof: Proof
    ) -> _Step | None:
        """Return the first change that breaks just this constraint, for both validators."""
        pointer = join(constraint.tokens)
        keywords = [constraint.keyword]
        if constraint.keyword == "propertyNames":
            keywords = ["pattern", "maxLength", "minLength", "enum", "not", "format", "const"]
        for change, keyword in product(attempt.changes, keywords):
            step = _Step(
                constraint.id,
                _operator(constraint, attempt),
                keyword,
                pointer,
                constraint.tokens,
                attempt.tokens,
                change,
                attempt.tokens[: len(constraint.tokens)] == constraint.tokens
                and attempt.tokens != constraint.tokens,
            )
            mutated = _mutant(Event(self.spec.name, body), step)
            if not valid(self.spec, mutated.body) and proof(mutated, step.changed):
                return step
        return None


def mutants(spec: EventSpec, event: Event) -> Iterator[Event]:
    """Yield `event`, a valid one, with each constraint that it meets broken, one at a time."""
    mutator = _mutator(spec)
    yield from mutator.apply(event, mutator.plan(event.body))


def all_mutants(
    spec: EventSpec, seed: int = 1, at_ms: int = DEFAULT_AT_MS, *, pins: Pins = NO_PINS
) -> Iterator[Event]:
    """Yield mutants of `spec` that together break every constraint, each constraint once a way.

    Those of the full event come first; other shapes add what it doesn't have, such as the other
    branches of a `oneOf`.
    """
    for _, mutant in mutants_from(spec, 0, seed=seed, at_ms=at_ms, pins=pins):
        yield mutant


def mutants_from(
    spec: EventSpec,
    position: int,
    *,
    seed: int = 1,
    at_ms: int = DEFAULT_AT_MS,
    entities: int = 0,
    ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> Iterator[tuple[int, Event]]:
    """Yield the mutants of `all_mutants` from `position` on, each with its own position.

    They are about `entities`; a position breaks the same constraint in every entity set.
    """
    mutator = _mutator(spec)
    numbered = enumerate(mutator.every_step(position), start=position)
    for index, steps in groupby(numbered, key=lambda item: item[1][0]):
        event = synthesise(
            spec, seed=seed, index=index, at_ms=at_ms, entities=entities, ascii_only=ascii_only,
            pins=pins,
        )  # fmt: skip
        for number, (_, step) in steps:
            for mutant in mutator.apply(event, [step]):
                yield number, mutant


@kept_by_identity(_COUNTS_KEPT)
def constraints(spec: EventSpec) -> int:
    """Return how many constraints the shapes of `spec` meet, places and keywords counted apart.

    Counts are kept longer than the mutators, which are heavy: a run asks for each more than once.
    """
    return _mutator(spec).constraints()


def constraint_of(spec: EventSpec, position: int) -> str:
    """Return the id of the constraint that the mutant at a position of `mutants_from` breaks."""
    _, step = next(_mutator(spec).every_step(position))
    return step.constraint


def _operator(constraint: Constraint, attempt: Candidate) -> str:
    inner = attempt.tokens[len(constraint.tokens) :]
    if not inner or attempt.operator.startswith("without "):
        return attempt.operator
    return f"{attempt.operator} at {join(inner)}"


def _mutant(event: Event, step: _Step) -> Event:
    before = get(event.body, step.changed)
    after = step.change(before)
    body = put(event.body, step.changed, after)
    if step.is_inside and after is not MISSING:
        before, after = get(event.body, step.reported), get(body, step.reported)
    mutation = Mutation(
        step.operator, step.keyword, step.pointer, before, None if after is MISSING else after
    )
    return Event(event.name, body, mutation)


def _structure(value: JSON, by_value: bool) -> object:
    """Return a key that is equal for bodies to which the same constraints apply."""
    if isinstance(value, Mapping):
        return tuple((key, _structure(item, by_value)) for key, item in value.items())
    if isinstance(value, list):
        return tuple([_structure(item, by_value) for item in value])
    return (value.__class__, value) if by_value else value.__class__


@kept_by_identity(_KEPT)
def _mutator(spec: EventSpec) -> _Mutator:
    return _Mutator(spec)
