"""Deliveries: made, listed, shown and replayed, with the violations that they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import jsonify

from mockzoom.model import JSON
from mockzoom.web import actions, views
from mockzoom.web.api.shell import Answer, api, call, service


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
