"""Genuine deliveries: how many there were, and how many of them failed by themselves.

A receiver may refuse a genuine delivery now and then, whatever is in it: a pool runs dry, a worker
restarts. Such a failure is no answer to what was delivered. It is reported once, with counts, and
where it is frequent no refusal of anything odd can be judged: it may be such a failure, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from itertools import islice

from mockzoom.engine.case import CHALLENGE
from mockzoom.engine.evidence import summary
from mockzoom.model import Delivery, Exchange, Response, Violation
from mockzoom.rules import Rule

MOST_CHANCE = 0.01
"""The chance, over a whole run, of a refusal that is repeated twice by mere failures."""
BY_CHANCE = "intermittent"


class GenuineDeliveries:
    """Counts genuine deliveries of a run; `rule` is the one that a failure breaks."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._failed: list[Exchange] = []
        self.number = 0
        self._answers: set[tuple[int, bytes]] = set()
        self._answered = 0
        self._explained: Callable[[bytes], bool] = lambda body: False

    def explain(self, refused: Callable[[bytes], bool]) -> None:
        """Take a proved cause for refusals: `refused` says which bodies it concerns.

        Such a refusal is no failure by chance, from now on and before.
        """
        self._explained = refused
        self._failed = [each for each in self._failed if not refused(each.delivery.body)]

    def is_explained(self, body: bytes) -> bool:
        """Return whether the proved cause lets a receiver refuse a genuine event with this body."""
        return self._explained(body)

    def take(self, exchange: Exchange) -> None:
        """Count a genuine delivery."""
        self.number += 1
        outcome = exchange.last.outcome
        is_event = exchange.delivery.event != CHALLENGE
        if is_event and isinstance(outcome, Response) and exchange.last.acknowledged:
            self._answers.add(_answer(outcome))
            self._answered += 1
            if len(self._answers) > 1:
                self._answers = set(islice(self._answers, 2))

    def answers_otherwise(self, exchange: Exchange) -> bool:
        """Return whether an acknowledgement differs from what every genuine event was answered.

        False where genuine events get different answers, or fewer than two were acknowledged.
        """
        outcome = exchange.last.outcome
        if self._answered < 2 or len(self._answers) != 1 or not isinstance(outcome, Response):
            return False
        return _answer(outcome) not in self._answers

    def failed_once(self, exchange: Exchange) -> None:
        """Note that a genuine delivery was refused, and acknowledged when it was repeated."""
        if not self._explained(exchange.delivery.body):
            self._failed.append(exchange)

    def forget_after(self, number: int) -> None:
        """Forget all but the first `number` failures: what came since has another cause."""
        del self._failed[number:]

    @property
    def failures(self) -> int:
        """How many were refused, and acknowledged when they were repeated."""
        return len(self._failed)

    def hides_refusals(self, cases: int) -> bool:
        """Return whether one of `cases` would probably be refused three times by chance alone."""
        rate = self.failures / max(1, self.number)
        return rate**3 * cases > MOST_CHANCE

    def counts(self) -> str:
        """Say how many failed, such as `2 of 480 genuine deliveries`."""
        noun = "delivery" if self.number == 1 else "deliveries"
        return f"{self.failures} of {self.number} genuine {noun}"

    def take_violation(self) -> tuple[Violation, Delivery] | None:
        """Return what the failures come to, and forget them."""
        found = self.violation()
        self._failed.clear()
        return found

    def violation(self) -> tuple[Violation, Delivery] | None:
        """Return what the failures come to, with the first delivery that failed; None without."""
        if not self._failed:
            return None
        first = self._failed[0].delivery
        answers = Counter(summary(exchange.last) for exchange in self._failed)
        ids = tuple(exchange.delivery.id for exchange in self._failed)
        events = dict.fromkeys(exchange.delivery.event or "" for exchange in self._failed)
        found = self._rule.violation(
            f"intermittent: {self.counts()} were refused"
            f" ({', '.join(text for text, _ in answers.most_common(3))}) and acknowledged when they"
            " were repeated",
            BY_CHANCE,
            event=first.event,
            delivery=first.id,
            deliveries=ids[:50],
            events=tuple(events),
            count=self.failures,
            expected="200 or 204 each time",
            actual=summary(self._failed[0].last),
        )
        return found, first


def _answer(response: Response) -> tuple[int, bytes]:
    return response.status, blake2b(response.body, digest_size=16).digest()


__all__ = ["BY_CHANCE", "GenuineDeliveries"]
