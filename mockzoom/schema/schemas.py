"""A self-contained schema: its references followed, its places and what it mentions looked up."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import islice
from typing import Any

from mockzoom.model import JSON
from mockzoom.schema.form import Contradiction, Form, Schema
from mockzoom.schema.pointer import MISSING, get, split
from mockzoom.schema.values import identity


class Schemas:
    """The self-contained schema of one event, as a source of forms."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._joined: dict[tuple[int, ...], Schema] = {}

    def form(self, schema: Schema) -> Form:
        """Return what `schema` wants, `$ref` and `allOf` worked in.

        Raises `Contradiction` where it is plain that nothing satisfies it.
        """
        form = Form(joined=self._joined)
        self.absorb(form, schema)
        return form

    def absorb(self, form: Form, schema: Schema, seen: tuple[str, ...] = ()) -> None:
        """Add what `schema` wants to `form`; raises `Contradiction` as `form` does."""
        if schema is True:
            return
        if not isinstance(schema, Mapping):
            raise Contradiction("", "the schema is false")
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            self.absorb(form, self.resolve(reference), (*seen, reference))
        for part in schema.get("allOf", ()):
            self.absorb(form, part, seen)
        form.add(schema)

    def resolve(self, reference: str) -> Schema:
        """Return the schema a local `$ref` leads to."""
        found = get(self.root, split(reference.lstrip("#")))
        if found is MISSING:
            raise Contradiction("$ref", f"$ref {reference} leads nowhere")
        schema: Schema = found
        return schema

    def standalone(self, schema: Schema) -> Schema:
        """Return `schema` with the definitions that its references need, for a validator."""
        if not isinstance(schema, Mapping) or schema is self.root:
            return schema
        if not isinstance(self.root, Mapping):
            return schema
        kept = {key: self.root[key] for key in ("$defs", "definitions") if key in self.root}
        return {**kept, **schema} if kept else schema

    def names(self, tokens: list[str]) -> bool:
        """Return whether the schema names the field at `tokens`, in any branch."""
        return bool(self.at(tokens))

    def at(self, tokens: list[str]) -> list[Schema]:
        """Return every schema, of any branch, that speaks of the place at `tokens`."""
        schemas = [self.root]
        for token in tokens:
            schemas = [found for schema in schemas for found in self._below(schema, token)]
        return schemas

    def _below(self, schema: Schema, token: str) -> Iterator[Schema]:
        for part in self.parts(schema):
            found = part.get("properties", {}).get(token)
            if found is not None:
                yield found
            if token.isdecimal():
                prefix = part.get("prefixItems", [])
                yield from prefix[int(token) : int(token) + 1]
                if int(token) >= len(prefix) and isinstance(part.get("items"), Mapping):
                    yield part["items"]

    def parts(self, schema: Schema, seen: tuple[str, ...] = ()) -> Iterator[Mapping[str, Any]]:
        """Yield `schema` and every schema that speaks of the same place, in any branch."""
        if not isinstance(schema, Mapping):
            return
        yield schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            yield from self.parts(self.resolve(reference), (*seen, reference))
        for keyword in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(keyword, ()):
                yield from self.parts(part, seen)
        for keyword in ("then", "else"):
            if keyword in schema:
                yield from self.parts(schema[keyword], seen)


_PLAIN: tuple[JSON, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, "", "a", "0", [], {}, [None], [0], ["a"], [0, 1], [True],
    {"a": 0}, {"a": "a"}, -0.5, 10, 100, 1000, 3, 7, "abc", "word", [[]], [{}], {"a": None},
)  # fmt: skip
_MOST = 400


def literals(root: Schema, schema: Schema) -> list[JSON]:
    """Return values mentioned in `schema` (then in `root`), and plain ones of every type."""
    found: dict[Hashable, JSON] = {}
    for value in islice(_all(root, schema), _MOST * 4):
        if len(found) >= _MOST:
            break
        found.setdefault(identity(value), value)
    return list(found.values())


def _all(root: Schema, schema: Schema) -> Iterator[JSON]:
    yield from _mentioned(schema)
    yield from _PLAIN
    if root is not schema:
        yield from _mentioned(root)


def _mentioned(schema: JSON) -> Iterator[JSON]:
    if isinstance(schema, list):
        for part in schema:
            yield from _mentioned(part)
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword in ("const", "default", "example"):
            yield value
        elif keyword in ("enum", "examples") and isinstance(value, list):
            yield from value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield from (value, value + 1, value - 1)
            if keyword in ("minLength", "maxLength") and 0 <= value < 10_000:
                yield "a" * int(value)
        elif isinstance(value, (Mapping, list)):
            yield from _mentioned(value)
