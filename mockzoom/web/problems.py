"""What goes wrong, as RFC 9457 problem documents."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from mockzoom.dispatch import Conflict
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.journal import JournalError
from mockzoom.scenario import Mistake, ScenarioError
from mockzoom.scenario.mistakes import MOST_SHOWN
from mockzoom.service import Busy, Forbidden, NotFound

_log = logging.getLogger("mockzoom.web")
_STATUS: tuple[tuple[type[MockzoomError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Busy, 429),
    (JournalError, 507),
    (UsageError, 422),
    (MockzoomError, 500),
)
_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 413: "Content Too Large",
    415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable", 507: "Insufficient Storage",
}  # fmt: skip
REALM = 'Basic realm="mockzoom", charset="UTF-8"'


class Problem(Exception):
    """A request that is refused: its status, and what is wrong in whole sentences."""

    def __init__(self, status: int, detail: str, errors: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)


def problem(status: int, detail: str, errors: Sequence[dict[str, Any]] = ()) -> Response:
    """Return a problem document."""
    document: dict[str, Any] = {
        "type": "about:blank", "title": title(status), "status": status,
        "detail": detail,
    }  # fmt: skip
    if errors:
        document["errors"] = list(errors)
    text = json.dumps(document, ensure_ascii=False)
    return Response(text, status, content_type="application/problem+json")


def install(app: Flask) -> None:
    """Answer every error of `app` with a problem document; Zoom's paths have their own."""

    @app.errorhandler(Problem)
    def refused(error: Problem) -> Response:
        answer = problem(error.status, error.detail, error.errors)
        if error.status == 401:
            answer.headers["www-authenticate"] = REALM
        if error.status in (429, 503):
            answer.headers["retry-after"] = "1"
        return answer

    @app.errorhandler(MockzoomError)
    def ours(error: MockzoomError) -> Response:
        return refused(told(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        if request.path.startswith("/v2/"):
            unknown = status in (404, 405)
            told = "This API endpoint is not recognized." if unknown else error.description
            answer = _as_zoom(2300 if unknown else 300, told or "", status)
        else:
            answer = problem(status, error.description or "")
        for name, value in error.get_headers():
            if name.lower() == "allow":
                answer.headers[name] = value
        return answer

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        _log.exception("%s %s failed", request.method, request.path)
        return problem(500, "this is a defect of mockzoom; its log says more")


def _as_zoom(code: int, message: str, status: int) -> Response:
    text = json.dumps({"code": code, "message": message})
    return Response(text, status, content_type="application/json")


def title(status: int) -> str:
    """Return what a status is called."""
    return _TITLES.get(status, "Error")


def told(error: MockzoomError) -> Problem:
    """Return what `error` means to whoever asked."""
    if isinstance(error, ScenarioError):
        shown = [mistake(item) for item in error.mistakes[:MOST_SHOWN]]
        return Problem(422, _counted(len(error.mistakes)), shown)
    return Problem(status_of(error), str(error))


def mistake(item: Mistake) -> dict[str, Any]:
    """Return a mistake of a scenario as data; `source` is the line that it stands in."""
    place = item.place
    return {
        "file": place.file, "line": place.line, "column": place.column, "message": item.message,
        "expected": item.expected, "hint": item.hint, "source": item.source[:400],
    }  # fmt: skip


def _counted(number: int) -> str:
    return "the scenario cannot be played as written: " + (
        "one mistake" if number == 1 else f"{number} mistakes"
    )


def status_of(error: MockzoomError) -> int:
    """Return the HTTP status that says best what `error` means."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))
