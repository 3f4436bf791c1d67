"""What every test of this project can rely on: settings and proxies of the machine stay out."""

from __future__ import annotations

import os
import signal

import pytest


def pytest_configure() -> None:
    """Let Ctrl-C work where the suite was started in the background, which shells ignore it for."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget `MOCKZOOM_…` and proxy variables, which would change what the tests see."""
    for name in list(os.environ):
        if name.startswith("MOCKZOOM_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
