"""URL validation: the challenge that an endpoint must answer before it gets events, and every 72 h.

Facts (Zoom, "Using webhooks"): the owner gets an e-mail after 2 and after 4 failures in a row;
after 6 the subscription is disabled and its events stop, until it is validated again.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace

from mockzoom.dispatch.subscription import Subscription
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.evidence import Evidence, judge
from mockzoom.model import Attempt, Delivery, Exchange, Violation
from mockzoom.suites.challenge import GENUINE, challenge_with
from mockzoom.zoom.retry_policies import DISABLED_AFTER, MAILED_AFTER, REVALIDATE_S


def challenge_body(at_ms: int) -> bytes:
    """Return the body of a new challenge: a `plainToken` of 22 base64url characters."""
    token = secrets.token_urlsafe(16)
    return challenge_with(CaseName("challenge"), GENUINE, token, at_ms).body


def judge_challenge(
    subscription: Subscription, delivery: Delivery, attempt: Attempt
) -> tuple[Violation, ...]:
    """Return what is wrong with the answer to a challenge; nothing where it is right."""
    token = json.loads(delivery.body)["payload"]["plainToken"]
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
