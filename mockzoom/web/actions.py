"""What the API and the page's forms both do: bodies that fit the contract, carried out.

Each function takes a body as `openapi.yaml` describes it, already held to that.
"""

from __future__ import annotations

import secrets
from typing import Any

from mockzoom.dispatch import Subscription
from mockzoom.journal import DeliveryRow, RunRow
from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource
from mockzoom.service import PlaySettings, Service
from mockzoom.service.scenarios import MOST_BYTES
from mockzoom.service.subscriptions import WEBSOCKET
from mockzoom.web.problems import Problem
from mockzoom.zoom.subscription_auth import SubscriptionAuth

_KEPT = frozenset({"url", "name", "events", "policy"})
_STREAM_OPTIONS = ("stream_scale", "client_id", "client_secret")
_RUN_OPTIONS = ("events", "product", "suites", "seed", "at", "strict", "ack_first", "rate", "fuzz",
                "streams", "entities", *_STREAM_OPTIONS)  # fmt: skip
_PLAY_OPTIONS = ("paused", "clock", "seed", "next_secret", "entities", *_STREAM_OPTIONS)


def register(mock: Service, body: JSON) -> Subscription:
    """Register an endpoint (`NewSubscription`), and validate it where that is asked for."""
    secret = body.get("secret") or mock.settings.secret
    if not secret and body["url"] == WEBSOCKET:
        secret = secrets.token_urlsafe(16)  # nothing is signed with it
    if not secret:
        raise Problem(422, "no secret: pass `secret`, or start the server with --secret")
    made = mock.subscriptions.create(
        body["url"], secret, name=body.get("name", ""), events=body.get("events", ["*"]),
        auth=_auth(body.get("auth")), policy=body.get("policy", "zoom"),
    )  # fmt: skip
    if body.get("validate") and not made.over_websocket:
        made, _ = mock.subscriptions.validate(made.id)
    return made


def change(mock: Service, subscription: str, body: JSON) -> Subscription:
    """Change a subscription (`SubscriptionChanges`)."""
    changes = {name: value for name, value in body.items() if name in _KEPT}
    if "events" in changes:
        changes["events"] = tuple(changes["events"])
    if "auth" in body:
        changes["auth"] = _auth(body["auth"])
    return mock.subscriptions.update(subscription, changes)


def send(mock: Service, body: JSON) -> list[DeliveryRow]:
    """Deliver an event (`NewDelivery`); return what was accepted."""
    if "body" in body:
        case = mock.events.written(body["event"], body["body"])
    else:
        case = mock.events.sample(
            body["event"], body.get("case", "valid:0"), body.get("seed"), body.get("at"),
            body.get("entities"),
        )  # fmt: skip
    chosen = None
    if "subscription" in body:
        chosen = mock.subscriptions.get(body["subscription"])
    return mock.deliveries.send(case, chosen, body.get("policy", ""), body.get("forge", ""))


def replay(mock: Service, number: int, body: JSON) -> DeliveryRow:
    """Deliver what was delivered before again, as it was or changed."""
    case, headers = None, None
    if "body" in body:
        old = mock.deliveries.get(number).delivery.event
        event = body["body"].get("event")
        known = isinstance(event, str) and event in mock.events.contract.known
        case = mock.events.written(event if known else old or "", body["body"])
    if "headers" in body:
        headers = tuple((name, value) for name, value in body["headers"])
    return mock.deliveries.replay(
        number, same_request_id=bool(body.get("same_request_id")), case=case, headers=headers,
        forge=body.get("forge", ""),
    )  # fmt: skip


def text_of(body: JSON) -> str:
    """Return the text of a scenario (`ScenarioText`); raise `Problem` where it is too long."""
    text: str = body["text"]
    size = len(text.encode())
    if size > MOST_BYTES:
        raise Problem(413, f"the scenario has {size} bytes; expected {MOST_BYTES} at most")
    return text


def start(mock: Service, body: JSON) -> RunRow:
    """Start a run (`NewRun` or `NewPlay`)."""
    item = mock.subscriptions.get(body["subscription"])
    if body["kind"] == "play":
        chosen = mock.scenarios.load(body["scenario"], body.get("let", {}))
        return mock.runs.play(item, chosen, _play_options(body))
    options = {name: body[name] for name in _RUN_OPTIONS if name in body}
    return mock.runs.verify(item, options)


def control(mock: Service, run: int, body: JSON) -> JSON:
    """Steer a play (`Control`); return its steps."""
    given = dict(body)
    return mock.runs.control(run, given.pop("command"), given)


def _play_options(body: JSON) -> PlaySettings:
    given: dict[str, Any] = {name: body[name] for name in _PLAY_OPTIONS if name in body}
    if "probe" in body:
        probe: dict[str, Any] = dict(body["probe"])
        for name in ("ignore", "unordered"):
            probe[name] = tuple(probe.get(name, ()))
        given["probe"] = ProbeSource(**probe)
    return PlaySettings(**given)


def _auth(given: JSON) -> SubscriptionAuth:
    if given is None:
        return SubscriptionAuth()
    return SubscriptionAuth(
        given["type"], {name: value for name, value in given.items() if name != "type"}
    )
