"""A place of a value while that is made, with what a document says of it beside the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from msgspec import Struct
from msgspec.structs import replace

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
        return replace(
            self, path=self.path + step, pointer=self.pointer + step, name=name, parent=self.name,
            example=example, description="",
        )  # fmt: skip

    def at(self, position: int) -> Self:
        """Return the place of the item at `position`."""
        listed = self.example if isinstance(self.example, list) else []
        example = listed[min(position, len(listed) - 1)] if listed else MISSING
        return replace(
            self, path=f"{self.path}/*", pointer=f"{self.pointer}/{position}", example=example,
            description="",
        )  # fmt: skip
