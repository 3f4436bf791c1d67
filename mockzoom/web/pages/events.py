"""Pages of the event contract: schemas, samples, bodies edited, checked and sent."""

from __future__ import annotations

import json
import time
from typing import Any

from flask import request

from mockzoom.dispatch import Conflict
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import JSON
from mockzoom.web import actions, problems, views
from mockzoom.web.api import service
from mockzoom.web.contract import parse_json
from mockzoom.web.pages.base import Page, field, go, held, pages, query, show, whole
from mockzoom.web.problems import Problem


@pages.get("/events")
def events() -> Page:
    """List the contract's events."""
    asked = query("listEvents")
    match, product = asked["match"] or (), [name for name in asked["product"] or () if name]
    try:
        found = service().events.find([f"*{word.strip('*')}*" for word in match], product)
    except UsageError:
        found = ()
    return show("events.html", match=" ".join(match), chosen=product,
                products=service().events.products(),
                items=[views.event_summary(spec) for spec in found])  # fmt: skip


@pages.get("/events/<event>")
def event(event: str) -> Page:
    """Show an event with its schema and a sample to edit."""
    service().events.get(event)
    asked = query("sampleEvent")
    seed = service().settings.seed if asked["seed"] is None else asked["seed"]
    at = int(time.time() * 1000) if asked["at"] is None else asked["at"]
    case = {"case": asked["case"] or "valid:0", "seed": seed, "at": at}
    try:
        return _event(event, case)
    except UsageError as error:
        told = Problem(problems.status_of(error), str(error).removeprefix("--"))
        case["case"] = "valid:0"
        return _event(event, case, error=told), told.status


@pages.post("/events/<event>")
def edited(event: str) -> Page:
    """Check what was edited, or send it."""
    service().events.get(event)
    case = {"case": field("case"), "seed": whole("seed"), "at": whole("at")}
    text = request.form.get("body", "").replace("\r\n", "\n")
    try:
        if "send" not in request.form:
            found = service().events.check(event, parse_json(text.encode()))
            return _event(event, case, text, faults=found)
        return _sent(event, case, text)
    except Problem as error:
        return _event(event, case, text, error=error), error.status
    except MockzoomError as error:
        told = problems.told(error)
        return _event(event, case, text, error=told), told.status


def _sent(event: str, case: dict[str, JSON], text: str) -> Page:
    """Send the case's own bytes where its text was left alone, otherwise what was written."""
    body: dict[str, JSON] = {"event": event}
    if "body" not in request.form or text.strip() == _sample(event, case)["text"].strip():
        body.update(case)
    else:
        body["body"] = parse_json(text.encode())
    for name in ("subscription", "forge"):
        if field(name):
            body[name] = field(name)
    rows = actions.send(service(), held("send", body))
    if not rows:
        raise Conflict("no validated subscription wants this event: register one, or validate it")
    return go(f"/deliveries/{rows[0].id}" if len(rows) == 1 else f"/deliveries?event={event}")


def _event(event: str, case: dict[str, JSON], text: str | None = None, **more: Any) -> str:
    sample = _sample(event, case)
    targets = [views.subscription(item) for item in service().subscriptions.all()]
    menu = service().events.menu(event)
    spec = views.event(service().events.get(event))
    return show(
        "event.html", item=spec, case=case, sample=sample, menu=menu, targets=targets,
        known={one.name for group in menu for one in group.cases}, forge=field("forge"),
        ready=any(target["state"] == "validated" for target in targets),
        text=sample["text"] if text is None else text, chosen=field("subscription"),
        schema=json.dumps(spec["schema"], indent=2, ensure_ascii=False), **more,
    )  # fmt: skip


def _sample(event: str, case: dict[str, JSON]) -> dict[str, JSON]:
    """Return a case with its text: indented where that is the same JSON object."""
    made = views.sample(service().events.sample(event, case["case"], case["seed"], case["at"]))
    content = made["body"]["content"]
    text, editable = content, False
    if made["body"]["encoding"] == "utf-8":
        try:
            value = json.loads(content)
            editable = isinstance(value, dict) and len(content) < 200_000
            text = json.dumps(value, indent=2, ensure_ascii=False) if editable else content
        except (ValueError, RecursionError):
            pass
    return {**made, "text": text, "editable": editable}
