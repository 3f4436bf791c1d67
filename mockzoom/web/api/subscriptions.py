"""Subscriptions: registered, changed, validated and deleted."""

from __future__ import annotations

from flask import jsonify, url_for

from mockzoom.dispatch import Subscription
from mockzoom.model import JSON
from mockzoom.web import actions, views
from mockzoom.web.api.shell import Answer, api, call, service


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
