"""What an attempt's outcome means for its delivery: delivered, tried again, or given up.

The answer to a challenge also decides what becomes of its subscription.
"""

from __future__ import annotations

import json
from dataclasses import replace

from mockzoom.dispatch.delivery_store import Settled
from mockzoom.dispatch.subscription import Subscription
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.evidence import Evidence, judge
from mockzoom.journal import DeliveryRow
from mockzoom.model import Attempt, Delivery, Exchange, Failure, Response, Violation
from mockzoom.suites.challenge import GENUINE
from mockzoom.wording import counted, printable
from mockzoom.zoom.retry_policies import retry_policy
from mockzoom.zoom.url_validation import (
    DISABLED_AFTER,
    MAILED_AFTER,
    REVALIDATE_S,
    plain_token,
)


def settle(
    row: DeliveryRow, number: int, attempt: Attempt, subscription: Subscription, now: float
) -> Settled:
    """Say what follows from attempt `number` (from 1) at the schedule's moment `now`."""
    if row.kind == "challenge":
        return _settle_challenge(row, attempt, subscription, now)
    if subscription.over_websocket:
        sent = isinstance(attempt.outcome, Response)
        state = "delivered" if sent else "failed"
        return Settled(state, _outcome(attempt), attempt=attempt, sent_for=subscription)
    policy = retry_policy(row.policy)
    made = Settled("", attempt=attempt, sent_for=subscription)
    if policy.retried(attempt, number):
        wait = policy.wait_after(number)
        if wait is None:
            reason = f"given up after {counted(number, 'attempt')}"
            return replace(made, state="failed", reason=reason)
        return replace(made, state="pending", reason=_outcome(attempt), due_at=now + wait)
    if attempt.acknowledged:
        return replace(made, state="delivered")
    return replace(made, state="failed", reason=_outcome(attempt))


def _settle_challenge(
    row: DeliveryRow, attempt: Attempt, subscription: Subscription, now: float
) -> Settled:
    found = judge_challenge(subscription, row.delivery, attempt)
    wrong = "; ".join(item.message for item in found)
    if not wrong and attempt.status != 200:
        wrong = f"answered {attempt.status} in place of 200"  # 429 is no violation
    after, notice = after_challenge(subscription, wrong, now)
    state = "failed" if wrong else "delivered"
    return Settled(state, wrong, None, found, after, notice)


def _outcome(attempt: Attempt) -> str:
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return printable(outcome.message)
    return outcome.reason if outcome.status == 101 else f"answered {outcome.status}"


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
