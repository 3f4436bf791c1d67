"""What an example says otherwise than its schema."""

from __future__ import annotations

from dataclasses import dataclass

from mockzoom.model import JSON

_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True)
class ExampleMismatch:
    """An example's value at one place of the body that the schema does not admit."""

    pointer: str
    keyword: str
    value: JSON
    message: str
    types: tuple[str, ...] = ()
    """The types that the schema asks for, where `keyword` is `type`."""


def other_type(found: ExampleMismatch) -> str | None:
    """Return what to say of a scalar that has another scalar type; None for anything else."""
    scalar = isinstance(found.value, str | int | float)
    if found.keyword != "type" or not scalar or not set(found.types) <= _SCALARS:
        return None
    return f"the example has it; the schema says {' or '.join(found.types)}"
