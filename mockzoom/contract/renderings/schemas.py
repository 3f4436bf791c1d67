"""Makes schemas of the nested fields of a rendered reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockzoom.contract.renderings.fields import Field
from mockzoom.contract.renderings.heads import MISSING, FieldHead
from mockzoom.contract.renderings.nesting import inner_object
from mockzoom.contract.vocabulary import shown
from mockzoom.model import JSON

Report = Callable[[Field, str], None]
_ANY_NAME = "additionalProperty"
"""What renderers call a member of an example that stands for members of any name."""


@dataclass(frozen=True, slots=True)
class SchemaMaker:
    """Makes the schemas of one page; `quoted` says that it writes text values in quotes."""

    quoted: bool
    report: Report

    def object_of(self, fields: list[Field], example: JSON) -> dict[str, JSON]:
        """Return the schema of an object with these members."""
        shape = inner_object(example) or {}
        schema: dict[str, JSON] = {"type": "object"}
        required = [entry.name for entry in fields if entry.required]
        if required:
            schema["required"] = list(dict.fromkeys(required))
        properties: dict[str, JSON] = {}
        for entry in fields:
            if entry.name in properties:
                self.report(entry, "the list names it twice in one object; the first is read")
                continue
            known = entry.name in shape
            properties[entry.name] = self._field(entry, known, shape.get(entry.name))
        if properties:
            schema["properties"] = properties
        return schema

    def _field(self, entry: Field, known: bool, example: JSON) -> dict[str, JSON]:
        for problem in entry.head.problems:
            self.report(entry, problem)
        schema = self._head(entry, entry.head)
        types = entry.head.types
        if entry.levels and "array" in types:
            schema["items"] = self._items(entry, example)
        elif entry.members:
            schema = {**schema, **self.object_of(entry.members, example), **_types(types)}
        elif types == ["object"] and known:
            self._untyped(entry, schema, example)
        if entry.combined:
            self._combined(entry, schema)
        if not types:
            self.report(entry, "no type is shown; any value is admitted")
        return schema

    def _items(self, entry: Field, example: JSON) -> dict[str, JSON]:
        if entry.combined:
            inner: dict[str, JSON] = {}
        elif entry.members:
            inner = self.object_of(entry.members, example)
        elif entry.item is not None:
            inner = self._head(entry, entry.item)
            for problem in entry.item.problems:
                self.report(entry, problem)
        else:
            self.report(entry, "nothing is shown of its items; any items are admitted")
            inner = {}
        for _ in range(entry.levels - 1):
            inner = {"type": "array", "items": inner}
        return inner

    def _head(self, entry: Field, head: FieldHead) -> dict[str, JSON]:
        schema = _types(head.types)
        if head.format:
            schema["format"] = head.format
        if head.enum:
            schema["enum"] = self._enum(entry, head)
        if head.default is not MISSING:
            schema["default"] = head.default
        if head.nullable:
            schema["nullable"] = True
        if head.deprecated:
            schema["deprecated"] = True
        if head.description:
            schema["description"] = head.description
        return schema

    def _enum(self, entry: Field, head: FieldHead) -> list[JSON]:
        """Return an enum's values; where a page writes text without quotes, the type decides."""
        values = list(head.enum or ())
        if self.quoted or head.types != ["string"]:
            return values
        if all(isinstance(value, str) for value in values):
            return values
        self.report(entry, "its values are shown without quotes; read as text, as its type is")
        return [value if isinstance(value, str) else shown(value) for value in values]

    def _untyped(self, entry: Field, schema: dict[str, JSON], example: JSON) -> None:
        """Take away the type `object` where the example has none: so a missing type is shown."""
        if not isinstance(example, dict):
            del schema["type"]
            message = f"it is shown as object, and as {shown(example)} in the example; its type is"
            self.report(entry, f"{message} left open")
            return
        unknown = [name for name in example if not name.startswith(_ANY_NAME)]
        if unknown and not entry.combined:
            names = ", ".join(map(shown, unknown[:10]))
            message = f"the example shows members that are not described ({names}): perhaps one of"
            self.report(entry, f"{message} several alternatives; any member is admitted")

    def _combined(self, entry: Field, schema: dict[str, JSON]) -> None:
        message = f"the rendering shows {entry.combined.lower()!r} without telling the schemas"
        self.report(entry, f"{message} apart; what they say is not checked")
        for keyword in ("properties", "required"):
            schema.pop(keyword, None)


def _types(types: list[str]) -> dict[str, JSON]:
    if not types:
        return {}
    return {"type": types[0] if len(types) == 1 else types}
