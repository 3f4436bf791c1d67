"""Zoom's own API at Zoom's own paths, so that scripts written for it run against the mock.

Parameters, statuses, codes and fields are those of Zoom's OpenAPI documents of the Marketplace and
Video SDK APIs (snapshots of 2026-02-07). Access tokens live an hour and paging tokens 15 minutes,
as Zoom's do. What the server is started with decides who gets in: the client id and secret of
`--client-id` and `--client-secret`; on loopback, without these, anybody.

Where the documents contradict themselves or Zoom:

- The schemas allow an empty list of events, an empty URL, any text as a date or paging token and a
  request without a body; the documents' lists of errors refuse them. The lists win.
- 401 is documented for the logs alone; every operation gives it to who shows no valid token.
- A wrong paging token is 301 and a wrong page size 300, as the Marketplace document has it for the
  API call logs; the operations here name no code for them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, TypeAlias

from flask import Blueprint, Response, current_app, jsonify, request
from itsdangerous import BadData, URLSafeTimedSerializer

from mockzoom.model import JSON
from mockzoom.web.api import service
from mockzoom.web.connections import HAND_OVER
from mockzoom.web.contract import parse_json
from mockzoom.web.problems import Problem
from mockzoom.zoom import access_tokens
from mockzoom.zoom.access_tokens import App
from mockzoom.zoom.marketplace import MOST_USERS, ZoomError
from mockzoom.zoom.webhook_log import read_query
from mockzoom.zoom.websocket.messages import PATH

zoom = Blueprint("zoom", __name__)
Answer: TypeAlias = Response | tuple[Any, int]
PAGING_S = 15 * 60
SIZE, LARGEST = 30, 300
_PATHS = "/v2/marketplace/app/event_subscription"
_VIDEO_SDK = "/v2/videosdk/"
_paging = URLSafeTimedSerializer(secrets.token_hex(32), salt="paging")


@zoom.post("/oauth/token")
def token() -> Answer:
    """Give an access token for client credentials."""
    said, status = access_tokens.answer(
        _app(), request.values, request.headers.get("Authorization", ""),
        request.host_url.rstrip("/"), access_tokens.give,
    )  # fmt: skip
    return jsonify(said), status


@zoom.get(PATH, websocket=True)
def client() -> Answer:
    """Take the connection of a client of delivery over WebSocket; what follows is no HTTP."""
    hand_over = request.environ[HAND_OVER]
    fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
    head = f"GET {request.full_path} HTTP/1.1\r\n{fields}\r\n".encode("latin-1", "replace")
    subscriptions = service().subscriptions
    hand_over(lambda sock: subscriptions.take_client(sock, head))
    return "", 200


@zoom.before_request
def authenticate() -> None:
    """Ask for an access token, except where one is given; the Video SDK's API takes JWTs too."""
    if not request.path.startswith("/v2/"):
        return
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    if kind.lower() == "bearer" and (
        access_tokens.is_given(given)
        or (request.path.startswith(_VIDEO_SDK) and _app().admits_signed(given))
    ):
        return
    raise ZoomError(124, "Invalid access token.", 401)


@zoom.errorhandler(ZoomError)
def told(error: ZoomError) -> Answer:
    """Return an error as Zoom does."""
    return jsonify(code=error.code, message=str(error)), error.status


@zoom.errorhandler(Problem)
def refused(error: Problem) -> Answer:
    """Refuse a body that is no JSON as Zoom does."""
    return jsonify(code=1500, message=error.detail), error.status


@zoom.post(_PATHS)
def create() -> Answer:
    """Create an event subscription."""
    made = service().marketplace.create(_body())
    return jsonify(event_subscription_id=made), 201


@zoom.get(_PATHS)
def find() -> Answer:
    """List event subscriptions."""
    given = _query("user_id", "account_id")
    size, after = _any_size(), _page_token(given)
    market = service().marketplace
    found = market.find(given["user_id"], given["account_id"], given.get("subscription_scope"))
    start = next((n for n, item in enumerate(found, 1) if item.id == after), 0)
    shown = found[start : start + size]
    more = len(found) > start + size
    return jsonify(
        next_page_token=_paging.dumps([_filters(given), shown[-1].id]) if more else "",
        page_size=size, event_subscriptions=[market.shown(item) for item in shown],
    )  # fmt: skip


