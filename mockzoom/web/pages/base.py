"""What all pages share: the blueprint, errors as a page, and forms read as the API's bodies."""

from __future__ import annotations

import html
import json
import math
import re
import time
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from flask import Blueprint, Response, g, redirect, render_template, request
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from mockzoom.errors import MockzoomError
from mockzoom.model import JSON
from mockzoom.scenario.durations import soon
from mockzoom.web import contract, problems, views
from mockzoom.web.api import service
from mockzoom.web.pages import json_text
from mockzoom.web.problems import Problem
from mockzoom.wording import TICKED, printable
from mockzoom.zoom.forgeries import FORGERIES
from mockzoom.zoom.retry_policies import POLICIES, RetryPolicy

pages = Blueprint("pages", __name__)
Page: TypeAlias = str | AnyResponse | tuple[str, int]
SERVER_KINDS = "accepted attempt cancelled subscription notice violation judged reset run"
RUN_KINDS = "started step exchange observed controls violation finished"


@pages.before_request
def begin() -> None:
    """Note how far the feed is before anything is read: a page follows what comes after that."""
    g.feed_after = service().last_event(None)


def show(template: str, **values: Any) -> str:
    """Return a page that follows what happens outside of runs, and asks again while some go on."""
    values.setdefault("feed", "/api/v1/feed")
    values.setdefault("feed_kinds", SERVER_KINDS)
    values.setdefault("feed_after", g.feed_after)
    values.setdefault("poll", bool(service().runs.going_on()))
    return render_template(template, **values)


def go(path: str) -> AnyResponse:
    """Return what leads a browser on after a form, so that loading again sends nothing twice."""
    return redirect(path, 303)


def query(operation: str) -> dict[str, Any]:
    """Return the query of a page, read as that of an operation; empty fields are left out."""
    given = MultiDict((name, value) for name, value in request.args.items(multi=True) if value)
    return contract.operation(operation).query(given)


def numbers(operation: str) -> Mapping[str, Any]:
    """Return the parameters in the path, read as those of an operation."""
    return contract.operation(operation).path(request)


def held(operation: str, body: JSON) -> JSON:
    """Return a body that a form makes, where it fits the operation."""
    return contract.operation(operation).hold(body)


def field(name: str) -> str:
    """Return a field of the form, without white space around it."""
    return request.form.get(name, "").strip()


def words(name: str) -> list[str]:
    """Return the words of a field, divided by white space or commas."""
    return field(name).replace(",", " ").split()


def whole(name: str) -> int:
    """Return the number in a field; raise `Problem` where there is none."""
    text = field(name)
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 17:
        raise Problem(400, f"{name}: expected a whole number")
    return int(text)


def decimal(name: str) -> float:
    """Return the number in a field; raise `Problem` where there is none."""
    try:
        found = float(field(name))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise Problem(400, f"{name}: expected a number")
    return found


@pages.app_template_global()
def older(given: Mapping[str, Any], following: int | None) -> str | None:
    """Return the query of the next page of a list; None on the last."""
    from urllib.parse import urlencode

    if following is None:
        return None
    kept = {name: value for name, value in given.items() if value is not None and name != "limit"}
    return urlencode({**kept, "before": following})


@pages.app_template_global()
def own_clock() -> JSON:
    """Return the schedule's clock where it does not show real time; None where it does."""
    schedule = service().schedule
    if schedule.scale == 1 and abs(schedule.now() - time.time()) < 1:
        return None
    return views.clock(schedule)


@pages.app_template_global()
def policies() -> Collection[RetryPolicy]:
    """Return the retry policies that a subscription can have."""
    return POLICIES.values()


@pages.app_template_filter()
def short_time(moment: str | None) -> str:
    """Return a time as tables have it: the day and the second, UTC."""
    return "" if moment is None else moment.replace("T", " ")[:19]


@pages.app_template_filter()
def is_json(text: str) -> bool:
    """Return whether a text is JSON that is shown indented and coloured."""
    return json_text.is_shown(text)


@pages.app_template_filter()
def coloured(text: str) -> Markup:
    """Return JSON indented and coloured."""
    return json_text.coloured(text)


@pages.app_template_filter()
def indented(text: str) -> str:
    """Return JSON indented."""
    return json_text.indented(text)


@pages.app_template_filter()
def tojson_text(value: JSON) -> str:
    """Return a value as JSON that is to be edited."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@pages.app_template_filter()
def as_text(text: str) -> str:
    """Return what an error page says, without the tags of its HTML; other texts as they are."""
    if not re.search(r"<(!doctype|html|head|body|title|h1|p)\b", text, re.IGNORECASE):
        return text
    bare = re.sub(r"(?is)<(script|style)\b.*?(</\1>|$)", " ", text)
    return " ".join(html.unescape(re.sub(r"(?s)<[^<>]*>", " ", bare)).split())


@pages.app_template_global()
def forgeries_in_words() -> list[tuple[str, str]]:
    """Return every forgery by name, with what it does."""
    return [(item.name, item.about) for item in FORGERIES.values()]


@pages.app_template_filter()
def span(left: float) -> str:
    """Return how long it is until something is due, such as `5m`."""
    return soon(left)


@pages.app_template_filter()
def readable(text: str) -> str:
    """Return what a receiver answered without control characters; line feeds stay."""
    return printable(text.replace("\r\n", "\n"), line_feeds=True)


@pages.app_template_filter()
def ticked(text: str) -> Markup:
    """Return `text` as HTML, in which what stands between backticks is code."""
    return Markup(TICKED.sub(r"<code>\1</code>", str(escape(text))))


@pages.errorhandler(Problem)
def refused(error: Problem) -> Page | Response:
    """Show what is wrong; whoever is not let in gets no page."""
    if not g.get("admitted"):
        answer = problems.problem(error.status, error.detail)
        if error.status == 401:
            answer.headers["www-authenticate"] = problems.REALM
        return answer
    title = problems.title(error.status)
    return render_template("error.html", title=title, error=error), error.status


@pages.errorhandler(MockzoomError)
def ours(error: MockzoomError) -> Page | Response:
    """Show what the service refuses."""
    return refused(problems.told(error))


@pages.errorhandler(HTTPException)
def http(error: HTTPException) -> Page | Response:
    """Show what Flask refuses."""
    return refused(Problem(error.code or 500, error.description or ""))
