"""The proof over a third stack: the bundled scenarios, as `play all` plays them, and Node.

A correct receiver passes all of them in one run, however it keeps what it is told. A defect is
found by the scenario that exists for it.
"""

from __future__ import annotations

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan, applicable
from mockzoom.probe_source import ProbeSource
from mockzoom.settings import Settings
from tests.each import thorough
from tests.receivers.launch import SECRET, running

pytestmark = pytest.mark.slow

RECEIVER = "node/stateful"
RIGHT = (
    "", "legit-keys", "legit-last-left", "legit-rows", "legit-queue", "legit-pool",
    "legit-soft-delete", "legit-figures", "legit-log", "legit-open-only", "legit-slugs",
    "legit-gives-up",
)  # fmt: skip
DEFECTS = {
    "one-per-millisecond": ("video-sdk-leave-together", "MZ505"),
    "fail-over-is-copy": ("rtms-failover", "MZ505"),
    "no-emoji": ("video-sdk-quality-alert", "MZ505"),
    "one-alert": ("video-sdk-quality-alert", "MZ505"),
    "drops-some": ("reordered-session", "MZ505"),
    "gives-up-what-it-noted": ("outage", "MZ505"),
    "forgets-what-it-wrote": ("outage", "MZ503"),
    "forgets-in-a-minute": ("outage", "MZ503"),
    "counts-copies": ("outage", "MZ503"),
    "marks-when-done": ("rtms-duplicate-start", "MZ504"),
    "looks-then-notes": ("video-sdk-copies-at-once", "MZ504"),
    "late-left": ("video-sdk-late-left", "MZ502"),
    "late-url": ("video-sdk-recording-twice", "MZ502"),
    "reopens": ("reordered-session", "MZ502"),
    "interruption-ends": ("rtms-interrupt-rejoin-stop", "MZ502"),
    "unknown-stream-404": ("reordered-session", "MZ101 MZ502"),
}
"""Each with the scenario that shows it, and the rules that it breaks there."""
ALSO_IN_PYTHON = {
    "one-per-millisecond", "fail-over-is-copy", "no-emoji", "one-alert", "counts-copies",
    "looks-then-notes", "interruption-ends",
}  # fmt: skip
"""Defects that the receivers in Python show by the same scenarios."""
ALSO_BUSY = {"marks-when-done": {"MZ501"}}
"""What shows as well where the machine is so busy that a second copy meets unfinished work."""
ADVANCE = ProbeSource(get="/state", advance="/advance?seconds={seconds}")


def said(result: RunResult) -> str:
    lines = [f"{item.rule} {item.event}: {item.message}" for item in result.violations]
    return "\n".join([*lines, *result.notices, *result.breakages])


@pytest.mark.parametrize("name", ["", *thorough(*RIGHT[1:])])
def test_a_right_receiver_passes_all_scenarios_in_one_run(name: str) -> None:
    _passes(name, 0, 1)


@pytest.mark.parametrize("name", ["legit-keys", "legit-last-left"])
def test_one_that_is_right_in_another_way_passes_every_third_scenario(name: str) -> None:
    """Another third for each: what a comparison costs grows with the square of their number."""
    _passes(name, RIGHT.index(name) % 3, 3)


def _passes(name: str, first: int, every: int) -> None:
    settings = Settings(secret=SECRET)
    told = load_scenarios(["all"], load_contract(settings), {}, (), lambda reason: None)
    plan = PlayPlan(told[first::every], probe=ADVANCE, budget=None)
    plan = applicable(plan, lambda reason: None)
    with running(RECEIVER, name or None) as url:
        result = play(url, settings, plan, whole=every == 1)
    assert not result.violations, said(result)
    assert not result.breakages, said(result)


@pytest.mark.parametrize(
    "name",
    [
        *(name for name in DEFECTS if name not in ALSO_IN_PYTHON),
        *thorough(*(name for name in DEFECTS if name in ALSO_IN_PYTHON)),
    ],
)
def test_a_defect_is_found_by_the_scenario_that_shows_it(name: str) -> None:
    scenario, rules = DEFECTS[name]
    settings = Settings(secret=SECRET)
    plan = PlayPlan(load_scenarios([scenario], load_contract(settings)), probe=ADVANCE)
    with running(RECEIVER, name) as url:
        result = play(url, settings, plan)
    found = {item.rule for item in result.violations} - ALSO_BUSY.get(name, set())
    assert found == {*rules.split()}, said(result)
    assert not result.breakages, said(result)


def test_without_a_clock_to_set_ahead_it_is_said_that_forgetting_is_not_checked() -> None:
    settings = Settings(secret=SECRET)
    told = load_scenarios(["outage"], load_contract(settings))
    with running(RECEIVER, "forgets-in-a-minute") as url:
        result = play(url, settings, PlayPlan(told, probe=ProbeSource(get="/state")))
    assert not result.violations, said(result)
    [note] = result.not_observable
    assert "request ids are remembered" in note
