"""`repeat`: its steps once for each value of a list, or so many times."""

from __future__ import annotations

import pytest
from readers import mistake, mistakes, one, steps

from mockzoom.scenario.model import Send, Together
from mockzoom.scenario.steps import Wait


def test_steps_are_repeated_for_each_value_of_a_list() -> None:
    found = steps(
        "  - repeat: [Ana, {a: 1}]\n    as: guest\n    after: 5s\n    steps:\n"
        "      - {name: joins, send: session.user_joined,"
        " with: {payload.object.user.name: '${guest}'}}\n"
        "      - wait: 1s\n"
    )
    assert [step.name for step in found] == ["joins", "wait 1s", "joins 2", "wait 1s 2"]
    assert [step.after for step in found] == [5.0, 0.0, 0.0, 0.0]
    assert [step.changes[0][1] for step in found if isinstance(step, Send)] == ["Ana", {"a": 1}]


def test_a_count_gives_the_numbers_from_one() -> None:
    scenario = one(
        "name: mine\nlet: {n: 3}\nsteps:\n  - repeat: ${n}\n"
        "    steps: [{send: session.started, entities: '${item}', name: 'start ${item}'}]\n"
    )
    assert [(step.name, step.entities) for step in scenario.steps if isinstance(step, Send)] == [
        ("start 1", 1), ("start 2", 2), ("start 3", 3)
    ]  # fmt: skip


def test_a_repetition_knows_what_it_has_saved_and_the_last_one_is_known_afterwards() -> None:
    found = steps(
        "  - repeat: 2\n    steps:\n"
        "      - {send: session.started, entities: '${item}', save: {id: payload.object.id}}\n"
        "      - {send: session.ended, with: {payload.object.session_name: '${id}'}}\n"
        "  - {send: session.ended, with: {payload.object.session_name: '${id}'}}\n"
    )
    first, first_end, second, second_end, last = found
    assert [first.saves[0][0], second.saves[0][0]] == ["id", "id 2"]
    names = [step.changes[0][1] for step in (first_end, second_end, last)]
    assert names == ["${id}", "${id 2}", "${id 2}"]


def test_repetitions_stand_within_each_other_and_within_lanes() -> None:
    outer, together = one(
        "name: mine\nsteps:\n"
        "  - repeat: [1s]\n    as: a\n"
        "    steps: [{repeat: [2s], as: b, steps: [{wait: '${a}', after: '${b}'}]}]\n"
        "  - together: [{repeat: 2, steps: [{send: session.started}]}, {wait: 1s}]\n"
    ).steps
    assert isinstance(outer, Wait)
    assert (outer.seconds, outer.after) == (1.0, 2.0)
    assert isinstance(together, Together)
    assert [len(lane) for lane in together.lanes] == [2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{repeat: 2}", "the `repeat` step has no `steps`"),
        ("{repeat: 0, steps: [{wait: 1s}]}", "`repeat` is the number 0"),
        ("{repeat: 1001, steps: [{wait: 1s}]}", "`repeat` is the number 1001"),
        ("{repeat: [], steps: [{wait: 1s}]}", "`repeat` is an empty list"),
        ("{repeat: 2, steps: []}", "these steps are an empty list"),
        ("{repeat: 2, as: a b, steps: [{wait: 1s}]}", "no name for a value: 'a b'"),
        ("{repeat: 2, steps: [{repeat: 2, steps: [{wait: 1s}]}]}",
         "'item' is a value of `let`, `matrix` or another `repeat` already"),
        ("{together: [{wait: 1s}, {repeat: 2, steps: [{rotate: secret}]}]}",
         "`rotate`: within `together` this cannot be separated from what happens beside it"),
        ("{shuffle: [{send: session.started}, {repeat: 2, steps: [{send: session.ended}]}]}",
         "`repeat`: only events that are sent can be shuffled"),
        ("{send: session.started, world: 1}", "a `send` step has no 'world'"),
    ],
)  # fmt: skip
def test_a_repetition_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    assert mistake(f"name: mine\nsteps: [{text}]").message == message


def test_a_mistake_within_a_repetition_is_told_once() -> None:
    text = "name: mine\nsteps: [{repeat: 9, steps: [{wait: 5}, {send: nothing}]}]"
    assert [item.message for item in mistakes(text)] == [
        "5: a duration without a unit", "no event is called 'nothing'"
    ]  # fmt: skip


def test_two_steps_of_one_name_within_a_repetition_are_numbered_not_refused() -> None:
    found = steps("  - {repeat: 2, steps: [{name: a, wait: 1s}]}\n  - {wait: 2s}\n")
    assert [step.name for step in found] == ["a", "a 2", "wait 2s"]


def test_a_key_that_was_called_otherwise_is_told_with_its_name() -> None:
    assert mistake("name: a\nsteps: [{send: session.started, world: 1}]").hint == (
        "it is called `entities`"
    )
    lanes = "[{wait: 1s}, {wait: 2s}]"
    assert mistake(f"name: a\nsteps: [{{together: {lanes}, worlds: 2}}]").hint == (
        "it is called `entity_sets`"
    )
