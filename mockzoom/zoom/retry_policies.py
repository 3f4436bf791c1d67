"""When a delivery is tried again: retry policies, as plain data.

Zoom retries at most three times: 5 minutes after the first attempt, 20 minutes after that, and 60
minutes after that. Its documentation says that only status 500 and above and some delivery codes
are retried; a post in its blog says that everything but 200 and 204 is. Both are policies here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockzoom.errors import UsageError, nearest
from mockzoom.model import Attempt
from mockzoom.zoom.delivery_codes import RETRIED_CODES

_WAITS_S = (300.0, 1200.0, 3600.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which outcomes of an attempt are tried again, and when.

    An answer is retried from status `retried_from` on, unless it is one of `accepted`; a failure
    is retried for its delivery code, or whatever it is with `any_failure`.
    """

    name: str
    about: str
    waits: tuple[float, ...] = ()
    """Seconds from each attempt to the next; there are no more retries than these."""
    retried_from: int = 600
    accepted: frozenset[int] = frozenset()
    retried_codes: frozenset[int] = frozenset()
    any_failure: bool = False

    def retried(self, attempt: Attempt, number: int = 1) -> bool:
        """Return whether the outcome of attempt `number` (from 1) asks for another one.

        After a retry any 2xx counts as success. Whether there is another one to come is said by
        `wait_after`.
        """
        status = attempt.status
        if status is None:
            return self.any_failure or attempt.delivery_code in self.retried_codes
        if status in self.accepted or (number > 1 and attempt.acknowledged):
            return False
        return status >= self.retried_from

    def wait_after(self, number: int) -> float | None:
        """Return the seconds from attempt `number` (from 1) to the next; None after the last."""
        return self.waits[number - 1] if number <= len(self.waits) else None


POLICIES: Mapping[str, RetryPolicy] = {
    policy.name: policy
    for policy in (
        RetryPolicy(
            "zoom",
            "as documented: status 500 and above and the retried delivery codes",
            _WAITS_S,
            retried_from=500,
            retried_codes=RETRIED_CODES,
        ),
        RetryPolicy(
            "zoom-blog",
            "as a post in Zoom's blog has it: everything but 200 and 204",
            _WAITS_S,
            retried_from=100,
            accepted=frozenset({200, 204}),
            any_failure=True,
        ),
        RetryPolicy("none", "every delivery is tried once"),
    )
}


def retry_policy(name: str) -> RetryPolicy:
    """Return the policy called `name`; raise `UsageError` with the nearest names."""
    try:
        return POLICIES[name]
    except KeyError:
        raise UsageError(
            f"no retry policy is called {name!r}{nearest(name, POLICIES)}"
            f" (known: {', '.join(POLICIES)})"
        ) from None
