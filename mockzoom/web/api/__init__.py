"""The control API under /api/v1: each view reads a call, asks the service, and shows the answer.

Each module holds the views of one noun.
"""

from __future__ import annotations

from mockzoom.web.api import deliveries, events, runs, scenarios, server, subscriptions
from mockzoom.web.api.scenarios import ScenarioName
from mockzoom.web.api.shell import api

__all__ = [
    "ScenarioName",
    "api",
    "deliveries",
    "events",
    "runs",
    "scenarios",
    "server",
    "subscriptions",
]
