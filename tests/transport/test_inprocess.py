"""Applications in this process: WSGI and ASGI, called as a server would call them."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import flask
import pytest
from fastapi import BackgroundTasks, FastAPI, Request, Response

from mockzoom.errors import MockzoomError
from mockzoom.model import Attempt, Delivery, Failure
from mockzoom.model import Response as Answer
from mockzoom.transport import ASGITransport, Transport, WSGITransport, is_asgi
from mockzoom.zoom.delivery_sender import DeliverySender

BODY = '{"event":"a.b","payload":{"name":"Zoë"}}'.encode()


def deliver(make: Callable[[], Transport], timeout: float = 2.0, count: int = 1) -> Attempt:
    """Deliver to an application (`count` times), and return the last attempt."""

    async def play() -> Attempt:
        transport = make()
        sender = DeliverySender(transport, "s", timeout=timeout)
        delivery = Delivery("d-1", "valid:0", "a.b", BODY, "8_4_4_4_12")
        try:
            for _ in range(count):
                exchange = await sender.deliver(delivery)
            return exchange.last
        finally:
            await transport.close()

    return asyncio.run(play())


def wsgi(app: Any, url: str = "http://receiver.test/webhook", **options: Any) -> Attempt:
    return deliver(lambda: WSGITransport(app, url), **options)


def asgi(app: Any, url: str = "http://receiver.test/webhook", **options: Any) -> Attempt:
    return deliver(lambda: ASGITransport(app, url), **options)


def answer(attempt: Attempt) -> tuple[int, bytes]:
    assert isinstance(attempt.outcome, Answer), attempt.outcome
    return attempt.outcome.status, attempt.outcome.body


# -- WSGI --------------------------------------------------------------------------------------


def test_a_flask_application_gets_headers_and_raw_body() -> None:
    app = flask.Flask("receiver")
    seen: dict[str, Any] = {}

    @app.post("/webhook/ä")
    def webhook() -> tuple[str, int, dict[str, str]]:
        seen.update(body=flask.request.get_data(), headers=dict(flask.request.headers),
                    query=flask.request.args.to_dict(), length=flask.request.content_length,
                    url=flask.request.url)  # fmt: skip
        return "fine", 201, {"x-y": "z"}

    attempt = wsgi(app, "http://receiver.test/webhook/ä?a=b")
    assert answer(attempt) == (201, b"fine")
    assert isinstance(attempt.outcome, Answer)
    assert attempt.outcome.reason == "CREATED"
    assert attempt.outcome.header("x-y") == "z"
    assert seen["body"] == BODY
    assert seen["length"] == len(BODY)
    assert seen["query"] == {"a": "b"}
    assert seen["headers"]["X-Zm-Request-Id"] == "8_4_4_4_12"
    assert seen["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert seen["headers"]["Host"] == "receiver.test"
    assert attempt.timings.answer is not None


def test_wsgi_environ_is_what_pep_3333_asks_for() -> None:
    from wsgiref.validate import validator

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start("200 OK", [("content-type", "text/plain")])
        return [b"valid"]

    assert answer(wsgi(validator(app))) == (200, b"valid")


class Chunks:
    """An answer in pieces, which notes that it was closed."""

    def __init__(self, fail: bool = False) -> None:
        self.closed = False
        self.fail = fail

    def __iter__(self) -> Iterator[bytes]:
        yield b"one "
        if self.fail:
            raise RuntimeError("in the midst")
        yield b""
        yield b"two"

    def close(self) -> None:
        self.closed = True


def test_a_generator_is_read_to_its_end_and_closed() -> None:
    chunks = Chunks()

    def app(environ: dict[str, Any], start: Any) -> Chunks:
        start("200 OK", [])
        return chunks

    assert answer(wsgi(app)) == (200, b"one two")
    assert chunks.closed


def test_a_generator_that_starts_the_response_late_is_read() -> None:
    def app(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("202 Later", [])
        yield b"late"

    assert answer(wsgi(app)) == (202, b"late")


def test_a_generator_that_raises_is_a_500_and_closed() -> None:
    chunks = Chunks(fail=True)

    def app(environ: dict[str, Any], start: Any) -> Chunks:
        start("200 OK", [])
        return chunks

    status, body = answer(wsgi(app))
    assert (status, body) == (500, b"the application raised RuntimeError: in the midst")
    assert chunks.closed


def test_what_is_written_comes_before_what_is_returned() -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        write = start("200 OK", [])
        write(b"first ")
        write(b"second ")
        return [b"third"]

    assert answer(wsgi(app)) == (200, b"first second third")


def test_an_error_after_the_start_may_replace_the_response() -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        try:
            raise ValueError
        except ValueError:
            start("503 Sorry", [("x", "y")], sys.exc_info())
        return [b"sorry"]

    assert answer(wsgi(app)) == (503, b"sorry")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("boom"), b"the application raised RuntimeError: boom"),
        (TimeoutError("the database"), b"the application raised TimeoutError: the database"),
        (SystemExit(1), b"the application raised SystemExit: 1"),
        (KeyboardInterrupt(), b"the application raised KeyboardInterrupt: "),
        (asyncio.CancelledError(), b"the application raised CancelledError: "),
        (GeneratorExit(), b"the application raised GeneratorExit: "),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_whatever_the_application_raises_is_a_500(
    kind: str, error: BaseException, said: bytes
) -> None:
    def wsgi_app(environ: dict[str, Any], start: Any) -> list[bytes]:
        raise error

    async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            raise error

    attempt = wsgi(wsgi_app) if kind == "wsgi" else asgi(asgi_app)
    assert answer(attempt) == (500, said)


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (lambda environ, start: [b"x"], b"the application never called start_response"),
        (lambda environ, start: start("OK", []) and [b""], b"invalid literal for int()"),
        (lambda environ, start: start("200 OK", []) and None, b"NoneType"),
        (lambda environ, start: start("200 OK", []) and ["text"], b"str"),
        (lambda environ: [b""], b"positional argument"),
    ],
)
def test_a_wsgi_application_that_breaks_pep_3333_is_a_500(app: Any, said: bytes) -> None:
    status, body = answer(wsgi(app))
    assert status == 500
    assert body.startswith(b"the application raised ")
    assert said in body


def test_a_wsgi_application_that_hangs_is_a_timeout_and_holds_nothing_up() -> None:
    release = threading.Event()

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        release.wait(20)
        start("200 OK", [])
        return []

    started = time.perf_counter()
    attempt = wsgi(app, timeout=0.2)
    assert time.perf_counter() - started < 10
    release.set()
    assert attempt.outcome == Failure("timeout", "no complete answer within 0.2 s")
    assert attempt.delivery_code == -1


def computing(seconds: float) -> None:
    """Compute in pure Python, which keeps all other threads from running most of the time."""
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        sum(range(1000))


def holding_the_lock(seconds: float) -> None:
    """Wait without letting any other thread run, as some C extensions do."""
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


@pytest.mark.parametrize("busy", [computing, holding_the_lock, time.sleep])
def test_an_application_does_not_excuse_itself_by_holding_our_loop_up(
    busy: Callable[[float], None],
) -> None:
    def wsgi_app(environ: dict[str, Any], start: Any) -> list[bytes]:
        busy(0.5)
        start("200 OK", [])
        return []

    async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            busy(0.5)
            await plain(scope, receive, send)

    for attempt in (wsgi(wsgi_app, timeout=0.2), asgi(asgi_app, timeout=0.2)):
        assert attempt.outcome == Failure("timeout", "no complete answer within 0.2 s")


@pytest.mark.slow
def test_an_application_that_computes_for_4_s_is_late() -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        computing(4)
        start("200 OK", [])
        return []

    assert wsgi(app, timeout=3).timed_out


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_an_answer_that_our_blocked_loop_takes_late_is_in_time(kind: str) -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("204 No Content", [])
        return []

    async def play() -> Attempt:
        transport = WSGITransport(app) if kind == "wsgi" else ASGITransport(plain)
        sender = DeliverySender(transport, "s", timeout=0.5)
        asyncio.get_running_loop().call_soon(time.sleep, 1.5)
        try:
            return (await sender.deliver(Delivery("d-1", "valid:0", "a.b", BODY, "id"))).last
        finally:
            await transport.close()

    attempt = asyncio.run(play())
    assert attempt.acknowledged
    assert attempt.timings.answer is not None
    assert attempt.timings.answer < 0.5


def test_an_answer_counts_at_once_although_the_application_then_blocks_its_loop() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await plain(scope, receive, send)
            time.sleep(1.5)

    assert answer(asgi(app, timeout=0.5)) == (200, BODY)


def test_an_endless_wsgi_answer_is_cut_by_the_deadline_and_given_up() -> None:
    produced = 0

    def app(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        nonlocal produced
        start("200 OK", [])
        while True:
            produced += 1
            time.sleep(0.001)
            yield b"x" * 65536

    attempt = wsgi(app, timeout=0.2)
    assert attempt.timed_out
    time.sleep(0.1)
    before = produced
    time.sleep(0.1)
    assert produced == before, "the abandoned call still produces"


def test_a_large_answer_is_truncated() -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"x" * 40_000] * 3

    attempt = wsgi(app)
    assert isinstance(attempt.outcome, Answer)
    assert (len(attempt.outcome.body), attempt.outcome.truncated) == (65536, True)


def test_wsgi_requests_may_run_at_once() -> None:
    barrier = threading.Barrier(3, timeout=60)

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        barrier.wait()
        start("200 OK", [])
        return []

    async def play() -> list[Attempt]:
        transport = WSGITransport(app)
        sender = DeliverySender(transport, "s")
        one = Delivery("d-1", "valid:0", "a.b", BODY, "id")
        exchanges = await asyncio.gather(*[sender.deliver(one) for _ in range(3)])
        return [exchange.last for exchange in exchanges]

    assert [attempt.status for attempt in asyncio.run(play())] == [200] * 3


# -- ASGI --------------------------------------------------------------------------------------


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application without lifespan, which echoes."""
    assert scope["type"] == "http", "this application speaks no lifespan"
    message = await receive()
    assert message["more_body"] is False
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"x-path", scope["path"].encode("latin-1", "replace"))]})  # fmt: skip
    await send({"type": "http.response.body", "body": message["body"][:5], "more_body": True})
    await send({"type": "http.response.body", "body": message["body"][5:]})


