"""Several deliveries at once: in order, the next ones made while these are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mockzoom.model import Attempt, Delivery, Exchange, Failure, Request, Response, Timings
from mockzoom.verify.abreast import WIDTH, Abreast


class Answering:
    """Stands for a run; a case is answered with its number, one that is `lost` not at all."""

    def __init__(self, lost: int = -1) -> None:
        self.told: list[str] = []
        self.lost = lost

    def cases(self, number: int) -> Iterator[int]:
        for case in range(number):
            self.told.append(f"made {case}")
            yield case

    async def send(self, case: int) -> Exchange:
        self.told.append(f"sent {case}")
        await asyncio.sleep(0.01)
        self.told.append(f"answered {case}")
        outcome = Failure("reset", "") if case == self.lost else Response(case, "", (), b"")
        attempt = Attempt(Request("POST", "/", (), b""), outcome, Timings(), 0.0)
        return Exchange(Delivery(f"d-{case}", "", None, b"", ""), (attempt,))

    def played(self, number: int) -> list[tuple[int, int | None]]:
        run: Any = self
        cases: Any = self.cases(number)
        abreast = Abreast(run, lambda last: last.status is not None)

        async def play() -> list[tuple[int, int | None]]:
            found: list[tuple[int, int | None]] = []
            async for case, exchange in abreast.send(cases):
                answered: Any = case
                found.append((answered, exchange and exchange.last.status))
            return found

        return asyncio.run(play())


@pytest.mark.parametrize("number", [0, 2, WIDTH - 1, WIDTH, 3 * WIDTH, 3 * WIDTH + 2])
def test_every_case_comes_back_once_and_in_order(number: int) -> None:
    assert Answering().played(number) == [(case, case) for case in range(number)]


def test_a_single_case_is_left_to_be_looked_at_alone() -> None:
    run = Answering()
    assert run.played(WIDTH + 1)[-1] == (WIDTH, None)
    assert f"sent {WIDTH}" not in run.told


def test_the_next_cases_are_made_while_these_are_answered() -> None:
    run = Answering()
    run.played(2 * WIDTH)
    told = run.told
    last_sent = told.index(f"sent {WIDTH - 1}")
    assert last_sent < told.index(f"made {WIDTH}") < told.index("answered 0")
    assert told.index(f"answered {WIDTH - 1}") < told.index(f"sent {WIDTH}")


def test_after_a_lost_connection_all_that_follow_are_left_to_be_sent_alone() -> None:
    run = Answering(lost=3)
    found = run.played(3 * WIDTH)
    assert [case for case, _ in found] == list(range(3 * WIDTH))
    alone = [case for case, status in found if status is None]
    assert alone == [3, *range(WIDTH, 3 * WIDTH)]
    assert f"sent {WIDTH}" not in run.told
