"""Live feeds: what happens, as server-sent events, from the journal and so never lost.

A feed takes no thread of the server: when its head is sent, its connection is handed over to the
one thread of all feeds. That reads the journal once for all that stand at the same event, so that
many watchers do not keep deliveries from being made.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from flask import Response, request

from mockzoom.journal import FeedRow, JournalError
from mockzoom.service import Service
from mockzoom.web.connections import HAND_OVER
from mockzoom.web.problems import Problem

HEARTBEAT_S = 15.0
STUCK_S = 60.0
"""Seconds that a client may take none of what waits for it; then its feed ends."""
_LOOK_S = 1.0
_GATHER_S = 0.1
"""Seconds in which events are sent together, so that many feeds do not read for each delivery."""
_BATCH = 500
_CLOSE_S = 2.0
_LAST_CHUNK = b"0\r\n\r\n"
_log = logging.getLogger("mockzoom.web")

Reading = Callable[[int | None, int], tuple[bytes, int, int]]
"""Returns what happened in a run after an event: as lines, the last event's id, and how many."""


class Feeds:
    """The feeds of one server, `most` at the same time; `open` is how many there are now."""

    def __init__(self, service: Service, most: int) -> None:
        self.most = most
        self.open = 0
        self._service = service
        self._lock = threading.Lock()
        self._new: list[_Connection] = []
        self._thread: threading.Thread | None = None
        self._closing = False

    def take(self) -> None:
        """Take a place; raise `Problem` (503) where there is none."""
        with self._lock:
            if self.open >= self.most:
                raise Problem(503, f"{self.most} live feeds are open, as many as are allowed")
            self.open += 1

    def give_back(self) -> None:
        """Give the place back."""
        with self._lock:
            self.open -= 1

    def follow(self, sock: socket.socket, feed: LiveFeed, *, chunked: bool) -> None:
        """Serve a feed on `sock` from now on; its head is sent."""
        connection = _Connection(sock, feed, chunked=chunked)
        with self._lock:
            self._new.append(connection)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name="mockzoom-feeds", daemon=True
                )
                self._thread.start()
        self._service.wake()

    def close(self) -> None:
        """End every feed."""
        self._closing = True
        self._service.wake()
        thread = self._thread
        if thread is not None:
            thread.join(_CLOSE_S)

    def _serve(self) -> None:
        served: list[_Connection] = []
        while True:
            seen = self._service.commits
            with self._lock:
                served += self._new
                self._new.clear()
                if not served or self._closing or self._service.closing:
                    self._thread = None
                    break
            wait = self._round(served)
            served = [item for item in served if not item.is_over]
            if wait < _LOOK_S:
                time.sleep(wait)
            else:
                self._service.await_commit(seen, wait)
        for item in served:
            item.close()

    def _round(self, served: list[_Connection]) -> float:
        """Send to each what is new; return after how many seconds to look again, at most."""
        read = shared_reading(self._service)
        wait = _LOOK_S
        for item in served:
            try:
                wait = min(wait, item.send_news(read))
            except (OSError, JournalError):
                item.close()
            except Exception:
                _log.exception("a live feed ends")
                item.close()
        return wait


def shared_reading(service: Service) -> Reading:
    """Return what reads the journal once for all feeds that stand at the same event."""
    known: dict[tuple[int | None, int], tuple[bytes, int, int]] = {}

    def read(run: int | None, after: int) -> tuple[bytes, int, int]:
        found = known.get((run, after))
        if found is None:
            rows = service.feed(run, after, _BATCH)
            lines = "".join(map(_event, rows)).encode()
            found = lines, rows[-1].id if rows else after, len(rows)
            known[run, after] = found
        return found

    return read


