"""The genuine cases that this receiver has acknowledged in this run: controls come from here.

What it has refused is kept, too: the diagnosis uses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from mockzoom.engine.case import TestCase
from mockzoom.engine.evidence import describe
from mockzoom.engine.runner import Runner
from mockzoom.engine.sending import ReceiverGone
from mockzoom.model import Exchange

NONE_ACKNOWLEDGED = (
    "no valid event was acknowledged in time, so nothing odd can be compared with one"
)


class Refused(Struct, frozen=True, eq=False):
    """A genuine event that was not acknowledged."""

    case: TestCase
    exchange: Exchange


class Acknowledged:
    """The acknowledged cases, one for each event, in the order of the contract."""

    def __init__(self) -> None:
        self._by_event: dict[str, TestCase] = {}
        self._refused: dict[str, Refused] = {}
        self._liveness_checks = 0

    def __bool__(self) -> bool:
        return bool(self._by_event)

    def __contains__(self, event: str) -> bool:
        return event in self._by_event

    def __iter__(self) -> Iterator[TestCase]:
        return iter(self._by_event.values())

    def __getitem__(self, event: str) -> TestCase:
        """Return the case that stands for an acknowledged event."""
        return self._by_event[event]

    def keep(self, case: TestCase) -> None:
        """Keep an acknowledged case; the first one of an event stands for it."""
        self._by_event.setdefault(case.event, case)

    def keep_refused(self, case: TestCase, exchange: Exchange) -> None:
        """Keep a genuine event that was not acknowledged, the first of its type."""
        self._refused.setdefault(case.event, Refused(case, exchange))

    @property
    def refused(self) -> dict[str, Refused]:
        """What each event type got that was never acknowledged."""
        return {name: one for name, one in self._refused.items() if name not in self._by_event}

    @property
    def first_refusals(self) -> tuple[Refused, ...]:
        """The first refusal of each event type, whether others of it were acknowledged or not."""
        return tuple(self._refused.values())

    @property
    def first(self) -> TestCase:
        """The case that passed first."""
        return next(iter(self))

    def liveness_case(self) -> TestCase:
        """Return a case that shows whether the receiver is still alive, the next one each time.

        It is one of those that need the fewest events before them.
        """
        self._liveness_checks += 1
        fewest = min(len(case.prelude) for case in self)
        usable = [case for case in self if len(case.prelude) == fewest]
        return usable[(self._liveness_checks - 1) % len(usable)]

    def one_per_namespace(self) -> tuple[TestCase, ...]:
        """Return the first acknowledged case of each namespace (`meeting`, `session`, ...)."""
        chosen: dict[str, TestCase] = {}
        for case in self:
            chosen.setdefault(case.event.split(".", 1)[0], case)
        return tuple(chosen.values())


def is_alive(exchange: Exchange) -> bool:
    """Return whether a receiver that answers a genuine event so is alive: 2xx, or busy (429).

    A 409 also shows it: the receiver recognises an event that it has already taken.
    """
    return exchange.last.acknowledged or exchange.last.status in (409, 429)


async def check_alive(runner: Runner, acknowledged: Acknowledged, after: str) -> None:
    """Deliver a genuine event; raise `ReceiverGone` where it is no longer acknowledged.

    No rule is broken by that alone: a receiver may lock out who has just sent it forgeries.
    """
    exchange = await runner.send_carefully(runner.anew(acknowledged.liveness_case()))
    await runner.stays_reachable(exchange)
    if is_alive(exchange):
        return
    case = runner.anew(acknowledged.liveness_case())
    again = await runner.send(case)
    if is_alive(again):
        runner.genuine.failed_once(exchange)
        return
    raise ReceiverGone(
        f"after {after}, the receiver no longer acknowledges {case.event} (case {case.name}),"
        f" which it acknowledged before: {describe(again.last)}. If it locks out senders of forged"
        " deliveries, switch that off for this test"
    )
