"""A state counts once it is settled, and a probe that fails says why."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from mockzoom.cli import load, play, verify
from mockzoom.contract import bundled
from mockzoom.errors import UsageError
from mockzoom.probe_source import KINDS, ProbeSource
from mockzoom.state import settling as module
from mockzoom.state.probe import ProbeConnection, ProbeError, StateReader
from mockzoom.state.settling import Settling
from mockzoom.state.state_diff import state_diff
from mockzoom.transport import Dialer, HttpTransport, WSGITransport, parse_target
from mockzoom.transport.inprocess import IN_PROCESS_URL
from tests.transport.servers import answering, http, serving

pytestmark = pytest.mark.usefixtures("quick_looks")


class Page:
    """What a small server answers to every GET and POST."""

    def __init__(self) -> None:
        self.status, self.body, self.calls = 200, b"{}", list[str]()


@pytest.fixture(params=[ThreadingHTTPServer], ids=[""])
def page(request: pytest.FixtureRequest) -> Iterator[tuple[Page, str]]:
    page = Page()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5.0

        def do_GET(self) -> None:
            page.calls.append(f"{self.command} {self.path}")
            self.send_response(page.status)
            self.send_header("content-length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    with request.param(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield page, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def in_process(app: Any = None) -> ProbeConnection:
    def nothing(environ: Any, start_response: Any) -> list[bytes]:
        start_response("404 Not Found", [])
        return [b""]

    return ProbeConnection(WSGITransport(app or nothing, IN_PROCESS_URL))


def over_http(url: str) -> ProbeConnection:
    return ProbeConnection(HttpTransport(Dialer(parse_target(url))), timeout=1.0)


def read(reader: StateReader | Settling) -> Any:
    return asyncio.run(reader.read())


def calling(function: Any, **source: Any) -> Settling:
    return Settling(StateReader(ProbeSource(**source), in_process(), function))


@pytest.mark.parametrize("page", [HTTPServer], indirect=True)
def test_a_receiver_that_serves_one_connection_at_a_time_is_asked_on_none_beside_ours(
    page: tuple[Page, str],
) -> None:
    told, url = page
    reader = StateReader(ProbeSource(get="/state"), over_http(f"{url}/webhook"))

    async def after_reaching() -> Any:
        assert await reader._connection.transport.reach() is None  # keeps the connection
        return await reader.read()

    assert asyncio.run(after_reaching()) == {}
    assert told.calls == ["GET /state"]


def test_a_path_is_asked_of_the_receivers_host(page: tuple[Page, str]) -> None:
    told, url = page
    told.body = b'{"n": 1, "uptime": 5}'
    source = ProbeSource(get="/state", ignore=("uptime",), reset="/reset")
    reader = StateReader(source, over_http(f"{url}/webhook"))
    assert read(reader) == {"n": 1}
    asyncio.run(reader.reset())
    assert told.calls == ["GET /state", "POST /reset"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"{}", "answered 500; expected 200 with JSON"),
        (404, b"", "answered 404"),
        (200, b"<html>", "no JSON"),
        (200, b"", "no JSON"),
        (200, b"[" * 100_000, "no JSON"),
        (200, b"\xff", "no JSON"),
        (200, b"[" * 900 + b"]" * 900, r"no JSON \(it is nested too deeply\)"),
        (200, b'{"n": ' + b"9" * 400 + b"}", r"no JSON \(it has a number of 400 digits\)"),
    ],
)
def test_a_probe_that_gives_no_json_says_so(
    page: tuple[Page, str], status: int, body: bytes, reason: str
) -> None:
    told, url = page
    told.status, told.body = status, body
    with pytest.raises(ProbeError, match=reason):
        read(StateReader(ProbeSource(get="/state"), over_http(url)))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"nonsense\r\n\r\n", "the answer is no HTTP: BadStatusLine nonsense"),
        (b"HTTP/1.1 \xb2 OK\r\n\r\n", "the answer is no HTTP: BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 2_000 + b"\r\n", "no HTTP: HTTPException got more"),
        (
            b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000 + b"\r\n\r\n",
            "the answer is no HTTP: LineTooLong",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            "no HTTP: IncompleteRead",
        ),
        (http(302, b"", "location: http://[1"), "probe http"),
        (http(302, b"", "location: http://a:b/"), "probe http"),
        (http(302, b"", "location: http://" + "a" * 99 + "/"), "probe http"),
        (http(302, b"", "location: file:///etc/passwd"), "answered 302"),
    ],
)
def test_an_answer_that_is_no_http_is_the_probes_failure(answer: bytes, reason: str) -> None:
    with serving(answering(answer)) as server, pytest.raises(ProbeError, match=reason):
        read(StateReader(ProbeSource(get="/state"), over_http(server.url)))


def test_nobody_there_and_no_web_address_are_told_apart() -> None:
    with pytest.raises(ProbeError, match="refused"):
        read(StateReader(ProbeSource(get="/state"), over_http("http://127.0.0.1:9/")))
    with pytest.raises(UsageError, match="http"):
        read(StateReader(ProbeSource(get="file:///etc/passwd"), over_http("http://127.0.0.1:9/")))


def test_an_application_in_process_is_asked_itself() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b'{"path": "%b"}' % environ["PATH_INFO"].encode()]

    assert read(StateReader(ProbeSource(get="/state"), in_process(app))) == {"path": "/state"}
    with pytest.raises(ProbeError, match="answered 404"):
        read(StateReader(ProbeSource(get="/state"), in_process()))


def test_a_command_prints_the_state() -> None:
    command = (sys.executable, "-c", "print('{\"n\": 2}')")
    assert read(StateReader(ProbeSource(run=command), in_process())) == {"n": 2}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('disk full')", "ended with 1: disk full"),
        ("print('hello')", "no JSON"),
        ("import time; time.sleep(30)", "did not end within 0.5 s"),
    ],
)
def test_a_command_that_fails_says_why(code: str, reason: str) -> None:
    source = ProbeSource(run=(sys.executable, "-c", code), within=0.5 if "sleep" in code else 10.0)
    with pytest.raises(ProbeError, match=reason):
        read(StateReader(source, in_process()))


def test_a_command_that_is_not_there_says_so() -> None:
    with pytest.raises(ProbeError, match="cannot be run"):
        read(StateReader(ProbeSource(run=("/nowhere/at-all",)), in_process()))


def test_a_callable_may_be_a_coroutine_and_its_failure_is_the_probes() -> None:
    async def state() -> Any:
        return {"n": 3}

    def fails() -> Any:
        raise LookupError("no table")

    assert read(calling(state)) == {"n": 3}
    with pytest.raises(ProbeError, match="LookupError: no table"):
        read(calling(fails))
    with pytest.raises(ProbeError, match="not JSON serializable"):
        read(calling(lambda: {"at": object()}))


def test_a_state_counts_once_it_no_longer_changes() -> None:
    began = time.monotonic()
    settling = calling(lambda: {"n": min(5, int((time.monotonic() - began) / 0.04))})
    assert asyncio.run(settling.settled()) == {"n": 5}


def test_a_state_that_never_settles_costs_the_time_granted_and_no_more() -> None:
    began = time.monotonic()
    settling = calling(lambda: {"n": time.monotonic()}, within=0.5)
    asyncio.run(settling.settled())
    assert 0.5 <= time.monotonic() - began < 30


def test_what_moves_by_itself_is_found_before_anything_is_delivered() -> None:
    settling = calling(lambda: {"uptime": time.monotonic(), "n": 1})
    assert asyncio.run(settling.before_deliveries()) == {"n": 1}
    assert settling.fields == {("uptime",)}


@pytest.mark.slow
def test_a_worker_that_was_seen_to_be_slow_is_waited_for_longer() -> None:
    began = time.monotonic()
    steps = (0.0, 0.02, 0.2, 0.4)

    def state() -> Any:
        return {"n": sum(time.monotonic() - began > step for step in steps)}

    settling = calling(state)

    async def twice() -> Any:
        await settling.after_deliveries({"n": 1}, long=True)
        return await settling.settled()

    assert asyncio.run(twice()) == {"n": 4}


@pytest.mark.slow
def test_an_unchanged_state_is_waited_for_as_long_as_granted_thrice_only(quick_looks: None) -> None:
    settling = calling(lambda: {"n": 1}, within=2.5)

    async def looks() -> list[float]:
        took = []
        for _ in range(5):
            began = time.monotonic()
            await settling.after_deliveries({"n": 1})
            took.append(time.monotonic() - began)
        return took

    took = asyncio.run(looks())
    assert all(seconds >= 2.4 for seconds in took[:3])
    assert all(seconds < 2.4 for seconds in took[3:])


@pytest.mark.slow
def test_what_is_waited_for_ends_the_waiting() -> None:
    began = time.monotonic()
    settling = calling(lambda: {"done": time.monotonic() - began > 0.3})
    state = asyncio.run(settling.settled(lambda state: state == {"done": True}))
    assert state == {"done": True}


def test_what_is_expected_in_vain_is_waited_for_as_long_as_is_said() -> None:
    settling = calling(lambda: {"n": 1})
    began = time.monotonic()
    state = asyncio.run(settling.settled(lambda state: False, within=0.3))
    assert state == {"n": 1}
    assert 0.3 <= time.monotonic() - began < 30


class Hours:
    """Time that passes only where it is waited for, so that a busy machine changes nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1.0
        monkeypatch.setattr(module, "perf_counter", lambda: self.now)
        monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=self.sleep))

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


