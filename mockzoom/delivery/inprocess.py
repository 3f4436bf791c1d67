"""Deliveries to an application in this process: WSGI (PEP 3333) and ASGI 3 callables.

Both run the application as a server would: WSGI on a daemon thread, ASGI on a loop and thread of
its own with its lifespan, an answer counting as complete at the last `more_body`. There is no wire
here, so faults of the wire cannot be injected.
"""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from time import perf_counter, time
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from mockzoom.delivery.faults import Fault
from mockzoom.delivery.target import Target, parse_target
from mockzoom.delivery.wire import KEPT_BODY
from mockzoom.errors import MockzoomError
from mockzoom.model import Attempt, Failure, Request, Response, Timings

WSGIApp: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ASGIApp: TypeAlias = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]
IN_PROCESS_URL = "http://receiver.test/webhook"


class _InProcess(ABC):
    wire = False

    def __init__(self, url: str) -> None:
        self.target: Target = parse_target(url)

    async def exchange(
        self, request: Request, timeout: float, fault: Fault | None = None, *, fresh: bool = False
    ) -> Attempt:
        """Call the application with `request`; it has `timeout` seconds to answer."""
        if fault is not None:
            raise MockzoomError(f"fault {fault.name!r} needs a wire; this receiver is in process")
        started_at, start = time(), perf_counter()
        try:
            answer = asyncio.wrap_future(self._submit(request))
            outcome: Response | Failure = await asyncio.wait_for(answer, timeout)
        except TimeoutError:
            outcome = Failure("timeout", f"no complete answer within {timeout:g} s")
        except Exception as error:  # the application's own: a server would answer 500
            outcome = _server_error(error)
        took = perf_counter() - start
        return Attempt(request, outcome, Timings(0.0, 0.0, took, took), started_at)

    async def reach(self) -> Failure | None:
        """An application in this process is always within reach."""
        return None

    @abstractmethod
    def _submit(self, request: Request) -> Future[Response]:
        """Start the call; the future holds its answer."""


class WSGITransport(_InProcess):
    """Calls a WSGI application, each request on a daemon thread."""

    def __init__(self, app: WSGIApp, url: str = IN_PROCESS_URL) -> None:
        super().__init__(url)
        self._app = app

    def _submit(self, request: Request) -> Future[Response]:
        future: Future[Response] = Future()

        def work() -> None:
            try:
                result = self._call(request)
            except BaseException as error:
                _settle(future, error=error)
            else:
                _settle(future, result=result)

        threading.Thread(target=work, name="mockzoom-wsgi", daemon=True).start()
        return future

    def _call(self, request: Request) -> Response:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], None]:
            if exc_info is not None:
                started.clear()
            started.append((status, headers))
            return written.append

        chunks = self._app(_environ(self.target, request), start_response)
        try:
            written.extend(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        if not started:
            raise MockzoomError("the application never called start_response")
        code, _, reason = started[-1][0].partition(" ")
        return _response(int(code), reason, started[-1][1], b"".join(written))

    async def close(self) -> None:
        """Nothing is held: threads are daemons that end with their request."""


class ASGITransport(_InProcess):
    """Calls an ASGI application on a loop and thread of its own, with its lifespan."""

    def __init__(self, app: ASGIApp, url: str = IN_PROCESS_URL) -> None:
        super().__init__(url)
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mockzoom-asgi", daemon=True)
        self._thread.start()
        self._lifespan = _Lifespan(app)
        try:
            asyncio.run_coroutine_threadsafe(self._lifespan.start(), self._loop).result(30)
        except BaseException:
            self._stop_loop()
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _submit(self, request: Request) -> Future[Response]:
        return asyncio.run_coroutine_threadsafe(self._call(request), self._loop)

    async def _call(self, request: Request) -> Response:
        status, headers, chunks = 0, [], []
        complete = asyncio.Event()
        given = False

        async def receive() -> dict[str, Any]:
            nonlocal given
            if given:
                await complete.wait()
                return {"type": "http.disconnect"}
            given = True
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = int(message["status"])
                headers = [
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in message.get("headers", ())
                ]
            elif message["type"] == "http.response.body":
                chunks.append(bytes(message.get("body", b"")))
                if not message.get("more_body", False):
                    complete.set()

        app = asyncio.ensure_future(self._app(_scope(self.target, request), receive, send))
        app.add_done_callback(lambda task: task.cancelled() or task.exception())
        done = asyncio.ensure_future(complete.wait())
        try:
            await asyncio.wait({app, done}, return_when=asyncio.FIRST_COMPLETED)
            if not complete.is_set():
                app.result()
                raise MockzoomError("the application ended without a complete answer")
        except asyncio.CancelledError:
            app.cancel()
            raise
        finally:
            done.cancel()
        return _response(status, "", headers, b"".join(chunks))

    async def close(self) -> None:
        """Shut the lifespan and the loop down."""
        if not self._loop.is_closed():
            stopping = asyncio.run_coroutine_threadsafe(self._lifespan.stop(), self._loop)
            await asyncio.wait_for(asyncio.wrap_future(stopping), 10)
            self._stop_loop()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


class _Lifespan:
    """The ASGI lifespan protocol; an application that does not speak it is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start up; raise `MockzoomError` where the application says that it failed."""
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._started, self._stopped = asyncio.Event(), asyncio.Event()
        self._failure = ""
        self._task = asyncio.ensure_future(self._speak())
        self._inbox.put_nowait({"type": "lifespan.startup"})
        await self._started.wait()
        if self._failure:
            raise MockzoomError(f"the ASGI application failed to start: {self._failure}")

    async def stop(self) -> None:
        """Shut down, where the application has started."""
        if self._task is not None and not self._task.done():
            self._inbox.put_nowait({"type": "lifespan.shutdown"})
            await self._stopped.wait()

    async def _speak(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.3"}, "state": {}}
        try:
            await self._app(scope, self._inbox.get, self._send)
        except Exception:  # an application without lifespan raises here: that is allowed
            pass
        finally:
            self._started.set()
            self._stopped.set()

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind.endswith(".failed"):
            self._failure = str(message.get("message") or kind)
        (self._started if kind.startswith("lifespan.startup") else self._stopped).set()


def is_asgi(app: object) -> bool:
    """Tell whether a callable is an ASGI application: it, or its `__call__`, is a coroutine."""
    import inspect

    if inspect.iscoroutinefunction(app):
        return True
    return not inspect.isclass(app) and inspect.iscoroutinefunction(type(app).__call__)


def _settle(
    future: Future[Response], result: Response | None = None, error: BaseException | None = None
) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is not None:
        future.set_exception(error)
    elif result is not None:
        future.set_result(result)


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


def _scope(target: Target, request: Request) -> dict[str, Any]:
    parts = urlsplit(request.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": target.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode("ascii"),
        "query_string": parts.query.encode("ascii"),
        "root_path": "",
        "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in request.headers],
        "client": ("127.0.0.1", 40000),
        "server": (target.host, target.port),
        "state": {},
    }


def _server_error(error: Exception) -> Response:
    """Answer as a server does whose application raises."""
    text = f"the application raised {type(error).__name__}: {error}"
    return Response(500, "Internal Server Error", (("content-type", "text/plain"),), text.encode())


def _response(
    status: int, reason: str, headers: Iterable[tuple[str, str]], body: bytes
) -> Response:
    return Response(status, reason, tuple(headers), body[:KEPT_BODY], len(body) > KEPT_BODY)
