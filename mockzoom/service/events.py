"""The event contract of the service: schemas, samples valid and malformed, and their checking."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockzoom.contract import Contract, errors
from mockzoom.engine.case import TestCase
from mockzoom.errors import NotFound, UsageError
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.suites.cases import TestCases, parse_case
from mockzoom.synth import encode
from mockzoom.synth.pins import pins_of


@dataclass(frozen=True, slots=True)
class BrokenConstraint:
    """What a body breaks: where, which keyword of the schema, and how."""

    pointer: str
    keyword: str
    message: str


class Events:
    """The contract's events."""

    def __init__(
        self, contract: Contract, seed: int, entities: Mapping[str, str] | None = None
    ) -> None:
        self.contract = contract
        self._entities = entities or {}
        self._seed = seed

    def find(
        self, globs: Sequence[str] = (), products: Sequence[str] = ()
    ) -> tuple[EventSpec, ...]:
        """Return the events whose name matches one of `globs`; all without any.

        `products` are those to look in; raises `UsageError` for an unknown one.
        """
        return self.contract.of(products).select(globs)

    def products(self) -> tuple[str, ...]:
        """Return the names of all products."""
        return self.contract.all_products()

    def get(self, name: str) -> EventSpec:
        """Return one event; raise `NotFound` with the nearest names."""
        try:
            return self.contract.get(name)
        except UsageError as error:
            raise NotFound(str(error)) from None

    def sample(
        self, name: str, case: str = "valid:0", seed: int | None = None, at_ms: int | None = None,
        entities: Mapping[str, str] | None = None,
    ) -> TestCase:  # fmt: skip
        """Make one case of an event, as `mockzoom send --case` does.

        `entities` are pinned beside those that the service pins. Raises `NotFound` for
        an unknown event, `UsageError` for a case that it does not have.
        """
        self.get(name)
        moment = int(time.time() * 1000) if at_ms is None else at_ms
        pins = pins_of({**self._entities, **(entities or {})})
        cases = TestCases(self.contract, self._seed if seed is None else seed, moment, pins)
        return cases.replayed(name, parse_case(case))

    def check(self, name: str, body: JSON) -> list[BrokenConstraint]:
        """Return what `body` breaks of the event's contract; nothing where it is valid."""
        found = errors(self.get(name), body)
        return [BrokenConstraint(error.pointer, error.keyword, error.message) for error in found]

    def written(self, name: str, body: JSON) -> TestCase:
        """Make a case of a body that was written by hand."""
        self.get(name)
        if not isinstance(body, dict):
            raise UsageError("body: expected one JSON object")
        try:
            data = encode(body)
        except (ValueError, UnicodeEncodeError, RecursionError) as error:
            raise UsageError(f"body: it cannot be written as JSON: {error}") from None
        cases = TestCases(
            self.contract, self._seed, int(time.time() * 1000), pins_of(self._entities)
        )
        return cases.by_hand(Event(name, body), data)
