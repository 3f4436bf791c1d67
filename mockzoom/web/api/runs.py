"""Runs: started, steered, followed and reported."""

from __future__ import annotations

from flask import Response, jsonify, url_for

from mockzoom.model import JSON
from mockzoom.report import FORMATS
from mockzoom.report.diagram import POLICY as DIAGRAM_POLICY
from mockzoom.report.html import POLICY as HTML_POLICY
from mockzoom.web import actions, views
from mockzoom.web.api.shell import Answer, api, budget, call, service
from mockzoom.web.feed import feed
from mockzoom.web.problems import Problem

_SVG = "image/svg+xml; charset=utf-8"


@api.get("/api/v1/runs")
def runs() -> Answer:
    """List runs."""
    mock, query = service(), call().query
    found = mock.runs.find(query["before"], query["limit"])
    shown = [views.run(row, mock.runs.result(row.id)) for row in found]
    return jsonify(views.page(found, query["limit"], shown))


@api.post("/api/v1/runs")
def start() -> Answer:
    """Start a run."""
    row = actions.start(service(), call().body)
    where = url_for("api.run", run=row.id)
    return jsonify(views.run(row, None)), 202, {"Location": where}


@api.get("/api/v1/runs/<run>")
def run(run: str) -> Answer:
    """Show a run."""
    return jsonify(_run(call().path["run"]))


@api.post("/api/v1/runs/<run>/stop")
def stop(run: str) -> Answer:
    """End a run early."""
    service().runs.stop(call().path["run"])
    return jsonify(_run(call().path["run"])), 202


@api.get("/api/v1/runs/<run>/steps")
def steps(run: str) -> Answer:
    """Show how the steps of a play go."""
    return jsonify(service().runs.steps(call().path["run"]))


@api.post("/api/v1/runs/<run>/control")
def control(run: str) -> Answer:
    """Steer a play."""
    return jsonify(actions.control(service(), call().path["run"], call().body)), 202


@api.get("/api/v1/runs/<run>/diagram")
def diagram(run: str) -> Answer:
    """Draw a run."""
    narrow = bool(call().query["narrow"])
    drawn = service().runs.diagram(call().path["run"], narrow=narrow)
    answer = Response(drawn, content_type=_SVG)
    answer.headers["content-security-policy"] = DIAGRAM_POLICY
    return answer


@api.get("/api/v1/runs/<run>/report")
def report(run: str) -> Answer:
    """Report a run that has ended."""
    query = call().query
    text = service().runs.report(call().path["run"], query["format"], query["fail_on"])
    if text is None:
        raise Problem(409, "the run is still going on; its report comes with its end")
    name = query["format"]
    answer = Response(text, content_type=f"{FORMATS[name].media_type}; charset=utf-8")
    policy = HTML_POLICY if name == "html" else DIAGRAM_POLICY
    answer.headers["content-security-policy"] = policy
    return answer


@api.get("/api/v1/runs/<run>/events")
def run_feed(run: str) -> Answer:
    """Follow a run."""
    number, query = call().path["run"], call().query
    service().runs.get(number)
    return feed(service(), budget(), number, query["after"], query["seconds"])


def _run(number: int) -> JSON:
    mock = service()
    row = mock.runs.get(number)
    return views.run(row, mock.runs.result(number))
