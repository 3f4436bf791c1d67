"""What an attempt's outcome means for its delivery: delivered, tried again, or given up."""

from __future__ import annotations

from dataclasses import replace

from mockzoom.dispatch.delivery_store import Settled
from mockzoom.dispatch.subscription import Subscription
from mockzoom.dispatch.validation import after_challenge, judge_challenge
from mockzoom.journal import DeliveryRow
from mockzoom.model import Attempt, Failure, Response
from mockzoom.wording import counted, printable
from mockzoom.zoom.retry_policies import retry_policy


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
