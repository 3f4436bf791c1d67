"""Slots: how many attempts each subscription may have under way, so that none waits for another.

An endpoint that hangs fills its own slots only. When it keeps hanging, its circuit breaker ends
further attempts at once, as Zoom's delivery code -3 says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import monotonic
from typing import TypeAlias

from mockzoom.model import Attempt

AT_ONCE = 16
"""Attempts of a subscription that are under way at the same time, at most."""
SLOTS: Mapping[str, int] = {"challenge": 2, "control": 4, "event": AT_ONCE}
"""Slots of a subscription by kind of delivery: a challenge does not wait for events that hang."""
OPENS_AFTER = 2 * AT_ONCE
"""Attempts in a row without an answer in time after which a circuit breaker opens."""
RESTS_S = 10.0
"""Seconds after which an open circuit breaker lets one attempt through."""
Queue: TypeAlias = tuple[str, str]
"""A subscription and a kind of delivery: what is due in one waits for nothing in another."""


class Slots:
    """The deliveries under way, by subscription."""

    def __init__(self) -> None:
        self._taken: dict[Queue, set[int]] = {}

    def take(self, queue: Queue, number: int) -> None:
        """Take a slot for the delivery `number`."""
        self._taken.setdefault(queue, set()).add(number)

    def give_back(self, queue: Queue, number: int) -> None:
        """Give the slot of a delivery back."""
        taken = self._taken[queue]
        taken.discard(number)
        if not taken:
            del self._taken[queue]

    def taken(self, queue: Queue) -> Collection[int]:
        """Return the numbers of the deliveries of a queue that are under way."""
        return self._taken.get(queue, ())

    def room(self, queue: Queue) -> int:
        """Return how many more deliveries of a queue may be started."""
        return SLOTS[queue[1]] - len(self.taken(queue))


class CircuitBreaker:
    """The circuit breaker of one endpoint: opens where attempts keep having no answer in time."""

    def __init__(self) -> None:
        self._silent = 0
        self._lets_through_at = 0.0

    def lets_through(self) -> bool:
        """Whether an event may be sent now; a breaker that is open lets one try at a time."""
        if self._silent < OPENS_AFTER:
            return True
        now = monotonic()
        if now < self._lets_through_at:
            return False
        self._lets_through_at = now + RESTS_S
        return True

    def note(self, attempt: Attempt) -> None:
        """Take note of what came of an attempt that was sent."""
        if not attempt.timed_out:
            self._silent = 0
            return
        self._silent += 1
        if self._silent >= OPENS_AFTER:
            self._lets_through_at = monotonic() + RESTS_S
