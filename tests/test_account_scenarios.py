"""The proof: each scenario about meetings, webinars, users and phone finds what it exists for.

Each receiver of `tests/receivers/stateful_account.py` has one defect. The scenario that exists for
it reports the defect's rule and nothing else; the correct receiver passes all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.probe_source import ProbeSource
from mockzoom.settings import Settings
from tests.each import each
from tests.receivers.launch import SECRET, running
from tests.receivers.stateful_account import Receiver
from tests.receivers.stateful_account_defects import VARIANTS

pytestmark = pytest.mark.slow

SCENARIOS = (
    "meeting-held-again", "meeting-leave-together", "meeting-overtaken", "meeting-recorded",
    "meeting-rejoin", "phone-call-recorded", "user-deleted", "user-lifecycle",
    "webinar-registrations",
)  # fmt: skip


LEGIT = tuple(name for name in VARIANTS if name.startswith("legit-"))


@dataclass(frozen=True)
class Case:
    """A defect, the scenario that exists for it, the rule that it breaks, and the step to blame."""

    defect: str
    scenario: str
    rule: str
    step: str


def _again(event: str, scenario: str, rule: str, step: str) -> Case:
    return Case(f"again-{event}", scenario, rule, step)


CASES = (
    Case("late-left-removes", "meeting-rejoin", "MZ502", "guest drops out"),
    Case("late-start-reopens", "meeting-overtaken", "MZ502", "meeting starts"),
    Case("left-closes-the-last-stay", "meeting-recorded", "MZ502", "guest drops out"),
    Case("recording-stored-again", "meeting-recorded", "MZ503", "recording completed"),
    Case("last-recording-wins", "meeting-recorded", "MZ503", "recording completed"),
    Case("instances-are-one-meeting", "meeting-held-again", "MZ502", "meeting ends"),
    Case("last-recording-to-arrive", "meeting-held-again", "MZ502", "recording completed"),
    Case("copies-by-time", "meeting-leave-together", "MZ505", "second leaves"),
    Case("late-approval-counts", "webinar-registrations", "MZ502", "other is approved"),
    Case("update-replaces-user", "user-lifecycle", "MZ502", "gets a department"),
    Case("older-update-ignored", "user-lifecycle", "MZ502", "gets a department"),
    Case("update-activates", "user-lifecycle", "MZ502", "gets a department"),
    Case("update-creates", "user-deleted", "MZ502", "gets a department"),
    Case("late-ringing-is-missed", "phone-call-recorded", "MZ502", "callee's phone rings"),
    Case("call-rings-for-ever", "phone-call-recorded", "MZ502", "caller hears it ring"),
    Case("last-arrival-is-kept", "meeting-recorded", "MZ502", "guest drops out"),
    Case("last-arrival-is-the-callee", "phone-call-recorded", "MZ502", "a call in vain rings"),
    Case("last-arrival-is-the-call", "phone-call-recorded", "MZ502", "caller hears it ring"),
    _again("meeting.participant_joined", "meeting-recorded", "MZ501", "host joins"),
    _again("meeting.ended", "meeting-recorded", "MZ504", "meeting ends"),
    _again("user.created", "user-lifecycle", "MZ501", "created"),
    _again("user.activated", "user-lifecycle", "MZ503", "activated"),
    _again("user.deactivated", "user-lifecycle", "MZ504", "deactivated"),
    _again("user.created", "user-deleted", "MZ504", "other created"),
    _again("user.deleted", "user-deleted", "MZ503", "deleted"),
    _again("phone.callee_answered", "phone-call-recorded", "MZ501", "answered"),
    _again("phone.callee_ended", "phone-call-recorded", "MZ503", "ended for the callee"),
    _again("phone.recording_completed", "phone-call-recorded", "MZ504", "recording completed"),
    _again("webinar.registration_created", "webinar-registrations", "MZ501", "attendee registers"),
    _again("webinar.registration_approved", "webinar-registrations", "MZ503",
           "attendee is approved"),
    _again("webinar.participant_joined", "webinar-registrations", "MZ504", "attendee joins"),
)  # fmt: skip
EXPECTED = {
    "recording-per-url": """
name: two-files
steps:
  - play: meeting-recorded
  - name: stored once
    probe: {get: /state/recordings}
    expect: {schema: {type: array, maxItems: 4}}
""",
    "newest-update-replaces-user": """
name: all-fields
steps:
  - play: user-lifecycle
  - name: nothing is lost
    probe: {get: /state/users}
    expect: {schema: {items: {required: [email, dept, timezone]}}}
""",
}
"""Defects that no order or copy brings to light, and what a project writes to find them."""


@pytest.fixture(autouse=True)
def _works_before_it_answers(quick_looks: None) -> None:
    """So nobody has to look at the receiver for long."""


def receiver_of(defect: str = "") -> Receiver:
    return Receiver(SECRET, VARIANTS[defect]() if defect else None)


def performed(receiver: Any, *scenarios: str | Path, seed: int = 1) -> RunResult:
    """Play to a receiver in process, or at a URL."""
    settings = Settings(secret=SECRET, seed=seed)
    told = load_scenarios(scenarios, load_contract(settings))
    return play(receiver, settings, PlayPlan(told, probe=ProbeSource(get="/state")))


def said(result: RunResult) -> str:
    lines = [f"{item.rule} {item.event}: {item.message}" for item in result.violations]
    return "\n".join([*lines, *result.notices, *result.breakages])


def passes(result: RunResult) -> None:
    """Assert that nothing was found, and that all four rules were looked for."""
    assert said(result) == ""
    assert {"MZ501", "MZ502", "MZ503", "MZ504"} <= {rule for rule, _ in result.cases}


def finds(case: Case, result: RunResult) -> None:
    """Assert that a result holds the case's rule and nothing else, and blames the right step."""
    assert {item.rule for item in result.violations} == {case.rule}, said(result)
    assert not result.breakages, said(result)
    assert any(f" {case.step} (" in item.message for item in result.violations), said(result)


@each("seed", range(1, 4))
def test_a_correct_receiver_passes_every_scenario(seed: int) -> None:
    passes(performed(receiver_of(), *SCENARIOS, seed=seed))


@each("variant", LEGIT)
def test_a_receiver_that_is_right_in_another_way_passes_every_scenario(variant: str) -> None:
    passes(performed(receiver_of(variant), *SCENARIOS))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.defect} {case.scenario}")
def test_the_scenario_that_exists_for_a_defect_finds_it_and_nothing_else(case: Case) -> None:
    finds(case, performed(receiver_of(case.defect), case.scenario))


def test_a_correct_receiver_passes_every_scenario_over_http() -> None:
    with running("stateful_account") as url:
        result = performed(url, *SCENARIOS)
    passes(result)


@pytest.mark.thorough
@each("scenario", SCENARIOS)
def test_each_scenario_finds_a_defect_over_http(scenario: str) -> None:
    case = next(case for case in CASES if case.scenario == scenario)
    with running("stateful_account", case.defect) as url:
        finds(case, performed(url, scenario))


@each("defect", EXPECTED)
def test_what_only_the_project_can_know_is_found_by_its_own_expectation(
    defect: str, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(EXPECTED[defect], encoding="utf-8")
    result = performed(receiver_of(defect), own)
    assert {item.rule for item in result.violations} == {"MZ510"}, said(result)
    assert not performed(receiver_of(), own).violations


def test_every_defect_has_its_case() -> None:
    assert {*(case.defect for case in CASES), *EXPECTED, *LEGIT} == {*VARIANTS}
    assert {case.scenario for case in CASES} == {*SCENARIOS}
