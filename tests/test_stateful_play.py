"""The proof: a play reports exactly what the table of stateful receivers says.

By default each defect meets, in one of the stacks, one play that shows it, and each correct
receiver a scenario with all kinds of plays in it, once. With `MOCKZOOM_PROOF_SEEDS=N` all of them
do so over N seeds; with `MOCKZOOM_PROOF_PLAYS=N` every receiver meets every play over N seeds. Both
take hours, most of it waiting: a slow receiver is slow in each play.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from zlib import crc32

import pytest

from mockzoom.client import Settings, load_catalog, load_scenarios, play
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.scenario import Scenario
from mockzoom.scenario.model import ProbeSource
from tests.receivers.launch import SECRET, running
from tests.receivers.stateful_table import CASES, CORRECT, DEFECTIVE, PLAYS, Case

PROOF_SEEDS = int(os.environ.get("MOCKZOOM_PROOF_SEEDS", "0"))
PROOF_PLAYS = int(os.environ.get("MOCKZOOM_PROOF_PLAYS", "0"))
SCENARIOS = Path(__file__).parent / "play" / "scenarios"
ALL = "everything"
SLOW = ("works-before-answering", "works-before-answering-twice")
"""Receivers whose every play costs deadlines of three seconds."""
BY_CHANCE = ("key-is-timestamp",)
"""What it drops depends on the second of the wall clock; proved in the long run only."""


def name_of(case: Case) -> str:
    return f"{case.receiver}-{case.defect or 'as-it-stands'}"


SHORT = tuple(
    {
        case.defect: case
        for case in sorted(DEFECTIVE, key=lambda case: crc32(name_of(case).encode()))
    }.values()
)
"""Each defect once, in one of the stacks."""
SHOWN = (
    DEFECTIVE
    if PROOF_SEEDS
    else tuple(case for case in SHORT if case.defect not in (*SLOW, *BY_CHANCE))
)
SHORTEST = (CORRECT[0], "duplicate")


def scenario(name: str) -> Scenario:
    settings = Settings(secret=SECRET)
    return load_scenarios([SCENARIOS / f"{name}.yaml"], load_catalog(settings))[0]


def must(case: Case, told: Scenario) -> frozenset[str]:
    """Return the rules that must fire, if an event is played in which the defect shows."""
    shows = any(fnmatchcase(event, glob) for event in told.events for glob in case.events or "*")
    return case.rules([told.name]) if shows else frozenset()


def perform(url: str, case: Case, told: Scenario, seed: int) -> RunResult:
    dropped = "MZ505" in must(case, told) and told.name != "lost"
    plan = PlayPlan(
        (told,),
        # What a counter of all entities does with an order shows in a fresh world only.
        probe=ProbeSource(get="/state", reset="/reset" if told.name == "shuffle" else ""),
        effects=(case.events or ("*",)) if dropped else (),
    )
    return play(url, Settings(secret=SECRET, seed=seed), plan)


def report(result: RunResult) -> str:
    lines = [f"{item.rule} {item.event}: {item.message}" for item in result.violations]
    return "\n".join([*lines, *result.notices, *result.breakages])


def play_of(case: Case) -> str:
    """Return the play that shows the case's own rules soonest."""
    own = [name for name in PLAYS if case.must.get(name)]
    return own[0]


@pytest.mark.parametrize("case", CORRECT, ids=name_of)
def test_nothing_is_reported_for_a_right_receiver(case: Case) -> None:
    told = scenario(ALL)
    for first in range(1, (PROOF_SEEDS or 1) + 1, 5):
        # A fresh one now and then: what it shows grows with each play.
        with running(case.receiver, case.defect or None) as url:
            for seed in range(first, min(first + 5, (PROOF_SEEDS or 1) + 1)):
                result = perform(url, case, told, seed)
                assert not result.violations, f"seed {seed}\n{report(result)}"
                assert not result.breakages, f"seed {seed}\n{report(result)}"


def right(case: Case, told: Scenario, seed: int) -> None:
    """Play to a new receiver, and hold what is found against the table."""
    with running(case.receiver, case.defect or None) as url:
        result = perform(url, case, told, seed)
    found = {item.rule for item in result.violations if item.severity != "info"}
    judged_right = must(case, told) <= found <= case.allowed([told.name])
    assert judged_right, f"seed {seed}: {sorted(found)}\n{report(result)}"
    assert not result.breakages, f"seed {seed}\n{report(result)}"


@pytest.mark.parametrize("case", SHOWN, ids=name_of)
def test_exactly_the_rules_of_the_table_fire_for_a_defective_one(case: Case) -> None:
    told = scenario(play_of(case))
    assert must(case, told), f"{told.name} shows nothing"
    for seed in range(1, (PROOF_SEEDS or 1) + 1):
        right(case, told, seed)


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in PLAYS] if PROOF_PLAYS else [SHORTEST],
    ids=lambda value: value if isinstance(value, str) else name_of(value),
)
def test_every_receiver_in_every_play(case: Case, name: str) -> None:
    for seed in range(1, (PROOF_PLAYS or 1) + 1):
        right(case, scenario(name), seed)


def test_every_event_that_a_case_needs_is_in_the_play_that_shows_it() -> None:
    for case in DEFECTIVE:
        assert must(case, scenario(play_of(case))), name_of(case)
