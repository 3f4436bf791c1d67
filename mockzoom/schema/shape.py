"""The tree that a shape of a value is: leaves with makers, objects, arrays; and its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from msgspec import Struct, structs

from mockzoom.model import JSON
from mockzoom.schema.makers import Maker
from mockzoom.schema.pointer import MISSING, join


class ValuePlace(Struct, frozen=True):
    """One place of a value."""

    path: str = ""
    """Pointer with `*` for any array item: the same for all items."""
    pointer: str = ""
    """Pointer with numbers."""
    name: str = ""
    """The property's name; of an item that of the array."""
    parent: str = ""
    """The name of the object that it is a property of."""
    example: Any = MISSING
    description: str = ""
    trail: tuple[int, ...] = ()
    """The identities of the schemas above: a repeated one is a recursion."""

    def below(self, name: str) -> Self:
        """Return the place of the property `name`."""
        step, known = join([name]), self.example
        example = known.get(name, MISSING) if isinstance(known, Mapping) else MISSING
        return structs.replace(
            self, path=self.path + step, pointer=self.pointer + step, name=name, parent=self.name,
            example=example, description="",
        )  # fmt: skip

    def at(self, position: int) -> Self:
        """Return the place of the item at `position`."""
        listed = self.example if isinstance(self.example, list) else []
        example = listed[min(position, len(listed) - 1)] if listed else MISSING
        return structs.replace(
            self, path=f"{self.path}/*", pointer=f"{self.pointer}/{position}", example=example,
            description="",
        )  # fmt: skip


Choice = tuple[str, int]
"""A place where there was something to choose, and the option taken."""


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
    _weight: int = 0

    @property
    def weight(self) -> int:
        """How many values it holds, itself included; the node must be complete."""
        if not self._weight:
            self._weight = 1 + sum(child.weight for child in self.children())
        return self._weight

    def children(self) -> list[Node]:
        """Return the fields or items."""
        return [*(self.fields or {}).values(), *(self.items or ())]

    def walk_choices(self) -> list[Choice]:
        """Return the choices of this node and all below."""
        found = list(self.choices)
        for child in self.children():
            found += child.walk_choices()
        return found


def frozen(node: Node, known: dict[int, Maker] | None = None) -> Maker:
    """Return the maker of the whole value that `node` describes.

    `known` are makers of nodes met before: a node may stand at several places.
    """
    known = {} if known is None else known
    found = known.get(id(node))
    if found is None:
        if node.fields is not None:
            of_fields = tuple((key, frozen(child, known)) for key, child in node.fields.items())
            found = _object_maker(of_fields)
        elif node.items is not None:
            found = _array_maker(tuple(frozen(child, known) for child in node.items))
        else:
            assert node.make is not None
            found = node.make
        known[id(node)] = found
    return found


def _object_maker(pairs: tuple[tuple[str, Maker], ...]) -> Maker:
    return lambda w, n: {key: make(w, n) for key, make in pairs}


def _array_maker(makers: tuple[Maker, ...]) -> Maker:
    return lambda w, n: [make(w, n) for make in makers]