class Instance:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await plain(scope, receive, send)

    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        await plain(scope, receive, send)


@pytest.mark.parametrize(
    "app", [plain, Instance(), Instance().method, functools.partial(plain)],
    ids=["function", "instance", "method", "partial"],
)  # fmt: skip
def test_every_kind_of_asgi_callable_is_known_and_called(app: Any) -> None:
    assert is_asgi(app)
    attempt = asgi(app)
    assert answer(attempt) == (200, BODY)
    assert isinstance(attempt.outcome, Answer)
    assert attempt.outcome.header("x-path") == "/webhook"


@pytest.mark.parametrize(
    "app", [flask.Flask("x"), lambda environ, start: [b""], flask.Flask("x").wsgi_app],
    ids=["flask", "function", "method"],
)  # fmt: skip
def test_a_wsgi_callable_is_not_taken_for_asgi(app: Any) -> None:
    assert not is_asgi(app)


def test_fastapi_runs_with_its_lifespan() -> None:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        told.append("startup")
        yield {"secret": "from the lifespan"}
        told.append("shutdown")

    app = FastAPI(lifespan=lifespan)

    @app.post("/webhook")
    async def webhook(request: Request) -> Response:
        told.append(request.headers["x-zm-request-id"])
        return Response(await request.body() + request.state.secret.encode(), 200)

    assert is_asgi(app)
    assert answer(asgi(app)) == (200, BODY + b"from the lifespan")
    assert told == ["startup", "8_4_4_4_12", "shutdown"]


