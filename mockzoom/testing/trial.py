"""One delivery of a test: sent, repeated where it was slow, compared where it was odd.

A whole run judges what is odd only after the receiver has acknowledged something genuine. A test
may begin with the odd thing. As long as that is acknowledged, nothing else goes out. Where it is
refused, rightly, one URL validation (which leaves no trace in a receiver) shows that not simply
everything is refused; where there is something to report, a genuine event is sent for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from mockzoom.authored import Authored, genuine
from mockzoom.casebook import CHALLENGE, Case, Casebook, Prepared
from mockzoom.checks import Kind, judge
from mockzoom.delivery.unreachable import unreachable
from mockzoom.model import Coverage, Exchange, Failure, RunResult, Violation
from mockzoom.run import Run, trial_of
from mockzoom.session import Settings
from mockzoom.testing.outcome import Delivered
from mockzoom.verify import authenticity, evolution

_ACK_FIRST = frozenset({"MZ101", *evolution.RULES, *authenticity.RULES, "MZ211"})
"""Rules that no answer can break which is given before anything is verified."""


@dataclass(frozen=True, slots=True)
class _Judged:
    exchange: Exchange
    violations: tuple[Violation, ...] = ()
    breakages: tuple[str, ...] = ()


class Trials:
    """Tries deliveries against one receiver, and remembers whether it took a genuine one."""

    def __init__(self, run: Run, settings: Settings) -> None:
        self.run = run
        self._settings = settings
        self._takes_genuine = False

    async def deliver(self, item: Authored, forge: str, book: Casebook) -> Delivered:
        """Deliver `item`, forged as `forge` names it, and judge the answer."""
        run = self.run
        run.notices.clear()
        started, before = run.courier.clock.monotonic(), run.deliveries
        judged = await self._judged(item, forge, book)
        result = RunResult(
            target=run.courier.transport.target.url,
            seed=run.casebook.seed,
            elapsed=run.courier.clock.monotonic() - started,
            deliveries=run.deliveries - before,
            coverage=Coverage((1, 1)),
            violations=judged.violations,
            notices=tuple(run.notices),
            breakages=judged.breakages,
        )
        return Delivered(judged.exchange, result)

    async def _judged(self, item: Authored, forge: str, book: Casebook) -> _Judged:
        exchange = await self._sent(item.prepared, forge)
        outcome = exchange.last.outcome
        if isinstance(outcome, Failure) and exchange.last.timings.connected is None:
            return _Judged(exchange, breakages=(unreachable(outcome),))
        found = self._violations(item.prepared, exchange, None if forge else item.kind)
        if not forge and item.kind in ("valid", "challenge"):
            self._takes_genuine = self._takes_genuine or exchange.last.acknowledged
            return _Judged(exchange, await self._without_ascii_blame(item, exchange, found))
        if item.prepared.event == CHALLENGE or exchange.last.status == 429:
            return _Judged(exchange, found)
        if not found and (exchange.last.acknowledged or await self._accepts(book)):
            return _Judged(exchange, found)
        return _Judged(exchange, await self._compared(item, forge, book, found))

    async def _accepts(self, book: Casebook) -> bool:
        """Whether a signed delivery is known to be acknowledged, if only a URL validation."""
        if not self._takes_genuine:
            control = await self._sent(book.prepare(CHALLENGE, Case("challenge")))
            self._takes_genuine = control.last.acknowledged
        return self._takes_genuine

    async def _compared(
        self, item: Authored, forge: str, book: Casebook, found: tuple[Violation, ...]
    ) -> tuple[Violation, ...]:
        """Return `found` where a genuine event is acknowledged; else, what is wrong with that."""
        plain = genuine(book, item)
        control = await self._sent(plain)
        if control.last.acknowledged:
            self._takes_genuine = True
            return found
        self.run.notice(
            f"what was sent ({item.prepared.detail or forge}) is not judged: the receiver does not"
            f" acknowledge a genuine {plain.event} either"
        )
        return self._violations(plain, control, "valid")

    async def _without_ascii_blame(
        self, item: Authored, exchange: Exchange, found: tuple[Violation, ...]
    ) -> tuple[Violation, ...]:
        """Put it down to text beyond ASCII where the same event without it is acknowledged."""
        refused = found and not exchange.last.acknowledged and not exchange.last.timed_out
        if item.twin is None or not refused:
            return found
        control = await self._sent(item.twin)
        if not control.last.acknowledged:
            return found
        return self._violations(item.prepared, exchange, "non-ascii", control)

    async def _sent(self, prepared: Prepared, forge: str = "") -> Exchange:
        """Deliver; what had no answer in time is repeated, and only that is judged."""
        exchange = await self.run.send(prepared, forge)
        if not exchange.last.timed_out:
            return exchange
        repeated = await self.run.send(prepared, forge)
        if not repeated.last.timed_out:
            self.run.notice(
                f"{prepared.event} had no answer in time, its repetition had: not reported"
            )
        return repeated

    def _violations(
        self,
        prepared: Prepared,
        exchange: Exchange,
        kind: Kind | None,
        control: Exchange | None = None,
    ) -> tuple[Violation, ...]:
        trial = trial_of(prepared, exchange, self.run.courier.secret, control, kind)
        found = judge(replace(trial, strict=self._settings.strict))
        if self._settings.ack_first:
            found = tuple(item for item in found if item.rule not in _ACK_FIRST)
        return found
