"""Pages of subscriptions: registered, validated, changed, secrets rotated, deleted."""

from __future__ import annotations

from typing import Any

from flask import request

from mockzoom.errors import MockzoomError
from mockzoom.model import JSON
from mockzoom.web import actions, problems, views
from mockzoom.web.api import service
from mockzoom.web.pages.base import Page, field, go, held, pages, show, words
from mockzoom.web.problems import Problem
from mockzoom.zoom.marketplace import MOST_SUBSCRIPTIONS

_AUTH_FIELDS = {
    "none": (),
    "basic": ("username", "password"),
    "token": ("client_id", "client_secret", "token_url"),
    "header": ("name", "value"),
}  # fmt: skip
_SHOWN = 10


@pages.get("/")
def home() -> Page:
    """Lead on to what one does first."""
    return go("/subscriptions")


@pages.get("/subscriptions")
def subscriptions() -> Page:
    """List subscriptions, and offer to register one."""
    return _list({})


@pages.post("/subscriptions")
def register() -> Page:
    """Register an endpoint; what was typed stays where it is refused."""
    body = _given("url", "name", "policy")
    body["validate"] = "validate" in request.form
    if request.form.get("secret"):
        body["secret"] = request.form["secret"]
    if words("events"):
        body["events"] = words("events")
    body["auth"] = _auth()
    try:
        made = actions.register(service(), held("createSubscription", body))
    except Problem as error:
        return _list(request.form, error), error.status
    except MockzoomError as error:
        told = problems.told(error)
        return _list(request.form, told), told.status
    return go(f"/subscriptions/{made.id}")


def _list(typed: Any, error: Problem | None = None) -> str:
    mock = service()
    return show(
        "subscriptions.html", typed=typed, error=error, most=MOST_SUBSCRIPTIONS,
        own_secret=bool(mock.settings.secret),
        sent=bool(mock.deliveries.find({"origin": "mine"}, None, 1)),
        examined=bool(mock.runs.find(None, 1)),
        items=[views.subscription(item, mock.subscriptions.connected(item))
               for item in mock.subscriptions.all()],
        notices=[views.notice(row) for row in mock.notices(None, _SHOWN)],
    )  # fmt: skip


@pages.post("/demo")
def demo() -> Page:
    """Start the demo receiver, and register it."""
    return go(f"/subscriptions/{service().demo.start().id}")


@pages.get("/subscriptions/<subscription>")
def subscription(subscription: str) -> Page:
    """Show a subscription with what can be done with it."""
    mock = service()
    item = mock.subscriptions.get(subscription)
    rows = mock.deliveries.find({"subscription": item.id}, None, _SHOWN)
    shown = views.subscription(item, mock.subscriptions.connected(item))
    return show("subscription.html", item=shown,
                deliveries=[views.delivery(row) for row in rows])  # fmt: skip


@pages.post("/subscriptions/<subscription>")
def change(subscription: str) -> Page:
    """Change name, URL, filters, and policy; the authentication only where one is chosen."""
    body = _given("url", "name", "policy")
    body["events"] = words("events")
    if field("auth"):
        body["auth"] = _auth()
    actions.change(service(), subscription, held("changeSubscription", body))
    return go(f"/subscriptions/{subscription}")


@pages.post("/subscriptions/<subscription>/validate")
def validate(subscription: str) -> Page:
    """Validate now; the page shows what came of it."""
    service().subscriptions.validate(subscription)
    return go(f"/subscriptions/{subscription}")


@pages.post("/subscriptions/<subscription>/secret")
def rotate(subscription: str) -> Page:
    """Sign with another secret from now on."""
    body = held("rotateSecret", {"secret": request.form.get("secret", "")})
    service().subscriptions.rotate(subscription, body["secret"])
    return go(f"/subscriptions/{subscription}")


@pages.post("/subscriptions/<subscription>/delete")
def delete(subscription: str) -> Page:
    """Delete a subscription."""
    service().subscriptions.delete(subscription)
    return go("/subscriptions")


def _given(*names: str) -> dict[str, JSON]:
    return {name: field(name) for name in names if name in request.form}


def _auth() -> dict[str, JSON]:
    kind = field("auth") or "none"
    given = {name: request.form.get(f"auth-{name}", "") for name in _AUTH_FIELDS.get(kind, ())}
    return {"type": kind, **given}
