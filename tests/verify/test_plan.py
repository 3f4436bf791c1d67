"""How a run goes: what depends on what, what is skipped, what ends it, and what it says then."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mockzoom.client.verifying import verify
from mockzoom.model import ExchangeFinished, RunEvent, RunResult, Violation
from mockzoom.settings import Settings
from mockzoom.suites import malformed

SECRET = "plan-secret"
Answer = tuple[int, bytes]


class Receiver:
    """A correct receiver as a WSGI application; `answer` is what a test overrides."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        status, text = self.answer(environ, body)
        start(f"{status} X", [("Content-Length", str(len(text)))])
        return [text]

    def authentic(self, environ: dict[str, Any], body: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        if not (stamp.isascii() and stamp.isdigit()) or abs(time.time() - int(stamp[:12])) > 300:
            return False
        message = b"v0:" + stamp.encode() + b":" + body
        right = "v0=" + hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        given = environ.get("HTTP_X_ZM_SIGNATURE", "")
        return hmac.compare_digest(right.encode(), given.encode())

    def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
        if not self.authentic(environ, body):
            return 401, b""
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            return 400, b""
        if not isinstance(event, dict):
            return 400, b""
        if event.get("event") == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            digest = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
            return 200, json.dumps({"plainToken": token, "encryptedToken": digest}).encode()
        self.seen.append(event)
        return self.event(event)

    def event(self, event: dict[str, Any]) -> Answer:
        return 204, b""


def examine(app: Receiver, **settings: Any) -> RunResult:
    defaults: dict[str, Any] = {"secret": SECRET, "events": ("meeting.rtms_*",)}
    return verify(app, Settings(**{**defaults, **settings}))


def rules(result: RunResult) -> set[str]:
    return {item.rule for item in result.violations}


def finding(result: RunResult, rule: str) -> Violation:
    (found,) = [item for item in result.violations if item.rule == rule]
    return found


@pytest.mark.slow
def test_a_correct_receiver_passes_and_everything_that_can_be_judged_is_judged() -> None:
    result = examine(Receiver(), events=())
    assert result.violations == ()
    assert result.breakages == ()
    assert result.coverage.events == (49, 49)
    done, total = result.coverage.constraints
    assert done == total > 1000
    why = {item.rule: item.why for item in result.not_judged}
    assert why == {
        "MZ211": "no endpoint authentication is configured (--auth)",
        "MZ403": "only with --strict",
        "MZ213": "to an application in this process, the case of header names does not arrive as it"
        " was sent",
        "MZ407": "an application in this process has no wire",
    }


def test_a_receiver_that_refuses_everything_gets_one_finding_and_the_rest_is_not_judged() -> None:
    class Refuses(Receiver):
        def event(self, event: dict[str, Any]) -> Answer:
            return 403, b"no"

    result = examine(Refuses())
    assert rules(result) == {"MZ101"}
    assert finding(result, "MZ101").count == 3
    reasons = {item.why for item in result.not_judged if item.rule in ("MZ107", "MZ201", "MZ401")}
    assert reasons == {
        "no valid event was acknowledged in time, so nothing odd can be compared with one"
    }
    judged_by_plays = ("MZ5", "MZ6")
    assert not [item.rule for item in result.not_judged if item.rule.startswith(judged_by_plays)]


@pytest.mark.slow
def test_a_receiver_that_never_answers_is_asked_a_few_times_only() -> None:
    class Sleeps(Receiver):
        def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
            time.sleep(0.5)
            return 200, b""

    result = examine(Sleeps(), timeout=0.05, events=())
    assert rules(result) == {"MZ102", "MZ304"}
    assert finding(result, "MZ102").count == 3
    assert result.deliveries < 15
    assert any("skipped, same cause (no answer in time)" in note for note in result.notices)


def test_an_event_that_is_slow_once_is_not_reported() -> None:
    class SlowOnce(Receiver):
        slow = True

        def event(self, event: dict[str, Any]) -> Answer:
            if self.slow:
                self.slow = False
                time.sleep(0.6)
            return 200, b""

    result = examine(SlowOnce(), timeout=0.3, suites=("events",))
    assert result.violations == ()
    assert any("its repetition had: not reported" in note for note in result.notices)


def test_a_url_validation_that_is_slow_once_is_judged_by_the_token_of_its_repetition() -> None:
    class SlowOnce(Receiver):
        validations = 0

        def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
            self.validations += b"url_validation" in body
            if self.validations == 2:  # the first is the warm-up
                time.sleep(0.6)
            return super().answer(environ, body)

    result = examine(SlowOnce(), timeout=0.3, suites=("challenge",), events=("session.started",))
    assert result.violations == ()
    assert any("its repetition had: not reported" in note for note in result.notices)


def test_an_event_refused_for_its_ids_is_told_from_one_refused_for_its_kind() -> None:
    class NoSlashes(Receiver):
        def event(self, event: dict[str, Any]) -> Answer:
            payload = event.get("payload")
            uuid = payload.get("meeting_uuid") if isinstance(payload, dict) else ""
            return (400, b"bad id") if str(uuid).startswith("/") else (200, b"")

    result = examine(NoSlashes(), suites=("events", "malformed"))
    assert rules(result) == {"MZ101"}
    (note,) = [text for text in result.notices if "meeting.rtms_stopped" in text]
    assert "is refused, and acknowledged with other values at" in note
    assert "/payload/meeting_uuid" in note
    done, total = result.coverage.constraints
    assert done == total


def test_a_stop_reason_that_was_observed_is_a_valid_value_and_one_that_was_not_is_a_variant() -> (
    None
):
    class Refuses(Receiver):
        def __init__(self, reason: int) -> None:
            super().__init__()
            self.reason = reason

        def event(self, event: dict[str, Any]) -> Answer:
            payload = event.get("payload")
            reason = payload.get("stop_reason") if isinstance(payload, dict) else None
            return (500, b"") if reason == self.reason else (200, b"")

    expected = {
        ("meeting.rtms_stopped", 6): "MZ101",
        ("meeting.rtms_stopped", 18): "MZ101",
        ("meeting.rtms_stopped", 5): "MZ109",
        ("webinar.rtms_stopped", 6): "MZ101",
        ("webinar.rtms_stopped", 5): "MZ109",
        ("session.rtms_stopped", 6): "MZ109",
    }
    for (event, reason), rule in expected.items():
        result = examine(Refuses(reason), events=(event,), suites=("events", "evolution"))
        assert rules(result) == {rule}, (event, reason)
        assert finding(result, rule).severity == ("error" if rule == "MZ101" else "warning")


def test_an_event_type_whose_every_shape_carries_a_variant_is_judged_as_valid(
    tmp_path: Path,
) -> None:
    name = "session.started"
    reading = {"pointer": "/event", "values": [name]}
    mark = {"id": "x", "reason": "x", "other-reading": reading}
    action = {"target": f"$.webhooks['{name}'].post", "update": {}, "x-mockzoom-erratum": mark}
    errata = tmp_path / "x.overlay.json"
    errata.write_text(json.dumps({"overlay": "1.0.0", "actions": [action]}))
    chosen = {"events": (name, "session.ended"), "suites": ("events",), "errata": (errata,)}

    class Refuses(Receiver):
        def event(self, event: dict[str, Any]) -> Answer:
            return (500 if event["event"] == name else 200), b""

    result = examine(Receiver(), **chosen)
    assert (rules(result), result.coverage.events) == (set(), (2, 2))
    result = examine(Refuses(), **chosen)
    assert (rules(result), result.coverage.events) == ({"MZ101"}, (2, 2))


def test_no_body_is_delivered_twice_as_a_new_event() -> None:
    app = Receiver()
    examine(app, suites=("events",), events=("meeting.rtms_interrupted",))
    bodies = [json.dumps(event) for event in app.seen]
    # The last one is the canary at the end.
    assert len(set(bodies[:-1])) == len(bodies[:-1])


def test_a_receiver_that_refuses_repeated_bodies_with_409_is_alive() -> None:
    class Remembers(Receiver):
        def event(self, event: dict[str, Any]) -> Answer:
            known = self.seen.count(event) > 1
            return (409, b"duplicate") if known else (200, b"")

    result = examine(Remembers(), suites=("events", "malformed"))
    assert result.breakages == ()
    assert rules(result) == set()


def test_a_receiver_that_locks_forgers_out_breaks_no_rule_but_the_run() -> None:
    class LocksOut(Receiver):
        forged = 0

        def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
            if self.forged > 5:
                return 403, b"locked"
            self.forged += not self.authentic(environ, body)
            return super().answer(environ, body)

    result = examine(LocksOut(), suites=("events", "authenticity"))
    assert rules(result) == set()
    assert len(result.breakages) == 1
    assert "If it locks out senders of forged deliveries" in result.breakages[0]


def test_ack_first_judges_no_status() -> None:
    class AcknowledgesFirst(Receiver):
        def event(self, event: dict[str, Any]) -> Answer:
            return 200, b""

        def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
            status, text = super().answer(environ, body)
            return (200, text) if status == 401 else (status, text)

    result = examine(AcknowledgesFirst(), ack_first=True)
    assert rules(result) == set()
    why = {item.rule: item.why for item in result.not_judged}
    assert why["MZ201"] == why["MZ101"] == "acknowledged before it is verified (--ack-first)"


@pytest.mark.slow
def test_the_delivery_that_broke_the_receiver_for_all_others_is_named_and_counted_alone() -> None:
    class Poisoned(Receiver):
        broken = False

        def event(self, event: dict[str, Any]) -> Answer:
            if event.get("payload", {}) is None:
                self.broken = True
            return (500, b"broken") if self.broken else (200, b"")

    result = examine(Poisoned(), suites=("events", "malformed"))
    assert rules(result) == {"MZ401", "MZ406"}
    assert finding(result, "MZ401").count == 1
    death = finding(result, "MZ406")
    assert "/payload: null (type)" in death.message
    assert death.deliveries == finding(result, "MZ401").deliveries
    assert "did not come back within 10 s" in result.breakages[0]


@pytest.mark.slow
def test_what_killed_a_receiver_that_comes_back_is_found_by_replaying_halves() -> None:
    class Restarts(Receiver):
        """Answers the killing event, and is away for a second from the next delivery on."""

        down_until = 0.0

        def answer(self, environ: dict[str, Any], body: bytes) -> Answer:
            if time.monotonic() < self.down_until:
                return 503, b"restarting"
            status, text = super().answer(environ, body)
            if b'"meeting_uuid":null' in body:
                self.down_until = time.monotonic() + 1.0
            return (200, text) if status == 204 else (status, text)

    result = examine(
        Restarts(), suites=("events", "malformed"), events=("meeting.rtms_interrupted",)
    )
    death = finding(result, "MZ406")
    assert "/payload/meeting_uuid: null (type)" in death.message
    assert "one of the last" not in death.message
    assert result.breakages == ()


def test_a_documented_value_that_makes_the_receiver_go_away_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if b'"stop_reason":5' in body:
                self.server.shutdown()
                self.server.server_close()
                return
            names = ("x-zm-request-timestamp", "x-zm-signature")
            given = {f"HTTP_{n.upper().replace('-', '_')}": self.headers.get(n, "") for n in names}
            status, text = Receiver().answer(given, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    monkeypatch.setattr("mockzoom.engine.sending.COMEBACK_S", 0.0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings = Settings(secret=SECRET, events=("meeting.rtms_stopped",))
    result = verify(f"http://127.0.0.1:{server.server_port}/", settings)
    assert rules(result) == {"MZ109"}
    assert "/payload/stop_reason = 5" in finding(result, "MZ109").message
    assert result.breakages[0].startswith("the receiver has gone away after")


def test_an_interrupted_run_reports_what_it_judged() -> None:
    import asyncio

    from mockzoom.client.connect import open_sender
    from mockzoom.client.settings import load_contract
    from mockzoom.client.verifying import examine

    contract = load_contract(Settings())
    settings = Settings(secret=SECRET, events=("meeting.rtms_*",))
    seen: list[RunEvent] = []

    async def interrupted() -> RunResult:
        sender = open_sender(Receiver(), settings)
        task = asyncio.ensure_future(examine(sender, contract, settings, listener))
        tasks.append(task)
        return await task

    tasks: list[asyncio.Task[RunResult]] = []

    def listener(event: RunEvent) -> None:
        seen.append(event)
        if isinstance(event, ExchangeFinished) and len(seen) > 20 and not tasks[0].cancelling():
            tasks[0].cancel()

    result = asyncio.run(interrupted())
    assert result.breakages == ("interrupted; what follows was not checked",)
    assert {item.rule: item.why for item in result.not_judged}["MZ201"] == "interrupted"
    assert result.deliveries < 30


def test_a_slow_receiver_gets_each_kind_of_malformed_event_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exercised(result: RunResult) -> int:
        return result.coverage.constraints[0]

    events = ("session.started", "session.ended")
    every = examine(Receiver(), events=events)
    assert not any("left out" in notice for notice in every.notices)
    monkeypatch.setattr(malformed, "BUDGET_S", -1.0)
    few = examine(Receiver(), events=events)
    alone = examine(Receiver(), events=events[:1])
    assert exercised(alone) < exercised(few) < exercised(every)
    assert few.deliveries < every.deliveries
    assert "malformed events left out" in " ".join(few.notices)
    assert not few.violations
    assert not few.breakages
