"""The contract's events: listed, shown, synthesised and checked."""

from __future__ import annotations

from flask import jsonify

from mockzoom.web import views
from mockzoom.web.api.shell import Answer, api, call, service


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
