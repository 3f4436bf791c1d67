"""What the examples of an event show of properties that its schema does not describe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mockzoom.contract.examples import inferred_schema
from mockzoom.model import JSON
from mockzoom.schema.nodes import SchemaNode, node_of

_PARTS = 400


@dataclass(frozen=True, slots=True)
class Documented:
    """Every value within the examples of an event, up to a bound; the outermost come first."""

    parts: tuple[JSON, ...] = ()

    @classmethod
    def of(cls, examples: Iterable[JSON]) -> Documented:
        """Collect the examples and what is in them."""
        parts = list(examples)
        for part in parts:
            if len(parts) > _PARTS:
                break
            if isinstance(part, dict | list):
                parts += part.values() if isinstance(part, dict) else part
        return cls(tuple(parts))

    def schema(self, name: str, node: SchemaNode) -> SchemaNode | None:
        """Return what a property looks like where an example shows the object that `node` is for.

        An object counts as that one if it has most of the other properties that are required or
        described. None if no example shows the property.
        """
        wanted = {*node.get("required", ()), *node.get("properties", {})} - {name}
        seen = [
            part[name]
            for part in self.parts
            if isinstance(part, dict) and name in part and 2 * len(wanted & {*part}) >= len(wanted)
        ]
        if not seen:
            return None
        schema = node_of(inferred_schema(seen), node.file, node.pointer)
        return schema if isinstance(schema, SchemaNode) else None
