"""Several deliveries at once, where nothing but the answer's kind is looked at.

Timing is never judged from these: whatever is not answered as expected goes out again, alone, and
only that is judged. A receiver that cannot take several at once gets them one by one from then on,
and an application in this process from the start: there is no network to wait for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import Runner
from mockzoom.model import Attempt, Exchange, Failure

WIDTH = 8
"""How many are under way at most, in two groups: while one is answered, the other waits already."""
CROWDED_S = 0.9
"""Seconds until a connection is open from which its first SYN was lost: TCP repeats it after 1 s.

Where nothing else is in the way, the receiver's queue of connections was full. Python's
`http.server` has room for five, closes after each answer, and would cost a second for each eight.
"""


class Batch:
    """Delivers cases `WIDTH` at a time; `expected` says which answers need no look.

    Where connections are opened late, there are fewer at a time from then on.
    """

    def __init__(self, runner: Runner, expected: Callable[[Attempt], bool]) -> None:
        self._runner = runner
        self._expected = expected
        self._one_by_one = not runner.sender.transport.wire
        self._width = WIDTH

    async def send(
        self, cases: Iterable[TestCase]
    ) -> AsyncIterator[tuple[TestCase, Exchange | None]]:
        """Yield each case with its exchange, in order; None where it must be looked at alone.

        Nothing is under way when such a case is yielded.
        """
        remaining = iter(cases)
        under_way: deque[tuple[tuple[TestCase, ...], asyncio.Future[list[Exchange]]]] = deque()
        try:
            async for pair in self._sent(remaining, under_way):
                yield pair
        finally:
            await ended([answers for _, answers in under_way])

    async def _sent(
        self,
        remaining: Iterator[TestCase],
        under_way: deque[tuple[tuple[TestCase, ...], asyncio.Future[list[Exchange]]]],
    ) -> AsyncIterator[tuple[TestCase, Exchange | None]]:
        while True:
            while len(under_way) < min(2, self._width) and not self._one_by_one:
                group = tuple(islice(remaining, max(1, self._width // 2)))
                if not group:
                    break
                under_way.append(
                    (group, asyncio.gather(*[self._runner.send(one) for one in group]))
                )
                for _ in range(2):  # they are written, and (uvloop waits a turn) go out
                    await asyncio.sleep(0)
            if not under_way:
                break
            found = await self._answered(*under_way.popleft())
            if any(exchange is None for _, exchange in found):
                while under_way:
                    found += await self._answered(*under_way.popleft())
            for pair in found:
                yield pair
        for case in remaining:
            yield case, None

    async def _answered(
        self, group: tuple[TestCase, ...], answers: Awaitable[list[Exchange]]
    ) -> list[tuple[TestCase, Exchange | None]]:
        exchanges = await answers
        if any(isinstance(exchange.last.outcome, Failure) for exchange in exchanges):
            self._one_by_one = True
        if any((exchange.last.timings.connected or 0) > CROWDED_S for exchange in exchanges):
            self._width = max(1, self._width // 2)
        return [
            (case, exchange if self._expected(exchange.last) else None)
            for case, exchange in zip(group, exchanges, strict=True)
        ]


async def ended(under_way: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel what nobody will wait for, and wait for its end: nothing goes out after a run."""
    for each in under_way:
        each.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
