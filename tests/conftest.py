"""What every test can rely on: the tier, the Hypothesis profile, no settings of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.longest import LONGEST, dealt

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


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the test modules once where `-n` is given, and not in every worker.

    pytest rewrites the asserts of each module, which takes seconds in a fresh clone.
    """
    here = Path(__file__).parent
    is_compiled = any((here / "__pycache__").glob("test_*-pytest-*.pyc"))
    parallel = getattr(session.config.option, "numprocesses", None)
    if not parallel or is_compiled or sys.dont_write_bytecode:
        return
    parts = sorted(map(str, here.rglob("test_*.py")))
    command = (sys.executable, "-m", "pytest", "--collect-only", "-qq", "-n", "0")
    halves = [
        subprocess.Popen([*command, *parts[half::2]], stdout=subprocess.DEVNULL, cwd=here.parent)
        for half in (0, 1)
    ]
    for process in halves:
        process.wait()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones, and on half of the workers with those that wait longest.

    So none of them is left to run alone at the end, and the others keep the processor busy. What is
    deselected has to be gone by then, since the workers are dealt equal numbers of tests.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    names = LONGEST.read_text("utf-8").splitlines()
    items[:] = dealt(items, names, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


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


@pytest.fixture(autouse=True)
def _compiled_when_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pip compile nothing: the tests that install the package import a part of it."""
    monkeypatch.setenv("PIP_COMPILE", "0")


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the looks at the state of receivers that work at once."""
    for name, seconds in (
        ("WATCH_S", 0.15), ("LEAST_PAUSE_S", 0.06), ("LONG_PAUSE_S", 0.15), ("UNCHANGED_S", 0.2),
    ):  # fmt: skip
        monkeypatch.setattr(f"mockzoom.state.settling.{name}", seconds)
