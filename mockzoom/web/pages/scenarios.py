"""Pages of scenarios: listed, written, checked, played; and a play's controls and steps."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from mockzoom.dispatch import Conflict
from mockzoom.errors import MockzoomError
from mockzoom.model import JSON
from mockzoom.report.diagram import POLICY as DIAGRAM_POLICY
from mockzoom.synth import parse_set
from mockzoom.synth.pins import parse_entity
from mockzoom.transport.faults import FAULTS
from mockzoom.web import actions, contract, problems, views
from mockzoom.web.api import service
from mockzoom.web.contract import parse_json
from mockzoom.web.pages.base import (
    Page,
    decimal,
    field,
    go,
    held,
    numbers,
    pages,
    show,
    whole,
    words,
)
from mockzoom.web.problems import Problem, mistake

_MOST_BLAMED = 500
"""Violations whose deliveries are looked for among the steps."""
_BLANK = """\
name: my-scenario
about: A session begins and ends.
because: Everything else builds on it.
steps:
  - name: begun
    send: session.started
  - name: ended
    send: session.ended
"""


@pages.get("/scenarios")
def scenarios() -> Page:
    """List scenarios, and offer to write one."""
    return _list(_BLANK)


@pages.post("/scenarios")
def written() -> Page:
    """Check a scenario, or keep it; what was typed stays."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        given = request.files.get("file")
        if given is not None and given.filename:
            text = given.read().decode("utf-8-sig")
        if "keep" not in request.form:
            body = held("checkScenario", {"text": text})
            found = service().scenarios.check(actions.text_of(body))
            return _list(text, mistakes=[mistake(item) for item in found])
        opened = service().scenarios.upload(actions.text_of(held("uploadScenario", {"text": text})))
    except UnicodeDecodeError:
        return _list(text, error=Problem(400, "the file is no text in UTF-8")), 400
    except Problem as error:
        return _list(text, error=error), error.status
    except MockzoomError as error:
        told = problems.told(error)
        return _list(text, error=told), told.status
    return go(f"/scenarios/{opened.entry.name}")


def _list(text: str, **more: Any) -> str:
    items = [views.scenario_summary(item) for item in service().scenarios.all()]
    return show("scenarios.html", items=items, text=text, **more)


@pages.get("/scenarios/<scenario>")
def scenario(scenario: str) -> Page:
    """Show a scenario, and offer to play it."""
    numbers("getScenario")
    mock = service()
    return show(
        "scenario.html", item=views.scenario(mock.scenarios.open(scenario)),
        clocks=contract.load()[0]["components"]["schemas"]["NewPlay"]["properties"]["clock"]["enum"],
        targets=[views.subscription(item) for item in mock.subscriptions.all()],
        own_client=mock.settings.has_client,
    )  # fmt: skip


@pages.post("/scenarios/<scenario>/delete")
def delete_scenario(scenario: str) -> Page:
    """Delete an uploaded scenario."""
    service().scenarios.delete(scenario)
    return go("/scenarios")


@pages.post("/scenarios/<scenario>/play")
def play(scenario: str) -> Page:
    """Start a play."""
    body: dict[str, JSON] = {
        "kind": "play", "scenario": scenario, "subscription": field("subscription"),
        "paused": "paused" in request.form, "clock": field("clock") or "auto", **options(),
    }  # fmt: skip
    if field("let"):
        body["let"] = dict(parse_set(line) for line in field("let").splitlines() if line.strip())
    if request.form.get("next_secret"):
        body["next_secret"] = request.form["next_secret"]
    if field("probe"):
        body["probe"] = {"get": field("probe"), "ignore": words("ignore"),
                         "unordered": words("unordered")}  # fmt: skip
        if field("reset"):
            body["probe"]["reset"] = field("reset")
    row = actions.start(service(), held("startRun", body))
    return go(f"/runs/{row.id}")


def options() -> dict[str, JSON]:
    """Return what the form of any run may say: seed, pinned entities, what its streams need."""
    body: dict[str, JSON] = {}
    if field("seed"):
        body["seed"] = whole("seed")
    if field("entities"):
        lines = (line for line in field("entities").splitlines() if line.strip())
        body["entities"] = dict(parse_entity(line.strip()) for line in lines)
    if field("stream_scale"):
        body["stream_scale"] = decimal("stream_scale")
    for name in ("client_id", "client_secret"):
        if request.form.get(name):
            body[name] = request.form[name]
    return body


# -- a play ------------------------------------------------------------------------------------


@pages.post("/runs/<run>/control")
def control(run: str) -> Page:
    """Steer a play."""
    number = numbers("controlRun")["run"]
    body: dict[str, JSON] = {"command": field("command")}
    if body["command"] == "inject":
        body["fault"] = field("fault")
    if body["command"] == "edit":
        text = request.form.get("body", "").strip()
        body["body"] = parse_json(text.encode()) if text else None
    actions.control(service(), number, held("controlRun", body))
    return go(f"/runs/{number}")


@pages.get("/runs/<run>/diagram.svg")
def diagram(run: str) -> Response:
    """Draw a run; `after` in the query only tells one state of it from another."""
    number, narrow = numbers("drawRun")["run"], "narrow" in request.args
    drawn = service().runs.diagram(number, narrow=narrow)
    answer = Response(drawn, content_type="image/svg+xml; charset=utf-8")
    answer.headers["content-security-policy"] = DIAGRAM_POLICY
    return answer


def playing(run: int) -> dict[str, Any]:
    """Return what the page of a run shows of its steps; none where it is no play."""
    try:
        steps = service().runs.steps(run)
    except Conflict:
        return {"steps": None}
    found = service().deliveries.violations({"run": run}, None, _MOST_BLAMED)
    blamed = {name for row in found for name in (row.violation.delivery, *row.violation.deliveries)}
    for step in steps["steps"]:
        step["failed"] = any(item["name"] in blamed for item in step["exchanges"])
    faults = [(fault.name, fault.about) for fault in FAULTS]
    return {"steps": steps, "faults": faults}