def test_an_answer_is_complete_before_background_tasks_have_ended() -> None:
    answered, done = threading.Event(), threading.Event()
    app = FastAPI()

    async def work() -> None:
        await asyncio.to_thread(answered.wait, 10)
        done.set()

    @app.post("/webhook")
    async def webhook(tasks: BackgroundTasks) -> str:
        tasks.add_task(work)
        return "at once"

    async def play() -> None:
        transport = ASGITransport(app)
        sender = DeliverySender(transport, "s")
        exchange = await sender.deliver(Delivery("d-1", "valid:0", "a.b", BODY, "id"))
        assert exchange.last.status == 200
        assert not done.is_set()
        answered.set()
        await asyncio.to_thread(done.wait, 5)
        await transport.close()

    asyncio.run(play())
    assert done.is_set()


def test_a_blocking_asgi_application_blocks_only_itself() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            time.sleep(0.6)

    started = time.perf_counter()
    attempt = asgi(app, timeout=0.2)
    assert attempt.timed_out
    assert time.perf_counter() - started < 10


def test_an_asgi_application_that_hangs_is_cancelled_at_the_deadline() -> None:
    cancelled = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        try:
            await asyncio.sleep(30)
        finally:
            cancelled.set()

    attempt = asgi(app, timeout=0.2)
    assert attempt.outcome == Failure("timeout", "no complete answer within 0.2 s")
    assert cancelled.wait(10)


