"""Several deliveries at once, where nothing but the answer's kind is looked at.

Timing is never judged from these: whatever is not answered as expected goes out again, alone, and
only that is judged. A receiver that cannot take several at once is asked one by one from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import islice

from mockzoom.casebook import Prepared
from mockzoom.model import Attempt, Exchange, Failure
from mockzoom.run import Run

WIDTH = 8


class Abreast:
    """Delivers prepared cases `WIDTH` at a time; `expected` tells which answers need no look."""

    def __init__(self, run: Run, expected: Callable[[Attempt], bool]) -> None:
        self._run = run
        self._expected = expected
        self._width = WIDTH

    async def send(
        self, cases: Iterable[Prepared]
    ) -> AsyncIterator[tuple[Prepared, Exchange | None]]:
        """Yield each case with its exchange, in order; None where it must be looked at alone."""
        remaining = iter(cases)
        group = tuple(islice(remaining, self._width))
        while group:
            if len(group) == 1 or self._width == 1:
                for case in group:
                    yield case, None
                group = tuple(islice(remaining, self._width))
                continue
            answers = asyncio.gather(*[self._run.send(case) for case in group])
            for _ in range(2):  # they are written, and (uvloop waits a turn) go out
                await asyncio.sleep(0)
            following = tuple(islice(remaining, self._width))
            exchanges = await answers
            if any(isinstance(exchange.last.outcome, Failure) for exchange in exchanges):
                self._width = 1
            for case, exchange in zip(group, exchanges, strict=True):
                yield case, exchange if self._expected(exchange.last) else None
            group = following
