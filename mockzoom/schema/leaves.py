"""What values look like at the leaves of a shape: plain ones; a subclass knows better."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mockzoom.model import JSON
from mockzoom.schema.form import Form
from mockzoom.schema.makers import Constant, Fits, Maker
from mockzoom.schema.numbers import bounded_number
from mockzoom.schema.shape import ValuePlace
from mockzoom.schema.texts import is_bound, searched_text

if TYPE_CHECKING:
    from mockzoom.schema.shape import Node

P = TypeVar("P", bound=ValuePlace)


class Leaves(Generic[P]):
    """Makes the scalars of a value, and says what a schema leaves open; knows only the schema."""

    contexts: Sequence[Any] = (0, 1)
    """The contexts in which a shape is tried out; two or more."""

    def __init__(self) -> None:
        self._known: dict[str, Maker] = {}

    def texts(self, form: Form, place: P, fits: Fits) -> Sequence[Maker]:
        """Return makers of a string; more than one where the shape may choose.

        Raises `Contradiction` where no string that fits was found.
        """
        if not is_bound(form):
            return [Constant("text")]
        key = json.dumps([form.merged, form.several, form.notes]) if not form.hard else ""
        if not key or key not in self._known:
            maker = searched_text(form, place, fits, ["text"])
            if not key:
                return [maker]
            self._known[key] = maker
        return [self._known[key]]

    def number(self, form: Form, place: P, fits: Fits) -> Maker:
        """Return the maker of a number. Raises `Contradiction` where none that fits was found."""
        return bounded_number(form, place, fits)

    def untyped(self, place: P) -> str:
        """Return the type of what stands at a place whose schema says nothing."""
        return "string"

    def listed(self, place: P, values: list[JSON]) -> list[JSON]:
        """Return those of an enum's values that may stand at a place."""
        return values

    def allowed(
        self, place: P, values: list[JSON], siblings: Mapping[str, JSON]
    ) -> list[int] | None:
        """Return the positions of an enum's values that go with other fields; None for all."""
        return None

    def rank(self, name: str) -> int:
        """Return a number by which the properties of an object are made one after another."""
        return 0

    def complete(self, fields: Mapping[str, Node]) -> None:
        """Change properties of an object that depend on others."""

    def counterpart(self, path: str) -> str | None:
        """Return the path that tells of the same thing at another time; None where there is none.

        Both have the same optional fields, and choose other values.
        """
        return None
