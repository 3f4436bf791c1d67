"""Evidence for the tests of checks: what a delivery got, without a receiver."""

from __future__ import annotations

from typing import Any

from mockzoom.engine.case import CaseName, TestCase
from mockzoom.engine.evidence import Evidence
from mockzoom.model import (
    Attempt,
    Delivery,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
    Timings,
)
from mockzoom.suites import KINDS

SECRET = "k-9f3é"
TOKEN = "qgg8vlvZRS6UYooatFL8Aw"
Outcome = Response | Failure

# Each kind of failure, as the wire tells it.
FAILURES: tuple[FailureKind, ...] = ("refused", "reset", "closed", "protocol")


def response(
    status: int, body: bytes = b"", *headers: tuple[str, str], reason: str = ""
) -> Response:
    return Response(status, reason, tuple(headers), body)


def failure(kind: FailureKind) -> Failure:
    return Failure(kind, f"seen: {kind}")


TIMEOUT = Failure("timeout", "no answer within 3 s")


def exchange(
    outcome: Outcome, forge: str = "", event: str = "a.b", body: bytes = b"{}"
) -> Exchange:
    headers: Headers = ()
    request = Request("POST", "http://h/", headers, body)
    attempt = Attempt(request, outcome, Timings(0.0, 0.001, 0.012, 0.013), 0.0)
    return Exchange(Delivery("d-7", "valid:0", event, body, "id", forge), (attempt,))


def evidence(
    kind: str, outcome: Outcome, control: Outcome | None = None, **changes: Any
) -> Evidence:
    """Return the evidence of one exchange of a `kind`; `control` is what its control got."""
    forge, body = changes.pop("forge", ""), changes.pop("body", b"{}")
    secret, strict = changes.pop("secret", SECRET), changes.pop("strict", False)
    values = {"plain_token": TOKEN, "detail": "a detail", **changes}
    case = TestCase(CaseName("valid"), KINDS[kind], "a.b", body, forge=forge, **values)
    return Evidence(
        case, exchange(outcome, forge, body=body), None if control is None else exchange(control),
        secret, strict,
    )  # fmt: skip
