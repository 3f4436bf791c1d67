"""The answers of a play, judged: by the rules, and by what the scenario expects.

A delivery is judged once it is concluded, by the attempt that decided it: one that was acknowledged
on a retry has arrived. What is odd is judged only where the receiver has acknowledged a genuine
event of its kind in this play. A timeout is reported only if the same event, told of other entities
and delivered alone, has no answer in time either: what comes in crowds may wait in a queue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mockzoom.authored import Authored
from mockzoom.checks import Kind, judge
from mockzoom.checks.expectations import expectation, unmet
from mockzoom.model import Exchange, Violation
from mockzoom.play.attempts import Sending
from mockzoom.run import Run, trial_of
from mockzoom.scenario.model import Expect, Send

RULES_OF: dict[Kind, tuple[str, ...]] = {
    "valid": ("MZ101", "MZ102", "MZ103", "MZ104", "MZ105"),
    "unknown": ("MZ107",),
    "field": ("MZ108",),
    "variant": ("MZ109",),
    "malformed": ("MZ401", "MZ402"),
    "body": ("MZ404", "MZ405"),
}
_ODD = RULES_OF.keys() - {"valid"}
"""Kinds of events that are no plain ones; whether they are answered in time is seen twice, too."""
_STATUS_RULES = frozenset({"MZ101", "MZ104", "MZ105", "MZ107", "MZ108", "MZ109"})
_SECOND_LOOK = frozenset({"MZ102"})
"""Rules about time, which are reported only after a second look."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A delivery that is to be looked at again."""

    step: Send
    item: Authored
    exchange: Exchange


class Answers:
    """Judges the answers of one run, and keeps what later ones are compared with."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._acknowledged: dict[str, Exchange] = {}
        self._variants: set[bytes] = set()
        self.slow: list[Doubt] = []
        """Had no answer in time."""
        self.refused_variants: list[Doubt] = []
        """Were refused before any plain event of their type was acknowledged."""

    def conclude(self, step: Send, item: Authored, sending: Sending) -> bool:
        """Judge a delivery that is over; tell whether it was as it should be."""
        exchange = sending.exchange
        if not sending.answered or sending.garbled:
            return True  # what we lost or garbled ourselves says nothing of the receiver
        item = self._plainly(item, exchange)
        self._keep(item, exchange)
        self._look_at_time(step, item, sending)
        forged = bool(exchange.delivery.forge)
        if item.kind in _ODD and exchange.last.timed_out and not forged:
            return self._report(step.expect, exchange, ())
        control = self.control(item) if forged or item.kind not in ("valid", "challenge") else None
        if control is None and (forged or item.kind != "valid"):
            if step.expect is None and exchange.last.acknowledged and not forged:
                return True
            if step.expect is None and item.kind == "variant" and not forged:
                self.refused_variants.append(Doubt(step, item, exchange))
                return False
            if step.expect is None:
                self.skip(item)
                return True
            found: tuple[Violation, ...] = ()
        else:
            trial = trial_of(
                item.prepared, exchange, self._run.courier.secret, control,
                None if forged else item.kind, strict=self._run.strict,
            )  # fmt: skip
            found = judge(trial)
            self._run.count(item.prepared.event, *RULES_OF.get(trial.kind, ()))
        found = tuple(item for item in found if item.rule not in _SECOND_LOOK)
        return self._report(step.expect, exchange, found)

    def expected(self, expect: Expect | None, exchange: Exchange) -> bool:
        """Judge an answer by what the scenario expects alone."""
        return self._report(expect, exchange, ())

    def skip(self, item: Authored) -> None:
        """List the rules of `item`, which there is nothing to compare with, as not judged."""
        why = f"no event like {item.prepared.event} was acknowledged before it in the play"
        self._run.skip_rules(why, *RULES_OF.get(item.kind, ()))

    # -- within --------------------------------------------------------------------------------

    def _plainly(self, item: Authored, exchange: Exchange) -> Authored:
        """Return a variant as a plain event where the same bytes were acknowledged before.

        A refusal of its copy is not about the variant.
        """
        if item.kind != "variant" or exchange.delivery.forge:
            return item
        if exchange.last.acknowledged:
            self._variants.add(item.prepared.body)
            return item
        return replace(item, kind="valid") if item.prepared.body in self._variants else item

    def _keep(self, item: Authored, exchange: Exchange) -> None:
        if item.kind == "valid" and not exchange.delivery.forge and exchange.last.acknowledged:
            self._acknowledged.setdefault(item.prepared.event, exchange)
            self._run.covered.add(item.prepared.event)
            number = len(exchange.attempts)
            if number > 1 and not self._was_lost(exchange):
                self._run.notice(
                    f"{exchange.delivery.id} ({item.prepared.event}) was acknowledged at attempt"
                    f" {number} only"
                )

    def _was_lost(self, exchange: Exchange) -> bool:
        return all(attempt.status is None for attempt in exchange.attempts[:-1])

    def _look_at_time(self, step: Send, item: Authored, sending: Sending) -> None:
        if sending.delivery.forge or item.kind not in RULES_OF:
            return
        own = max(sending.lost, int(bool(sending.injected)))
        attempts = sending.attempts[own:] if item.kind == "valid" else sending.attempts[-1:]
        if any(attempt.timed_out for attempt in attempts):
            self.slow.append(Doubt(step, item, sending.exchange))

    def control(self, item: Authored) -> Exchange | None:
        """Return the genuine event that an odd one is compared with, acknowledged in this play."""
        own = self._acknowledged.get(item.prepared.event)
        if own is not None or item.spec is not None:
            return own
        namespace = item.prepared.event.partition(".")[0] + "."
        alike = [e for name, e in self._acknowledged.items() if name.startswith(namespace)]
        return next(iter(alike or self._acknowledged.values()), None)

    def _report(
        self, expect: Expect | None, exchange: Exchange, found: tuple[Violation, ...]
    ) -> bool:
        if expect is not None:
            missed = unmet(expect, exchange.last)
            if expect.statuses and not missed:
                found = tuple(item for item in found if item.rule not in _STATUS_RULES)
            if missed and not any(item.severity == "error" for item in found):
                found = (*found, expectation(expect, exchange, missed))
        for violation in found:
            self._run.add(violation, exchange.delivery)
        return not found
