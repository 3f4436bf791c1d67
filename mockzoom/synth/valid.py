"""Valid events: the same arguments give the same event, on any machine and on any day.

The recipe of an event has its shapes, worked out when first wanted and kept as long as its
`EventSpec` is among the most recently used (`_KEPT`); what depends on seed, entity set and time is
left to the makers.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from zlib import crc32

from mockzoom.errors import SynthesisError
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema.build import Builder
from mockzoom.schema.choices import Chooser, Goals, Mode
from mockzoom.schema.form import Contradiction
from mockzoom.schema.makers import Constant, Maker
from mockzoom.schema.pointer import MISSING
from mockzoom.schema.shape import Node, frozen
from mockzoom.schema.validators import valid
from mockzoom.schema.values import kept_by_identity
from mockzoom.synth.entity_set import DEFAULT_AT_MS, EntitySet, entities_of
from mockzoom.synth.leaves import EVENT_LEAVES, PROBES
from mockzoom.synth.pins import NO_PINS, Pins, broken_pin
from mockzoom.synth.place import EventPlace
from mockzoom.synth.template import Printer, printed
from mockzoom.zoom.encoding import encode, in_utf8
from mockzoom.zoom.moments import QUICK, TWO_SIDED, moment_of_event

_KEPT = 2048
_MOST_SHAPES = 512
_PRINTED_AT = 16
"""A shape whose text was wanted so often is printed without its body."""
_IDLE = 6
"""Shapes in a row without progress, after which each open goal is tried on its own."""


@dataclass(slots=True)
class Shape:
    """One shape of an event, ready to be filled with values."""

    make: Maker
    choices: frozenset[tuple[str, int]]
    spare: JSON
    """A body known to be valid, for when new values of a hard schema don't fit."""
    node: Node
    """What `make` was made from."""
    uses: int = 0
    printer: Printer | None = None
    """Prints what `make` makes as JSON text, once it was wanted often."""


class Recipe:
    """The shapes of one event."""

    def __init__(self, spec: EventSpec) -> None:
        self.spec = spec
        self.salt = crc32(spec.name.encode())
        self._builder = Builder(spec.schema, EVENT_LEAVES, _root(spec))
        self._goals = Goals()
        self._shapes: list[Shape] = []
        self._complete = False
        self._turns = 0

    def __len__(self) -> int:
        """Return the number of shapes after which everything reachable was reached."""
        if not self._complete:
            self._cover()
        return len(self._shapes)

    def shape(self, index: int) -> Shape:
        """Return the shape for `index`; they repeat."""
        ready = self._shapes
        if index < len(ready):
            return ready[index]
        if not self._complete and len(self._shapes) < 2:
            self._first_two()
            if index < 2:
                return self._shapes[index]
        return self._shapes[index % len(self)]

    def body(self, index: int, entities: EntitySet, number: int) -> JSON:
        """Return a valid body of the shape for `index`."""
        shape = self.shape(index)
        if entities.pins:
            return self._pinned(shape, entities, number)
        body = shape.make(entities, number)
        if not self._builder.hard or valid(self.spec, body):
            return body
        for turn in range(1, 9):
            body = shape.make(entities, number * 0x9E3779B1 + turn & 0xFFFFFFFF)
            if valid(self.spec, body):
                return body
        return shape.spare

    def encoded(self, index: int, entities: EntitySet, number: int) -> bytes:
        """Return the bytes of `body`, which is not made where its text can be printed at once."""
        if self._builder.hard or entities.pins:
            return encode(self.body(index, entities, number))
        shape = self.shape(index)
        if shape.printer is None:
            shape.uses += 1
            if shape.uses < _PRINTED_AT:
                return encode(self.body(index, entities, number))
            shape.printer = printed(shape.node)
        return in_utf8(shape.printer(entities, number))

    def _pinned(self, shape: Shape, entities: EntitySet, number: int) -> JSON:
        """Return a body with pinned values; raise `PinnedValueError` where one breaks it.

        In a hard schema, values that are not pinned are tried out anew, as in any other entity set.
        """
        for turn in range(9 if self._builder.hard else 1):
            body = shape.make(entities, (number + turn * 0x9E3779B1) & 0xFFFFFFFF)
            if valid(self.spec, body):
                return body
        raise broken_pin(self.spec, body, entities.pins)

    def _first_two(self) -> None:
        modes: tuple[Mode, ...] = ("full", "bare")
        built = 0
        for mode in modes:
            try:
                shape = self._built(self._chooser(mode))
                self._shapes.append(shape)
                self._goals.reach(shape.choices)
                built += 1
            except SynthesisError as no:
                self._shapes.append(self._sampled(no))
        self._complete = not built

    def _sampled(self, no: SynthesisError) -> Shape:
        """Return the last resort: the body by which the contract knows that there is one."""
        from mockzoom.contract.satisfy import sample

        try:
            body = sample(self.spec)
        except LookupError:
            raise no from None
        self._builder.hard = True
        copied = Constant(body)

        def make(w: EntitySet, n: int) -> JSON:
            return {**copied(w, n), "event_ts": w.at_ms}

        return Shape(make, frozenset(), body, Node(make=make))

    def _cover(self) -> None:
        if not self._shapes:
            self._first_two()
        if self._complete:
            return
        idle = 0
        while self._goals.open and idle < _IDLE and len(self._shapes) < _MOST_SHAPES:
            idle = 0 if self._added(self._chooser("cover")) else idle + 1
        while self._goals.open and len(self._shapes) < _MOST_SHAPES:
            path = next(iter(self._goals.open))
            option = min(self._goals.open[path])
            focused = self._chooser("cover", (path, option))
            if not self._added(focused, (path, option)):
                self._goals.reach([(path, option)])
        self._complete = True

    def _chooser(self, mode: Mode, focus: tuple[str, int] | None = None) -> Chooser:
        self._turns += 1
        random = Random(f"{self.spec.name}/{self._turns}")
        return Chooser(mode, self._goals, random, focus=focus)

    def _added(self, chooser: Chooser, goal: tuple[str, int] | None = None) -> bool:
        """Add a further shape, if it reaches `goal`, or without one anything new."""
        try:
            shape = self._built(chooser)
        except SynthesisError:
            return False
        if goal is not None and goal not in shape.choices:
            return False
        if not self._goals.reach(shape.choices) and goal is None:
            return False
        self._shapes.append(shape)
        return True

    def _built(self, chooser: Chooser) -> Shape:
        try:
            node: Node = self._builder.build(chooser)
        except Contradiction as no:
            raise SynthesisError(self.spec.name, no.place, no.reason) from None
        make = frozen(node)
        return Shape(make, frozenset(node.walk_choices()), make(PROBES[0], 1), node)


