"""Scenarios: listed, shown, uploaded and checked."""

from __future__ import annotations

from flask import jsonify, url_for
from werkzeug.routing import BaseConverter

from mockzoom.web import actions, views
from mockzoom.web.api.shell import Answer, api, call, service
from mockzoom.web.problems import mistake


class ScenarioName(BaseConverter):
    """A scenario's name in a path; `check` is an operation of its own."""

    regex = r"(?!check(?:/|$))[^/]+"


@api.get("/api/v1/scenarios")
def scenarios() -> Answer:
    """List scenarios."""
    return jsonify([views.scenario_summary(item) for item in service().scenarios.all()])


@api.post("/api/v1/scenarios")
def upload() -> Answer:
    """Upload a scenario."""
    opened = service().scenarios.upload(actions.text_of(call().body))
    where = url_for("api.scenario", scenario=opened.entry.name)
    return jsonify(views.scenario(opened)), 201, {"Location": where}


@api.post("/api/v1/scenarios/check")
def check_scenario() -> Answer:
    """Tell the mistakes of a scenario."""
    found = service().scenarios.check(actions.text_of(call().body))
    return jsonify(valid=not found, mistakes=[mistake(item) for item in found])


@api.get("/api/v1/scenarios/<scenario:scenario>")
def scenario(scenario: str) -> Answer:
    """Show a scenario."""
    return jsonify(views.scenario(service().scenarios.open(scenario)))


@api.delete("/api/v1/scenarios/<scenario:scenario>")
def delete_scenario(scenario: str) -> Answer:
    """Delete an uploaded scenario."""
    service().scenarios.delete(scenario)
    return "", 204
