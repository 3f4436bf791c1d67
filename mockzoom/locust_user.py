"""A Locust user that sends Zoom's events to a receiver, from one machine or from many.

Needs the extra `load`. A locustfile of one line, `from mockzoom.locust_user import ZoomUser`, is
enough: the host is the receiver's URL with its path, and `MOCKZOOM_SECRET` its secret. Each user
sends one event a second, so that users are events a second.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Coroutine
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from locust import FastHttpUser, constant_throughput, events, task

from mockzoom.client.connect import open_runner, open_sender
from mockzoom.client.settings import check, load_contract
from mockzoom.contract import Contract
from mockzoom.engine.case import CHALLENGE, CaseName
from mockzoom.engine.runner import Runner
from mockzoom.errors import MockzoomError
from mockzoom.load.event_sequences import EventSequences
from mockzoom.model import Request
from mockzoom.settings import Settings
from mockzoom.suites.events import VALID

T = TypeVar("T")
_MOST_WORKERS = 10_000
_SETTINGS = ("secret", "client_id", "events", "product")
_OF_THE_CLIENT = ("host", "content-length")
"""Headers that Locust's client makes by itself."""


class EventSource:
    """Makes genuine requests; no two sources make the same event, nor the same request id."""

    def __init__(self, url: str, settings: Settings, contract: Contract) -> None:
        self._sender = open_sender(url, settings)
        self._runner: Runner = open_runner(self._sender, contract, settings)
        names = [spec.name for spec in contract.select(settings.events) if spec.name != CHALLENGE]
        cases = [self._runner.cases.prepare(name, CaseName(VALID.name)) for name in names]
        self._sequences = EventSequences(self._runner, cases, 0)

    def next(self) -> tuple[str, Request]:
        """Return the next event's type, and its request, signed now."""
        case, _ = self._sequences.next()
        return case.event, _at_once(self._sender.request(self._runner.delivery(case)))


@cache
def source(url: str, worker: int) -> EventSource:
    """Return the source that the users of a worker share; no other worker or test has its seed."""
    seed = int(time.time()) * _MOST_WORKERS + max(0, worker)
    return EventSource(url, replace(_settings(), seed=seed), _contract())


def _settings() -> Settings:
    given = {name: os.environ.get(f"MOCKZOOM_{name.upper()}", "") for name in _SETTINGS}
    return Settings(
        given["secret"], given["client_id"], events=tuple(given["events"].split()),
        product=tuple(given["product"].split()),
    )  # fmt: skip


@cache
def _contract() -> Contract:
    return load_contract(_settings())


def _prepare(parser: ArgumentParser) -> None:
    """Check the settings, read the contract and make a first event: that takes seconds.

    It is done before a worker connects. Later it would keep the worker's heartbeats from the
    master, which ends a test whose workers are silent. What cannot be used ends Locust with one
    line and exit code 2; asked for help, it gives help.
    """
    if not {"-h", "--help"}.isdisjoint(sys.argv):
        return
    settings = _settings()
    try:
        check(settings)
        EventSource("http://localhost", settings, _contract()).next()
    except MockzoomError as error:
        parser.exit(2, f"mockzoom: {error}\n")


events.init_command_line_parser.add_listener(_prepare)  # type: ignore[no-untyped-call, unused-ignore]


class ZoomUser(FastHttpUser):  # type: ignore[misc, unused-ignore]
    """Sends one event a second; an event without a 2xx within three seconds is a failure."""

    wait_time = constant_throughput(1)
    network_timeout = connection_timeout = 3.0
    insecure = False

    def on_start(self) -> None:
        """Find the source of this worker's events."""
        self._source = source(self.host, getattr(self.environment.runner, "worker_index", 0))

    @task
    def send(self) -> None:
        """Send one event."""
        event, request = self._source.next()
        headers = {name: value for name, value in request.headers if name not in _OF_THE_CLIENT}
        with self.client.request(
            request.method, request.url, data=request.body.decode(), headers=headers, name=event,
            catch_response=True, allow_redirects=False,
        ) as answer:  # fmt: skip
            if not 200 <= answer.status_code < 300:
                answer.failure(f"answered {answer.status_code or answer.error}")


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    work.close()
    raise RuntimeError("an event had to wait for another signing second")
