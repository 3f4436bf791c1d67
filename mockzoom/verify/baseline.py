"""What this receiver has acknowledged in this run: everything odd is compared with that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mockzoom.casebook import Prepared
from mockzoom.checks import describe
from mockzoom.model import Exchange
from mockzoom.run import PURSUED, ReceiverGone, Run

NO_BASELINE = "no valid event was acknowledged in time, so nothing odd can be compared with one"
STOPPED_AFTER = 8
"""Deliveries without an answer after which a group ends, although others were answered."""


class Baseline:
    """The acknowledged events, one prepared case each, in the order of the contract."""

    def __init__(self) -> None:
        self._acknowledged: dict[str, Prepared] = {}
        self._passed: list[Prepared] = []
        self._canaries = 0

    def __bool__(self) -> bool:
        return bool(self._acknowledged)

    def __contains__(self, event: str) -> bool:
        return event in self._acknowledged

    def __iter__(self) -> Iterator[Prepared]:
        return iter(self._acknowledged.values())

    def world(self, event: str) -> int:
        """Return the world whose entities this event passed with, 0 where it has not passed."""
        prepared = self._acknowledged.get(event)
        return 0 if prepared is None else prepared.case.world

    def keep(self, prepared: Prepared) -> None:
        """Keep an acknowledged case; the first one of an event stands for it."""
        self._acknowledged.setdefault(prepared.event, prepared)
        self._passed.append(prepared)

    @property
    def passed(self) -> int:
        """How many different bodies have passed."""
        return len(self._passed)

    @property
    def first(self) -> Prepared:
        """The case that passed first."""
        return self._passed[0]

    def canary(self) -> Prepared:
        """Return a case that shows whether the receiver is still alive, the next one each time.

        One alone would be delivered so often that its timestamps, which never recur for the same
        bytes, would have to lie far back.
        """
        self._canaries += 1
        return self._passed[(self._canaries - 1) % len(self._passed)]

    def one_per_namespace(self) -> tuple[Prepared, ...]:
        """Return the first acknowledged case of each namespace (`meeting`, `session`, ...)."""
        chosen: dict[str, Prepared] = {}
        for prepared in self:
            chosen.setdefault(prepared.event.split(".", 1)[0], prepared)
        return tuple(chosen.values())


class Patience:
    """Bounds what a group of deliveries may cost on a receiver that does not answer.

    Each delivery without an answer in time is repeated alone. After three of them the group's rest
    is skipped, unless `persistent`: then only what is `alike` (by default, other shapes of the same
    event) is skipped, and the rest goes out without repetitions until eight have had no answer.
    """

    def __init__(
        self,
        run: Run,
        *,
        persistent: bool = False,
        alike: Callable[[Prepared], str] = lambda prepared: prepared.event,
    ) -> None:
        self._run = run
        self.alike = alike
        self._persistent = persistent
        self._pursued = 0
        self._silent = 0
        self._skipped = 0
        self._slow: set[str] = set()
        self.answered = False

    @property
    def exhausted(self) -> bool:
        """Whether the group shall end."""
        if self._pursued < PURSUED:
            return False
        if self._persistent and self.answered:
            return self._pursued + self._silent >= STOPPED_AFTER
        return True

    async def send(self, prepared: Prepared, forge: str = "") -> Exchange | None:
        """Deliver; None where the delivery was skipped for a cause that is already known."""
        if self.exhausted or (self._persistent and self.alike(prepared) in self._slow):
            self._skipped += 1
            return None
        if self._pursued < PURSUED:
            exchange = await self._run.send_carefully(prepared, forge)
            if exchange.last.timed_out:
                self._pursued += 1
                self._slow.add(self.alike(prepared))
        else:
            exchange = await self._run.send(prepared, forge)
            if exchange.last.timed_out:
                self._silent += 1
                self._slow.add(self.alike(prepared))
                return None
        self.answered = self.answered or not exchange.last.timed_out
        return exchange

    def close(self, group: str) -> None:
        """Say what was skipped."""
        skipped = self._skipped + self._silent
        if skipped:
            self._run.notice(
                f"{group}: {skipped} deliveries skipped, same cause (no answer in time)"
            )


def knows(exchange: Exchange) -> bool:
    """Tell whether a receiver that answers a canary so is alive: acknowledged, or busy (429).

    A 409 also shows it: the receiver recognises an event that it has already taken.
    """
    return exchange.last.acknowledged or exchange.last.status in (409, 429)


async def still_alive(run: Run, baseline: Baseline, after: str) -> None:
    """Deliver the canary; raise `ReceiverGone` where it is no longer acknowledged.

    No rule is broken by that alone: a receiver may lock out who has just sent it forgeries.
    """
    exchange = await run.send_carefully(baseline.canary())
    await run.stays_reachable(exchange)
    if knows(exchange):
        return
    canary = baseline.canary()
    again = await run.send(canary)
    if knows(again):
        return
    raise ReceiverGone(
        f"after {after}, the receiver no longer acknowledges {canary.event} (case {canary.case}),"
        f" which it acknowledged before: {describe(again.last)}. If it locks out senders of forged"
        " deliveries, switch that off for this test"
    )
