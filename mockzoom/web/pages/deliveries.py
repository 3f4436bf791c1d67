"""Pages of the delivery log and of violations."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from flask import request

from mockzoom.checks import RULES
from mockzoom.web import contract, views
from mockzoom.web.pages.shell import Page, go, held, numbers, pages, query, service, show

_LIMIT = 50


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
    return show(
        "delivery.html", item=views.delivery_detail(row, mock.deliveries.attempts(row), found)
    )


@pages.post("/deliveries/<delivery>/replay")
def replay(delivery: str) -> Page:
    """Deliver the same bytes again."""
    same = held("replay", {"same_request_id": "same_request_id" in request.form})
    number = numbers("replay")["delivery"]
    row = service().deliveries.replay(number, same_request_id=same["same_request_id"])
    return go(f"/deliveries/{row.id}")


@pages.get("/violations")
def violations() -> Page:
    """List violations, by rule."""
    given = {**query("listViolations"), "limit": _LIMIT * 2}
    filters = {name: value for name, value in given.items() if name not in ("before", "limit")}
    found = service().deliveries.violations(filters, given["before"], given["limit"])
    listed = views.page(found, given["limit"], [views.violation(row) for row in found])
    by_rule = sorted(listed["items"], key=itemgetter("rule"))
    groups = [
        (rule, RULES.get(rule), list(items))
        for rule, items in groupby(by_rule, key=itemgetter("rule"))
    ]
    return show("violations.html", given=given, filters=filters, groups=groups, rules=RULES,
                following=listed["next"])  # fmt: skip


def _page(listed: dict[str, object]) -> dict[str, object]:
    return {"items": listed["items"], "following": listed["next"]}
