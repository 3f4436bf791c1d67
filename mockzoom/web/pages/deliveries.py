"""Pages of the delivery log and of violations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from mockzoom.dispatch import Conflict, Subscription
from mockzoom.errors import UsageError
from mockzoom.model import JSON, SEVERITIES, Delivery
from mockzoom.rules import RulePage, page
from mockzoom.suites import RULES
from mockzoom.web import actions, contract, problems, views
from mockzoom.web.api import service
from mockzoom.web.contract import parse_json
from mockzoom.web.pages import json_text
from mockzoom.web.pages.base import Page, field, go, held, numbers, pages, query, show
from mockzoom.web.pages.json_text import indented
from mockzoom.web.problems import Problem
from mockzoom.zoom.forgeries import FORGERIES

_LIMIT = 50
_EACH = 10
"""Violations of each rule that are shown where all rules are."""


@pages.get("/deliveries")
def deliveries() -> Page:
    """List deliveries, filtered."""
    given = {**query("listDeliveries"), "limit": _LIMIT}
    filters = {name: value for name, value in given.items() if name not in ("before", "limit")}
    filtered = any(filters.values())
    elsewhere = filters["run"] or filters["kind"] in ("control", "run")
    given["origin"] = filters["origin"] = filters["origin"] or ("all" if elsewhere else "mine")
    mock = service()
    found = mock.deliveries.find(filters, given["before"], _LIMIT)
    listed = views.page(found, _LIMIT, [views.delivery(row) for row in found])
    schemas = contract.load()[0]["components"]["schemas"]
    return show(
        "deliveries.html", given=given, filters=filters, filtered=filtered, **_page(listed),
        states=schemas["DeliveryState"]["enum"], kinds=schemas["DeliveryKind"]["enum"],
        subscriptions=[views.subscription(item) for item in mock.subscriptions.all()],
        events=[spec.name for spec in mock.events.find()],
    )  # fmt: skip


@pages.get("/deliveries/<delivery>")
def delivery(delivery: str) -> Page:
    """Show a delivery with every attempt, and offer to send it again."""
    return _delivery(numbers("getDelivery")["delivery"])


def _delivery(number: int, error: Problem | None = None) -> str:
    mock = service()
    row = mock.deliveries.get(number)
    found = mock.deliveries.violations({"delivery": row.id})
    target = {item.id: item for item in mock.subscriptions.all()}.get(row.subscription or "")
    item = views.delivery_detail(
        row, mock.deliveries.attempts(row), found, mock.deliveries.controls(row)
    )
    body = item["body"]["content"]
    editable = item["body"]["encoding"] == "utf-8" and body[:1] == "{" and json_text.is_shown(body)
    return show(
        "delivery.html", target=target and (target.name or target.url), item=item, error=error,
        typed=request.form if error else None, editable=editable, why_not=_why_not(target),
        test=as_test(row.delivery) if editable and row.kind != "challenge" else "",
    )  # fmt: skip


def _why_not(target: Subscription | None) -> str:
    """Say why a delivery cannot be sent again; nothing where it can."""
    if target is None:
        return "Its endpoint is not registered any more, so it cannot be sent again."
    if target.state != "validated":
        return f"Its endpoint is {target.state}: validate its URL first."
    return ""


@pages.post("/deliveries/<delivery>/replay")
def replay(delivery: str) -> Page:
    """Deliver it again, as it was or edited; what was typed stays where it is refused."""
    number = numbers("replay")["delivery"]
    try:
        row = actions.replay(service(), number, held("replay", _again(number)))
    except Conflict:
        raise
    except Problem as error:
        return _delivery(number, error), error.status
    except UsageError as error:
        told = problems.told(error)
        return _delivery(number, told), told.status
    return go(f"/deliveries/{row.id}")


def _again(number: int) -> JSON:
    """Return the form as a body of the API; a text that was left alone keeps its bytes."""
    body: dict[str, JSON] = {"same_request_id": "same_request_id" in request.form}
    old = service().deliveries.get(number).delivery
    text = request.form.get("body", "").replace("\r\n", "\n").strip()
    if text and text != json_text.indented(old.body.decode("utf-8", "replace")).strip():
        body["body"] = parse_json(text.encode())
    if "headers" in request.form:
        lines = [line for line in request.form["headers"].splitlines() if line.strip()]
        body["headers"] = [[part.strip() for part in line.split(":", 1)] for line in lines]
    if field("forge"):
        body["forge"] = field("forge")
    return body


@pages.get("/violations")
def violations() -> Page:
    """List violations by rule: the latest of each, or all of one page by page."""
    given = {**query("listViolations"), "limit": _LIMIT}
    filters = {name: value for name, value in given.items() if name not in ("before", "limit")}
    if not filters["rule"]:
        return show("violations.html", given=given, filters=filters, rules=RULES, following=None,
                    groups=by_rule(filters))  # fmt: skip
    found = service().deliveries.violations(filters, given["before"], _LIMIT)
    listed = views.page(found, _LIMIT, [views.violation(row) for row in found])
    groups = [
        RuleGroup(rule, count, _page_of(rule), listed["items"])
        for rule, count in service().deliveries.broken_rules(filters)
    ]
    return show("violations.html", given=given, filters=filters, rules=RULES,
                groups=groups, following=listed["next"])  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A rule with its violations: `count` in all, the latest of them as `items`."""

    id: str
    count: int
    page: RulePage | None
    items: list[JSON]
    leads: bool = False
    """Whether one of them explains violations of other rules."""


def by_rule(filters: Mapping[str, Any]) -> list[RuleGroup]:
    """Return every rule that was violated, with the latest of its violations."""
    mock = service().deliveries
    groups = []
    for rule, count in mock.broken_rules(filters):
        found = mock.violations({**filters, "rule": rule}, None, _EACH)
        items = [views.violation(row) for row in found]
        leads = any(row.violation.leads for row in found)
        groups.append(RuleGroup(rule, count, _page_of(rule), items, leads))
    return sorted(groups, key=cause_first)


def cause_first(group: RuleGroup) -> tuple[bool, int, str]:
    """Sort what explains others first, then errors before warnings."""
    severities = [SEVERITIES.index(item["severity"]) for item in group.items]
    return not group.leads, min(severities, default=len(SEVERITIES)), group.id


def _page_of(rule: str) -> RulePage | None:
    return page(rule) if rule in RULES else None


def _page(listed: dict[str, object]) -> dict[str, object]:
    return {"items": listed["items"], "following": listed["next"]}


_TEST = '''\
import json

from mockzoom.model import Event

BODY = json.loads(r"""
{body}
""")


def test_{name}(mockzoom):
    mockzoom.send(Event({event!r}, BODY){forge}).assert_ok()
'''


def as_test(delivery: Delivery) -> str:
    """Return a pytest module that delivers a JSON object as it was delivered, and judges it."""
    event = delivery.event or "event"
    return _TEST.format(
        body=indented(delivery.body.decode()), event=event, name=re.sub(r"\W+", "_", event),
        forge=f", forge={delivery.forge!r}" if delivery.forge in FORGERIES else "",
    )  # fmt: skip
