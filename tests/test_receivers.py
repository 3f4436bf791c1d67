"""The proof: `verify` raises exactly the right rules for every receiver, correct or defective.

Correct receivers are held to the whole contract, defective ones to a part of it that has every kind
of event in it. `MOCKZOOM_PROOF_SEEDS=20` runs everything over as many seeds (some 20 minutes).
"""

from __future__ import annotations

import os
import shutil

import pytest

from mockzoom.client import Settings, verify
from tests.receivers.launch import SECRET, running
from tests.receivers.table import CASES, Case

PROOF_SEEDS = int(os.environ.get("MOCKZOOM_PROOF_SEEDS", "0"))
PART = (
    "meeting.*", "rtms.*", "contact_center.voice_rtms_stopped", "session.started", "session.ended",
    "session.user_joined", "session.user_left", "session.sharing_*", "session.recording_started",
    "session.recording_completed",
    "session.user_phone_callout_missed", "session.rtms_stopped",
)  # fmt: skip
SLOW = {"MZ102", "MZ304", "MZ402", "MZ405", "MZ406"}
"""Rules whose proof costs deadlines of three seconds."""


def _name(case: Case) -> str:
    parts = (case.receiver, case.defect or "correct", *case.options, case.auth.partition(":")[0])
    return "-".join(part for part in parts if part)


def _seeds(case: Case) -> range:
    if PROOF_SEEDS:
        return range(1, PROOF_SEEDS + 1)
    return range(1, 2) if case.rules & SLOW else range(1, 3)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_exactly_the_rules_of_the_table_fire(case: Case) -> None:
    if case.needs and shutil.which(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    for seed in _seeds(case):
        whole = seed == 1 and not case.rules
        settings = Settings(
            secret=SECRET, seed=seed, events=() if whole else PART, auth=case.auth,
            strict="--strict" in case.options,
        )  # fmt: skip
        with running(case.receiver, case.defect or None, auth=case.auth or None) as url:
            result = verify(url, settings)
        found = {item.rule for item in result.violations if item.severity != "info"}
        report = "\n".join(
            f"{item.rule} {item.event}: {item.message}" for item in result.violations
        )
        assert found == case.rules, f"seed {seed}\n{report}\n{result.breakages}"
