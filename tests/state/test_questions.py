"""A comparison only asks what to play next: here the answers come from a model of a receiver."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario.model import Deliver, Place, Scenario, Send, sends, walk
from mockzoom.state.comparison import Comparison
from mockzoom.state.ownership import PassMember
from mockzoom.state.passes import PassComparison
from mockzoom.state.plays import (
    NotComparable,
    PassPlayed,
    PlayPass,
    PlayRecord,
    PlayScript,
    Question,
    ReadLater,
    ReadSettled,
    ScriptPlayed,
)
from mockzoom.state.probe import ProbeConnection, StateReader
from mockzoom.state.settling import Settling
from mockzoom.transport import WSGITransport
from mockzoom.transport.inprocess import IN_PROCESS_URL

PLACE = Place("x.yaml", 1, 1)
NOTHING_SENT = PlayRecord(())


def scenario(name: str, times: int = 1) -> Scenario:
    send = Send(place=PLACE, name=name, event="session.started", deliver=Deliver(times=times))
    return Scenario(name, "x.yaml", (send,))


def settling() -> Settling:
    connection = ProbeConnection(WSGITransport(lambda *_: [], IN_PROCESS_URL))
    return Settling(StateReader(ProbeSource(), connection, dict))


class Model:
    """Counts every delivery of the steps in `wrong`, and the others once; notes what is asked."""

    def __init__(self, *wrong: str) -> None:
        self.wrong = wrong
        self.counts = Counter[str]()
        self.asked: list[Question] = []

    def play(self, script: Scenario) -> None:
        for step in sends(walk(script.steps)):
            times = step.deliver.times
            self.counts["events"] += times if step.name in self.wrong else min(1, times)

    def snapshot(self) -> JSON:
        return dict(self.counts)

    def answer(self, question: Question) -> Any:
        self.asked.append(question)
        if isinstance(question, ReadSettled | ReadLater):
            return self.snapshot()
        scripts = [question] if isinstance(question, PlayScript) else question.scripts
        snapshots = [self.snapshot()]
        for each in scripts:
            self.play(each.script if isinstance(each, PlayScript) else each.script.script)
            snapshots.append(self.snapshot())
        if isinstance(question, PlayScript):
            return ScriptPlayed(NOTHING_SENT, *snapshots)
        records = (NOTHING_SENT,) * len(question.scripts)
        return PassPlayed(records, tuple(snapshots), snapshots[-1])


def answered(asking: Any, model: Model) -> Any:
    answer = None
    try:
        while True:
            answer = model.answer(asking.send(answer))
    except StopIteration as end:
        return end.value


def passes(model: Model, *scenarios: Scenario) -> tuple[PassComparison, PassPlayed]:
    """Return the comparison of passes after the first one."""
    members = [PassMember(n, each, NOTHING_SENT, ()) for n, each in enumerate(scenarios)]
    snapshots = [model.snapshot()]
    for each in scenarios:
        model.play(each)
        snapshots.append(model.snapshot())
    first = PassPlayed((NOTHING_SENT,) * len(members), tuple(snapshots), snapshots[-1])
    return PassComparison(members, settling()), first


def test_a_step_that_counts_twice_is_isolated_by_what_is_asked_for() -> None:
    model = Model("twice")
    comparison = Comparison(scenario("twice", times=2), settling(), seed=1)
    answered(comparison.compare(NOTHING_SENT), model)
    [(found, step)] = comparison.found.violations
    assert (found.rule, step) == ("MZ501", "twice")
    assert "+2, expected +1" in found.message


def test_of_a_right_receiver_two_plays_are_asked_and_nothing_is_found() -> None:
    model = Model()
    comparison = Comparison(scenario("twice", times=2), settling(), seed=1)
    answered(comparison.compare(NOTHING_SENT), model)
    assert not comparison.found.violations
    assert not comparison.found.notices
    assert [type(each) for each in model.asked] == [PlayScript, PlayScript]


def test_a_play_that_goes_wrong_is_a_notice() -> None:
    comparison = Comparison(scenario("twice", times=2), settling(), seed=1)
    asking = comparison.compare(NOTHING_SENT)
    next(asking)
    with pytest.raises(StopIteration):
        asking.throw(NotComparable("no stream is left"))
    assert comparison.found.notices == ["twice: not compared with a second play: no stream is left"]


def test_a_judged_play_that_was_answered_429_is_not_compared() -> None:
    comparison = Comparison(scenario("twice", times=2), settling(), seed=1)
    limited = PlayRecord((), is_rate_limited=True)
    answered(comparison.compare(limited, ScriptPlayed(limited, {}, {"events": 1})), Model())
    [notice] = comparison.found.notices
    assert "it answers 429; see --rate" in notice


def test_a_total_is_found_by_the_snapshots_of_a_prompt_receiver_without_further_passes() -> None:
    model = Model("b")
    comparison, first = passes(model, *(scenario(name, times=2) for name in "abcd"))
    answered(comparison.compare(first), model)
    assert [each.scenario.name for each in comparison.found] == ["b"]
    assert len(model.asked) == 2


def test_a_total_of_a_slow_receiver_is_found_by_the_shortest_of_each_rule_and_then_by_halves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "mockzoom.state.settling.Settling.is_immediate", property(lambda self: False)
    )
    model = Model("c")
    comparison, first = passes(model, *(scenario(name, times=2) for name in "abcdefgh"))
    answered(comparison.compare(first), model)
    assert [each.scenario.name for each in comparison.found] == ["a"]
    assert comparison.is_open
    names = "bcdefgh"
    rest = [
        PassMember(n, scenario(each, times=2), NOTHING_SENT, ()) for n, each in enumerate(names)
    ]
    [number] = answered(comparison.halves(rest), model)
    assert names[number] == "c"
    asked = [len(each.scripts) for each in model.asked if isinstance(each, PlayPass)]
    assert asked[:3] == [8, 8, 8]
    assert max(asked[3:]) == 4


class Firsts(Model):
    """Also notes for good which scenario came first."""

    first = ""

    def play(self, script: Scenario) -> None:
        super().play(script)
        self.first = self.first or script.name

    def snapshot(self) -> JSON:
        return {**self.counts, "first": self.first} if self.first else {}


def test_what_is_entered_once_for_all_is_no_total_that_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "mockzoom.state.settling.Settling.is_immediate", property(lambda self: False)
    )
    model = Firsts()
    comparison, first = passes(model, *(scenario(name, times=2) for name in "abcdefgh"))
    answered(comparison.compare(first), model)
    assert comparison.found == comparison.unclear == []
    assert not comparison.is_open
    assert len(model.asked) == 3  # and no halves


class Seconds(Model):
    """Keeps the time of each event, in seconds that several plays share by chance."""

    def __init__(self, *wrong: str, each: int) -> None:
        super().__init__(*wrong)
        self.each = each

    def snapshot(self) -> JSON:
        return {**self.counts, "at": 1 + len(self.asked) // self.each}


@pytest.mark.parametrize(("wrong", "expected"), [((), set()), (("twice",), {"MZ501"})])
@pytest.mark.parametrize("each", [1, 2, 3, 4, 5, 6, 7])
def test_plays_that_were_equal_by_chance_neither_hide_a_defect_nor_make_one(
    wrong: tuple[str, ...], expected: set[str], each: int
) -> None:
    model = Seconds(*wrong, each=each)
    comparison = Comparison(scenario("twice", times=2), settling(), seed=1)
    answered(comparison.compare(NOTHING_SENT), model)
    assert {found.rule for found, _ in comparison.found.violations} == expected
