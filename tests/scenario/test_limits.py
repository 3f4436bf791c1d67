"""What a scenario grows to once everything is filled in is bounded, in time and in memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from readers import NAMES, mistake, mistakes, steps

from mockzoom.scenario import read_text
from mockzoom.scenario.limits import MOST_STEPS, MOST_TEXT, MOST_VALUES

STEPS = "steps: [{wait: 1s}]\n"


def growing(first: str, then: str) -> str:
    """Return a scenario with 30 values, each made of the one before it twice."""
    lines = [f"  a0: {first}"]
    lines += [f"  a{n}: {then.replace('@', f'${{a{n - 1}}}')}" for n in range(1, 31)]
    return "name: grows\nlet:\n" + "\n".join(lines) + f"\n{STEPS}"


def test_a_text_that_doubles_thirty_times_is_refused_where_it_is_too_long() -> None:
    text = growing("xxxxxxxxxxxxxxxx", "'@@'")
    assert len(text) < 800
    tracemalloc.start()
    found = mistake(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.message.startswith("a text of ")
    assert found.expected == f"at most {MOST_TEXT:,}"
    assert (found.place.line, found.place.column) == (15, 8)
    assert peak < 20_000_000


@pytest.mark.slow
@pytest.mark.parametrize("then", ["['@', '@']", "{p: '@', q: '@'}"])
def test_values_that_double_thirty_times_are_refused_with_their_place(then: str) -> None:
    started = time.process_time()
    found = mistake(growing("[x]", then))
    assert time.process_time() - started < 5
    message = "too many values once those of `let`, `matrix` and `repeat` are filled in"
    assert found.message == message
    assert found.expected == f"at most {MOST_VALUES:,}"
    assert 15 < found.place.line < 25


@pytest.mark.slow
def test_four_times_as_many_names_are_read_in_about_four_times_the_time() -> None:
    def needed_s(count: int) -> float:
        names = "".join(f"  n{number}: {number}\n" for number in range(count))
        started = time.process_time()
        read_text(f"name: many\nlet:\n{names}{STEPS}", "mine.yaml", NAMES)
        return time.process_time() - started

    assert needed_s(8_000) < 8 * needed_s(2_000)


@pytest.mark.thorough
def test_thirty_thousand_names_are_read_in_the_time_that_yaml_takes() -> None:
    names = "".join(f"  n{number}: {number}\n" for number in range(30_000))
    started = time.process_time()
    read_text(f"name: many\nlet:\n{names}{STEPS}", "mine.yaml", NAMES)
    assert time.process_time() - started < 12


@pytest.mark.slow
def test_thousands_of_unknown_names_are_told_in_time() -> None:
    unknown = "".join(f"  n{number}: '${{m{number}}}'\n" for number in range(5_000))
    started = time.process_time()
    found = mistakes(f"name: many\nlet:\n{unknown}{STEPS}")
    assert time.process_time() - started < 5
    assert len(found) == 1000
    assert found[0].message == "nothing is called ${m0} here"


def test_a_list_of_a_quarter_of_a_million_values_is_refused_before_it_is_parsed() -> None:
    started = time.process_time()
    found = mistake(f"name: wide\nlet:\n  a: [{'1,' * 240_000}]\n{STEPS}")
    assert time.process_time() - started < 2
    assert found.message == "too many values for a scenario"
    assert found.place.line == 3


def test_many_texts_that_are_each_short_enough_are_bounded_together() -> None:
    sends = "  - {send: session.started, with: {payload.object.session_name: '${a}${a}'}}\n" * 300
    text = f"name: long\nlet: {{a: {'x' * 32_000}}}\nsteps:\n{sends}"
    found = mistake(text)
    assert found.message == "too much text once its values are filled in"
    assert found.place.line > 100


def test_repetitions_within_repetitions_are_counted() -> None:
    inner = "{repeat: 1000, as: b, steps: [{wait: 1s}]}"
    found = mistake(f"name: mine\nsteps: [{{repeat: 1000, as: a, steps: [{inner}]}}]")
    assert found.message == "too many steps once `play`, `repeat` and `matrix` are expanded"
    assert found.expected == f"at most {MOST_STEPS:,}"


def test_as_many_steps_as_may_be_are_read() -> None:
    assert len(steps("  - {repeat: 999, steps: [{wait: 1s}]}\n")) == 999
