"""Deliveries: made, listed, shown and replayed, with the violations that they show."""

from __future__ import annotations

from flask import jsonify

from mockzoom.web import actions, views
from mockzoom.web.api.shell import Answer, api, call, service


@api.get("/api/v1/deliveries")
def deliveries() -> Answer:
    """List deliveries."""
    query = dict(call().query)
    before, limit = query.pop("before"), query.pop("limit")
    found = service().deliveries.find(query, before, limit)
    return jsonify(views.page(found, limit, [views.delivery(row) for row in found]))


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
    return jsonify(views.delivery_detail(row, mock.deliveries.attempts(row), found))


@api.post("/api/v1/deliveries/<delivery>/replay")
def replay(delivery: str) -> Answer:
    """Deliver the same bytes again."""
    same = bool((call().body or {}).get("same_request_id"))
    row = service().deliveries.replay(call().path["delivery"], same_request_id=same)
    return jsonify(views.delivery(row)), 202


@api.get("/api/v1/violations")
def violations() -> Answer:
    """List violations."""
    query = dict(call().query)
    before, limit = query.pop("before"), query.pop("limit")
    found = service().deliveries.violations(query, before, limit)
    return jsonify(views.page(found, limit, [views.violation(row) for row in found]))
