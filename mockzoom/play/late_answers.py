"""Late answers: how long a run goes on with a receiver that does not answer in time.

Each late answer costs three seconds and more, and a scenario is played several times. So one cause
is pursued at most three times; what would only show it again is skipped, and the report says so.
"""

from __future__ import annotations

from time import time

from mockzoom.engine.runner import PURSUED
from mockzoom.errors import MockzoomError
from mockzoom.model import Attempt, Delivery
from mockzoom.scenario.model import Scenario

LATE_ATTEMPTS = 2
"""Attempts at one delivery that may be late: a further retry would be late for the same cause."""
LATE_IN_A_ROW = 2 * PURSUED
_TELLING = 8
"""Answers that say how slow a receiver is, at least."""


class UnresponsiveReceiver(MockzoomError):
    """Attempt after attempt has no answer in time: the rest of the run is skipped."""


class LateAnswers:
    """Counts late answers over one run."""

    def __init__(self) -> None:
        self._events: dict[str, None] = {}
        self._scenarios: dict[str, None] = {}
        self._skipped: dict[str, list[str]] = {}
        self._row = 0
        self._row_ended = 0.0
        self._playing = ""
        self._answers = 0
        self._slowest_s = 0.0

    @property
    def slowest_s(self) -> float | None:
        """Seconds that the slowest answer has taken; None as long as there were few."""
        return self._slowest_s if self._answers >= _TELLING else None

    def begin(self, scenario: Scenario) -> bool:
        """A scenario begins; tell whether it is to be played.

        After three scenarios with late answers, others are skipped whose answers would be late
        for the same cause.
        """
        late = [event for event in scenario.events if event in self._events]
        if late and len(self._scenarios) >= PURSUED:
            self._skipped.setdefault(late[0], []).append(scenario.title)
            return False
        self._playing = scenario.title
        return True

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """Take an attempt.

        Raises `UnresponsiveReceiver` at the sixth in a row without an answer, each begun after the
        other.
        """
        if not attempt.timed_out:
            self._row = 0
            self._answers += 1
            self._slowest_s = max(self._slowest_s, attempt.timings.answer or 0.0)
            return
        self._events.setdefault(delivery.event or "")
        self._scenarios.setdefault(self._playing)
        if attempt.started_at >= self._row_ended:
            self._row += 1
            self._row_ended = time()
        if self._row >= LATE_IN_A_ROW:
            raise UnresponsiveReceiver(
                f"{self._row} attempts in a row had no answer in time: what follows was skipped,"
                " same cause"
            )

    @property
    def is_spent(self) -> bool:
        """Whether late answers have been pursued in enough scenarios, and the one now is another.

        Such a scenario is played, but not compared.
        """
        return self._playing in list(self._scenarios)[PURSUED:]

    def notices(self) -> list[str]:
        """Return what the report says of scenarios that were not played."""
        return [
            f"{', '.join(titles)}: not played, since {event} had no answer in time in {PURSUED}"
            " scenarios before: skipped, same cause"
            for event, titles in self._skipped.items()
        ]


def is_hopeless(attempts: list[Attempt]) -> bool:
    """Tell whether another retry would be late for the same cause."""
    last = attempts[-LATE_ATTEMPTS:]
    return len(last) == LATE_ATTEMPTS and all(attempt.timed_out for attempt in last)
