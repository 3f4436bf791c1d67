"""Worker timing: how long a receiver works after its answers, learnt from the looks at its state.

A queue that takes one job after the other shows the same pause between all changes, so the longest
pause of a look says how long the next change may take. One that works on many events at once shows
all changes shortly after each other, as long after the answers as it takes for one: that time is
no pause, and nobody has to wait for it twice.
"""

from __future__ import annotations

from itertools import pairwise

SIMILAR_LOOKS = 2
"""Looks with few changes that show a receiver that works on many events at once, at least."""
CONCURRENT_WITHIN_S = 5.0
"""Such a receiver is done with all of them within so many seconds."""
_LONGER = 5
"""So many times longer than the pauses within a look is the time before or around them."""
_LATER = 1.25
"""A look at it takes so many times as long as it was ever seen to work, at least."""
_FEW_LATER = 2.0
"""The same where few changes were seen: a worker may sleep for longer than it happened to."""


class WorkerTiming:
    """What is known of one receiver's worker; times are seconds since a look began."""

    def __init__(self) -> None:
        self.latency: float | None = None
        """After so many seconds the state was seen to change, at most; None if never."""
        self._before = 0.0
        """The longest time before the first change of a look."""
        self._between = 0.0
        """The longest pause between two changes of a look."""
        self._changes: list[float] = []
        self._similar = 0
        self._is_queue = False
        self._later = 0.0

    @property
    def is_concurrent(self) -> bool:
        """Whether it works on many events at once."""
        return self._later > 0

    @property
    def pause(self) -> float:
        """The longest time that may lie between two changes, as far as is known."""
        return self._between if self.is_concurrent else max(self._before, self._between)

    @property
    def least_look(self) -> float:
        """A look at its state lasts so many seconds at least."""
        return self._later * (self.latency or 0.0)

    def begin_look(self) -> None:
        """The state is about to be read, until it no longer changes."""
        self._changes = []

    def changed(self, at: float) -> None:
        """The state was seen to have changed."""
        if self._changes:
            self._between = max(self._between, at - self._changes[-1])
        else:
            self._before = max(self._before, at)
        self._changes.append(at)
        self.latency = max(self.latency or 0.0, at)

    def end_look(self) -> None:
        """Learn from the look that is over whether its worker is one of many, or a queue."""
        if not self._changes:
            return
        first, last, latency = self._changes[0], self._changes[-1], self.latency or 0.0
        if latency > CONCURRENT_WITHIN_S or (self.is_concurrent and _LONGER * last <= latency):
            self._is_queue = True  # what takes longer after more events
            self._later = 0.0
        if self._is_queue:
            return
        between = max((later - at for at, later in pairwise(self._changes)), default=last)
        if len(self._changes) >= _LONGER and _LONGER * between <= last:
            self._later = _LATER
        elif _LONGER * between <= first:
            self._similar += 1
            if self._similar >= SIMILAR_LOOKS and not self.is_concurrent:
                self._later = _FEW_LATER

    def settles_at_once(self) -> None:
        """The state was seen to have changed by the first look, and not later."""
        self.latency = self.latency or 0.0

    def forget_later_than(self, seconds: float) -> None:
        """What was seen to change later than that was a clock."""
        self.latency = seconds
        self._is_queue = False
