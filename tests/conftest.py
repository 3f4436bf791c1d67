"""What every test can rely on: the tier, the Hypothesis profile, no settings of this machine."""

from __future__ import annotations

import os
import signal
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

QUICK = "not slow and not thorough"
"""The marker expression of the quick tier."""
WHOLLY_SLOW = "\npytestmark = pytest.mark.slow\n"

# The quick profile draws the same examples in every run, so that CI cannot fail by chance.
_SHARED = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
settings.register_profile("quick", _SHARED, max_examples=25, derandomize=True)
settings.register_profile("thorough", _SHARED, max_examples=300, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the Hypothesis profile; let Ctrl-C work where a shell has told us to ignore it."""
    expression = " ".join(config.option.markexpr.split())
    tier = "thorough" if expression == "thorough" else "quick"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", tier))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


WAITING = ("test_receivers.py", "test_stateful_play.py", "test_field_receivers.py")
"""Modules whose tests mostly wait for receivers; no two of their tests share a fixture."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones: with `-n`, none of them is left to run alone at the end.

    Those that wait are spread between the modules of the others, so that they do it meanwhile.
    """
    waiting = [item for item in items if item.path.name in WAITING]
    others = [item for item in items if item.path.name not in WAITING]
    slow = [item for item in others if item.get_closest_marker("slow")]
    modules = [list(of) for _, of in groupby(slow, key=lambda item: item.path)] or [[]]
    bounds = [len(waiting) * number // len(modules) for number in range(len(modules) + 1)]
    spread = [
        item
        for number, module in enumerate(modules)
        for item in (*waiting[bounds[number] : bounds[number + 1]], *module)
    ]
    items[:] = [*spread, *(item for item in others if not item.get_closest_marker("slow"))]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files with slow tests only out of the quick tier before they import anything."""
    if config.option.markexpr == QUICK and collection_path.suffix == ".py":
        return WHOLLY_SLOW in collection_path.read_text("utf-8") or None
    return None


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget `MOCKZOOM_…` and proxy variables, which would change what the tests see."""
    for name in list(os.environ):
        if name.startswith("MOCKZOOM_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
