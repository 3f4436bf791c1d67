"""Deliveries to an application in this process; here WSGI callables (PEP 3333).

The application runs as a server would run it, each request on a daemon thread. There is no wire
here, so faults of the wire cannot be injected. ASGI is in `mockzoom.transport.asgi`.

How long an answer took is noted on the application's own thread. So it is not slow where our loop
comes late to its answer, and it is where it keeps our loop from noticing the deadline.
"""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextvars import copy_context
from time import perf_counter, time
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from mockzoom.errors import MockzoomError
from mockzoom.model import Attempt, Failure, Request, Response, Timings
from mockzoom.transport.answer import KEPT_BODY, KEPT_STATE
from mockzoom.transport.faults import TransportFault
from mockzoom.transport.raised import answering, watch_logs
from mockzoom.transport.target import Target, parse_target

WSGIApp: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
IN_PROCESS_URL = "http://receiver.test/webhook"


class Answered(NamedTuple):
    """An answer, and when the application had given all of it, by `perf_counter`."""

    response: Response
    at: float


class InProcess(ABC):
    """What both kinds of application have in common."""

    wire = False

    def __init__(self, url: str) -> None:
        self.target: Target = parse_target(url)
        self._unwatch = watch_logs()

    async def exchange(
        self,
        request: Request,
        timeout: float,
        fault: TransportFault | None = None,
        *,
        fresh: bool = False,
    ) -> Attempt:
        """Call the application with `request`; it has `timeout` seconds to answer."""
        if fault is not None:
            raise MockzoomError(f"fault {fault.name!r} needs a wire; this receiver is in process")
        started_at, start = time(), perf_counter()
        called = self._submit(request)
        answer = asyncio.wrap_future(called)
        try:
            await asyncio.wait({answer}, timeout=timeout)
            outcome, took = _judged(called, start, timeout)
        finally:
            answer.cancel()
        return Attempt(request, outcome, Timings(0.0, 0.0, took, took), started_at)

    async def reach(self) -> Failure | None:
        """An application in this process is always within reach."""
        return None

    async def speaks_tls(self) -> bool:
        """An application in this process has no port."""
        return False

    @abstractmethod
    def _submit(self, request: Request) -> Future[Answered]:
        """Start the call; the future holds its answer, and 500 where the application raises.

        A cancelled future means that nobody waits for the answer any more.
        """


def _judged(
    called: Future[Answered], start: float, timeout: float
) -> tuple[Response | Failure, float]:
    """Return what came of a call within `timeout` seconds from `start`, and how long it took."""
    response, at = called.result() if called.done() else (None, perf_counter())
    took = at - start
    if response is not None and took <= timeout:
        return response, took
    return Failure("timeout", f"no complete answer within {timeout:g} s"), took


class WSGITransport(InProcess):
    """Calls a WSGI application, each request on a daemon thread."""

    def __init__(self, app: WSGIApp, url: str = IN_PROCESS_URL) -> None:
        super().__init__(url)
        self._app = app

    def _submit(self, request: Request) -> Future[Answered]:
        future: Future[Answered] = Future()

        def work() -> None:
            raised = answering()
            try:
                result = self._call(request, future.cancelled)
            except BaseException as error:
                raised.note(error)
                result = server_error(error)
            at = perf_counter()
            answered = Answered(raised.told_in(result), at)
            if future.set_running_or_notify_cancel():
                future.set_result(answered)

        context = copy_context()
        threading.Thread(
            target=context.run, args=(work,), name="mockzoom-wsgi", daemon=True
        ).start()
        return future

    def _call(self, request: Request, abandoned: Callable[[], bool]) -> Response:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = Body(request.method)

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], None]:
            if exc_info is not None:
                started.clear()
            started.append((status, headers))
            return body.add

        chunks = self._app(_environ(self.target, request), start_response)
        try:
            for chunk in chunks:
                body.add(chunk)
                if abandoned():
                    break
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        if not started:
            raise MockzoomError("the application never called start_response")
        code, _, reason = started[-1][0].partition(" ")
        return body.response(int(code), reason, started[-1][1])

    async def close(self) -> None:
        """No thread is held: they are daemons that end with their request."""
        self._unwatch()


class Body:
    """An answer's body, of which the beginning is kept; what a probe reads by GET may be large."""

    def __init__(self, method: str) -> None:
        self._kept = KEPT_STATE if method == "GET" else KEPT_BODY
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Take the next piece."""
        if self._size <= self._kept:
            self._chunks.append(chunk)
        self._size += len(chunk)

    def response(self, status: int, reason: str, headers: Iterable[tuple[str, str]]) -> Response:
        """Return the answer with this body."""
        body = b"".join(self._chunks)
        return Response(status, reason, tuple(headers), body[: self._kept], self._size > self._kept)


def server_error(error: BaseException) -> Response:
    """Answer as a server does whose application raises."""
    text = f"the application raised {type(error).__name__}: {error}"
    body = text.encode("utf-8", "replace")
    return Response(500, "Internal Server Error", (("content-type", "text/plain"),), body)


def _environ(target: Target, request: Request) -> dict[str, Any]:
    parts = urlsplit(request.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": target.host,
        "SERVER_PORT": str(target.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": target.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ
