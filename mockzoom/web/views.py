"""What the control API shows: values of the service as JSON, without secrets."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from mockzoom.dispatch import DispatchClock, Subscription, control_of
from mockzoom.engine.case import TestCase
from mockzoom.errors import UsageError
from mockzoom.journal import REDACTED, AttemptRow, DeliveryRow, RunRow, ViolationRow
from mockzoom.journal.interrupted import is_interrupted
from mockzoom.model import JSON, EventSpec, Failure, Request, RunResult
from mockzoom.report import verdict
from mockzoom.rules import Rule
from mockzoom.rules import page as rule_page
from mockzoom.service.scenarios import ScenarioEntry, ScenarioWithText
from mockzoom.suites import RULES
from mockzoom.transport.curl import as_curl
from mockzoom.zoom.subscription_auth import SubscriptionAuth

_SECRET = frozenset({"password", "client_secret", "value"})


def moment(seconds: float | None) -> str | None:
    """Return seconds since the epoch as RFC 3339, UTC."""
    if seconds is None:
        return None
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(schedule: DispatchClock) -> JSON:
    """Return what the schedule's clock shows, and how fast it goes."""
    return {"now": moment(schedule.now()), "scale": schedule.scale}


def page(items: Sequence[Any], limit: int, shown: list[JSON]) -> JSON:
    """Return a page of a list whose entries have an `id`."""
    return {"items": shown, "next": items[-1].id if len(items) == limit else None}


def as_bytes(data: bytes) -> JSON:
    """Return a body as text where it is UTF-8, otherwise in base64."""
    try:
        return {"encoding": "utf-8", "content": data.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "content": base64.b64encode(data).decode()}


def event_summary(spec: EventSpec) -> JSON:
    """Return an event as the list has it."""
    return {
        "name": spec.name, "product": spec.product, "source": spec.source.rsplit("/", 1)[-1],
        "summary": spec.summary,
    }  # fmt: skip


def event(spec: EventSpec) -> JSON:
    """Return an event with its schema."""
    return {
        **event_summary(spec),
        "schema": dict(spec.schema),
        "variants": [
            {"pointer": item.pointer, "value": item.value, "reason": item.reason}
            for item in spec.variants
        ],
        "notes": list(spec.notes),
    }


def sample(case: TestCase) -> JSON:
    """Return a synthesised body."""
    return {
        "event": case.event, "case": str(case.name), "detail": case.detail,
        "content_type": case.content_type, "body": as_bytes(case.body),
    }  # fmt: skip


def auth(item: SubscriptionAuth) -> JSON:
    """Return an authentication without what authenticates."""
    shown = {name: value for name, value in item.settings.items() if name not in _SECRET}
    return {"type": item.kind, **shown}


def subscription(item: Subscription, connected: bool | None = None) -> JSON:
    """Return a subscription; its secret stays where it is.

    `connected` says whether its client is connected, where it has no URL.
    """
    return {
        "id": item.id, "name": item.name, "url": item.url, "events": list(item.events),
        "auth": auth(item.auth), "policy": item.policy, "state": item.state,
        "failures": item.failures, "reason": item.reason, "created_at": moment(item.created_at),
        "validated_at": moment(item.validated_at), "next_validation_at": moment(item.validate_at),
        "connected": connected,
    }  # fmt: skip


def delivery(row: DeliveryRow) -> JSON:
    """Return a delivery as lists have it."""
    item = row.delivery
    return {
        "id": row.id, "run": row.run, "subscription": row.subscription, "kind": row.kind,
        "event": item.event, "case": item.case, "name": item.id, "state": row.state,
        "reason": row.reason, "policy": row.policy, "request_id": item.request_id,
        "created_at": moment(row.created_at), "due_at": moment(row.due_at),
        "attempts": row.attempts, "status": row.status, "replay_of": row.replay_of,
        "control_of": control_of(row), "forge": item.forge,
        "headers": [list(pair) for pair in item.headers],
    }  # fmt: skip


def delivery_detail(
    row: DeliveryRow,
    history: Sequence[AttemptRow],
    found: Sequence[ViolationRow],
    controls: Sequence[DeliveryRow],
) -> JSON:
    """Return a delivery with its body, its attempts, what they violated, and its controls."""
    return {
        **delivery(row),
        "body": as_bytes(row.delivery.body),
        "history": [attempt(item) for item in history],
        "violations": [violation(item) for item in found],
        "controls": [delivery(item) for item in controls],
    }


