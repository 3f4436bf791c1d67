"""The event subscription of a play: validated, failing, disabled.

Zoom validates the URL when it is registered and every 72 hours. An e-mail goes to the owner after
two consecutive failures and after four; after six the subscription is disabled and events stop.
"""

from __future__ import annotations

from mockzoom.zoom.url_validation import DISABLED_AFTER, MAILED_AFTER


class ValidationFailures:
    """Counts consecutive failures of the URL validation."""

    def __init__(self) -> None:
        self.failures = 0
        self.disabled = False

    def validated(self, passed: bool) -> str:
        """Take the outcome of one validation; return what the owner is told, if anything."""
        if passed:
            self.failures = 0
            return ""
        self.failures += 1
        if self.failures in MAILED_AFTER:
            return (
                f"e-mail to the subscription's owner: the URL validation has failed"
                f" {self.failures} times in a row"
            )
        if self.failures == DISABLED_AFTER:
            self.disabled = True
            return (
                f"the URL validation has failed {DISABLED_AFTER} times in a row: the subscription"
                " is disabled, no more events are delivered"
            )
        return ""

    def enable(self) -> None:
        """Enable it again; it has to be validated before events are delivered."""
        self.failures = 0
        self.disabled = False
