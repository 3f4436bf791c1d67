"""What a group of deliveries may cost on a receiver that does not answer."""

from __future__ import annotations

from collections.abc import Callable

from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import PURSUED, Runner
from mockzoom.model import Exchange
from mockzoom.wording import deliveries

STOPPED_AFTER = 8
"""Deliveries without an answer after which a group ends, although others were answered."""


class SilenceLimit:
    """Bounds what a group of deliveries may cost on a receiver that does not answer.

    Each delivery without an answer in time is repeated alone. After three of them the group's rest
    is skipped, unless `persistent`: then only what is `similar` (by default, other shapes of the
    same event) is skipped, and the rest goes out without repetitions until eight had no answer.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        persistent: bool = False,
        similar: Callable[[TestCase], str] = lambda case: case.event,
    ) -> None:
        self._runner = runner
        self.similar = similar
        self._persistent = persistent
        self._pursued = 0
        self._silent = 0
        self._skipped = 0
        self._slow: set[str] = set()
        self._answered = False

    @property
    def exhausted(self) -> bool:
        """Whether the group shall end."""
        if self._pursued < PURSUED:
            return False
        if self._persistent and self._answered:
            return self._pursued + self._silent >= STOPPED_AFTER
        return True

    async def send(self, case: TestCase) -> Exchange | None:
        """Deliver; None where the delivery was skipped for a cause that is already known."""
        if self.exhausted or (self._persistent and self.similar(case) in self._slow):
            self._skipped += 1
            return None
        if self._pursued < PURSUED:
            exchange = await self._runner.send_carefully(case)
            if exchange.last.timed_out:
                self._pursued += 1
                self._slow.add(self.similar(case))
        else:
            exchange = await self._runner.send(case)
            if exchange.last.timed_out:
                self._silent += 1
                self._slow.add(self.similar(case))
                return None
        self._answered = self._answered or not exchange.last.timed_out
        return exchange

    def close(self, group: str) -> None:
        """Say what was skipped."""
        skipped = self._skipped + self._silent
        if skipped:
            self._runner.notice(
                f"{group}: {deliveries(skipped)} skipped, same cause (no answer in time)"
            )
