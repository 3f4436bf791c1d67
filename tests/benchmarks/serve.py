"""`mockzoom serve` under mixed load: how late events reach a healthy endpoint beside bad ones."""

from __future__ import annotations

import http.client
import json
import math
import selectors
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.options import Options
from tests.benchmarks.programs import served, started
from tests.benchmarks.rounds import Samples, Unmeasured, interleaved, samples_of
from tests.benchmarks.table import NONE, Row, number, verdict

WATCHERS = 60
AT_MOST = 3.0
"""How many times its p99 alone the healthy endpoint's p99 may be."""
SECRET = "secret-of-the-benchmark"
EVENT = "session.started"
_BAD = ("/slow", "/hanging", "/failing")
_SETTLES_S = 120.0


def rows(options: Options) -> Iterator[Row]:
    """Yield how late events arrive at the healthy endpoint: alone, and beside three bad ones."""
    events = 150 if options.quick else 1000
    attack = _Attack(events)
    found = interleaved(
        {"mixed": attack.mixed, "alone": attack.alone},
        options.rounds(quick=1, full=3), options.progress,
    )  # fmt: skip
    rate = samples_of(found["mixed"], "rate")
    how = (
        f"{events} events each to one healthy endpoint and to ones that take 2.9 s, hang and answer"
        f" 500, queued as fast as the API takes them ({number(rate.median) if rate else '?'} a"
        f" second each), {WATCHERS} live feeds open; theirs: the healthy one alone at that rate"
    )
    for name in ("p50", "p99"):
        yield _row(name, samples_of(found["mixed"], name), samples_of(found["alone"], name), how)


def _row(name: str, mixed: Samples, alone: Samples, how: str) -> Row:
    what = f"serve, {name} from accepted to arrived at the healthy endpoint"
    if not mixed or not alone:
        return Row(what, how=mixed.why_not or alone.why_not)
    ratio = mixed.median / alone.median
    target = f"<= {AT_MOST:g} x{verdict(ratio <= AT_MOST)}" if name == "p99" else NONE
    shown = (f"{number(1000 * side.median)} ms" for side in (mixed, alone))
    return Row(what, *shown, f"{number(ratio)} x", target, how)


class _Attack:
    """The mixed load, and the healthy endpoint's part of it alone, at the rate of that."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._rate = math.inf

    def mixed(self) -> Mapping[str, float]:
        """Queue events to all endpoints as fast as the API takes them."""
        found = measure(self._events, _BAD, math.inf)
        self._rate = found["rate"]
        return found

    def alone(self) -> Mapping[str, float]:
        """Queue the healthy endpoint's events as fast as it got them in the mixed load."""
        return measure(self._events, (), self._rate)


def measure(events: int, bad: Sequence[str], rate: float) -> Mapping[str, float]:
    """Return percentiles of the seconds from accepted to arrived, and events accepted a second."""
    with ExitStack() as stack:
        endpoints = stack.enter_context(served("endpoints", SECRET))
        mock = stack.enter_context(_mock())
        names = [_registered(mock, endpoints + path) for path in ("/good", *bad)]
        stack.enter_context(_watched(mock))
        accepted: list[dict[str, float]] = [{} for _ in names]
        senders = [
            threading.Thread(target=_send, args=(mock, name, events, rate, kept))
            for name, kept in zip(names, accepted, strict=True)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        late = sorted(_lateness(endpoints, accepted[0]))
    if len(late) < events:
        raise Unmeasured(f"{len(late)} of {events} events arrived")
    moments = accepted[0].values()
    return {
        "p50": late[len(late) // 2],
        "p99": late[math.ceil(0.99 * len(late)) - 1],
        "rate": events / (max(moments) - min(moments)),
    }


@contextmanager
def _mock() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="mockzoom-serve-") as folder:
        command = [sys.executable, "-m", "mockzoom", "serve", "--port", "0", "--db",
                   f"{folder}/j.db", "--secret", SECRET, "--feeds", str(WATCHERS)]  # fmt: skip
        with started(command) as process:
            assert process.stdout is not None
            yield process.stdout.readline().split()[3]


def _ask(connection: http.client.HTTPConnection, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body)
    headers = {"Content-Type": "application/json"} if data else {}
    connection.request("GET" if data is None else "POST", path, data, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise Unmeasured(f"{path} answered {answer.status}: {text[:200]!r}")
    return json.loads(text)


def _connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)


def _registered(mock: str, url: str) -> str:
    asked = {"url": url, "validate": True}
    return str(_ask(_connection(mock), "/api/v1/subscriptions", asked)["id"])


def _send(
    mock: str, subscription: str, events: int, rate: float, accepted: dict[str, float]
) -> None:
    """Send events at the rate, at most; note when each was accepted, by its request id."""
    connection = _connection(mock)
    began = time.monotonic()
    for index in range(events):
        time.sleep(max(0.0, began + index / rate - time.monotonic()))
        asked = {"event": EVENT, "subscription": subscription, "seed": index}
        (row,) = _ask(connection, "/api/v1/deliveries", asked)
        accepted[row["request_id"]] = _seconds(row["created_at"])


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def _lateness(endpoints: str, accepted: Mapping[str, float]) -> list[float]:
    """Return how late each event arrived, once all have."""
    ends = time.monotonic() + _SETTLES_S
    while True:
        seen = _ask(_connection(endpoints), "/seen")
        if accepted.keys() <= seen.keys() or time.monotonic() > ends:
            return [seen[name] - at for name, at in accepted.items() if name in seen]
        time.sleep(0.2)


@contextmanager
def _watched(mock: str) -> Iterator[None]:
    """Hold the live feeds open, and read what they tell."""
    where, ended = urlsplit(mock), threading.Event()
    with ExitStack() as stack:
        select = stack.enter_context(selectors.DefaultSelector())
        for _ in range(WATCHERS):
            feed = socket.create_connection((where.hostname or "", where.port or 0), 60)
            stack.enter_context(feed)
            feed.sendall(f"GET /api/v1/feed HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
            select.register(feed, selectors.EVENT_READ)

        def read() -> None:
            while not ended.is_set():
                for key, _ in select.select(0.2):
                    assert isinstance(key.fileobj, socket.socket)
                    if not key.fileobj.recv(1 << 20):
                        select.unregister(key.fileobj)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield
        finally:
            ended.set()
            reader.join()
