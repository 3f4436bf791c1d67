"""The control API under /api/v1: each view reads a call, asks the service, and shows the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from flask import Blueprint, Response, current_app, g, jsonify, request, url_for
from werkzeug.routing import BaseConverter

from mockzoom import __version__
from mockzoom.dispatch import Subscription
from mockzoom.model import JSON
from mockzoom.report import FORMATS
from mockzoom.report.diagram import POLICY as DIAGRAM_POLICY
from mockzoom.report.html import POLICY as HTML_POLICY
from mockzoom.service import Service
from mockzoom.suites import RULES
from mockzoom.web import actions, contract, views
from mockzoom.web.contract import Call
from mockzoom.web.feed import Feeds, feed
from mockzoom.web.problems import Problem, mistake

api = Blueprint("api", __name__)
Answer: TypeAlias = Response | tuple[Any, int] | tuple[Any, int, dict[str, str]]


def service() -> Service:
    """Return the service of the current application."""
    found: Service = current_app.extensions["mockzoom"]
    return found


def feeds() -> Feeds:
    """Return the live feeds of the current application."""
    found: Feeds = current_app.extensions["mockzoom-feeds"]
    return found


def install_contract(blueprint: Blueprint) -> None:
    """Hold every request of `blueprint` to the contract; `g.call` is what it asks for."""

    @blueprint.before_request
    def hold() -> None:
        rule = request.url_rule
        if rule is None:
            return
        method = "GET" if request.method == "HEAD" else request.method
        _, operations = contract.load()
        operation = operations.get((contract.template_of(rule.rule), method))
        if operation is not None:
            g.call = operation.read(request)


install_contract(api)


def call() -> Call:
    """Return the current request as the contract reads it."""
    found: Call = g.call
    return found


@api.get("/api/v1/subscriptions")
def subscriptions() -> Answer:
    """List subscriptions."""
    return jsonify([_shown(item) for item in service().subscriptions.all()])


@api.post("/api/v1/subscriptions")
def create() -> Answer:
    """Register an endpoint."""
    made = actions.register(service(), call().body)
    where = url_for("api.subscription", subscription=made.id)
    return jsonify(_shown(made)), 201, {"Location": where}


@api.get("/api/v1/subscriptions/<subscription>")
def subscription(subscription: str) -> Answer:
    """Show a subscription."""
    return jsonify(_shown(service().subscriptions.get(subscription)))


@api.patch("/api/v1/subscriptions/<subscription>")
def change(subscription: str) -> Answer:
    """Change a subscription."""
    made = actions.change(service(), subscription, call().body)
    return jsonify(_shown(made))


@api.delete("/api/v1/subscriptions/<subscription>")
def delete(subscription: str) -> Answer:
    """Delete a subscription."""
    service().subscriptions.delete(subscription)
    return "", 204


@api.post("/api/v1/subscriptions/<subscription>/validate")
def validate(subscription: str) -> Answer:
    """Validate a subscription's URL now."""
    item, settled = service().subscriptions.validate(subscription)
    return jsonify(
        passed=settled.state == "delivered", reason=item.redactor().text(settled.reason),
        subscription=_shown(item),
    )  # fmt: skip


@api.post("/api/v1/subscriptions/<subscription>/secret")
def rotate(subscription: str) -> Answer:
    """Sign with another secret from now on."""
    item = service().subscriptions.rotate(subscription, call().body["secret"])
    return jsonify(_shown(item))


def _shown(item: Subscription) -> JSON:
    return views.subscription(item, service().subscriptions.connected(item))


@api.get("/api/v1/events")
def events() -> Answer:
    """List the contract's events."""
    query = call().query
    found = service().events.find(query["match"] or (), query["product"] or ())
    return jsonify([views.event_summary(spec) for spec in found])


@api.get("/api/v1/events/<event>")
def event(event: str) -> Answer:
    """Show an event with its schema."""
    return jsonify(views.event(service().events.get(event)))


@api.get("/api/v1/events/<event>/sample")
def sample(event: str) -> Answer:
    """Synthesise an event."""
    query = call().query
    case = query["case"] or "valid:0"
    made = service().events.sample(event, case, query["seed"], query["at"])
    return jsonify(views.sample(made))


@api.post("/api/v1/events/<event>/check")
def check(event: str) -> Answer:
    """Hold a body to the event's contract."""
    faults = service().events.check(event, call().body)
    return jsonify(valid=not faults, faults=[
        {"pointer": item.pointer, "keyword": item.keyword, "message": item.message}
        for item in faults
    ])  # fmt: skip


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
    """Return the mistakes of a scenario."""
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


@api.get("/api/v1/deliveries")
def deliveries() -> Answer:
    """List deliveries."""
    return _page(service().deliveries.find, views.delivery)


@api.post("/api/v1/deliveries")
def send() -> Answer:
    """Deliver an event."""
    rows = actions.send(service(), call().body)
    return jsonify([views.delivery(row) for row in rows]), 202


@api.get("/api/v1/deliveries/<delivery>")
def delivery(delivery: str) -> Answer:
    """Show a delivery with every attempt."""
    mock = service()
    row = mock.deliveries.get(call().path["delivery"])
    found = mock.deliveries.violations({"delivery": row.id})
    history, controls = mock.deliveries.attempts(row), mock.deliveries.controls(row)
    return jsonify(views.delivery_detail(row, history, found, controls))


@api.post("/api/v1/deliveries/<delivery>/replay")
def replay(delivery: str) -> Answer:
    """Deliver the same bytes again."""
    row = actions.replay(service(), call().path["delivery"], call().body or {})
    return jsonify(views.delivery(row)), 202


@api.get("/api/v1/violations")
def violations() -> Answer:
    """List violations."""
    return _page(service().deliveries.violations, views.violation)


def _page(find: Callable[..., Sequence[Any]], show: Callable[[Any], JSON]) -> Answer:
    """Answer with a page of what `find` returns for the filters of the call."""
    query = dict(call().query)
    before, limit = query.pop("before"), query.pop("limit")
    found = find(query, before, limit)
    return jsonify(views.page(found, limit, [show(row) for row in found]))


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
    return feed(service(), feeds(), number, query["after"], query["seconds"])


def _run(number: int) -> JSON:
    mock = service()
    row = mock.runs.get(number)
    return views.run(row, mock.runs.result(number))


@api.get("/healthz")
def health() -> Answer:
    """Return whether the server can deliver."""
    mock = service()
    trouble = mock.trouble
    return jsonify(
        status="trouble" if trouble else "ok", version=__version__,
        uptime_s=round(time.time() - mock.started_at, 3), runs=mock.runs.playing(),
        feeds=feeds().open, trouble=trouble, clock=views.clock(mock.schedule),
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
    return feed(service(), feeds(), None, query["after"], query["seconds"])


@api.get("/api/v1/rules")
def rules() -> Answer:
    """List the rules."""
    return jsonify([views.rule(rule) for rule in RULES.values()])
