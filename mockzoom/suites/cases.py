"""Makes test cases of every suite, by name or from a body that somebody wrote.

`TestCases` makes the cases that `mockzoom.engine.case` names. `by_hand` tells what a body that was
written by hand is by the contract, the same on every surface: a valid event has to be acknowledged;
one that a newer contract may hold, too; a mutant may be refused, but must not make the receiver
fail.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NoReturn, TypeVar

from msgspec.structs import replace

from mockzoom.contract import Contract, errors, valid
from mockzoom.engine.case import CHALLENGE, UNNAMED, CaseName, Kind, TestCase, parse_name
from mockzoom.engine.sending import HOUR
from mockzoom.errors import UsageError
from mockzoom.model import JSON, Event, EventSpec
from mockzoom.schema import pointer
from mockzoom.suites import KINDS
from mockzoom.suites.authenticity import NON_ASCII
from mockzoom.suites.challenge import GENUINE, ORACLE, challenge_case
from mockzoom.suites.events import VALID
from mockzoom.suites.evolution import FIELD, UNKNOWN, VARIANT, carried_variant, variant_detail
from mockzoom.suites.malformed import MUTANT, mutation_detail, raw_body
from mockzoom.synth import encode, encoded, shapes, synthesise, with_ascii
from mockzoom.synth.entity_set import entities_before, entities_of
from mockzoom.synth.pins import NO_PINS, Pins
from mockzoom.zoom.preludes import prelude
from mockzoom.zoom.url_validation import ORACLE_PREFIX, PLAIN, plain_token

_Made = TypeVar("_Made")

NAMED_KINDS = (
    *(kind.name for kind in KINDS.values() if kind.make is not None), GENUINE.name, ORACLE.name,
)  # fmt: skip
"""What the name of a case can begin with."""
_FIRST = CaseName(VALID.name)
_NEW_FIELDS = frozenset({"additionalProperties", "unevaluatedProperties"})


def parse_case(text: str) -> CaseName:
    """Read the name of a case; raise `UsageError` where it is none."""
    return parse_name(text, (*NAMED_KINDS, *UNNAMED))


class TestCases:
    """Makes cases from the contract, one seed and one payload clock (epoch ms)."""

    __test__ = False  # pytest collects classes of this name

    def __init__(self, contract: Contract, seed: int, at_ms: int, pins: Pins = NO_PINS) -> None:
        self.contract = contract
        self.pins = pins
        self.seed = seed
        self.at_ms = at_ms
        self._first: dict[str, TestCase] = {}
        """The first shape of each event, which a run asks for more than once."""

    def at_ms_of(self, entities: int) -> int:
        """Return the payload clock of an entity set: other entities, another second of the hour."""
        return self.at_ms - 1000 * (entities % HOUR)

    def event(self, spec: EventSpec, name: CaseName) -> Event:
        """Return the valid event that `name` starts from."""
        return self._with_choices(synthesise, spec, name)

    def _with_choices(self, make: Callable[..., _Made], spec: EventSpec, name: CaseName) -> _Made:
        """Call `make` (synthesise, encoded) with what `name` chooses."""
        return make(
            spec,
            seed=self.seed,
            index=name.index,
            at_ms=self.at_ms_of(name.entities),
            entities=name.entities,
            ascii_only=name.ascii_only,
            pins=self.pins,
        )

    def check_pins(self, specs: Iterable[EventSpec]) -> None:
        """Raise `PinnedValueError` where a pinned value breaks the schema of one of `specs`."""
        if not self.pins:
            return
        for spec in specs:
            for index in range(shapes(spec)):
                self.event(spec, CaseName(VALID.name, index))

    def prepare(self, event: str, name: CaseName) -> TestCase:
        """Make the case `name` of an event; raise `UsageError` where there is no such case."""
        if event == CHALLENGE:
            return challenge_case(name, self.seed, self.at_ms)
        spec = self.contract.get(event)
        if name == _FIRST:
            if event not in self._first:
                self._first[event] = self._valid(spec, name)
            return self._first[event]
        if name.kind == VALID.name and not name.part:
            return self._valid(spec, name)
        made = next(self._made(spec, name), None)
        if made is None or (made.name.part or 0) != (name.part or 0):
            raise UsageError(f"{event} has no case {name}")
        return replace(made, name=name)

    def parts(
        self, event: str, name: CaseName, entities: Callable[[], int] | None = None
    ) -> Iterator[TestCase]:
        """Yield every part of a case that has several (`field`, `variant`, `mutant`).

        Where `entities` is given, it is asked for the entity set of each part.
        """
        spec = self.contract.get(event)
        if entities is None:
            yield from self._made(spec, replace(name, part=0))
            return
        part = 0
        while True:
            own = replace(name, part=part, entities=entities())
            case = next(self._made(spec, own), None)
            if case is None:
                return
            yield case
            part = (case.name.part or 0) + 1

    def about(self, case: TestCase, entities: int) -> TestCase:
        """Return the same case about other entities, with what has to be delivered before it.

        What no name makes again, a body by hand or at random, stays as it is.
        """
        if not case.kind.has_entities or not case.name.is_made_again:
            return case
        own = self.prepare(case.event, replace(case.name, entities=entities))
        made = replace(
            own, kind=case.kind, detail=case.detail, forge=case.forge, own_rules=case.own_rules,
            control=case.control, twin=case.twin, sibling=case.sibling,
        )  # fmt: skip
        return replace(made, prelude=self.prelude(made)) if case.kind.has_prelude else made

    def unused(self, case: TestCase) -> TestCase:
        """Return the same case about entities that nobody has used: the clock chooses them.

        They have the same peculiarities (see `mockzoom.engine.runner.Runner.next_entities`).
        """
        number = time.time_ns() // 1_000_000 % 2**40
        return self.about(case, 4 * number + case.name.entities % 4)

    def prelude(self, case: TestCase) -> tuple[TestCase, ...]:
        """Return what happened before a case, about the same entities, the first event first.

        Each is valid, and its times are those that the case speaks of. A case that was written by
        hand has none: nobody knows whom it is about.
        """
        before = prelude(case.event) if case.name.is_made_again else ()
        return tuple(
            self._before(case, step, event)
            for step, event in enumerate(before)
            if event in self.contract.known
        )

    def is_linked(self, case: TestCase) -> bool:
        """Return whether a case still carries every id that it shares with its prelude.

        Without one of them it is, for a receiver, about entities that it has never heard of.
        """
        before = self.prelude(case)
        if not before:
            return True
        name = replace(case.name, kind=VALID.name, part=None)
        genuine = dict(pointer.leaves(json.loads(self.prepare(case.event, name).body)))
        told = {
            _spelt(value) for one in before for _, value in pointer.leaves(json.loads(one.body))
        }
        try:
            carried = dict(pointer.leaves(json.loads(case.body)))
        except (ValueError, RecursionError):
            return False
        return all(
            place in carried and _spelt(carried[place]) == _spelt(value)
            for place, value in genuine.items()
            if _is_id(value) and _spelt(value) in told
        )

    def _before(self, case: TestCase, step: int, event: str) -> TestCase:
        """Return the event numbered `step` of a prelude, told in the entity set of its case."""
        name = CaseName(VALID.name, entities=case.name.entities, ascii_only=case.name.ascii_only)
        own = entities_of(
            case.event, self.seed, self.at_ms_of(name.entities), name.entities, name.ascii_only,
            self.pins,
        )  # fmt: skip
        entities, spec = entities_before(step, case.event, own), self.contract.get(event)
        made = synthesise(spec, at_ms=entities.at_ms, entities=entities, ascii_only=name.ascii_only)
        return TestCase(name, VALID, event, encode(made.body), variant=carried_variant(spec, made))

    def _made(self, spec: EventSpec, name: CaseName) -> Iterator[TestCase]:
        if name.kind in UNNAMED:
            raise UsageError(f"--case {name}: such bodies have no name; deliver one with --body")
        make = KINDS[name.kind].make
        if make is None:
            raise UsageError(f"{spec.name} has no case {name}: that is of {CHALLENGE}")
        return make(self, spec, name)

    def _valid(self, spec: EventSpec, name: CaseName) -> TestCase:
        if not spec.variants:
            return TestCase(name, VALID, spec.name, self._with_choices(encoded, spec, name))
        event = self.event(spec, name)
        variant = carried_variant(spec, event)
        return TestCase(name, VALID, spec.name, encode(event.body), variant=variant)

    def replayed(self, event: str, name: CaseName) -> TestCase:
        """Make the case of a report as it is judged alone, without a run around it.

        A valid shape that carries a documented variant is judged as that variant, and non-ASCII
        text as the valid event that it is: where it is refused, it is compared with the same event
        in ASCII words. Raises `UsageError` where there is no such case.
        """
        case = self.prepare(event, name)
        if case.kind is NON_ASCII:
            return case.judged_as(VALID)
        return case.judged_as(VARIANT, case.variant) if case.variant else case

    def by_hand(self, event: Event, body: bytes | None = None) -> TestCase:
        """Return what an event that somebody wrote is by the contract.

        `body` are its bytes, where they were written, too; they are delivered as they are.
        """
        name = _name_of(event)
        data = encode(event.body) if body is None else body
        if name == CHALLENGE:
            return _challenge_by_hand(event, data)
        spec = self.contract.known.get(name)
        if spec is None:
            return _by_hand(UNKNOWN, name, data, name)
        kind, detail = _kind_of(spec, event)
        case = _by_hand(kind, name, data, detail)
        if kind is VALID and not data.isascii():
            return case.compared_with(_by_hand(VALID, name, encode(with_ascii(spec, event).body)))
        return case

    def of_bytes(self, event: str, body: bytes) -> TestCase:
        """Return what a body that somebody wrote is: an event, or else a malformed body."""
        try:
            read = read_json(body.decode())
        except (ValueError, RecursionError):
            read = None
        is_event = isinstance(read, dict)
        return self.by_hand(Event(event, read), body) if is_event else raw_body(event, body)

    def genuine_like(self, case: TestCase) -> TestCase:
        """Return a valid event that an odd one is compared with; in ASCII words where that one is.

        It is of the same type; for an unknown type, of the same namespace where there is one.
        """
        events = self.contract.events
        spec = self.contract.known.get(case.event)
        if spec is None:
            namespace = case.event.partition(".")[0] + "."
            similar = [name for name in events if name.startswith(namespace)]
            spec = self.contract.get((similar or list(events))[0])
        ascii_only = case.body.isascii()
        for index in range(shapes(spec)):
            genuine = self.prepare(spec.name, CaseName(VALID.name, index, ascii_only=ascii_only))
            if not genuine.variant:
                return genuine
        return self.prepare(spec.name, CaseName(VALID.name, ascii_only=ascii_only))


_SHORTEST_ID = 8
"""Characters from which a text that two events share is taken for an id."""


def _is_id(value: JSON) -> bool:
    return isinstance(value, (str, int)) and len(str(value)) >= _SHORTEST_ID


def _spelt(value: JSON) -> str:
    return json.dumps(value, sort_keys=True)


def _name_of(event: Event) -> str:
    body = event.body
    named = body.get("event") if isinstance(body, Mapping) else None
    return named if isinstance(named, str) else event.name


def _by_hand(kind: Kind, event: str, body: bytes, detail: str = "", token: str = "") -> TestCase:
    return TestCase(CaseName("by-hand"), kind, event, body, detail, token)


def _challenge_by_hand(event: Event, body: bytes) -> TestCase:
    token = plain_token(event.body)
    if not token:
        return _by_hand(MUTANT, CHALLENGE, body, f"no {PLAIN}")
    if token.startswith(ORACLE_PREFIX):
        # Zoom's tokens never look like that: signed, it may be refused; forged, it has to be.
        return _by_hand(MUTANT, CHALLENGE, body, "", token)
    return _by_hand(GENUINE, CHALLENGE, body, "", token)


def _kind_of(spec: EventSpec, event: Event) -> tuple[Kind, str]:
    if event.mutation is not None:
        return MUTANT, mutation_detail(event)
    if valid(spec, event.body):
        carried = carried_variant(spec, event)
        return (VARIANT, carried) if carried else (VALID, "")
    broken = errors(spec, event.body)
    places = {error.pointer for error in broken}
    if broken and all(error.keyword in _NEW_FIELDS for error in broken):
        return FIELD, "in " + ", ".join(sorted(place or "/" for place in places))
    for variant in spec.variants:
        value = pointer.get(event.body, pointer.split(variant.pointer))
        if places == {variant.pointer} and value == variant.value:
            return VARIANT, variant_detail(variant)
    what = "; ".join(f"{error.pointer or '/'}: {error.message}" for error in broken[:3])
    return MUTANT, what or "against its schema"


def read_json(text: str | bytes) -> JSON:
    """Return the JSON that somebody wrote; raise `ValueError` where it is none, as NaN is none.

    Raises `RecursionError` where it is nested too deeply to be read.
    """
    return json.loads(text, parse_constant=_refused)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
