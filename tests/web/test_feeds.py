"""Live feeds as their one thread serves them: read once for all, and nobody keeps the others."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from mockzoom.journal import FeedRow
from mockzoom.service import Service
from mockzoom.web import feed
from mockzoom.web.serving import serving
from tests.web.conftest import until
from tests.web.test_connections import asking, is_closed, opened


class Told:
    """Stands in the place of a journal: `rows` are what its feed has, `asked` how it was asked."""

    def __init__(self) -> None:
        self.rows: list[FeedRow] = []
        self.asked: list[tuple[int | None, int]] = []

    def __call__(self, run: int | None, after: int, limit: int = 500) -> list[FeedRow]:
        self.asked.append((run, after))
        return [row for row in self.rows if row.id > after][:limit]

    def tell(self, count: int, data: str = "{}") -> None:
        first = len(self.rows) + 1
        self.rows += [
            FeedRow(number, None, 1.0, "attempt", data) for number in range(first, first + count)
        ]


@pytest.fixture
def told(service: Service, monkeypatch: pytest.MonkeyPatch) -> Told:
    made = Told()
    monkeypatch.setattr(service, "feed", made)
    return made


@pytest.fixture
def connect(app: Flask) -> Iterator[Callable[..., socket.socket]]:
    """What opens a feed of the served application."""
    with serving(app) as url, ExitStack() as stack:

        def opens(path: str = "/api/v1/feed", version: str = "1.1") -> socket.socket:
            head = asking(path).replace(b"HTTP/1.1", f"HTTP/{version}".encode())
            made = stack.enter_context(opened(url, head))
            made.settimeout(60)
            return made

        yield opens


def read_to(connection: socket.socket, end: bytes) -> bytes:
    """Return what comes until `end`."""
    found = b""
    while not found.endswith(end):
        piece = connection.recv(65536)
        assert piece, found[-200:]
        found += piece
    return found


FIRST = b"retry: 1000\n\n\r\n"


def test_feeds_that_stand_at_the_same_event_are_read_once(
    service: Service, told: Told, connect: Callable[..., socket.socket]
) -> None:
    connections = [connect() for _ in range(3)]
    for connection in connections:
        assert b"Transfer-Encoding: chunked" in read_to(connection, FIRST)
    until(lambda: told.asked)
    time.sleep(2 * feed._GATHER_S)  # all three have been looked at
    told.asked.clear()
    told.tell(3)
    service.wake()
    for connection in connections:
        assert read_to(connection, b"id: 3\nevent: attempt\ndata: {}\n\n\r\n").count(b"id: ") == 3
    assert told.asked.count((None, 0)) == 1


def test_who_does_not_read_keeps_nobody_waiting_and_is_cut_off(
    service: Service, app: Flask, told: Told, connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(feed, "STUCK_S", 0.5)
    stuck, reading = connect(), connect()
    for connection in (stuck, reading):
        read_to(connection, FIRST)
    told.tell(200, '{"text": "' + "x" * 100_000 + '"}')
    service.wake()
    read_to(reading, b'x"}\n\n\r\n')
    told.tell(1, '{"text": "the last one"}')
    service.wake()
    read_to(reading, b'"the last one"}\n\n\r\n')
    until(lambda: app.extensions["mockzoom-feeds"].open == 1)
    assert (None, 200) in told.asked


def test_what_was_not_taken_at_once_comes_whole(
    service: Service, told: Told, connect: Callable[..., socket.socket]
) -> None:
    connection = connect("/api/v1/feed?seconds=1")
    told.tell(1200, '{"text": "' + "y" * 10_000 + '"}')
    service.wake()
    time.sleep(0.3)
    found = read_to(connection, b"0\r\n\r\n")
    assert found.count(b"\nevent: attempt\n") == 1200
    until(lambda: is_closed(connection))


def test_old_clients_get_no_chunks(
    service: Service, told: Told, connect: Callable[..., socket.socket]
) -> None:
    told.tell(2)
    connection = connect("/api/v1/feed?seconds=0", "1.0")
    found = read_to(connection, b"data: {}\n\nid: 2\nevent: attempt\ndata: {}\n\n")
    assert b"chunked" not in found
    assert b"\n\nretry: 1000\n\nid: 1\n" in found.replace(b"\r\n", b"\n")
    until(lambda: is_closed(connection))


@pytest.mark.parametrize("how", ["of the client", "of a feed that fails"])
def test_the_end_gives_its_place_back(
    service: Service, app: Flask, told: Told, connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch, how: str,
) -> None:  # fmt: skip
    connection, other = connect(), connect()
    for item in (connection, other):
        read_to(item, FIRST)
    until(lambda: app.extensions["mockzoom-feeds"].open == 2)
    if how == "of the client":
        connection.shutdown(socket.SHUT_RDWR)
        left = 1
    else:

        def fails(*_: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(service, "feed", fails)
        left = 0
    service.wake()
    until(lambda: app.extensions["mockzoom-feeds"].open == left)
    if left:
        assert not is_closed(other)
    else:
        until(lambda: is_closed(other))
    monkeypatch.setattr(service, "feed", told)
    again = connect()
    read_to(again, FIRST)
    told.tell(1)
    service.wake()
    read_to(again, b"data: {}\n\n\r\n")
