"""Shuffled lists: their order counts neither for settling nor between plays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

from mockzoom.probe_source import ProbeSource
from mockzoom.state.probe import ProbeConnection, StateReader
from mockzoom.state.settling import Settling
from mockzoom.state.volatile import SHUFFLES, ShuffledLists
from mockzoom.transport.inprocess import IN_PROCESS_URL, WSGITransport


def rows(turn: int) -> list[Any]:
    """Return three rows, each with a list of its own, all of them turned."""
    made = [{"id": f"stream-{n}", "of": ["x", f"y{n}", "z"]} for n in range(3)]
    for row in made:
        row["of"] = row["of"][turn % 3 :] + row["of"][: turn % 3]
    return made[turn % 3 :] + made[: turn % 3]


class Turning:
    """A receiver whose rows come in another order at each reading, as long as it has any."""

    def __init__(self) -> None:
        self.turns: Iterator[int] = count()
        self.is_empty = False

    def settling(self) -> Settling:
        connection = ProbeConnection(WSGITransport(lambda environ, start: [b""], IN_PROCESS_URL))
        return Settling(StateReader(ProbeSource(within=1.0), connection, self.state))

    def state(self) -> Any:
        return {"rows": [] if self.is_empty else rows(next(self.turns))}


def test_a_list_is_shuffled_once_it_was_seen_in_other_orders_several_times() -> None:
    shuffled = ShuffledLists()
    for turn in range(SHUFFLES):
        assert not shuffled.places
        assert shuffled.learn({"rows": rows(turn)}, {"rows": rows(turn + 1)})
    assert shuffled.places == {("rows",), ("rows", "*", "of")}
    assert not shuffled.learn({"rows": rows(0)}, {"rows": rows(1)})
    assert shuffled.in_order({"rows": rows(0)}) == shuffled.in_order({"rows": rows(1)})


def test_a_list_with_other_items_is_not_shuffled() -> None:
    shuffled = ShuffledLists()
    for turn in range(2 * SHUFFLES):
        shuffled.learn({"rows": [turn, turn + 1]}, {"rows": [turn + 1, turn + 2]})
        shuffled.learn({"rows": rows(turn)}, {"rows": rows(turn)[1:]})
    assert not shuffled.places


def test_rows_in_another_order_hold_no_clock() -> None:
    receiver = Turning()
    settling = receiver.settling()

    async def looks() -> Any:
        before = await settling.before_deliveries()
        receiver.is_empty = True
        gone = await settling.after_deliveries(before)
        receiver.is_empty = False
        return await settling.after_deliveries(gone)

    after = asyncio.run(looks())
    assert len(after["rows"]) == 3
    assert settling.fields == frozenset()
    assert not settling.volatile.places
    assert not settling.volatile.suspects
    assert settling.is_prompt
    assert "rows" in settling.unordered
