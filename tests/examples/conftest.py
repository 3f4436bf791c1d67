"""Prepares the examples, which the README shows word for word, from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def mockzoom_settings() -> dict[str, Any]:
    """Examine one small product: `tests/verify/test_plan.py` examines the contract in process."""
    return {"product": ["whiteboard"]}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `verify`s a whole receiver as slow."""
    for item in items:
        if item.path == Path(__file__).with_name("test_flask_receiver.py"):
            item.add_marker(pytest.mark.slow)
