"""Restless places: what in a state moves by itself, such as a clock within every entity.

Such a state never stands still, so every look at it would cost all the time that is granted. A
place is learnt once it went on moving through a whole look after deliveries, and again through one
in which nothing was delivered. It is passed over where the question is whether the state is
settled, as long as it goes on moving, and it is not compared: it says when it was looked at.
"""

from __future__ import annotations

from collections.abc import Iterable

from mockzoom.model import JSON
from mockzoom.play.effects import Path, of_any, pruned
from mockzoom.play.noise import noise

STILL_S = 1.5
"""Seconds for which a clock stands still at most: many show whole seconds."""


class Look:
    """One look at a state: which places went on moving, and when the others last did.

    It may take `granted` seconds; times are seconds since it began.
    """

    def __init__(self, granted: float) -> None:
        self._half = granted / 2
        self.still_s = min(STILL_S, granted / 4)
        """Seconds after which what has not moved stands still."""
        self._streaks: dict[Path, tuple[float, float]] = {}
        self._read = 0.0

    def takes(self, last: JSON, now: JSON, at: float) -> None:
        """Take a reading, and the one before it; what moves between two of them stood not still."""
        if now != last:
            heard = noise(last, now)
            for place in {*map(of_any, heard.places), *(lack.place for lack in heard.lacking)}:
                began, moved = self._streaks.get(place, (at, at))
                self._streaks[place] = (began if self._read - moved <= self.still_s else at, at)
        self._read = at

    def stands(self, place: Path, at: float) -> bool:
        """Tell whether a place has stood still for too long to be a clock."""
        return at - self._streaks.get(place, (0.0, 0.0))[1] > self.still_s

    def has_moved(self, place: Path) -> bool:
        """Tell whether a place has moved in this look."""
        return place in self._streaks

    def movers(self, at: float) -> frozenset[Path]:
        """Return the places that have moved all the time, for half of the look at least."""
        return frozenset(
            place
            for place, (began, moved) in self._streaks.items()
            if place and moved - began >= self._half and not self.stands(place, at)
        )

    def calm_after(self, movers: frozenset[Path]) -> float:
        """Return when a place that is none of the `movers` moved last; 0 where none has."""
        others = (moved for place, (_, moved) in self._streaks.items() if place not in movers)
        return max(others, default=0.0)


class Restless:
    """The places of one receiver's state that were learnt to move by themselves."""

    def __init__(self) -> None:
        self.places: frozenset[Path] = frozenset()
        self.hidden: frozenset[Path] = frozenset()
        """Those that are not compared in the plays of this scenario."""
        self.suspects: frozenset[Path] = frozenset()
        """Places that went on moving through a look after deliveries, and perhaps by them."""
        self._never: frozenset[Path] = frozenset()
        """Places that were seen to stand still after all."""

    def suspected(self, movers: frozenset[Path]) -> None:
        """Take what went on moving through a whole look after deliveries."""
        self.suspects |= movers - self.places - self._never

    def at_rest(self, movers: frozenset[Path]) -> frozenset[Path]:
        """Take what moved through a whole look without deliveries; return what is learnt by it."""
        learnt, self.suspects = self.suspects & movers, frozenset()
        self.places |= learnt
        self.hidden |= learnt
        return learnt

    def passes(self, state: JSON, look: Look, at: float) -> bool:
        """Tell whether all that was learnt moves still; forget what stands still instead."""
        here = {place for place in self.places if pruned(state, place) != state}
        stopped = frozenset(place for place in here if look.stands(place, at))
        self.places -= stopped
        self._never |= stopped
        return not stopped and all(map(look.has_moved, here))

    def calm(self, state: JSON) -> JSON:
        """Return `state` without the places that are passed over."""
        return _calm(state, self.places)

    def begins(self) -> None:
        """Another scenario begins: what stands still by now counts again."""
        self.hidden = self.places

    def hide(self, state: JSON) -> JSON:
        """Return `state` as it is compared: what a clock shows depends on when it is looked at.

        That holds to a scenario's end also for what is found to stand still after all, or its plays
        could not be compared with each other.
        """
        return _calm(state, self.hidden)


def _calm(state: JSON, places: Iterable[Path]) -> JSON:
    for place in places:
        state = pruned(state, place)
    return state
