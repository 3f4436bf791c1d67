"""A rule that is new in a release: reported as a warning until the next one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mockzoom import rules
from mockzoom.contract.lint import LINT_RULES
from mockzoom.rules import Rule, is_new
from mockzoom.suites import RULES

NEW = Rule("MZ101", "not-acknowledged", "error", since="0.2")


def test_a_rule_is_new_in_its_release_and_its_patches_and_no_longer_in_the_next() -> None:
    releases = ("0.1.9", "0.2.0", "0.2.0.dev3", "0.2.11", "0.3.0", "0.10.0", "1.0.0")
    assert [is_new("0.2", version) for version in releases] == [True] * 4 + [False] * 3
    assert not is_new("", "0.1.0")


@pytest.mark.parametrize(("version", "severity"), [("0.2.3", "warning"), ("0.3.0", "error")])
def test_a_new_rule_reports_as_a_warning_until_the_next_release(
    version: str, severity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "__version__", version)
    assert (NEW.reported, NEW.severity) == (severity, "error")
    assert NEW.violation("seen", "500").severity == severity


FIRST = {
    "MZ1": "01-05 07-09", "MZ2": "01-13", "MZ3": "01-06", "MZ4": "01-07", "MZ5": "01-05 10",
    "MZ6": "01-13 51-54", "MZ7": "01-25", "MZ8": "01-05",
}  # fmt: skip
"""The rules of the first release, 0.2: whoever adds a rule adds it not here, but with `since`."""


def test_every_rule_says_since_which_release_it_is_there_unless_it_came_with_the_first() -> None:
    first = set()
    for group, ranges in FIRST.items():
        for ends in ranges.split():
            low, _, high = ends.partition("-")
            first |= {f"{group}{number:02}" for number in range(int(low), int(high or low) + 1)}
    every = {rule.id: rule.since for rule in (*RULES.values(), *LINT_RULES)}
    assert {name for name, since in every.items() if not since} == first
    for name in every.keys() - first:
        assert re.fullmatch(r"\d+\.\d+", every[name]), name
        assert every[name] != "0.2", name


def test_the_first_release_is_the_oldest_of_the_changelog() -> None:
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
    *_, oldest = re.findall(r"^## \[(\d+\.\d+)\.\d+\]", text, re.MULTILINE)
    assert oldest == "0.2"
