"""A rule that is new in a release: reported as a warning until the next one."""

from __future__ import annotations

import pytest

from mockzoom import rules
from mockzoom.rules import Rule, is_new

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
