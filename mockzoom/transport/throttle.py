"""Manners with 429: a receiver that asks for a pause gets it, within a budget of a run.

The budget is wall time: what passes from a 429 to the end of the delivery that got it, the waiting
and the repeated attempts. Deliveries that wait at the same time spend it once.
"""

from __future__ import annotations

from contextlib import suppress
from email.utils import parsedate_to_datetime
from math import isnan

from mockzoom.clock import Clock
from mockzoom.model import Attempt, Failure

THROTTLE_BUDGET_S = 30.0
"""Seconds a run spends in all because a receiver answers 429."""
LONGEST_WAIT_S = 8.0
"""Seconds at which the waits of a receiver that names none stop doubling."""
_SHORTEST_WAIT_S = 0.05


class Throttle:
    """The budget of one run; `exhausted` once a 429 was not obeyed, and nothing is from then on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._before = 0.0
        self._since = 0.0
        self._obeying = 0
        self._asked = 0.0
        self.exhausted = False

    @property
    def spent(self) -> float:
        """Seconds that were spent on 429 so far."""
        now = self._clock.monotonic() - self._since if self._obeying else 0.0
        return self._before + now

    async def obey(self, attempt: Attempt, repeated: int) -> bool:
        """Wait as a 429 asks, after so many repeated attempts; False where it is not obeyed.

        The time counts until `over`, which has to be called once for each delivery that was obeyed
        for the first time (`repeated` is 0).
        """
        if not repeated:
            self._begin()
        wait = _wait(attempt, self._clock.now(), repeated)
        if self.exhausted or self.spent + wait > THROTTLE_BUDGET_S:
            self.exhausted = True
            self._asked = retry_after(attempt, self._clock.now()) or 0.0
            return False
        await self._clock.sleep(wait)
        return True

    def waited(self) -> str:
        """Say how long mockzoom has waited, and for how long the receiver asks."""
        asks = f"its Retry-After asks for {self._asked:.0f} s more" if self._asked > 0 else ""
        waited = f"mockzoom waited {self.spent:.0f} of at most {THROTTLE_BUDGET_S:g} s"
        return f"{waited}, {asks}" if asks else waited

    def _begin(self) -> None:
        if not self._obeying:
            self._since = self._clock.monotonic()
        self._obeying += 1

    def over(self) -> None:
        """Note that a delivery that was obeyed is over."""
        self._before, self._obeying = self.spent, self._obeying - 1
        self._since = self._clock.monotonic()


def _wait(attempt: Attempt, now: float, repeated: int) -> float:
    """Return the seconds to wait: those of `Retry-After`, 1, 2, 4, 8 where there are none.

    A receiver that asks for (nearly) none, again and again, is given more and more time, too.
    """
    asked = retry_after(attempt, now)
    if asked is None:
        return min(LONGEST_WAIT_S, 2.0**repeated)
    return max(asked, min(LONGEST_WAIT_S, _SHORTEST_WAIT_S * 2.0**repeated))


def retry_after(attempt: Attempt, now: float) -> float | None:
    """Return the seconds of `Retry-After` (delta or HTTP date, RFC 9110 10.2.3), None without."""
    value = None if isinstance(attempt.outcome, Failure) else attempt.outcome.header("retry-after")
    if value is None:
        return None
    with suppress(ValueError):
        seconds = float(value)
        return None if isnan(seconds) else seconds
    try:
        moment: float = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return moment - now
