"""Plain leaves: small everyday values, always the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mockzoom.model import JSON
from mockzoom.schema.form import Form
from mockzoom.schema.leaves import Fits
from mockzoom.schema.makers import Constant, Maker
from mockzoom.schema.numbers import bounded_number
from mockzoom.schema.place import ValuePlace
from mockzoom.schema.shape import Node
from mockzoom.schema.texts import is_bound, searched_text


class PlainLeaves:
    """Leaves that know nothing but the schema."""

    contexts: Sequence[Any] = (0, 1)

    def __init__(self) -> None:
        self._known: dict[str, Maker] = {}

    def texts(self, form: Form, place: ValuePlace, fits: Fits) -> Sequence[Maker]:
        """Return the maker of a string."""
        if not is_bound(form):
            return [Constant("text")]
        key = json.dumps([form.merged, form.several, form.notes]) if not form.hard else ""
        if not key or key not in self._known:
            maker = searched_text(form, place, fits, ["text"])
            if not key:
                return [maker]
            self._known[key] = maker
        return [self._known[key]]

    def number(self, form: Form, place: ValuePlace, fits: Fits) -> Maker:
        """Return the maker of a number."""
        return bounded_number(form, place, fits)

    def untyped(self, place: ValuePlace) -> str:
        """Return the type of what stands at a place whose schema says nothing."""
        return "string"

    def listed(self, place: ValuePlace, values: list[JSON]) -> list[JSON]:
        """Return all values."""
        return values

    def allowed(
        self, place: ValuePlace, values: list[JSON], siblings: Mapping[str, JSON]
    ) -> list[int] | None:
        """Return None: any value goes with any other."""
        return None

    def rank(self, name: str) -> int:
        """Return the same for all properties."""
        return 0

    def complete(self, fields: Mapping[str, Node]) -> None:
        """Change nothing."""

    def counterpart(self, path: str) -> str | None:
        """Return None: no place tells of another one."""
        return None
