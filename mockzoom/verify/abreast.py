"""Several deliveries at once, where nothing but the answer's kind is looked at.

Timing is never judged from these: whatever is not answered as expected goes out again, alone, and
only that is judged. A receiver that cannot take several at once is asked one by one from then on,
and an application in this process from the start: there is no network to wait for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import islice

from mockzoom.casebook import Prepared
from mockzoom.model import Attempt, Exchange, Failure
from mockzoom.run import Run

WIDTH = 8
_GROUP = WIDTH // 2
"""Two groups are under way: while one is answered, the other waits at the receiver already."""


class Abreast:
    """Delivers prepared cases `WIDTH` at a time; `expected` tells which answers need no look."""

    def __init__(self, run: Run, expected: Callable[[Attempt], bool]) -> None:
        self._run = run
        self._expected = expected
        self._one_by_one = not run.courier.transport.wire

    async def send(
        self, cases: Iterable[Prepared]
    ) -> AsyncIterator[tuple[Prepared, Exchange | None]]:
        """Yield each case with its exchange, in order; None where it must be looked at alone.

        Nothing is under way when such a case is yielded.
        """
        remaining = iter(cases)
        under_way: deque[tuple[tuple[Prepared, ...], Awaitable[list[Exchange]]]] = deque()
        while True:
            while len(under_way) < WIDTH // _GROUP and not self._one_by_one:
                group = tuple(islice(remaining, _GROUP))
                if not group:
                    break
                under_way.append((group, asyncio.gather(*[self._run.send(one) for one in group])))
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
        self, group: tuple[Prepared, ...], answers: Awaitable[list[Exchange]]
    ) -> list[tuple[Prepared, Exchange | None]]:
        exchanges = await answers
        if any(isinstance(exchange.last.outcome, Failure) for exchange in exchanges):
            self._one_by_one = True
        return [
            (case, exchange if self._expected(exchange.last) else None)
            for case, exchange in zip(group, exchanges, strict=True)
        ]
