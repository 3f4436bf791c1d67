"""The server: the control API, Zoom's own API, and the page, in one Flask application.

Nothing here decides anything about deliveries: every view calls `mockzoom.service`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flask import Flask

from mockzoom.service import Service
from mockzoom.web import guard, problems
from mockzoom.web.feed import Feeds
from mockzoom.web.guard import Access
from mockzoom.zoom.access_tokens import App

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request's body; a delivery of 1 MB, escaped, fits."""
FEEDS = 16


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the server may be reached, and how much it takes."""

    access: Access = field(default_factory=Access)
    feeds: int = FEEDS
    largest_body: int = LARGEST_BODY
    zoom: App = field(default_factory=App)
    """The app that scripts written for Zoom's API pretend to be."""


def create_app(service: Service, settings: WebSettings | None = None) -> Flask:
    """Return the application that serves `service`; the caller closes that."""
    from mockzoom.web import contract
    from mockzoom.web.api import ScenarioName, api
    from mockzoom.web.pages import pages
    from mockzoom.web.zoom import zoom

    contract.load()  # now, and not when the first request waits for it
    settings = settings or WebSettings()
    app = Flask("mockzoom.web")
    app.config["MAX_CONTENT_LENGTH"] = settings.largest_body
    app.config["MAX_FORM_PARTS"] = 100
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["mockzoom"] = service
    app.extensions["mockzoom-feeds"] = Feeds(service, settings.feeds)
    app.url_map.converters["scenario"] = ScenarioName
    problems.install(app)
    guard.install(app, settings.access)
    # Who asks for a token does not let anybody in at Zoom's paths.
    open_to_all = settings.zoom.open_to_all and not settings.access.token
    app.extensions["mockzoom-app"] = replace(settings.zoom, open_to_all=open_to_all)
    app.register_blueprint(api)
    app.register_blueprint(pages)
    app.register_blueprint(zoom)
    return app


__all__ = ["FEEDS", "LARGEST_BODY", "Access", "App", "WebSettings", "create_app"]
