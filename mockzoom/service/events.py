"""The event contract of the service: schemas, samples valid and malformed, and their checking."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockzoom.contract import Contract, errors
from mockzoom.engine.case import TestCase
from mockzoom.errors import NotFound, UsageError
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.suites.cases import NAMED_KINDS, TestCases, parse_case
from mockzoom.synth import encode
from mockzoom.synth.pins import pins_of


@dataclass(frozen=True, slots=True)
class BrokenConstraint:
    """What a body breaks: where, which keyword of the schema, and how."""

    pointer: str
    keyword: str
    message: str


@dataclass(frozen=True, slots=True)
class CaseInWords:
    """A test case by its name, and what it is."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """Test cases of one sort."""

    title: str
    cases: tuple[CaseInWords, ...]


_MUTANT = "mutant"
_OTHERS = "Malformed on the wire"
_GROUPS: Mapping[str, frozenset[str]] = {
    "As Zoom sends it": frozenset({"valid", "non-ascii"}),
    "As Zoom may send it tomorrow": frozenset({"unknown", "invented", "field", "variant"}),
    "Otherwise spelt": frozenset({"spaced", "escaped", "title-case", "upper-case"}),
    "Breaks the schema": frozenset({_MUTANT}),
    _OTHERS: frozenset(),
}
_WORDS: Mapping[str, str] = {
    "valid": "valid", "non-ascii": "valid, with text beyond ASCII",
    "unknown": "of an event type that nobody knows: ", "invented": "of a product of tomorrow: ",
    "field": "with a new field: ", "variant": "with the other documented value: ",
    "title-case": "header names ", "upper-case": "header names ",
    "challenge": "the URL validation", "oracle": "a URL validation that asks for a signature",
}  # fmt: skip
_MOST_MUTANTS = 200


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

    def menu(self, name: str) -> tuple[CaseGroup, ...]:
        """Return the test cases of an event in words, by group."""
        cases = TestCases(self.contract, self._seed, 0)
        found: dict[str, list[CaseInWords]] = {title: [] for title in _GROUPS}
        for kind in NAMED_KINDS:
            title = next((group for group, kinds in _GROUPS.items() if kind in kinds), _OTHERS)
            shown = _MOST_MUTANTS if kind == _MUTANT else 1
            for index in range(shown):
                case = f"{kind}:0:{index}" if kind == _MUTANT else f"{kind}:0"
                try:
                    detail = cases.prepare(name, parse_case(case)).detail
                except UsageError:
                    break
                words = f"{_WORDS.get(kind, '')}{detail}" or kind
                found[title].append(CaseInWords(case, words))
        return tuple(CaseGroup(title, tuple(items)) for title, items in found.items() if items)

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
