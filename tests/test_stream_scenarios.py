"""The proof: each scenario about RTMS and the Video SDK finds what it exists for.

The receivers of `tests/receivers/stateful_session.py` have one defect each. The scenario that
exists for it reports the rules that it breaks; the correct receiver passes all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mockzoom.client.playing import play
from mockzoom.client.scenarios import load_scenarios
from mockzoom.client.settings import load_contract
from mockzoom.model import RunResult
from mockzoom.play import PlayPlan
from mockzoom.probe_source import ProbeSource
from mockzoom.scenario import bundled
from mockzoom.settings import Settings
from tests.each import thorough
from tests.receivers.launch import SECRET
from tests.receivers.stateful_session import VARIANTS, Book, Receiver

pytestmark = pytest.mark.slow

NEXT = "the-next-secret"


@dataclass(frozen=True)
class Case:
    """A scenario, the defect that it exists for, and the rules that it breaks there."""

    scenario: str
    defect: str
    rules: str


CASES = (
    Case("burst", "loses-updates", "MZ505"),
    Case("contact-center-voice", "wants-a-meeting", "MZ101"),
    Case("outage", "counts-copies", "MZ503"),
    Case("outage-of-the-receiver", "refuses-at-first", "MZ101"),
    Case("reordered-session", "arrival-decides", "MZ502"),
    Case("revalidation", "validates-once", "MZ301"),
    Case("revalidation-by-schedule", "no-transcript-alone", "MZ502"),
    Case("revalidation-disabled", "gives-up-on-challenges", "MZ301"),
    Case("rtms-concurrency", "wants-a-stream", "MZ101"),
    Case("rtms-duplicate-start", "counts-copies", "MZ501 MZ504"),
    Case("rtms-expired-start", "refuses-stale-starts", "MZ101"),
    Case("rtms-failover", "fail-over-is-copy", "MZ505"),
    Case("rtms-failover", "fail-over-is-counted", "MZ505"),
    Case("rtms-interrupt-rejoin-stop", "interruption-ends", "MZ502"),
    Case("rtms-start-interrupt-stop", "arrival-decides", "MZ502"),
    Case("rtms-start-stop", "refuses-reason-6", "MZ101 MZ109"),
    Case("rtms-stop-before-start", "arrival-decides", "MZ502"),
    Case("rtms-stream-replaced", "one-stream-a-meeting", "MZ502"),
    Case("secret-rotation", "", "MZ101 MZ301"),
    Case("tomorrow", "wants-known-events", "MZ107"),
    Case("video-sdk-copies-at-once", "looks-then-notes", "MZ504"),
    Case("video-sdk-late-left", "arrival-decides", "MZ502"),
    Case("video-sdk-leave-together", "one-per-millisecond", "MZ505"),
    Case("video-sdk-leave-together", "one-a-time", "MZ505"),
    Case("video-sdk-leave-together", "logs-what-it-drops", "MZ505"),
    Case("video-sdk-live-streaming", "refuses-after-the-end", "MZ101"),
    Case("video-sdk-phone-callout", "wants-text", "MZ101"),
    Case("video-sdk-quality-alert", "one-alert", "MZ505"),
    Case("video-sdk-recording", "arrival-decides", "MZ502"),
    Case("video-sdk-recording-deleted", "arrival-decides", "MZ502"),
    Case("video-sdk-recording-twice", "arrival-decides", "MZ502"),
    Case("video-sdk-room-callout", "last-call-of-the-room", "MZ502"),
    Case("video-sdk-session", "loses-updates", "MZ505"),
    Case("video-sdk-stream-ingestion", "arrival-decides", "MZ502"),
    Case("webinar", "wants-a-meeting", "MZ101"),
    Case("webinar", "one-stream-a-webinar", "MZ505"),
    Case("video-sdk-session", "no-emoji", "MZ505"),
)
OF_OTHERS = {
    "meeting-held-again", "meeting-leave-together", "meeting-overtaken", "meeting-recorded",
    "meeting-rejoin", "phone-call-recorded", "rtms-streamed", "user-deleted", "user-lifecycle",
    "webinar-registrations",
}  # fmt: skip
"""Scenarios about other products, and the one for consumers of streams, are tested elsewhere."""
SCENARIOS = tuple(dict.fromkeys(case.scenario for case in CASES))
RACES = {"loses-updates", "looks-then-notes"}
"""Defects that show where two deliveries are worked on at the same time, which chance decides."""
BLAMED_ON_ORDER = {("video-sdk-session", "loses-updates")}
"""Races that may as well look like another order: what is lost is the last of two events."""
RIGHT = ("", *(name for name in VARIANTS if name.startswith("legit-")))


@pytest.fixture(autouse=True)
def _works_before_it_answers(quick_looks: None) -> None:
    """So nobody has to look at the receivers for long."""


def performed(book: Book, *scenarios: str, secrets: tuple[str, ...] = (SECRET, NEXT)) -> RunResult:
    settings = Settings(secret=SECRET, seed=1)
    told = load_scenarios(scenarios, load_contract(settings))
    plan = PlayPlan(told, probe=ProbeSource(get="/state"), next_secret=NEXT)
    return play(Receiver(secrets, book), settings, plan)


def said(result: RunResult) -> str:
    lines = [f"{item.rule} {item.event}: {item.message}" for item in result.violations]
    return "\n".join([*lines, *result.notices, *result.breakages])


@pytest.mark.parametrize("name", ["", *thorough(*RIGHT[1:])])
def test_a_correct_receiver_passes_every_scenario(name: str) -> None:
    _passes(VARIANTS.get(name, Book)(), *SCENARIOS)


@pytest.mark.parametrize("name", RIGHT[1:])
def test_one_that_is_right_in_another_way_passes_every_third_scenario(name: str) -> None:
    """Another third for each: what a comparison costs grows with the square of their number."""
    _passes(VARIANTS[name](), *SCENARIOS[RIGHT.index(name) % 3 :: 3])


def _passes(book: Book, *scenarios: str) -> None:
    result = performed(book, *scenarios)
    assert not result.violations, said(result)
    assert not result.breakages, said(result)


def _cases() -> list[Any]:
    """Mark as thorough what a busy machine, such as one that runs all tests, cannot show."""
    calm = ("burst", "loses-updates")
    return [
        pytest.param(case, marks=pytest.mark.thorough)
        if (case.scenario, case.defect) == calm
        else case
        for case in CASES
    ]


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.scenario} {case.defect}")
def test_a_scenario_finds_the_defect_that_it_exists_for(case: Case) -> None:
    secrets = (SECRET, NEXT) if case.defect else (SECRET,)
    for _ in range(10 if case.defect in RACES else 1):
        book = VARIANTS[case.defect]() if case.defect else Book()
        result = performed(book, case.scenario, secrets=secrets)
        if result.violations:
            break
    found = {item.rule for item in result.violations}
    if found == {"MZ502"} and (case.scenario, case.defect) in BLAMED_ON_ORDER:
        return
    assert found == {*case.rules.split()}, said(result)
    assert not result.breakages, said(result)


def test_every_bundled_scenario_has_a_defect() -> None:
    assert {*bundled()} == {*SCENARIOS, *OF_OTHERS}
    assert {*VARIANTS} == {*(case.defect for case in CASES if case.defect), *RIGHT[1:]}