def test_after_the_answer_an_asgi_application_hears_of_the_disconnect() -> None:
    heard: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await receive()
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})
        heard.append((await receive())["type"])

    assert answer(asgi(app, count=2)) == (204, b"")
    assert heard[0] == "http.disconnect"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], b"the application ended without a complete answer"),
        ([{"type": "http.response.start", "status": 200}],
         b"the application ended without a complete answer"),
        ([{"type": "http.response.body", "body": b"x"}],
         b"the application sent a body before http.response.start"),
    ],
)  # fmt: skip
def test_an_asgi_application_that_breaks_the_protocol_is_a_500(
    messages: list[dict[str, Any]], said: bytes
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            for message in messages:
                await send(message)

    status, body = answer(asgi(app))
    assert status == 500
    assert said in body


def test_a_lifespan_that_fails_is_told_with_its_reason() -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        raise RuntimeError("no database")
        yield

    with pytest.raises(MockzoomError) as caught:
        ASGITransport(FastAPI(lifespan=lifespan))
    assert "the ASGI application failed to start" in str(caught.value)
    assert "no database" in str(caught.value)


def test_a_lifespan_that_never_starts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from mockzoom.transport import asgi as module

    monkeypatch.setattr(module, "LIFESPAN_S", 0.2)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(30)

    with pytest.raises(MockzoomError, match="did not start within"):
        ASGITransport(app)


def test_a_lifespan_that_never_ends_does_not_hold_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from mockzoom.transport import asgi as module

    monkeypatch.setattr(module, "LIFESPAN_S", 0.2)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await plain(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(30)

    started = time.perf_counter()
    assert answer(asgi(app)) == (200, BODY)
    assert time.perf_counter() - started < 10


def test_no_thread_is_left_when_the_transport_is_closed() -> None:
    before = threading.active_count()
    asgi(plain, count=2)
    wsgi(lambda environ, start: start("200 OK", []) and [b""])
    time.sleep(0.05)
    assert threading.active_count() <= before


def test_faults_of_the_wire_are_refused() -> None:
    class Fault:
        name = "reset"

    transport = WSGITransport(lambda environ, start: [])
    assert not transport.wire

    async def play() -> None:
        sender = DeliverySender(transport, "s")
        one = Delivery("d-1", "valid:0", "a.b", BODY, "id")
        await sender.deliver(one, fault=Fault())  # type: ignore[arg-type]

    with pytest.raises(MockzoomError, match="fault 'reset' needs a wire"):
        asyncio.run(play())
