"""The server itself: its health, its own description, what Zoom would write, and the rules."""

from __future__ import annotations

import time

from flask import Response, jsonify

from mockzoom import __version__
from mockzoom.suites import RULES
from mockzoom.web import contract, views
from mockzoom.web.api.shell import Answer, api, budget, call, service
from mockzoom.web.feed import feed


@api.get("/healthz")
def health() -> Answer:
    """Tell whether the server can deliver."""
    mock = service()
    trouble = mock.trouble
    return jsonify(
        status="trouble" if trouble else "ok", version=__version__,
        uptime_s=round(time.time() - mock.started_at, 3), runs=mock.runs.playing(),
        feeds=budget().open, trouble=trouble, clock=views.clock(mock.schedule),
    ), 503 if trouble else 200  # fmt: skip


@api.get("/openapi.yaml")
def document() -> Answer:
    """Return this API's own description."""
    text = contract.DOCUMENT.read_text("utf-8")
    return Response(text, content_type="application/yaml; charset=utf-8")


@api.post("/api/v1/reset")
def reset() -> Answer:
    """Forget everything."""
    service().reset()
    return "", 204


@api.get("/api/v1/notices")
def notices() -> Answer:
    """List what Zoom would have written by e-mail."""
    query = call().query
    found = service().notices(query["before"], query["limit"])
    shown = [views.notice(row) for row in found]
    more = found[-1]["id"] if len(found) == query["limit"] else None
    return jsonify(items=shown, next=more)


@api.get("/api/v1/feed")
def server_feed() -> Answer:
    """Follow what happens outside of runs."""
    query = call().query
    return feed(service(), budget(), None, query["after"], query["seconds"])


@api.get("/api/v1/rules")
def rules() -> Answer:
    """List the rules."""
    return jsonify([views.rule(rule) for rule in RULES.values()])