def _root(spec: EventSpec) -> EventPlace:
    example = next((e for e in spec.examples if isinstance(e, dict)), MISSING)
    return EventPlace(example=example, event=spec.name)


@kept_by_identity(_KEPT)
def recipe(spec: EventSpec) -> Recipe:
    """Return the recipe of `spec`, which is made once for each object."""
    return Recipe(spec)


def synthesise(
    spec: EventSpec,
    *,
    seed: int = 1,
    index: int = 0,
    at_ms: int = DEFAULT_AT_MS,
    entities: int | EntitySet = 0,
    ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> Event:
    """Return a valid event of `spec`.

    `index` chooses the shape (0 full, 1 bare, then each enum value, branch and optional field; see
    `shapes`), `seed` and `entities` the entities, `at_ms` the instant (epoch milliseconds) which is
    `event_ts` and which no time in the event exceeds, unless it is planned. An `EntitySet` object
    keeps its beginnings, its pins, and the times of earlier events, for later instants. `pins` are
    values that entities have (`mockzoom.synth.pins`). `ascii_only` writes free text in ASCII and
    changes nothing else. Raises `SynthesisError` where nothing satisfies the schema,
    `PinnedValueError` where a value that the entity set pins breaks it.
    """
    plan = recipe(spec)
    entity_set = _entity_set(spec, seed, at_ms, entities, ascii_only, pins)
    return Event(spec.name, plan.body(index, entity_set, _number(plan, index, entity_set)))


def encoded(
    spec: EventSpec,
    *,
    seed: int = 1,
    index: int = 0,
    at_ms: int = DEFAULT_AT_MS,
    entities: int | EntitySet = 0,
    ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> bytes:
    """Return the bytes of what `synthesise` makes of the same arguments, as `encode` prints it.

    This takes half the time, since the event itself is not made. Raises `SynthesisError`.
    """
    plan = recipe(spec)
    entity_set = _entity_set(spec, seed, at_ms, entities, ascii_only, pins)
    return plan.encoded(index, entity_set, _number(plan, index, entity_set))


def _entity_set(
    spec: EventSpec, seed: int, at_ms: int, entities: int | EntitySet, ascii_only: bool, pins: Pins
) -> EntitySet:
    if isinstance(entities, int):
        return entities_of(spec.name, seed, at_ms, entities, ascii_only, pins)
    entity_set = entities.at(at_ms, ascii_only=ascii_only)
    times, moment = entity_set.known_times, moment_of_event(spec.name)
    if times is not None and QUICK.fullmatch(spec.name):
        times.setdefault("start", entity_set.now_s - entity_set.ringing_s)
    if not (times and moment in times and TWO_SIDED.fullmatch(spec.name)):
        entity_set.remember(moment)
    return entity_set


def _number(plan: Recipe, index: int, entity_set: EntitySet) -> int:
    """Return the number of the entity set, by which values are picked; give the event its own.

    So events of one entity set pick the same, but for what is new in each of them.
    """
    number = entity_set.root >> 32
    entity_set.event = _mixed(number + index * 0x9E3779B1 ^ plan.salt)
    return _mixed(number)


def _mixed(number: int) -> int:
    return (number & 0xFFFFFFFF) * 0x2C1B3C6D >> 13 & 0xFFFFFFFF


def shapes(spec: EventSpec) -> int:
    """Return how many indexes reach every enum value, branch, and optional field on and off.

    Of an enum with more than `MOST_VALUES` only so many are reached, evenly spread: there is no
    end to delivering them all. The spec's notes say so.
    """
    return len(recipe(spec))
