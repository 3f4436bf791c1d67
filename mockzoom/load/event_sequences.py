"""What is sent under load: events of many meetings at once, each meeting's in their order."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import Runner
from mockzoom.schema.pointer import leaves

APART = 64
"""Sequences that go on at the same time, at least: the events of one do not overtake each other."""


OwnPlaces: TypeAlias = Mapping[tuple[str, int], Sequence[str]]
"""Where an event has values that tell it from all others (JSON pointers): by the last event of its
sequence, and its step in that."""


class SequencePlace(NamedTuple):
    """Where an event stands: the number of its sequence, the last event of that, and its step."""

    sequence: int
    ends_with: str
    step: int
    own: tuple[str, ...] = ()
    """Its values at the places that tell it from all others."""


class EventSequences:
    """Gives one genuine event after the other, each about entities that nobody has used.

    A sequence is an event with those that happened before it. Many of them go on at the same time,
    and take turns. `own` are the places of values that are wanted with each event.
    """

    def __init__(
        self, runner: Runner, cases: Sequence[TestCase], rate: float, own: OwnPlaces | None = None
    ) -> None:
        self._runner = runner
        self.own = own or {}
        self._cases = cases
        self._turn = 0
        self._together = max(APART, round(rate))
        self._going: deque[Iterator[tuple[TestCase, SequencePlace]]] = deque()

    @property
    def events(self) -> list[str]:
        """The last event of each kind of sequence."""
        return [case.event for case in self._cases]

    def next(self) -> tuple[TestCase, SequencePlace]:
        """Return the next event, and where it stands."""
        while True:
            if len(self._going) < self._together:
                self._going.append(self._sequence())
            sequence = self._going.popleft()
            event = next(sequence, None)
            if event is not None:
                self._going.append(sequence)
                return event

    def _sequence(self) -> Iterator[tuple[TestCase, SequencePlace]]:
        number, self._turn = self._turn, self._turn + 1
        last = self._runner.anew(self._cases[number % len(self._cases)])
        for step, case in enumerate((*last.prelude, last)):
            places = self.own.get((last.event, step), ())
            values = values_of(case.body) if places else {}
            own = tuple(values.get(place, "") for place in places)
            yield case, SequencePlace(number, last.event, step, own)


def values_of(body: bytes) -> dict[str, str]:
    """Return the values of an event as texts, by their places."""
    return {place: str(value) for place, value in leaves(json.loads(body))}
