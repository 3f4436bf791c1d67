"""The page: what the control API offers, for people, as forms and tables that the server draws.

Each module holds the views of one noun. They call what the API calls (`mockzoom.web.actions` and
the service) with bodies and queries held to `openapi.yaml`, and show what the API shows.
"""

from __future__ import annotations

from mockzoom.web.pages import deliveries, events, runs, scenarios, subscriptions
from mockzoom.web.pages.base import pages

__all__ = ["deliveries", "events", "pages", "runs", "scenarios", "subscriptions"]
