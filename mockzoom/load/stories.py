"""What is sent under load: events of many meetings at once, each meeting's in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import Runner

APART = 64
"""Stories that go on at the same time at least: so the events of one do not overtake each other."""


class Stories:
    """Gives one genuine event after the other, each about entities that nobody has used.

    A story is an event with those that happened before it. Many of them go on at the same time, and
    take turns.
    """

    def __init__(self, runner: Runner, cases: Sequence[TestCase], rate: float) -> None:
        self._runner = runner
        self._cases = cases
        self._turn = 0
        self._together = max(APART, round(rate))
        self._going: deque[Iterator[TestCase]] = deque()

    def next(self) -> TestCase:
        """Return the next event."""
        while True:
            if len(self._going) < self._together:
                self._going.append(self._story())
            story = self._going.popleft()
            case = next(story, None)
            if case is not None:
                self._going.append(story)
                return case

    def _story(self) -> Iterator[TestCase]:
        case = self._runner.anew(self._cases[self._turn % len(self._cases)])
        self._turn += 1
        yield from case.prelude
        yield case
