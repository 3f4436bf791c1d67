"""The tree that a shape of an event is: leaves with makers, objects, arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mockzoom.contract.validation import exact_validator, fast_validator
from mockzoom.contract.values import identity
from mockzoom.model import JSON
from mockzoom.synth.choices import Chooser
from mockzoom.synth.makers import Maker
from mockzoom.synth.place import EventPlace
from mockzoom.synth.pointer import MISSING
from mockzoom.synth.schema import Schema, Schemas
from mockzoom.synth.world import DEFAULT_AT_MS, World

Choice = tuple[str, int]
"""A place where there was something to choose, and the option taken."""

PROBES = (World(1, DEFAULT_AT_MS), World(2, DEFAULT_AT_MS + 77_777, 3))
"""Worlds in which a shape is tried out."""


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

    def children(self) -> list[Node]:
        """Return the fields or items."""
        return [*(self.fields or {}).values(), *(self.items or ())]

    def walk_choices(self) -> list[Choice]:
        """Return the choices of this node and all below."""
        found = list(self.choices)
        for child in self.children():
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


class Judge:
    """Asks both validators whether values satisfy parts of one event's schema."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[int, tuple[Schema, Callable[[JSON], bool]]] = {}
        self._beside: dict[int, tuple[Schema, Callable[[JSON], bool]]] = {}

    def fits(self, schema: Schema, value: JSON) -> bool:
        """Tell whether `value` satisfies `schema`."""
        if isinstance(schema, bool):
            return schema
        entry = self._known.get(id(schema))
        if entry is None:
            entry = self._known[id(schema)] = (schema, self._validator(schema))
        return entry[1](value)

    def of_enum(self, schema: Schema) -> Callable[[JSON], bool]:
        """Return a test of values from the enum of `schema`: what stands beside it is asked."""
        if not isinstance(schema, Mapping):
            return lambda value: schema
        entry = self._beside.get(id(schema))
        if entry is None:
            rest = {keyword: part for keyword, part in schema.items() if keyword != "enum"}
            fits, known = self._validator(rest), dict[Hashable, bool]()

            def remembered(value: JSON) -> bool:
                key = identity(value)
                if key not in known:
                    known[key] = fits(value)
                return known[key]

            entry = self._beside[id(schema)] = (schema, remembered)
        return entry[1]

    def accepts(self, schema: Schema, node: Node) -> bool:
        """Tell whether what `node` makes satisfies `schema`, as far as a few samples show."""
        make = frozen(node)
        return all(self.fits(schema, make(world, n)) for world in PROBES for n in (1, 12_345))

    def _validator(self, schema: Schema) -> Callable[[JSON], bool]:
        whole = self._schemas.standalone(schema)
        assert isinstance(whole, Mapping)
        fast, exact = fast_validator(dict(whole)), exact_validator(whole)

        def fits(value: JSON) -> bool:
            try:
                return fast(value) and exact.is_valid(value)
            except (ValueError, TypeError, OverflowError, RecursionError):
                return False

        return fits


class Solver(Protocol):
    """What the makers of objects and arrays need of the builder: their parts made."""

    schemas: Schemas
    judge: Judge

    @property
    def exhausted(self) -> bool:
        """Whether the search has to be given up."""

    def solve(self, schema: Schema, place: EventPlace, chooser: Chooser) -> Node:
        """Return a node that satisfies `schema` at `place`, or raise `Contradiction`."""