class LiveFeed:
    """One feed; closing it gives its place back, whether it was read or not."""

    def __init__(
        self, service: Service, feeds: Feeds, run: int | None, after: int,
        seconds: int | None = None,
    ) -> None:  # fmt: skip
        feeds.take()
        self._feeds = feeds
        self._service = service
        self._run = run
        self._after = after
        self._ends = math.inf if seconds is None else time.monotonic() + seconds
        self._beat = time.monotonic()
        self._open = True
        self._hand_over = request.environ.get(HAND_OVER) if request.method == "GET" else None
        self._chunked = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        self._handed_over = False
        self.ended = False
        """Whether all that is to be told was told."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the first line and hand the connection over; or all, where nobody takes it."""
        yield b"retry: 1000\n\n"
        if self._hand_over is not None:
            self._hand_over(lambda sock: self._feeds.follow(sock, self, chunked=self._chunked))
            self._handed_over = True
            return
        while not self.ended and self._open:
            seen = self._service.commits
            lines = self.news(shared_reading(self._service))
            if lines:
                yield lines
            elif not self.ended:
                self._service.await_commit(seen, min(_LOOK_S, self.left))
        self.end()

    @property
    def left(self) -> float:
        """Seconds until it is to end."""
        return max(0.0, self._ends - time.monotonic())

    def news(self, read: Reading) -> bytes:
        """Return what happened since it was last asked, or a heartbeat where that is due."""
        over = self._service.closing or not self.left or self._is_run_over()
        lines, self._after, count = read(self._run, self._after)
        self.ended = over and count < _BATCH  # `over` before reading: nothing comes after this
        now = time.monotonic()
        if lines:
            self._beat = now
        elif now - self._beat >= HEARTBEAT_S:
            self._beat = now
            return b": still here\n\n"
        return lines

    def _is_run_over(self) -> bool:
        return self._run is not None and self._run not in self._service.runs.going_on()

    def close(self) -> None:
        """End the feed, unless its connection was handed over."""
        if not self._handed_over:
            self.end()

    def end(self) -> None:
        """End the feed."""
        if self._open:
            self._open = False
            self._feeds.give_back()


class _Connection:
    """A feed and the connection that was handed over."""

    def __init__(self, sock: socket.socket, feed: LiveFeed, *, chunked: bool) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._feed = feed
        self._chunked = chunked
        self._unsent = memoryview(b"")
        self._taken = time.monotonic()
        self.is_over = False

    def send_news(self, read: Reading) -> float:
        """Send what can be sent now; return after how many seconds to try again, at most.

        What a client does not take waits, and nothing more is read for it. Raises `OSError` where
        the client is gone.
        """
        self._look_for_end()
        lines = b""
        if not self._unsent and not self._feed.ended:
            lines = self._feed.news(read)
            end = _LAST_CHUNK if self._feed.ended and self._chunked else b""
            self._unsent, self._taken = memoryview(self._framed(lines) + end), time.monotonic()
        self._send()
        if self._feed.ended and not self._unsent:
            self.close()
        return _GATHER_S if lines or self._unsent else min(_LOOK_S, self._feed.left or _GATHER_S)

    def close(self) -> None:
        """End the feed and its connection."""
        self.is_over = True
        if self._chunked and not self._unsent and not self._feed.ended:
            with suppress(OSError):
                self._sock.send(_LAST_CHUNK)
        self._sock.close()
        self._feed.end()

    def _framed(self, lines: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(lines), lines) if lines and self._chunked else lines

    def _look_for_end(self) -> None:
        """Raise `OSError` where the client has gone, or reads nothing; what it says is ignored."""
        with suppress(BlockingIOError):
            if not self._sock.recv(4096):
                raise ConnectionResetError("the client has closed the feed")
        if self._unsent and time.monotonic() - self._taken > STUCK_S:
            raise TimeoutError("the client does not read")

    def _send(self) -> None:
        with suppress(BlockingIOError):
            while self._unsent:
                sent = self._sock.send(self._unsent)
                self._unsent = self._unsent[sent:]
                self._taken = time.monotonic()


def feed(
    service: Service, feeds: Feeds, run: int | None, after: int, seconds: int | None
) -> Response:
    """Return a feed of a run (None: of what happens outside of runs) from after event `after`.

    It ends after `seconds`, once all that happened until then was told (None: never).
    """
    last = request.headers.get("Last-Event-ID", "")
    if last and not (last.isascii() and last.isdigit() and len(last) <= 16 and int(last) < 2**53):
        raise Problem(400, "Last-Event-ID: expected the id of an event of this feed")
    lines = LiveFeed(service, feeds, run, int(last) if last else after, seconds)
    return Response(lines, content_type="text/event-stream; charset=utf-8")


def _event(row: FeedRow) -> str:
    return f"id: {row.id}\nevent: {row.kind}\ndata: {row.data}\n\n"
