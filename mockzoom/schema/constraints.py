"""Every constraint at every place of a body, found by walking schema and body together.

Additional properties break no constraint here, and `Open` says what else is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mockzoom.model import JSON
from mockzoom.schema.form import HARD, Schema
from mockzoom.schema.judge import Judge
from mockzoom.schema.operators import OPERATORS, Candidate, Tokens, empty_object, to
from mockzoom.schema.pointer import join
from mockzoom.schema.schemas import Schemas, literals
from mockzoom.schema.values import is_type, matches, type_of


class Open(Protocol):
    """What may be otherwise than a schema says, so that it is not broken."""

    def has_values(self, pointer: str, value: JSON) -> bool:
        """Return whether other values than those of enum and const may stand beside `value`."""

    def types(self, pointer: str) -> Collection[str]:
        """Return the JSON Schema types that may stand at a place, too."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One keyword at one place of an event, and how to break it."""

    id: str
    """The place (`*` for any item), the place in the schema, the keyword, and the field's name."""
    keyword: str
    tokens: Tokens
    """The place at which validators report it."""
    attempts: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the walk is: in the body, in the schema, and inside which alternatives."""

    tokens: Tokens
    path: str
    branch: tuple[str, Tokens] | None = None
    """The outermost oneOf, anyOf or the like around this place: what validators report."""

    def below(self, token: str | int, step: str) -> _Spot:
        return _Spot((*self.tokens, token), self.path + step, self.branch)

    def part(self, step: str) -> _Spot:
        return _Spot(self.tokens, self.path + step, self.branch)

    def inside(self, keyword: str, step: str) -> _Spot:
        return _Spot(self.tokens, self.path + step, self.branch or (keyword, self.tokens))


class Walker:
    """Finds the constraints of bodies of one schema."""

    def __init__(self, schema: Schema, open_: Open) -> None:
        self.schemas = Schemas(schema)
        self.judge = Judge(self.schemas)
        self.by_value = speaks_of(schema, HARD)
        """Whether it depends on values, not on structure alone, which constraints apply."""
        self._open = open_

    def constraints(self, body: JSON) -> Iterator[Constraint]:
        """Yield the constraints that `body`, a valid one, meets."""
        yield from self._schema(self.schemas.root, body, _Spot((), "#"), ())

    def _schema(
        self, schema: Schema, value: JSON, spot: _Spot, seen: tuple[str, ...]
    ) -> Iterator[Constraint]:
        if not isinstance(schema, Mapping):
            return
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            target = self.schemas.resolve(reference)
            there = _Spot(spot.tokens, reference, spot.branch)
            yield from self._schema(target, value, there, (*seen, reference))
        yield from self._keywords(schema, value, spot)
        yield from self._alternatives(schema, value, spot, seen)
        if isinstance(value, Mapping):
            yield from self._fields(schema, value, spot)
        elif isinstance(value, list):
            yield from self._items(schema, value, spot)

    def _keywords(
        self, schema: Mapping[str, Any], value: JSON, spot: _Spot
    ) -> Iterator[Constraint]:
        for keyword, types, operator in OPERATORS:
            if keyword not in schema or (types and type_of(value) not in types):
                continue
            if keyword in ("enum", "const") and self._open.has_values(join(spot.tokens), value):
                continue
            attempts = operator(schema[keyword], schema, value, spot.tokens)
            if keyword == "type":
                attempts = self._undocumented(attempts, value, spot)
            if keyword in ("required", "dependentRequired"):
                for attempt in attempts:
                    yield self._constraint(keyword, spot, [attempt], attempt.operator)
            elif attempts:
                yield self._constraint(keyword, spot, attempts)
        if isinstance(value, Mapping):
            attempts = empty_object(schema, spot.tokens)
            if attempts:
                yield self._constraint("required", spot, attempts, "all")

    def _undocumented(self, attempts: list[Candidate], value: JSON, spot: _Spot) -> list[Candidate]:
        """Leave out the types that may stand there, too."""
        types = self._open.types(join(spot.tokens))
        return [attempt for attempt in attempts if not is_type(attempt.changes[0](value), types)]

    def _constraint(
        self, keyword: str, spot: _Spot, attempts: list[Candidate], detail: str = ""
    ) -> Constraint:
        place = "/".join("*" if isinstance(token, int) else token for token in spot.tokens)
        named = f"/{place} {spot.path}/{keyword} {detail}".rstrip()
        if spot.branch is None:
            return Constraint(named, keyword, spot.tokens, tuple(attempts))
        outer, tokens = spot.branch
        return Constraint(named, outer, tokens, tuple(attempts))

    # -- what is nested -----------------------------------------------------------------------

    def _alternatives(
        self, schema: Mapping[str, Any], value: JSON, spot: _Spot, seen: tuple[str, ...]
    ) -> Iterator[Constraint]:
        for position, part in enumerate(schema.get("allOf", ())):
            yield from self._schema(part, value, spot.part(f"/allOf/{position}"), seen)
        for keyword in ("oneOf", "anyOf"):
            for position, part in enumerate(schema.get(keyword, ())):
                if self.judge.fits(part, value):
                    inside = spot.inside(keyword, f"/{keyword}/{position}")
                    yield from self._schema(part, value, inside, seen)
            if keyword in schema:
                yield from self._no_branch(schema, keyword, value, spot)
        if "not" in schema:
            found = [v for v in literals(True, schema["not"]) if self.judge.fits(schema["not"], v)]
            changes = tuple(to(v) for v in found[:24])
            yield self._constraint(
                "not", spot, [Candidate("what is ruled out", spot.tokens, changes)]
            )
        if "if" in schema:
            branch = "then" if self.judge.fits(schema["if"], value) else "else"
            yield from self._schema(schema.get(branch, True), value, spot.part(f"/{branch}"), seen)
        for name, part in schema.get("dependentSchemas", {}).items():
            if isinstance(value, Mapping) and name in value:
                yield from self._schema(part, value, spot.part(f"/dependentSchemas/{name}"), seen)

    def _no_branch(
        self, schema: Mapping[str, Any], keyword: str, value: JSON, spot: _Spot
    ) -> Iterator[Constraint]:
        plain: list[JSON] = [{}, [], "mz", 12345, True, None, 1.5]
        same_type = [v for v in plain if type_of(v) == type_of(value)]
        others = [v for v in plain if v not in same_type]
        attempts = [
            Candidate("no branch", spot.tokens, tuple(to(v) for v in [*same_type, *others])),
        ]
        if isinstance(value, Mapping) and keyword == "oneOf":
            several = tuple(to({**value, **more}) for more in self._fields_of(schema[keyword]))
            attempts.append(Candidate("several branches", spot.tokens, several))
        yield self._constraint(keyword, spot, attempts)

    def _fields_of(self, branches: list[Schema]) -> list[dict[str, JSON]]:
        """Return what would make an object satisfy each branch: its fields, as plain text."""
        return [
            dict.fromkeys(part.get("properties", {}), "text")
            for branch in branches
            for part in self.schemas.parts(branch)
        ]

    def _fields(
        self, schema: Mapping[str, Any], value: Mapping[str, JSON], spot: _Spot
    ) -> Iterator[Constraint]:
        properties = schema.get("properties", {})
        patterned = schema.get("patternProperties", {})
        for name, item in value.items():
            found = [(f"/properties{join([name])}", properties[name])] if name in properties else []
            for pattern, part in patterned.items():
                if matches(pattern, name):
                    found.append((f"/patternProperties{join([pattern])}", part))
            if not found and "additionalProperties" in schema:
                found.append(("/additionalProperties", schema["additionalProperties"]))
            for step, part in found:
                yield from self._schema(part, item, spot.below(name, step), ())

    def _items(
        self, schema: Mapping[str, Any], value: list[JSON], spot: _Spot
    ) -> Iterator[Constraint]:
        prefix = schema.get("prefixItems", [])
        for position, item in enumerate(value):
            if position < len(prefix):
                step, part = f"/prefixItems/{position}", prefix[position]
            else:
                step, part = "/items", schema.get("items", True)
            yield from self._schema(part, item, spot.below(position, step), ())


def speaks_of(schema: JSON, keywords: frozenset[str]) -> bool:
    """Return whether any of `keywords` stands anywhere in `schema`."""
    if isinstance(schema, Mapping):
        if not keywords.isdisjoint(schema):
            return True
        return any(speaks_of(part, keywords) for part in schema.values())
    return isinstance(schema, list) and any(speaks_of(part, keywords) for part in schema)
