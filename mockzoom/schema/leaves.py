"""What values look like at the leaves of a shape: the seam between this engine and its users."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mockzoom.model import JSON
from mockzoom.schema.form import Form
from mockzoom.schema.makers import Maker
from mockzoom.schema.place import ValuePlace

if TYPE_CHECKING:
    from mockzoom.schema.shape import Node

Fits = Callable[[JSON], bool]
"""Tells whether a value satisfies the schema of its place."""
P = TypeVar("P", bound=ValuePlace, contravariant=True)


class Leaves(Protocol[P]):
    """Makes the scalars of a value, and says what a schema leaves open."""

    @property
    def contexts(self) -> Sequence[Any]:
        """The contexts in which a shape is tried out; two or more."""

    def texts(self, form: Form, place: P, fits: Fits) -> Sequence[Maker]:
        """Return makers of a string; more than one where the shape may choose.

        Raises `Contradiction` where no string that fits was found.
        """

    def number(self, form: Form, place: P, fits: Fits) -> Maker:
        """Return the maker of a number. Raises `Contradiction` where none that fits was found."""

    def untyped(self, place: P) -> str:
        """Return the type of what stands at a place whose schema says nothing."""

    def listed(self, place: P, values: list[JSON]) -> list[JSON]:
        """Return those of an enum's values that may stand at a place."""

    def allowed(
        self, place: P, values: list[JSON], siblings: Mapping[str, JSON]
    ) -> list[int] | None:
        """Return the positions of an enum's values that go with other fields; None for all."""

    def rank(self, name: str) -> int:
        """Return a number by which the properties of an object are made one after another."""

    def complete(self, fields: Mapping[str, Node]) -> None:
        """Change properties of an object that depend on others."""

    def counterpart(self, path: str) -> str | None:
        """Return the path that tells of the same thing at another time; None where there is none.

        Both have the same optional fields, and choose other values.
        """
