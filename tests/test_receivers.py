"""The proof: `verify` raises exactly the right rules for every receiver, correct or defective.

One correct receiver is held to the whole contract, those in other languages and frameworks to
parts of it that have every kind of event in them. The thorough tier does the same over
`PROOF_SEEDS` seeds (20), with the first one every correct receiver with the whole contract.
"""

from __future__ import annotations

import os
import shutil

import pytest

from mockzoom.client.verifying import verify
from mockzoom.settings import Settings
from mockzoom.suites import EXAMINED
from tests.each import thorough
from tests.receivers.launch import SECRET, running
from tests.receivers.table import CASES, Case

pytestmark = pytest.mark.slow

PROOF_SEEDS = int(os.environ.get("PROOF_SEEDS", "20"))
PART = (
    "meeting.rtms_*", "rtms.*", "contact_center.voice_rtms_stopped", "session.started",
    "session.ended",
    "session.user_joined", "session.user_left", "session.sharing_*", "session.recording_started",
    "session.recording_completed",
    "session.user_phone_callout_missed", "session.rtms_stopped",
)  # fmt: skip

FEW = (
    "meeting.rtms_stopped", "session.started", "session.ended", "session.user_joined",
    "session.recording_completed",
)  # fmt: skip
"""Enough where malformed bodies are played, which most deliveries of a run are."""
WHOLE = "aiohttp_receiver"
"""The correct receiver that meets the whole contract outside of the thorough tier, too."""
IN_PARTS = ("contract_receiver", "fastapi_receiver", "node/correct")
"""Correct ones that meet every kind of event there; the others meet a few, in all their forms."""
WELL_FORMED = tuple(suite for suite in EXAMINED if suite not in ("malformed", "faults"))
"""The suites for defects that no malformed body shows."""


def _name(case: Case) -> str:
    parts = (case.receiver, case.defect or "correct", *case.options, case.auth.partition(":")[0])
    return "-".join(part for part in parts if part)


_ONE_EACH = tuple({case.rules: case for case in reversed(CASES) if case.rules}.values())
"""One case for each set of rules; the others that break the same ones are thorough."""
_WITH_AUTH = tuple(
    {case.auth.partition(":")[0]: case for case in CASES if case.auth and not case.rules}.values()
)
"""One correct receiver for each kind of endpoint authentication."""
_PROVED = [
    case
    for case in CASES
    if case in _ONE_EACH or case in _WITH_AUTH or not (case.rules or case.auth)
]
_REPEATED = [case for case in CASES if case not in _PROVED]
_BY_MALFORMED = [case for case in _REPEATED if any(rule.startswith("MZ4") for rule in case.rules)]
"""Repeated ones that malformed bodies show, some of them those of one event only."""


def _is_alone(case: Case) -> bool:
    """Return whether a correct receiver has nothing special about it."""
    return not (case.rules or case.defect or case.auth)


def _enough(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the events and the suites in which a receiver shows what it is."""
    if case in _BY_MALFORMED or (_is_alone(case) and case.receiver in IN_PARTS):
        return PART, EXAMINED
    if case.rules and not any(rule.startswith("MZ4") for rule in case.rules):
        return PART, WELL_FORMED
    return FEW, EXAMINED


@pytest.mark.parametrize("case", [*_PROVED, *thorough(*_REPEATED)], ids=_name)
def test_exactly_the_rules_of_the_table_fire(case: Case) -> None:
    events, suites = _enough(case)
    whole = _is_alone(case) and case.receiver == WHOLE
    _proved(case, 1, () if whole else events, suites)


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_the_same_rules_fire_whatever_the_seed(case: Case) -> None:
    _proved(case, 1, PART if case.rules else (), EXAMINED)
    for seed in range(2, PROOF_SEEDS + 1):
        _proved(case, seed, *_enough(case))


def _proved(case: Case, seed: int, events: tuple[str, ...], suites: tuple[str, ...]) -> None:
    if case.needs and shutil.which(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    settings = Settings(
        secret=SECRET, seed=seed, events=events, auth=case.auth, suites=suites,
        strict="--strict" in case.options,
    )  # fmt: skip
    with running(case.receiver, case.defect or None, auth=case.auth or None) as url:
        result = verify(url, settings)
    found = {item.rule for item in result.violations if item.severity != "info"}
    report = "\n".join(f"{item.rule} {item.event}: {item.message}" for item in result.violations)
    assert found == case.rules, f"seed {seed}\n{report}\n{result.breakages}"
