"""The proof: a play reports exactly what the table of stateful receivers says.

Each defect meets, in one of the stacks, one play that shows it, and each correct receiver a
scenario with all kinds of plays in it, once. In the thorough tier all of them do so over
`PROOF_SEEDS` seeds (5), and every receiver meets every play over `PROOF_PLAYS`
seeds (1). Both take hours, most of it waiting: a slow receiver is slow in each play.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from zlib import crc32

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario import Scenario
from mockzoom.settings import Settings
from tests.receivers.launch import SECRET, running
from tests.receivers.stateful_table import CASES, CORRECT, DEFECTIVE, PLAYS, Case

pytestmark = pytest.mark.slow

PROOF_SEEDS = int(os.environ.get("PROOF_SEEDS", "5"))
PROOF_PLAYS = int(os.environ.get("PROOF_PLAYS", "1"))
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
SHOWN = tuple(case for case in SHORT if case.defect not in (*SLOW, *BY_CHANCE))


def scenario(name: str) -> Scenario:
    settings = Settings(secret=SECRET)
    return load_scenarios([SCENARIOS / f"{name}.yaml"], load_contract(settings))[0]


def must(case: Case, told: Scenario) -> frozenset[str]:
    """Return the rules that must fire, if an event is played in which the defect shows."""
    shows = any(fnmatchcase(event, glob) for event in told.events for glob in case.events or "*")
    return case.rules([told.name]) if shows else frozenset()


def perform(url: str, case: Case, told: Scenario, seed: int) -> RunResult:
    dropped = "MZ505" in must(case, told) and told.name != "lost"
    plan = PlayPlan(
        (told,),
        # What a counter of all entities does with an order shows in a fresh entity set only.
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
    silent(case, seeds=range(1, 2))


@pytest.mark.thorough
@pytest.mark.parametrize("case", CORRECT, ids=name_of)
def test_nothing_is_reported_for_a_right_receiver_whatever_the_seed(case: Case) -> None:
    for first in range(1, PROOF_SEEDS + 1, 5):
        silent(case, seeds=range(first, min(first + 5, PROOF_SEEDS + 1)))


def silent(case: Case, seeds: range) -> None:
    """Play to a new receiver, a few times: what it shows grows with each play."""
    told = scenario(ALL)
    with running(case.receiver, case.defect or None) as url:
        for seed in seeds:
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
    shown(case, seeds=range(1, 2))


@pytest.mark.thorough
@pytest.mark.parametrize("case", DEFECTIVE, ids=name_of)
def test_the_same_rules_fire_for_a_defective_one_whatever_the_seed(case: Case) -> None:
    shown(case, seeds=range(1, PROOF_SEEDS + 1))


def shown(case: Case, seeds: range) -> None:
    told = scenario(play_of(case))
    assert must(case, told), f"{told.name} shows nothing"
    for seed in seeds:
        right(case, told, seed)


def test_a_right_receiver_passes_a_play_that_others_fail() -> None:
    right(CORRECT[0], scenario("duplicate"), seed=1)


@pytest.mark.thorough
@pytest.mark.parametrize("name", PLAYS)
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_receiver_in_every_play(case: Case, name: str) -> None:
    for seed in range(1, PROOF_PLAYS + 1):
        right(case, scenario(name), seed)


def test_every_event_that_a_case_needs_is_in_the_play_that_shows_it() -> None:
    for case in DEFECTIVE:
        assert must(case, scenario(play_of(case))), name_of(case)
