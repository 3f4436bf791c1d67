"""Says whether values satisfy parts of a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mockzoom.model import JSON
from mockzoom.schema.form import Schema
from mockzoom.schema.schemas import Schemas
from mockzoom.schema.shape import Node, frozen
from mockzoom.schema.validators import exact_validator, fast_validator
from mockzoom.schema.values import identity, kept_by_identity


class Judge:
    """Asks validators whether values satisfy parts of one schema."""

    def __init__(
        self, schemas: Schemas, contexts: Sequence[Any] = (0, 1), *, both: bool = True
    ) -> None:
        """`contexts` are those in which shapes are tried; without `both` only the fast one asks."""
        self._schemas, self._contexts, self._both = schemas, contexts, both
        self._fits = kept_by_identity(_KEPT)(self._validator)
        self._fits_beside_enum = kept_by_identity(_KEPT)(self._beside_enum)

    def fits(self, schema: Schema, value: JSON) -> bool:
        """Return whether `value` satisfies `schema`."""
        if isinstance(schema, bool):
            return schema
        return self._fits(schema)(value)

    def of_enum(self, schema: Schema) -> Callable[[JSON], bool]:
        """Return a test of values from the enum of `schema`: what stands beside it is asked."""
        if not isinstance(schema, Mapping):
            return lambda value: schema
        return self._fits_beside_enum(schema)

    def _beside_enum(self, schema: Mapping[str, Any]) -> Callable[[JSON], bool]:
        rest = {keyword: part for keyword, part in schema.items() if keyword != "enum"}
        fits, known = self._validator(rest), dict[Hashable, bool]()

        def remembered(value: JSON) -> bool:
            key = identity(value)
            if key not in known:
                known[key] = fits(value)
            return known[key]

        return remembered

    def accepts(self, schema: Schema, node: Node) -> bool:
        """Return whether what `node` makes satisfies `schema`, as far as a few samples show."""
        make = frozen(node)
        return all(
            self.fits(schema, make(context, n)) for context in self._contexts for n in (1, 12_345)
        )

    def _validator(self, schema: Schema) -> Callable[[JSON], bool]:
        if isinstance(schema, Mapping) and _is_leaf(schema):
            return _of_leaf(json.dumps(schema, sort_keys=True), self._both)
        whole = self._schemas.standalone(schema)
        assert isinstance(whole, Mapping)
        return _checked(whole, self._both)


_KEPT = 100_000
"""Validators of parts of one schema, which has no more parts."""
_SHORT = 64
"""Keywords of a leaf, and values in an enum of it, at most."""


def _is_leaf(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema holds no other ones, so that equal ones can share a validator."""
    return (
        len(schema) <= _SHORT
        and all(
            isinstance(value, str | int | float)
            or (
                isinstance(value, list)
                and len(value) <= _SHORT
                and all(item is None or isinstance(item, str | int | float) for item in value)
            )
            for keyword, value in schema.items()
            if keyword != "description"
        )
        and "$ref" not in schema
    )


@lru_cache(maxsize=4096)
def _of_leaf(text: str, both: bool) -> Callable[[JSON], bool]:
    return _checked(json.loads(text), both)


def _checked(whole: Mapping[str, Any], both: bool) -> Callable[[JSON], bool]:
    checks = [fast_validator(dict(whole))]
    if both:
        checks.append(exact_validator(whole).is_valid)

    def fits(value: JSON) -> bool:
        try:
            return all(check(value) for check in checks)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False

    return fits
