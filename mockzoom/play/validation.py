"""Validations of the URL in a play: judged, and counted by the subscription.

Zoom validates the URL when it is registered and every 72 hours. An e-mail goes to the owner after
two consecutive failures and after four; after six the subscription is disabled and events stop.
"""

from __future__ import annotations

from msgspec.structs import replace

from mockzoom.engine.case import CHALLENGE
from mockzoom.engine.runner import Runner
from mockzoom.model import Exchange, Violation
from mockzoom.play.answers import Answers
from mockzoom.play.attempts import Attempts, Sending
from mockzoom.play.scenario_events import ScenarioEvents
from mockzoom.scenario.model import Expect, LosePoint, Scenario
from mockzoom.suites.challenge import GENUINE
from mockzoom.zoom.retry_policies import POLICIES
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


class Validation:
    """Validates the URL for one scenario run; without `answers` nothing is judged."""

    def __init__(
        self,
        runner: Runner,
        events: ScenarioEvents,
        attempts: Attempts,
        subscription: ValidationFailures,
        answers: Answers | None,
        scenario: Scenario,
    ) -> None:
        self._runner = runner
        self._events = events
        self._attempts = attempts
        self._subscription = subscription
        self._answers = answers
        self._title, self._scenario = scenario.title, scenario.name
        self._number = 0

    async def make(self, *, lost: LosePoint | None = None, expect: Expect | None = None) -> None:
        """Validate once, and tell the subscription how it went; a `lost` answer never arrives.

        What follows for the owner is a notice, unless the scenario wants it so.
        """
        passed = await self._validated(lost, expect)
        told = self._subscription.validated(passed)
        if told and self._answers is not None:
            if lost:
                self._runner.step(f"{self._title}: subscription", told)
            else:
                self._runner.notice(f"{self._title}: {told}")

    async def _validated(self, lost: LosePoint | None, expect: Expect | None) -> bool:
        exchange, passed, found = await self._answered(lost)
        if lost or self._answers is None:
            return passed
        if exchange.last.timed_out:
            exchange, passed, found = await self._answered(lost)
        self._runner.count_rules(CHALLENGE, *GENUINE.rules)
        for violation in found:
            self._runner.add(violation, exchange.delivery)
        self._answers.expected(expect, exchange)
        return passed

    async def _answered(
        self, lost: LosePoint | None
    ) -> tuple[Exchange, bool, tuple[Violation, ...]]:
        self._number += 1
        challenge = self._events.challenge(self._number)
        delivery = replace(self._runner.delivery(challenge), case=f"{self._scenario}/challenge")
        sending = Sending(delivery, POLICIES["none"], lost=int(lost is not None))
        sending.lost_at = lost or sending.lost_at

        async def concluded(sending: Sending) -> None:
            self._runner.delivered(sending.exchange)

        await self._attempts.first(sending, concluded)
        if lost:
            return sending.exchange, False, ()
        secret = self._attempts.sender.secret
        found = self._runner.verdict(challenge, sending.exchange, secret=secret)
        return sending.exchange, not found, found
