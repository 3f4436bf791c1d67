"""`verify --probe`: forgeries that get a 2xx are judged by what they leave in the state."""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4

import pytest

from mockzoom.client.mockzoom import Mockzoom
from mockzoom.client.outcome import Verified

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_looks")]

SECRET = "traces-secret"
EVENTS = ("session.started", "session.ended")
FORGED = {"MZ201", "MZ202", "MZ203", "MZ204", "MZ205", "MZ206"}
Write = Callable[["Hiding", dict[str, Any], bool], None]
"""Writes down what an event led to, given whether it is genuine."""


class Hiding:
    """A WSGI receiver that answers 200 to everything; `write` does with an event what it does."""

    def __init__(self, write: Write, *, age: float = 300.0, checks: bool = True) -> None:
        self.write = write
        self.age, self.checks = age, checks
        self.state: dict[str, Any] = {"sessions": {}}
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        genuine = not self.checks or self.is_genuine(environ, body)
        answer = {}
        try:
            event = json.loads(body)
        except ValueError:
            event = None
        event = event if isinstance(event, dict) else {}
        if event.get("event") == "endpoint.url_validation":
            token = event["payload"]["plainToken"]
            digest = hmac.digest(SECRET.encode(), token.encode(), "sha256").hex()
            answer = {"plainToken": token, "encryptedToken": digest} if genuine else {}
        else:
            with self.lock:
                self.write(self, event, genuine)
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def is_genuine(self, environ: Mapping[str, Any], body: bytes) -> bool:
        stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
        if not (stamp.isascii() and stamp.isdigit()):
            return False
        if abs(time.time() - int(stamp[:12])) > self.age:
            return False
        message = b"v0:" + stamp.encode() + b":" + body
        right = "v0=" + hmac.digest(SECRET.encode(), message, "sha256").hex()
        return hmac.compare_digest(right.encode(), environ.get("HTTP_X_ZM_SIGNATURE", "").encode())

    def read(self) -> Any:
        with self.lock:
            return json.loads(json.dumps(self.state))

    def add(self, place: str, key: str = "") -> None:
        here = self.state.setdefault(place, {}) if key else self.state
        here[key or place] = here.get(key or place, 0) + 1


def session_of(event: Mapping[str, Any]) -> str:
    payload = event.get("payload")
    thing = payload.get("object") if isinstance(payload, dict) else None
    return str(thing.get("session_id", "")) if isinstance(thing, dict) else ""


def keeps(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    """Keep a row of each session, under a random id, with the time of its arrival."""
    session = session_of(event)
    if genuine and session:
        rows = receiver.state["sessions"]
        rows.setdefault(session, {"id": str(uuid4()), "at": time.time(), "events": []})
        rows[session]["events"].append(event["event"])


def logs_requests(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    """Count all requests, and list their sessions, beside a total of sessions."""
    receiver.add("requests_seen")
    receiver.state.setdefault("log", []).append({"of": session_of(event), "at": time.time()})
    receiver.state["clock"] = time.time()
    if genuine and session_of(event):
        receiver.add("sessions_started")


def audits(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    """List each event with what came of it: one table for all."""
    outcome = "processed" if genuine else "refused"
    row = {"id": str(uuid4()), "of": session_of(event), "outcome": outcome}
    receiver.state.setdefault("audit", []).append(row)


def totals(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    """Show totals alone."""
    receiver.add("requests_seen")
    if session_of(event):
        receiver.add("by_outcome", "processed" if genuine else "refused")


def counts_requests(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    receiver.add("requests_seen")


def shows_the_last(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    if genuine and session_of(event):
        receiver.state["last"] = {"of": session_of(event), "is": event.get("event")}


def in_a_queue(receiver: Hiding, event: dict[str, Any], genuine: bool) -> None:
    """Keep a row half a second later."""

    def work() -> None:
        time.sleep(0.5)
        with receiver.lock:
            keeps(receiver, event, genuine)

    threading.Thread(target=work, daemon=True).start()


MANNERS = (logs_requests, audits, totals, shows_the_last)


def examined(receiver: Hiding, **settings: Any) -> Verified:
    given = {"probe": receiver.read, "suites": ("events", "authenticity"), **settings}
    with Mockzoom(receiver, SECRET) as zoom:
        return zoom.verify(events=given.pop("events", EVENTS), **given)


def rules(result: Verified) -> set[str]:
    return {item.rule for item in result.result.violations}


@pytest.mark.parametrize(
    ("write", "ack_first"),
    [(keeps, False), *((each, True) for each in (keeps, *MANNERS, in_a_queue))],
)
def test_a_receiver_that_processes_no_forged_event_passes(write: Write, ack_first: bool) -> None:
    outcome = examined(Hiding(write), ack_first=ack_first)
    assert not rules(outcome), outcome.result.violations
    assert not outcome.result.not_observable
    judged = {rule for rule, _ in outcome.result.cases}
    assert judged >= FORGED
    assert not FORGED & {item.rule for item in outcome.result.not_judged}


@pytest.mark.parametrize("write", [keeps, *MANNERS])
def test_one_that_checks_no_signature_is_found_before_it_verifies(write: Write) -> None:
    outcome = examined(Hiding(write, checks=False), ack_first=True)
    assert rules(outcome) == FORGED, outcome.result.violations


def test_one_that_processes_stale_events_is_found_behind_its_200() -> None:
    outcome = examined(Hiding(keeps, age=1e9))
    [found] = outcome.result.violations
    assert found.rule == "MZ205"
    assert "in the probed state it leaves the same trace as a genuine event" in found.message
    assert "/payload/object/" in found.actual
    assert found.reproduce.startswith("mockzoom.verify(events='session.")


def test_an_event_that_needs_another_one_before_it_is_told_apart_from_that() -> None:
    given: dict[str, Any] = {"ack_first": True, "events": "session.ended"}
    assert not rules(examined(Hiding(keeps), **given))
    assert rules(examined(Hiding(keeps, checks=False), **given)) == FORGED


def test_one_that_takes_events_from_ahead_alone_is_another_rule() -> None:
    class Ahead(Hiding):
        def is_genuine(self, environ: Mapping[str, Any], body: bytes) -> bool:
            stamp = environ.get("HTTP_X_ZM_REQUEST_TIMESTAMP", "")
            is_past = stamp.isascii() and stamp.isdigit() and int(stamp[:12]) < time.time() - 300
            return super().is_genuine(environ, body) and not is_past

    assert rules(examined(Ahead(keeps, age=1e9))) == {"MZ212"}


def test_a_state_that_counts_everything_checks_nothing() -> None:
    outcome = examined(Hiding(counts_requests), ack_first=True)
    assert not rules(outcome)
    why = "signature of events not checked: genuine events leave no trace in the probe's answer"
    assert outcome.result.not_observable == (why,)
    assert {item.why for item in outcome.result.not_judged if item.rule in FORGED} == {why}
    assert not outcome.result.breakages


def test_where_the_status_tells_nothing_is_read() -> None:
    class Refusing(Hiding):
        def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            def told(status: str, headers: Any) -> None:
                start(status if self.genuine else "401 No", headers)

            return super().__call__(environ, told)

        def is_genuine(self, environ: Mapping[str, Any], body: bytes) -> bool:
            self.genuine = super().is_genuine(environ, body)
            return self.genuine

    reads = []
    receiver = Refusing(keeps)
    outcome = examined(receiver, probe=lambda: reads.append(1) or receiver.read())
    assert not rules(outcome)
    assert len(reads) == 1
    assert {rule for rule, _ in outcome.result.cases} >= FORGED
