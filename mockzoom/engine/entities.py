"""Entity sets for many cases of one event type: each has its prelude delivered once.

Each case should be about entities of its own, after their prelude. A case that was refused with a
4xx has changed nothing, so its entities serve the next case as they are. Where preludes take long,
entities serve several cases in any case.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from mockzoom.engine.case import CaseName, TestCase, replace
from mockzoom.engine.runner import Runner
from mockzoom.model import Exchange

BUDGET_S = 30.0
"""Seconds of a run in all after which preludes are delivered for each eighth case only."""
SHARED = 8
"""How many cases an entity set serves from then on."""


class EntitySets:
    """Hands out entity sets for the cases of one event type, and takes back those still unused.

    `like` is the number of a set whose ids have the same peculiarities.
    """

    def __init__(self, runner: Runner, like: int) -> None:
        self._runner = runner
        self._like = like
        self._free: deque[int] = deque()
        self._served: Counter[int] = Counter()

    def parts(self, event: str, name: CaseName) -> Iterator[TestCase]:
        """Yield every part of the case `name`, each with the prelude that it still needs."""
        return map(self._after_prelude, self._runner.cases.parts(event, name, self._next))

    def _next(self) -> int:
        number = self._free.popleft() if self._free else self._runner.next_entities(self._like)
        self._served[number] += 1
        return number

    def _after_prelude(self, case: TestCase) -> TestCase:
        if self._served[case.name.entities] > 1:
            return case
        return replace(case, prelude=self._runner.cases.prelude(case))

    def give_back(self, case: TestCase) -> None:
        """Keep the set of a case that is not delivered for the next one."""
        self._served[case.name.entities] -= 1
        self._free.appendleft(case.name.entities)

    def take_back(self, case: TestCase, exchange: Exchange) -> None:
        """Keep the set of a case that was answered for the next one, where it can serve it."""
        number, status = case.name.entities, exchange.last.status
        refused = status is not None and 400 <= status < 500
        shared = self._runner.prelude_s > BUDGET_S and self._served[number] < SHARED
        if refused or shared:
            self._free.append(number)
