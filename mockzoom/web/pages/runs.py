"""Pages of runs: started, watched, stopped, reported."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from mockzoom.journal import RunRow
from mockzoom.model import JSON
from mockzoom.report import FORMATS
from mockzoom.report.html import style
from mockzoom.suites import EXAMINED
from mockzoom.web import actions, views
from mockzoom.web.api import service
from mockzoom.web.pages.base import (
    RUN_KINDS,
    Page,
    decimal,
    field,
    go,
    held,
    numbers,
    pages,
    query,
    show,
    whole,
    words,
)
from mockzoom.web.pages.deliveries import by_rule
from mockzoom.web.pages.scenarios import options, playing

_LIMIT = 50
_LINKS = 1_000
_FLAGS = ("strict", "ack_first", "streams")


@pages.get("/runs")
def runs() -> Page:
    """List runs, and offer to start one."""
    mock = service()
    given = {**query("listRuns"), "limit": _LIMIT}
    found = mock.runs.find(given["before"], _LIMIT)
    listed = views.page(found, _LIMIT, [_shown(row) for row in found])
    return show(
        "runs.html", given=given, items=listed["items"], following=listed["next"],
        subscriptions=[views.subscription(item) for item in mock.subscriptions.all()],
        suites=EXAMINED, own_client=mock.settings.has_client,
    )  # fmt: skip


@pages.post("/runs")
def start() -> Page:
    """Examine an endpoint."""
    body: dict[str, JSON] = {"kind": "verify", "subscription": field("subscription"),
                             **options()}  # fmt: skip
    for name in ("events", "product"):
        if words(name):
            body[name] = words(name)
    if request.form.getlist("suites"):
        body["suites"] = request.form.getlist("suites")
    body.update({name: True for name in _FLAGS if name in request.form})
    for name, read in (("rate", decimal), ("fuzz", whole)):
        if field(name):
            body[name] = read(name)
    row = actions.start(service(), held("startRun", body))
    return go(f"/runs/{row.id}")


@pages.get("/runs/<run>")
def run(run: str) -> Page:
    """Show a run, live while it goes on."""
    mock = service()
    number = numbers("getRun")["run"]
    after = mock.last_event(number)  # before anything that it tells of is read
    row = mock.runs.get(number)
    shown = _shown(row)
    report = mock.runs.view(row.id, _links(row))
    found = [] if report else by_rule({"run": row.id})
    values: dict[str, Any] = {}
    if shown["state"] == "running":
        values = {"feed": f"/api/v1/runs/{row.id}/events", "feed_kinds": RUN_KINDS,
                  "feed_after": after, "poll": False}  # fmt: skip
    else:
        values = {"feed": "", "poll": False}
    return show(
        "run.html", item=shown, groups=found,
        broken=len(mock.deliveries.broken_rules({"run": row.id})),
        report=report, formats=FORMATS, **values, **playing(row.id),
        drawn=after + 1 if row.kind == "play" else None, passed=_passed(row),
    )  # fmt: skip


def _passed(row: RunRow) -> list[JSON]:
    """Return the latest deliveries of a recording."""
    if row.kind != "record":
        return []
    return [
        views.delivery(item) for item in service().deliveries.find({"run": row.id}, None, _LIMIT)
    ]


def _links(row: RunRow) -> dict[str, str]:
    """Return the page of each delivery that a violation of a run names, by the delivery's name."""
    found = service().deliveries.violations({"run": row.id}, None, _LINKS)
    return {
        item.violation.delivery: f"/deliveries/{item.delivery}"
        for item in found
        if item.violation.delivery and item.delivery
    }


@pages.get("/report.css")
def report_style() -> Response:
    """Give the style of the view of a report."""
    return Response(style(), content_type="text/css; charset=utf-8")


@pages.post("/runs/<run>/stop")
def stop(run: str) -> Page:
    """End a run early."""
    number = numbers("stopRun")["run"]
    service().runs.stop(number)
    return go(f"/runs/{number}")


def _shown(row: RunRow) -> JSON:
    return views.run(row, service().runs.result(row.id))
