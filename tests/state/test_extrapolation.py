"""What many entity sets have to leave is told by a few, or not at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mockzoom.state.extrapolation import NotLinear, extrapolate
from tests.play.fakes import Fake, perform, right, rules

pytestmark = pytest.mark.usefixtures("quick_looks")

BURST = """
  - send: rtms.concurrency_near_limit
  - name: many
    entity_sets: 30
    together:
      - - {name: opens, send: session.started}
        - {name: closes, send: session.ended}
"""


def entry(entities: int) -> str:
    return f"<opens {entities}/id>" if entities else "<opens/id>"


def effect(entity_sets: int) -> Any:
    numbers = range(entity_sets)
    return {
        "counts": {"opened": {"by": entity_sets}, "alerts": {"by": 1}},
        "sessions": {entry(n): {"at": "<opens/event_ts>", "id": f"s:{entry(n)}"} for n in numbers},
        "rows": {"added": [{"of": entry(n), "n": 1} for n in numbers]},
    }


def test_counts_entries_and_rows_grow_by_what_the_last_entity_set_has_added() -> None:
    assert extrapolate(effect(2), effect(3), 40) == effect(40)


@pytest.mark.parametrize(
    ("two", "three"),
    [
        ("a", "b"),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"jobs": {"x1": 1}}, {"jobs": {"x1": 1, "x2": 1}}),
        ({"rows": ["a"]}, {"rows": ["b", entry(2)]}),
        ({"a": {"by": 1}}, {"a": 1}),
    ],
)
def test_what_does_not_grow_evenly_is_not_foretold(two: Any, three: Any) -> None:
    with pytest.raises(NotLinear):
        extrapolate(two, three, 40)


class Sessions(Fake):
    """Keeps an entry of each session, and counts its events."""

    def __init__(self, lost: frozenset[int] = frozenset(), most: int = 10_000) -> None:
        super().__init__(self.note)
        self.most, self.lost = most, lost
        self.state = {"sessions": {}, "events": {}}

    def note(self, fake: Fake, event: dict[str, Any], request_id: str) -> int:
        session = event["payload"].get("object", {}).get("session_id")
        if session and len(self.events) in self.lost:
            return 200
        if session:
            row = self.state["sessions"].setdefault(session, {})
            row[event["event"]] = event["event_ts"]
        if self.state["events"].get(event["event"], 0) < self.most:
            right(fake, event, request_id)
        return 200


@pytest.mark.slow
def test_a_burst_that_leaves_what_was_foretold_is_not_delivered_once_more(tmp_path: Path) -> None:
    sessions = Sessions()
    result = perform(tmp_path, sessions, BURST, reader=sessions.read)
    assert not result.violations
    assert not result.notices
    names = Counter(event["event"] for event in sessions.events)
    assert names["session.started"] == 30 + 2 + 3


@pytest.mark.slow
def test_a_burst_that_leaves_something_else_is_compared_with_the_whole_as_ever(
    tmp_path: Path,
) -> None:
    sessions = Sessions(lost=frozenset({20}))
    result = perform(tmp_path, sessions, BURST, reader=sessions.read)
    names = Counter(event["event"] for event in sessions.events)
    assert names["session.started"] > 60
    assert not rules(result)  # lost once, and never again (what is always lost: test_comparison)


@pytest.mark.slow
def test_a_count_that_grows_no_further_is_no_finding(tmp_path: Path) -> None:
    sessions = Sessions(most=10)
    result = perform(tmp_path, sessions, BURST, reader=sessions.read)
    assert not result.violations


MANY = BURST.replace("entity_sets: 30", "entity_sets: 200").replace(
    "        - {name: closes", "        - wait: 10m\n        - {name: closes"
)


class FewAtOnce(Sessions):
    """Drops a session that starts while twenty others are open."""

    def note(self, fake: Fake, event: dict[str, Any], request_id: str) -> int:
        found = self.state["sessions"].values()
        is_open = sum("session.ended" not in row for row in found)
        if event["event"] == "session.started" and is_open >= 20:
            return 200
        return super().note(fake, event, request_id)


@pytest.mark.slow
def test_what_a_large_burst_loses_is_found_with_a_smaller_one(tmp_path: Path) -> None:
    sessions = FewAtOnce()
    result = perform(tmp_path, sessions, MANY, reader=sessions.read)
    assert rules(result) == {"MZ502"}  # it depends on what else is open, one by one as well
    names = Counter(event["event"] for event in sessions.events)
    assert names["session.started"] < 800  # and not as often as the whole burst is played plainly
