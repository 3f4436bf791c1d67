"""Fakes work at once, so nobody has to look at them for long."""

from __future__ import annotations

import pytest

from mockzoom.play import probing


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten what a probe waits for with receivers that work at once."""
    monkeypatch.setattr(probing, "WATCH_S", 0.15)
    monkeypatch.setattr(probing, "LEAST_PAUSE_S", 0.06)
    monkeypatch.setattr(probing, "PATIENT_PAUSE_S", 0.15)
    monkeypatch.setattr(probing, "UNCHANGED_S", 0.2)
