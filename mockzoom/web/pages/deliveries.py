"""Pages of the delivery log and of violations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from mockzoom.model import JSON
from mockzoom.rules import RulePage, page
from mockzoom.suites import RULES
from mockzoom.web import contract, views
from mockzoom.web.pages.shell import Page, go, held, numbers, pages, query, service, show

_LIMIT = 50
_EACH = 10
"""Violations of each rule that are shown where all rules are."""


@pages.get("/deliveries")
def deliveries() -> Page:
    """List deliveries, filtered."""
    given = {**query("listDeliveries"), "limit": _LIMIT}
    filters = {name: value for name, value in given.items() if name not in ("before", "limit")}
    mock = service()
    found = mock.deliveries.find(filters, given["before"], _LIMIT)
    listed = views.page(found, _LIMIT, [views.delivery(row) for row in found])
    schemas = contract.load()[0]["components"]["schemas"]
    return show(
        "deliveries.html", given=given, filters=filters, **_page(listed),
        states=schemas["DeliveryState"]["enum"], kinds=schemas["DeliveryKind"]["enum"],
        subscriptions=[views.subscription(item) for item in mock.subscriptions.all()],
        events=[spec.name for spec in mock.events.find()],
    )  # fmt: skip


@pages.get("/deliveries/<delivery>")
def delivery(delivery: str) -> Page:
    """Show a delivery with every attempt, raw."""
    mock = service()
    row = mock.deliveries.get(numbers("getDelivery")["delivery"])
    found = mock.deliveries.violations({"delivery": row.id})
    names = {item.id: item.name or item.url for item in mock.subscriptions.all()}
    return show(
        "delivery.html", target=names.get(row.subscription or ""),
        item=views.delivery_detail(
            row, mock.deliveries.attempts(row), found, mock.deliveries.controls(row)
        ),
    )  # fmt: skip


@pages.post("/deliveries/<delivery>/replay")
def replay(delivery: str) -> Page:
    """Deliver the same bytes again."""
    same = held("replay", {"same_request_id": "same_request_id" in request.form})
    number = numbers("replay")["delivery"]
    row = service().deliveries.replay(number, same_request_id=same["same_request_id"])
    return go(f"/deliveries/{row.id}")


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


def by_rule(filters: Mapping[str, Any]) -> list[RuleGroup]:
    """Return every rule that was violated, with the latest of its violations."""
    mock = service().deliveries
    groups = []
    for rule, count in mock.broken_rules(filters):
        found = mock.violations({**filters, "rule": rule}, None, _EACH)
        items = [views.violation(row) for row in found]
        groups.append(RuleGroup(rule, count, _page_of(rule), items))
    return groups


def _page_of(rule: str) -> RulePage | None:
    return page(rule) if rule in RULES else None


def _page(listed: dict[str, object]) -> dict[str, object]:
    return {"items": listed["items"], "following": listed["next"]}
