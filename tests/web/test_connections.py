"""Slow clients, and many of them, keep nobody from being answered."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from mockzoom.web import connections
from mockzoom.web.serving import serving
from tests.web.conftest import until

HALF = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: loc",
    "half a body": b"POST /api/v1/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
}


@contextmanager
def opened(url: str, sent: bytes) -> Iterator[socket.socket]:
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port or 0), 60) as made:
        made.sendall(sent)
        yield made


def health(url: str) -> int:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
    connection.close()
    return status


def asking(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.001)
    try:
        return connection.recv(1000) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


@pytest.mark.slow
def test_half_open_connections_keep_nobody_from_being_answered(app: Flask) -> None:
    with serving(app) as url, ExitStack() as stack:
        for sent in HALF.values():
            for _ in range(250):
                stack.enter_context(opened(url, sent))
            assert health(url) == 200


def test_the_oldest_of_too_many_connections_makes_room_and_busy_ones_stay(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE", 3)
    begun, may_end = threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        begun.set()
        may_end.wait(60)
        return "slow"

    with serving(app) as url, ExitStack() as stack:
        stack.callback(may_end.set)
        feed = stack.enter_context(opened(url, asking("/api/v1/feed")))
        assert feed.recv(1000).startswith(b"HTTP/1.1 200")
        busy = stack.enter_context(opened(url, asking("/slow")))
        assert begun.wait(60)
        first, second = (stack.enter_context(opened(url, HALF["half a head"])) for _ in range(2))
        assert health(url) == 200
        until(lambda: is_closed(first))
        assert not is_closed(feed)
        assert not is_closed(busy)
        assert not is_closed(second)


@pytest.mark.parametrize("name", HALF)
def test_a_request_that_is_never_complete_is_cut_off(
    app: Flask, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for limit in ("HEAD_S", "BODY_S", "IDLE_S"):
        monkeypatch.setattr(connections, limit, 0.2)
    with serving(app) as url, opened(url, HALF[name]) as late:
        until(lambda: is_closed(late))


def test_a_head_in_drips_has_one_deadline(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with serving(app) as url, opened(url, b"GET /healthz HTTP/1.1\r\n") as late:

        def drip() -> Any:
            try:
                late.sendall(b"X-Drip: 1\r\n")
            except OSError:
                return True
            return is_closed(late)

        until(drip)


def test_a_slow_answer_and_a_pause_between_requests_are_no_reason_to_cut(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with serving(app) as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        for _ in range(2):
            connection.request("GET", "/api/v1/feed?seconds=2")
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.read().startswith(b"retry:")
        connection.close()
