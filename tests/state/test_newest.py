"""Lists of the newest entries: found by entries that make room, left out where they name nobody."""

from __future__ import annotations

from typing import Any

from mockzoom.state.newest import ROLLS, NewestEntries, has_rolled
from mockzoom.state.roles import Roles, SentEvent

ROLES = Roles([SentEvent("starts", 0, {"id": "stream-0815"})], {"starts": 0})


def feed(*types: str) -> dict[str, Any]:
    return {"all": {"recent": [{"type": each} for each in types]}}


def learnt(*states: Any) -> NewestEntries:
    newest = NewestEntries()
    for state in states:
        newest.learn(state)
    newest.leave_out(states[-2], states[-1], ROLES)
    return newest


def window(end: int) -> tuple[str, ...]:
    return tuple(f"type {number}" for number in range(end, end + 5))


def test_entries_pushed_out_are_seen_at_either_end() -> None:
    assert has_rolled([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])
    assert has_rolled([5, 4, 3, 2, 1], [6, 5, 4, 3, 2])
    assert not has_rolled([1, 2, 3, 4, 5], [1, 2, 3, 4, 6])
    assert not has_rolled([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])


def test_a_feed_that_names_nobody_is_left_out_once_it_was_seen_to_roll() -> None:
    states = [feed(*window(end)) for end in range(ROLLS + 1)]
    assert learnt(*states[:-1]).without(states[0]) == states[0]
    newest = learnt(*states)
    assert newest.without(states[0]) == {"all": {}}
    [notice] = newest.notices()
    assert notice.startswith("all.recent of the probed state holds the newest 5 entries only")


def test_a_feed_whose_entries_mention_what_they_are_about_is_compared() -> None:
    rows = [f"{end} stream-0815" for end in range(5 + ROLLS)]
    states = [feed(*rows[end : end + 5]) for end in range(ROLLS + 1)]
    assert not learnt(*states).left_out


def test_a_list_that_grows_or_is_an_entitys_is_no_feed() -> None:
    states = [feed(*window(end)) for end in range(ROLLS + 1)]
    assert not learnt(*states, feed(*window(1), "one more")).left_out
    assert not learnt(*({"stream-0815": state} for state in states)).left_out
