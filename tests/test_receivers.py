"""The proof: `verify` raises exactly the right rules for every receiver, correct or defective."""

from __future__ import annotations

import shutil

import pytest

from mockzoom.session import Settings, verify
from tests.receivers.launch import SECRET, running
from tests.receivers.table import CASES, Case

SEEDS = (1, 2)


def _name(case: Case) -> str:
    parts = (case.receiver, case.defect or "correct", *case.options, case.auth.partition(":")[0])
    return "-".join(part for part in parts if part)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_exactly_the_rules_of_the_table_fire(case: Case) -> None:
    if case.needs and shutil.which(case.needs) is None:
        pytest.skip(f"{case.needs} is not installed")
    for seed in SEEDS:
        settings = Settings(
            secret=SECRET, seed=seed, auth=case.auth, strict="--strict" in case.options
        )
        with running(case.receiver, case.defect or None, auth=case.auth or None) as url:
            result = verify(url, settings)
        found = {item.rule for item in result.violations if item.severity != "info"}
        report = "\n".join(
            f"{item.rule} {item.event}: {item.message}" for item in result.violations
        )
        assert found == case.rules, f"seed {seed}\n{report}\n{result.breakages}"
