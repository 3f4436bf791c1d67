"""What a check judges: one case with its exchange and its control; and how it says what it saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockzoom.checks.rules import RULES
from mockzoom.frozen import cheap
from mockzoom.model import Attempt, Exchange, Failure, Violation
from mockzoom.suites.rules import page

Kind: TypeAlias = Literal[
    "valid", "unknown", "field", "variant", "forged", "spelling", "non-ascii", "challenge",
    "challenge-forged", "challenge-oracle", "malformed", "random", "body", "death", "blocked",
]  # fmt: skip


@cheap
@dataclass(frozen=True, slots=True)
class Trial:
    """One judged case.

    `control` is the exchange that shows what the same receiver does without the oddity: judged
    only from a control that was acknowledged. `detail` says what is odd about the delivery.
    """

    kind: Kind
    exchange: Exchange
    control: Exchange | None = None
    detail: str = ""
    secret: str = field(default="", repr=False)
    plain_token: str = ""
    strict: bool = False
    """Whether malformed events must be refused."""
    oversize: bool = False
    """Whether the body has a size that Zoom never sends."""

    @property
    def attempt(self) -> Attempt:
        """The attempt that is judged."""
        return self.exchange.attempts[-1]

    @property
    def throttled(self) -> bool:
        """Whether the receiver asked for patience (429), which is never a violation."""
        return self.attempt.status == 429

    @property
    def controlled(self) -> bool:
        """Whether the control, where there is one, was acknowledged."""
        return self.control is None or self.control.last.acknowledged


def outcome_key(attempt: Attempt) -> str:
    """Return what groups outcomes: the status, or the kind of the failure."""
    outcome = attempt.outcome
    return outcome.kind if isinstance(outcome, Failure) else str(outcome.status)


def summary(attempt: Attempt) -> str:
    """Return what was seen without its time and body, so that equal causes read alike."""
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return outcome.message
    return f"{outcome.status} {outcome.reason}".strip()


def describe(attempt: Attempt) -> str:
    """Return what was seen, such as `401 Unauthorized after 12 ms: {"error": …}`."""
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return outcome.message
    text = summary(attempt)
    took = attempt.timings.answer
    if took is not None:
        text += f" after {took * 1000:.0f} ms"
    body = outcome.body[:160].decode("utf-8", "replace").strip()
    if body:
        text += ": " + " ".join(body.split())
    return text


def violation(rule: str, trial: Trial, message: str, expected: str, cause: str = "") -> Violation:
    """Return the violation of `rule` that `trial` shows."""
    about = RULES[rule]
    delivery = trial.exchange.delivery
    return Violation(
        rule=rule,
        slug=about.slug,
        severity=about.severity,
        message=message,
        cause=cause or outcome_key(trial.attempt),
        event=delivery.event,
        delivery=delivery.id,
        deliveries=(delivery.id,),
        expected=expected,
        actual=describe(trial.attempt),
        fix=page(rule).fix,
    )