def attempt(row: AttemptRow) -> JSON:
    """Return an attempt with raw request and answer."""
    request, done = row.request, row.attempt
    response: JSON = None
    failure: JSON = None
    timings = dict.fromkeys(("connected", "sent", "first_byte", "complete", "answer"))
    if done is not None:
        times = done.timings
        timings = {name: _ms(getattr(times, name)) for name in timings}
        outcome = done.outcome
        if isinstance(outcome, Failure):
            failure = {"kind": outcome.kind, "message": outcome.message, "code": done.delivery_code}
        else:
            response = {
                "status": outcome.status, "reason": outcome.reason,
                "headers": [list(pair) for pair in outcome.headers],
                "body": as_bytes(outcome.body), "truncated": outcome.truncated,
            }  # fmt: skip
    return {
        "number": row.number, "state": row.state, "started_at": moment(row.started_at),
        "request": {
            "method": request.method, "url": request.url,
            "headers": [list(pair) for pair in request.headers], "body": as_bytes(request.body),
        },
        "response": response, "failure": failure, "timings_ms": timings, "curl": _curl(request),
    }  # fmt: skip


def rule(item: Rule) -> JSON:
    """Return a rule with the texts of its page."""
    about = rule_page(item.id)
    return {
        "id": item.id, "slug": item.slug, "severity": item.reported,
        "reported_when": about.reported_when, "why": about.why, "fix": about.fix,
    }  # fmt: skip


def violation(row: ViolationRow) -> JSON:
    """Return a violation with the explanation of its rule."""
    item = row.violation
    return {
        "id": row.id, "run": row.run, "delivery_id": row.delivery, "found_at": moment(row.found_at),
        "rule": item.rule, "slug": item.slug, "severity": item.severity, "message": item.message,
        "event": item.event, "events": [name for name in item.places if name],
        "delivery": item.delivery, "count": item.count,
        "expected": item.expected, "actual": item.actual, "reproduce": item.reproduce,
        "fix": item.fix, "why": rule_page(item.rule).why if item.rule in RULES else "",
    }  # fmt: skip


def run_state(result: RunResult | None) -> str:
    """Return whether a run goes on, has finished, or was interrupted."""
    if result is None:
        return "running"
    return "interrupted" if is_interrupted(result) else "finished"


def run(row: RunRow, result: RunResult | None) -> JSON:
    """Return a run; verdict and violations are there once it has ended.

    The row says whether it has: a result that came after it was read goes with later figures.
    """
    if row.finished_at is None:
        result = None
    return {
        "id": row.id, "kind": row.kind, "state": run_state(result),
        "verdict": None if result is None else verdict(result), "target": row.target,
        "subscription": row.subscription, "seed": row.seed, "total": row.total,
        "started_at": moment(row.started_at), "finished_at": moment(row.finished_at),
        "deliveries": row.deliveries,
        "violations": None if result is None else len(result.violations),
    }  # fmt: skip


def scenario_summary(item: ScenarioEntry) -> JSON:
    """Return a scenario as the list has it."""
    return {
        "name": item.name, "about": item.about, "because": item.because,
        "needs": list(item.needs), "uploaded": item.uploaded_at is not None,
        "uploaded_at": moment(item.uploaded_at),
    }  # fmt: skip


def scenario(item: ScenarioWithText) -> JSON:
    """Return a scenario with its text, and the steps of the first that its matrix makes."""
    steps = item.variants[0].steps if item.variants else ()
    return {
        **scenario_summary(item.entry),
        "text": item.text,
        "variants": [variant.title for variant in item.variants],
        "steps": [{"name": step.name, "what": step.what, "about": step.about} for step in steps],
    }


def notice(row: Mapping[str, Any]) -> JSON:
    """Return what Zoom would have written by e-mail."""
    return {
        "id": row["id"], "at": moment(row["at"]), "subscription": row["subscription"],
        "text": row["text"],
    }  # fmt: skip


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _curl(request: Request) -> str | None:
    hidden = frozenset(name for name, value in request.headers if value == REDACTED)
    try:
        return as_curl(request, credentials=hidden)
    except UsageError:
        return None
