"""Deliveries to an ASGI 3 application in this process.

It runs as a server would run it: on a loop and thread of its own, with its lifespan; an answer is
complete at the last `more_body`, whatever the application goes on doing afterwards.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from time import perf_counter
from typing import Any, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

from mockzoom.errors import MockzoomError
from mockzoom.model import Request, Response
from mockzoom.transport.inprocess import IN_PROCESS_URL, Answered, Body, InProcess, server_error
from mockzoom.transport.raised import answering
from mockzoom.transport.target import Target

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]
LIFESPAN_S = 15.0
"""Seconds that an ASGI application may take to start up, and to shut down."""
T = TypeVar("T")


class ASGITransport(InProcess):
    """Calls an ASGI application on a loop and thread of its own, with its lifespan."""

    def __init__(self, app: ASGIApp, url: str = IN_PROCESS_URL) -> None:
        super().__init__(url)
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mockzoom-asgi", daemon=True)
        self._thread.start()
        self._running: set[asyncio.Task[None]] = set()
        self._lifespan = _Lifespan(app)
        try:
            self._on_loop(self._lifespan.start()).result(LIFESPAN_S)
        except FutureTimeout:
            self._stop_loop()
            raise MockzoomError(
                f"the ASGI application did not start within {LIFESPAN_S:g} s (lifespan.startup)"
            ) from None
        except BaseException:
            self._stop_loop()
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _on_loop(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _submit(self, request: Request) -> Future[Answered]:
        answered: Future[Answered] = Future()
        self._loop.call_soon_threadsafe(self._call, request, answered)
        return answered

    def _call(self, request: Request, answered: Future[Answered]) -> None:
        scope = _scope(self.target, request, self._lifespan.state)
        task = self._loop.create_task(_Call(request, answered).run(self._app, scope))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

        def abandon(answered: Future[Answered]) -> None:
            if answered.cancelled():
                with suppress(RuntimeError):  # the loop is closed
                    self._loop.call_soon_threadsafe(task.cancel)

        answered.add_done_callback(abandon)

    async def close(self) -> None:
        """Shut the lifespan and the loop down."""
        self._unwatch()
        if not self._loop.is_closed():
            stopping = asyncio.wrap_future(self._on_loop(self._lifespan.stop()))
            await asyncio.wait({stopping}, timeout=LIFESPAN_S)
            self._stop_loop()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._cancel_and_stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    def _cancel_and_stop(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_later(0.01, self._loop.stop)


class _Call:
    """One request on its way through the application."""

    def __init__(self, request: Request, answered: Future[Answered]) -> None:
        self._request = request
        self._answered = answered
        self._given = False
        self._complete = asyncio.Event()
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._body = Body(request.method)

    async def run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        """Run the application; where it ends without a complete answer, answer as a server does."""
        self._raised = answering()
        error: BaseException = MockzoomError("the application ended without a complete answer")
        try:
            await app(scope, self._receive, self._send)
        except BaseException as raised:  # SystemExit in a task would end our loop
            self._raised.note(raised)
            error = raised
        if not self._complete.is_set():
            self._answer(server_error(error))

    def _answer(self, response: Response) -> None:
        """Give the answer at once: the application may go on, and block its loop.

        Starlette answers 500 and raises then: such an answer waits for this turn of the loop.
        """
        at = perf_counter()
        self._complete.set()
        if response.status < 500:
            self._give(response, at)
        else:
            asyncio.get_running_loop().call_soon(self._give, response, at)

    def _give(self, response: Response, at: float) -> None:
        answered = Answered(self._raised.told_in(response), at)
        if self._answered.set_running_or_notify_cancel():
            self._answered.set_result(answered)

    async def _receive(self) -> dict[str, Any]:
        if self._given:
            await self._complete.wait()
            return {"type": "http.disconnect"}
        self._given = True
        return {"type": "http.request", "body": self._request.body, "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            self._headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message.get("headers", ())
            ]
        elif message["type"] == "http.response.body":
            if not self._status:
                raise MockzoomError("the application sent a body before http.response.start")
            self._body.add(bytes(message.get("body", b"")))
            if not message.get("more_body", False) and not self._complete.is_set():
                self._answer(self._body.response(self._status, "", self._headers))


class _Lifespan:
    """The ASGI lifespan protocol; an application that does not speak it is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None
        self.state: dict[str, Any] = {}
        """What the application keeps for its requests; each gets a copy (ASGI lifespan 2.0)."""

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
        asgi = {"version": "3.0", "spec_version": "2.3"}
        scope = {"type": "lifespan", "asgi": asgi, "state": self.state}
        try:
            await self._app(scope, self._inbox.get, self._send)
        except Exception:  # an application without lifespan raises here: that is allowed
            pass
        except BaseException as error:  # it must not end our loop
            self._failure = f"it raised {type(error).__name__}"
        finally:
            self._started.set()
            self._stopped.set()

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind.endswith(".failed"):
            self._failure = str(message.get("message") or kind)
        (self._started if kind.startswith("lifespan.startup") else self._stopped).set()


def is_asgi(app: object) -> bool:
    """Return whether a callable is an ASGI application: it, or its `__call__`, is a coroutine."""
    import inspect

    if inspect.iscoroutinefunction(app):
        return True
    return not inspect.isclass(app) and inspect.iscoroutinefunction(type(app).__call__)


def _scope(target: Target, request: Request, state: dict[str, Any]) -> dict[str, Any]:
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
        "state": state.copy(),
    }