@zoom.patch(f"{_PATHS}/<subscription>")
def subscribe(subscription: str) -> Answer:
    """Subscribe users."""
    market = service().marketplace
    market.changeable(subscription)  # 404 goes before what is wrong with the body
    market.subscribe(subscription, _body())
    return "", 204


@zoom.delete(_PATHS)
def unsubscribe() -> Answer:
    """Unsubscribe users; whatever is wrong with the query is a subscription that is not there."""
    given = {name: request.args.get(name, "") for name in ("event_subscription_id", "account_id")}
    for name, value in given.items():
        if not value:
            raise ZoomError(1601, f"{name}: it is required")
    users = [item for item in request.args.get("user_ids", "").split(",") if item]
    if len(users) > MOST_USERS:
        raise ZoomError(1001, f"user_ids: expected at most {MOST_USERS}")
    market = service().marketplace
    market.unsubscribe(given["event_subscription_id"], given["account_id"], users)
    return "", 204


@zoom.delete(f"{_PATHS}/<subscription>")
def delete(subscription: str) -> Answer:
    """Delete an event subscription."""
    service().marketplace.delete(subscription)
    return "", 204


@zoom.get("/v2/marketplace/apps/<app_id>/webhook_logs")
def app_logs(app_id: str) -> Answer:
    """Return the delivery log of an app."""
    if _app().client_id not in ("", app_id) or not re.fullmatch(r"[\w-]{1,256}", app_id, re.ASCII):
        raise ZoomError(1401, f"the app {app_id!r} does not exist")
    return _logs(404, users=True)


@zoom.get("/v2/videosdk/report/webhook_logs")
def video_sdk_logs() -> Answer:
    """Return the delivery log of the Video SDK account."""
    return _logs(400)


def _logs(status: int, *, users: bool = False) -> Answer:
    """Answer with a log; a range that cannot be has `status`, and entries name `users` or none."""
    given = request.args.to_dict()
    query, size = read_query(given, status), _log_size()
    after = _page_token(given)
    entries, more = service().webhook_logs.page(query, after, size, users=users)
    return jsonify(
        next_page_token="" if more is None else _paging.dumps([_filters(given), more]),
        page_size=size, webhook_logs=entries,
    )  # fmt: skip


def _app() -> App:
    found: App = current_app.extensions["mockzoom-app"]
    return found


def _body() -> JSON:
    if request.mimetype != "application/json":
        raise ZoomError(1500, "expected a body with content-type application/json")
    return parse_json(request.get_data())


def _query(*required: str) -> dict[str, str]:
    given: dict[str, str] = request.args.to_dict()
    for name in required:
        if name not in given:
            raise ZoomError(1500, f"{name}: it is required")
    return given


def _any_size() -> int:
    """Read the `page_size` of the list of subscriptions: any number, as in the document."""
    text = request.args.get("page_size")
    if text is None:
        return SIZE
    if not re.fullmatch(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?", text, re.ASCII):
        raise ZoomError(300, "page_size: expected a number", 400)
    given = float(text)
    return SIZE if given < 1 else int(min(given, LARGEST))


def _log_size() -> int:
    """Read the `page_size` of a log: an integer up to 300; the document has no lower bound."""
    text = request.args.get("page_size")
    if text is None:
        return SIZE
    if not re.fullmatch(r"-?\d{1,400}(\.0{1,9})?", text, re.ASCII) or float(text) > LARGEST:
        raise ZoomError(300, f"page_size: expected an integer up to {LARGEST}", 400)
    return SIZE if float(text) < 1 else int(float(text))


def _page_token(given: Mapping[str, str]) -> Any:
    """Return where a page begins; None for the first."""
    text = given.get("next_page_token", "")
    if not text:
        return None
    try:
        filters, after = _paging.loads(text, max_age=PAGING_S)
    except BadData:
        filters, after = None, None
    if filters != _filters(given):
        raise ZoomError(
            301, "next_page_token: expected the one of the page before, not older than 15 minutes",
            400,
        )  # fmt: skip
    return after


def _filters(given: Mapping[str, str]) -> dict[str, str]:
    """Return what must not change from page to page."""
    return {name: value for name, value in sorted(given.items())
            if name not in ("next_page_token", "page_size")}  # fmt: skip
