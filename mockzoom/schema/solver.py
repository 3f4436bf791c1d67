"""What the makers of objects and arrays need of the builder: their parts made."""

from __future__ import annotations

from typing import Any, Protocol

from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Schema
from mockzoom.schema.judge import Judge
from mockzoom.schema.leaves import Leaves
from mockzoom.schema.place import ValuePlace
from mockzoom.schema.schemas import Schemas
from mockzoom.schema.shape import Node


class Solver(Protocol):
    """Makes parts."""

    schemas: Schemas
    judge: Judge
    leaves: Leaves[Any]

    @property
    def exhausted(self) -> bool:
        """Whether the search has to be given up."""

    def is_heavy(self, node: Node) -> bool:
        """Whether a part holds more values than are made of what is optional."""

    def solve(self, schema: Schema, place: ValuePlace, chooser: Chooser) -> Node:
        """Return a node that satisfies `schema` at `place`, or raise `Contradiction`."""
