"""What an application in this process raises or logs is quoted with its answer."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask

from mockzoom.model import Request, Response
from mockzoom.transport import ASGITransport, Transport, WSGITransport
from mockzoom.transport.raised import answering, is_kept_apart, many_deliveries, quoted, watch_logs

HERE = Path(__file__).name


def answer(transport: Transport) -> Response:
    async def once() -> Response:
        request = Request("POST", "http://receiver.test/webhook", (), b"{}")
        outcome = (await transport.exchange(request, 5)).outcome
        await transport.close()
        assert isinstance(outcome, Response)
        return outcome

    return asyncio.run(once())


def broken(environ: Any, start_response: Any) -> list[bytes]:
    raise KeyError("event")


def line_of(code: Any, after: int = 1) -> str:
    return f"{HERE}:{code.__code__.co_firstlineno + after}"


def test_an_exception_that_comes_out_of_a_wsgi_application_is_quoted() -> None:
    got = answer(WSGITransport(broken))
    assert got.status == 500
    assert got.raised == f"KeyError: 'event' at {line_of(broken)}"


def test_an_exception_that_flask_logs_and_answers_itself_is_quoted() -> None:
    app = Flask(__name__)

    def hook() -> dict[str, str]:
        return {}["event"]

    app.add_url_rule("/webhook", view_func=hook, methods=["POST"])
    assert answer(WSGITransport(app)).raised == f"KeyError: 'event' at {line_of(hook)}"


def test_an_exception_that_starlette_answers_and_raises_on_is_quoted() -> None:
    app = FastAPI()

    def hook() -> dict[str, str]:
        return {}["event"]

    app.post("/webhook")(hook)
    assert answer(ASGITransport(app)).raised == f"KeyError: 'event' at {line_of(hook)}"


def test_what_is_logged_beside_a_2xx_is_not_quoted() -> None:
    def tolerant(environ: Any, start_response: Any) -> list[bytes]:
        try:
            raise ValueError
        except ValueError:
            logging.getLogger("app").exception("never mind")
        start_response("200 OK", [])
        return []

    assert answer(WSGITransport(tolerant)).raised == ""


def test_where_a_library_raises_the_application_s_own_frame_follows() -> None:
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("x")
    text = quoted(caught.value)
    said = "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"
    assert text.startswith(f"{said} at decoder.py:")
    assert f", from {HERE}:" in text


def test_long_messages_are_cut() -> None:
    assert quoted(ValueError("y" * 1000)) == f"ValueError: {'y' * 188} …"


def test_records_of_many_deliveries_are_kept_apart_and_only_those() -> None:
    record = logging.makeLogRecord({})
    assert not is_kept_apart(record)
    with many_deliveries():
        assert not is_kept_apart(record)  # of the test itself

        async def request() -> tuple[bool, bool]:
            answering()
            return is_kept_apart(record), await asyncio.to_thread(is_kept_apart, record)

        assert asyncio.run(request()) == (True, True)


def test_the_factory_of_log_records_is_put_back() -> None:
    before = logging.getLogRecordFactory()
    end = watch_logs()
    assert logging.getLogRecordFactory() is not before
    end()
    assert logging.getLogRecordFactory() is before
