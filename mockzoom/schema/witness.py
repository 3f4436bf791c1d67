"""Makes one plain value for a schema: the proof that it can be satisfied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockzoom.model import JSON
from mockzoom.schema.build import Builder
from mockzoom.schema.choices import Chooser
from mockzoom.schema.form import Contradiction
from mockzoom.schema.leaves import Leaves
from mockzoom.schema.nodes import SchemaNode, plain_schema
from mockzoom.schema.pointer import MISSING
from mockzoom.schema.shape import frozen
from mockzoom.schema.validators import fast_validator

_BUDGET = 20_000
"""So many parts are tried for one value; what needs more counts as not found."""
_HEAVIEST = 20_000
"""What is optional and holds more values than these is left out."""


def made_for(node: SchemaNode, definitions: dict[str, JSON]) -> JSON:
    """Return a value that satisfies a schema, with all that is optional; MISSING if none was found.

    The same schema gives the same value.
    """
    return search_for(node, definitions).value


@dataclass(frozen=True, slots=True)
class Witness:
    """What was found for a schema."""

    value: JSON = MISSING
    tried: int = 0
    """Parts that were tried for it."""
    is_shortened: bool = False
    """Something optional was left out, since it holds too much."""


def search_for(node: SchemaNode, definitions: dict[str, JSON]) -> Witness:
    """Return what `made_for` does, and how it was found."""
    schema = _standalone(node, definitions)
    builder = Builder(schema, Leaves(), both=False, budget=_BUDGET, heaviest=_HEAVIEST)
    try:
        value = frozen(builder.build(Chooser.first()))(builder.leaves.contexts[0], 1)
    except (Contradiction, ValueError, RecursionError):
        return Witness(tried=builder.tried)
    return Witness(value, builder.tried, is_shortened=builder.is_shortened)


def validator_of(node: SchemaNode, definitions: dict[str, JSON]) -> Callable[[JSON], bool] | None:
    """Return what tells whether a value satisfies a schema; None where that cannot be used."""
    try:
        return fast_validator(_standalone(node, definitions))
    except ValueError:
        return None


def _standalone(node: SchemaNode, definitions: dict[str, JSON]) -> JSON:
    schema = plain_schema(node)
    if definitions:
        schema["$defs"] = plain_schema(definitions)
    return schema
