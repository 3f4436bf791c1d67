"""Proofs of mutants: that each is invalid for the reason it records, and for no other.

jsonschema must report the keyword at the pointer, and nothing at any other place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema.constraints import speaks_of
from mockzoom.schema.form import Schema
from mockzoom.schema.operators import Tokens
from mockzoom.schema.validators import SchemaError, errors, errors_by, exact_validator

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_ELSEWHERE = frozenset({"$ref", "$dynamicRef"})
_NAMES_COUNT = frozenset({"additionalProperties", "unevaluatedProperties"})
"""Keywords that speak of the properties which `properties` does not name."""
Proof: TypeAlias = Callable[[Event, Tokens], bool]
"""Tells whether a mutant, made by a change at a place, is proven."""


def proves(spec: EventSpec, mutant: Event) -> bool:
    """Tell whether `mutant` is invalid for the reason that its `mutation` records, and no other."""
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
