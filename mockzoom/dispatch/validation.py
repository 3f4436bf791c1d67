"""What becomes of a subscription by the answers to its URL validations."""

from __future__ import annotations

import json
from dataclasses import replace

from mockzoom.dispatch.subscription import Subscription
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.evidence import Evidence, judge
from mockzoom.model import Attempt, Delivery, Exchange, Violation
from mockzoom.suites.challenge import GENUINE
from mockzoom.zoom.url_validation import (
    DISABLED_AFTER,
    MAILED_AFTER,
    REVALIDATE_S,
    plain_token,
)


def judge_challenge(
    subscription: Subscription, delivery: Delivery, attempt: Attempt
) -> tuple[Violation, ...]:
    """Return what is wrong with the answer to a challenge; nothing where it is right."""
    token = plain_token(json.loads(delivery.body))
    exchange = Exchange(delivery, (attempt,))
    case = TestCase(CaseName("challenge"), GENUINE, CHALLENGE, delivery.body, plain_token=token)
    return judge(Evidence(case, exchange, secret=subscription.secret))


def after_challenge(subscription: Subscription, wrong: str, now: float) -> tuple[Subscription, str]:
    """Return the subscription after a challenge, and the e-mail that its owner would get.

    `wrong` says what was wrong with the answer, or nothing. A URL that has never been validated
    stays pending, and nobody is written to.
    """
    if not wrong:
        valid = replace(
            subscription, state="validated", failures=0, reason="", validated_at=now,
            validate_at=now + REVALIDATE_S,
        )  # fmt: skip
        return valid, ""
    if subscription.state != "validated":
        return replace(subscription, reason=wrong, validate_at=None), ""
    failures = subscription.failures + 1
    failed = replace(subscription, failures=failures, reason=wrong, validate_at=now + REVALIDATE_S)
    times = f"The URL validation of {subscription.url} failed {failures} times in a row: {wrong}."
    if failures >= DISABLED_AFTER:
        return (
            replace(failed, state="disabled", validate_at=None),
            f"{times} The subscription is disabled and gets no more events.",
        )
    if failures in MAILED_AFTER:
        return failed, f"{times} After {DISABLED_AFTER} failures it will be disabled."
    return failed, ""
