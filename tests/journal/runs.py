"""Runs made by hand, for the tests of the journal."""

from __future__ import annotations

from collections.abc import Iterator

from mockzoom.model import (
    Attempt,
    Coverage,
    Delivery,
    Exchange,
    ExchangeFinished,
    Failure,
    NotJudged,
    Request,
    Response,
    RunEvent,
    RunFinished,
    RunResult,
    RunStarted,
    StepStarted,
    TimelineEntry,
    Timings,
    Violation,
    ViolationFound,
)

TARGET = "http://receiver.test/zoom"
SECRET = "the-secret-token"


def exchange(number: int, *, body: bytes = b'{"event":"a"}') -> Exchange:
    delivery = Delivery(f"d-{number}", "valid:0", "session.started", body, f"id_{number}")
    headers = (("x-zm-request-id", f"id_{number}"), ("authorization", "Basic dXNlcjpwYXNz"))
    request = Request("POST", TARGET, headers, body)
    tampered = Request("POST", TARGET, headers, body + b" ")
    answer = Response(200, "OK", (("x-echo", f"s={SECRET}"),), b"\xff the-secret-token \x00")
    lost = Failure("timeout", f"no answer to {SECRET} within 3 s")
    return Exchange(
        delivery,
        (
            Attempt(tampered, lost, Timings(0.1, 0.2), 5.0, delivery_code=-1),
            Attempt(request, answer, Timings(0.1, 0.2, 0.3, 0.4), 6.0, reused=True),
        ),
    )


def violation(number: int) -> Violation:
    name = f"d-{number}"
    return Violation(
        "MZ101", "not-acknowledged", "error", "message", "500", "session.started",
        ("session.started",), name, (name,), 1, "200", "500", f"mockzoom send --secret {SECRET}",
    )  # fmt: skip


def result(deliveries: int = 2) -> RunResult:
    return RunResult(
        TARGET, 7, 1.5, deliveries, Coverage((1, 2), (3, 4)), (violation(1),),
        (NotJudged("MZ211", "no auth"),), ("a notice",), (), {("MZ101", "session.started"): 2},
        (TimelineEntry(0.5, "webhook", "sent"),),
    )  # fmt: skip


def events(deliveries: int = 2) -> Iterator[RunEvent]:
    yield RunStarted(TARGET, 7, deliveries, "verify")
    yield StepStarted("events", "every event")
    for number in range(1, deliveries + 1):
        yield ExchangeFinished(exchange(number))
    yield ViolationFound(violation(1))
    yield RunFinished(result(deliveries))
