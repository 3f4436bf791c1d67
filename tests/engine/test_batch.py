"""Several deliveries at once: in order, the next ones made while these are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from mockzoom.engine.batch import WIDTH, Batch
from mockzoom.model import Attempt, Delivery, Exchange, Failure, Request, Response, Timings


class Answering:
    """Stands for a run; a case is answered with its number, one that is `lost` not at all."""

    def __init__(self, lost: int = -1, *, room: int = WIDTH, wire: bool = True) -> None:
        self.told: list[str] = []
        self.lost = lost
        self.room = room
        self.most = self.under_way = 0
        self.turn = asyncio.Lock()
        self.sender = SimpleNamespace(transport=SimpleNamespace(wire=wire))

    def cases(self, number: int) -> Iterator[int]:
        for case in range(number):
            self.told.append(f"made {case}")
            yield case

    async def send(self, case: int) -> Exchange:
        self.told.append(f"sent {case}")
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        crowded = self.under_way > self.room
        async with self.turn:  # one after the other, as a receiver without threads
            await asyncio.sleep(0.002)
        self.under_way -= 1
        self.told.append(f"answered {case}")
        outcome = Failure("reset", "") if case == self.lost else Response(case, "", (), b"")
        attempt = Attempt(
            Request("POST", "/", (), b""), outcome, Timings(1.03 if crowded else 0.0), 0.0
        )
        return Exchange(Delivery(f"d-{case}", "", None, b"", ""), (attempt,))

    def played(self, number: int) -> list[tuple[int, int | None]]:
        run: Any = self
        cases: Any = self.cases(number)
        batch = Batch(run, lambda last: last.status is not None)

        async def play() -> list[tuple[int, int | None]]:
            found: list[tuple[int, int | None]] = []
            async for case, exchange in batch.send(cases):
                answered: Any = case
                assert exchange is not None or not self.under_way
                found.append((answered, exchange and exchange.last.status))
            return found

        return asyncio.run(play())


@pytest.mark.parametrize("number", [0, 2, WIDTH - 1, WIDTH, 3 * WIDTH, 3 * WIDTH + 2])
def test_every_case_comes_back_once_and_in_order(number: int) -> None:
    assert Answering().played(number) == [(case, case) for case in range(number)]


def test_the_next_cases_wait_at_the_receiver_while_these_are_answered() -> None:
    run = Answering()
    run.played(2 * WIDTH)
    told = run.told
    assert told.index(f"sent {WIDTH - 1}") < told.index("answered 0")
    assert told.index(f"sent {WIDTH}") < told.index(f"answered {WIDTH - 1}")
    assert run.most == WIDTH


def test_an_application_in_this_process_is_given_nothing_at_once() -> None:
    run = Answering(wire=False)
    assert run.played(2 * WIDTH) == [(case, None) for case in range(2 * WIDTH)]
    assert "sent 0" not in run.told


def test_after_a_lost_connection_all_that_follow_are_left_to_be_sent_alone() -> None:
    run = Answering(lost=3)
    found = run.played(3 * WIDTH)
    assert [case for case, _ in found] == list(range(3 * WIDTH))
    alone = [case for case, status in found if status is None]
    assert alone == [3, *range(WIDTH, 3 * WIDTH)]
    assert f"sent {WIDTH}" not in run.told


@pytest.mark.parametrize("room", [1, 3, 5])
def test_where_connections_open_late_there_are_fewer_at_a_time(room: int) -> None:
    run = Answering(room=room)
    assert run.played(3 * WIDTH) == [(case, case) for case in range(3 * WIDTH)]
    start = run.told.index(f"sent {2 * WIDTH}")
    sent = answered = 0
    for told in run.told[start:]:
        sent, answered = sent + told.startswith("sent"), answered + told.startswith("answered")
        assert sent - answered <= room
