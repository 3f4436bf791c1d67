"""Short ways to read a scenario, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockzoom import contract
from mockzoom.scenario import Mistake, Names, Scenario, ScenarioError, read, read_text

BUNDLED = contract.load()
NAMES = Names(events=BUNDLED.known)


def one(text: str, **overrides: Any) -> Scenario:
    """Return the only scenario of a text."""
    [scenario] = read_text(text, "mine.yaml", NAMES, overrides, trusted=True)
    return scenario


def steps(text: str, top: str = "") -> Any:
    """Return the steps of a scenario whose steps are `text`."""
    return one(f"name: mine\n{top}\nsteps:\n{text}").steps


def mistakes(text: str, *, trusted: bool = True, **overrides: Any) -> tuple[Mistake, ...]:
    """Return the mistakes of a text, which must have some, as a usage error (exit class 2)."""
    with pytest.raises(ScenarioError) as caught:
        read_text(text, "mine.yaml", NAMES, overrides, trusted=trusted)
    assert caught.value.exit_code == 2
    assert caught.value.mistakes
    return caught.value.mistakes


def mistake(text: str, **more: Any) -> Mistake:
    """Return the only mistake of a text."""
    [found] = mistakes(text, **more)
    return found


def mistakes_of(path: Path) -> tuple[Mistake, ...]:
    """Return the mistakes of a file."""
    with pytest.raises(ScenarioError) as caught:
        read(path, NAMES)
    return caught.value.mistakes
