"""`verify` of applications in this process, written as a team would write them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from typing import Any

import flask
import pytest
from fastapi import FastAPI, Request, Response

from mockzoom.client import verifying
from mockzoom.model import RunResult
from mockzoom.settings import Settings

pytestmark = pytest.mark.slow

SECRET = "in-process"
EVENTS = ("meeting.rtms_*", "session.user_joined")


def authentic(headers: Any, body: bytes) -> bool:
    timestamp = headers.get("x-zm-request-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) == 10):
        return False
    if abs(time.time() - int(timestamp)) > 300:
        return False
    message = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), headers.get("x-zm-signature", "").encode())


def parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def answered(event: dict[str, Any]) -> dict[str, str]:
    payload = event.get("payload")
    token = str(payload.get("plainToken")) if isinstance(payload, dict) else ""
    digest = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    return {"plainToken": token, "encryptedToken": digest}


def flask_app(*, checks: bool = True) -> flask.Flask:
    app = flask.Flask("receiver")

    @app.post("/webhook")
    def webhook() -> Any:
        body = flask.request.get_data()
        if checks and not authentic(flask.request.headers, body):
            return "", 401
        event = parsed(body)
        if event.get("event") == "endpoint.url_validation":
            return answered(event)
        return "", 204

    return app


def fastapi_app(*, checks: bool = True) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        yield {"ready": True}

    app = FastAPI(lifespan=lifespan)

    @app.post("/webhook")
    async def webhook(request: Request) -> Any:
        assert request.state.ready
        body = await request.body()
        if checks and not authentic(request.headers, body):
            return Response(status_code=401)
        event = parsed(body)
        if event.get("event") == "endpoint.url_validation":
            return answered(event)
        return Response(status_code=200)

    return app


def verify(app: Any, **changes: Any) -> RunResult:
    return verifying.verify(app, Settings(secret=SECRET, events=EVENTS, **changes))


@pytest.mark.parametrize("make", [flask_app, fastapi_app])
def test_a_correct_application_passes(make: Any) -> None:
    result = verify(make())
    assert [item.message for item in result.violations] == []
    assert result.breakages == ()
    assert result.coverage.events == (4, 4)
    assert result.target == "http://receiver.test/webhook"


@pytest.mark.parametrize("make", [flask_app, fastapi_app])
def test_an_application_that_checks_nothing_is_found_out(make: Any) -> None:
    found = {item.rule for item in verify(make(checks=False)).violations}
    assert found == {
        "MZ201", "MZ202", "MZ203", "MZ204", "MZ205", "MZ206", "MZ305", "MZ306",
    }  # fmt: skip


def test_an_application_that_always_raises_has_no_baseline() -> None:
    def app(environ: Any, start: Any) -> Any:
        raise RuntimeError("not today")

    result = verify(app)
    assert {item.rule for item in result.violations} == {"MZ101", "MZ301"}
    assert all("RuntimeError: not today" in item.actual for item in result.violations)
    assert {item.rule for item in result.not_judged} >= {"MZ107", "MZ201", "MZ305"}


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_application_that_always_hangs_is_bounded(asynchronous: bool) -> None:
    import asyncio

    def wsgi(environ: Any, start: Any) -> Any:
        time.sleep(1)
        return []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(1)

    started = time.perf_counter()
    result = verify(asgi if asynchronous else wsgi, timeout=0.1)
    assert time.perf_counter() - started < 60
    assert {item.rule for item in result.violations} == {"MZ102", "MZ304"}


def test_endpoint_authentication_reaches_the_application() -> None:
    inner = flask_app()

    @inner.before_request
    def check() -> Any:
        return None if flask.request.headers.get("x-key") == "k" else ("", 401)

    result = verify(inner, auth="header:x-key:k")
    assert [item.message for item in result.violations] == []
    assert "MZ211" not in {item.rule for item in result.not_judged}