class Clocked:
    """Shows entities with a clock each, and counts how often it is asked."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.entities: dict[str, int] = {}
        self.backlog = 0
        """Hundredths of a second for which a worker counts on, once the first entity is there."""
        self.is_ticking = True
        self.began, self.reads = 0.0, 0

    def __call__(self) -> Any:
        self.reads += 1
        now = self.hours.now if self.is_ticking else 0.0
        entities = {key: {"n": n, "seen": now} for key, n in self.entities.items()}
        rows = [{"of": key, "up": now} for key in self.entities]
        worked = min(int((self.hours.now - self.began) * 100), self.backlog) * bool(self.began)
        return {"entities": entities, "rows": rows, "worked": worked}

    async def play(self, settling: Settling, entity: str) -> tuple[Any, Any]:
        """Bring an entity as a play does; return the states before and after."""
        before = await settling.before_deliveries()
        self.entities[entity] = 1
        self.began = self.began or self.hours.now
        self.reads = 0
        return before, await settling.after_deliveries(before)


ENTITIES = [f"entity-{number}-of-a-play" for number in range(4)]
CLOCKS = {("entities", "*", "seen"), ("rows", "*", "up")}


def test_a_clock_within_every_entity_is_learnt_and_no_longer_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocked = Clocked(Hours(monkeypatch))
    settling = calling(clocked, within=1.0)

    async def plays() -> list[int]:
        reads = []
        for entity in ENTITIES:
            before, after = await clocked.play(settling, entity)
            reads.append(clocked.reads)
            assert after["entities"][entity]["seen"] > 0
            if settling.volatile.places:
                comparable = settling.volatile.comparable
                assert state_diff(comparable(before), comparable(after)) == {
                    "entities": {entity: {"n": 1}}, "rows": {"added": [{"of": entity}]}
                }  # fmt: skip
        return reads

    first, *later = asyncio.run(plays())
    assert settling.volatile.places == CLOCKS
    assert max(later) <= 6
    assert first > 6


def test_what_a_slow_worker_raises_bit_by_bit_is_never_taken_for_a_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocked = Clocked(Hours(monkeypatch))
    clocked.is_ticking = False
    settling = calling(clocked, within=1.0)

    async def plays() -> Any:
        clocked.backlog = 120
        await clocked.play(settling, ENTITIES[0])
        assert settling.volatile.suspects == {("worked",)}
        return await clocked.play(settling, ENTITIES[1])

    before, after = asyncio.run(plays())
    assert before["worked"] == after["worked"] == 120
    assert not settling.volatile.places
    assert not settling.volatile.suspects


def test_a_clock_that_stands_still_later_is_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocked = Clocked(Hours(monkeypatch))
    settling = calling(clocked, within=1.0)

    async def plays() -> Any:
        for entity in ENTITIES[:2]:
            await clocked.play(settling, entity)
        assert settling.volatile.places == CLOCKS
        clocked.is_ticking = False
        await clocked.play(settling, ENTITIES[2])
        assert not settling.volatile.places
        assert (
            settling.volatile.hidden == CLOCKS
        )  # in the plays of this scenario, as in those before
        settling.begin()
        assert not settling.volatile.hidden
        clocked.is_ticking = True
        for entity in ENTITIES[:2]:
            await clocked.play(settling, entity)
        assert not settling.volatile.places

    asyncio.run(plays())


def test_each_kind_of_probe_has_its_key_in_scenarios_and_its_option() -> None:
    schema = json.loads((bundled("scenarios") / "schema.json").read_text(encoding="utf-8"))
    keys = schema["$defs"]["source"]["anyOf"][0]["properties"]
    shared = {"ignore", "unordered", "reset", "advance", "within"}
    assert {kind.key for kind in KINDS} == keys.keys() - shared
    for command in (play, verify, load):
        options = {name for option in command.command.params for name in option.opts}
        assert {kind.flag for kind in KINDS} <= options
