"""Codes of failures: what senders note, and what Zoom's delivery log says."""

from __future__ import annotations

from typing import get_args

from mockzoom.model import Attempt, Failure, FailureKind, Request, Response, Timings
from mockzoom.transport.faults import without_answer
from mockzoom.zoom.delivery_codes import CODES, RETRIED_CODES, failed_reason, with_code
from tests.each import each

REQUEST = Request("POST", "http://receiver.example/", (), b"{}")


def attempt(outcome: Response | Failure) -> Attempt:
    return Attempt(REQUEST, outcome, Timings(), 0.0)


OVER_HTTP = sorted({*get_args(FailureKind)} - {"not-connected"})
"""The failures that Zoom's log of webhooks can have; the other one is of WebSocket."""


@each("kind", OVER_HTTP)
def test_a_failure_has_the_code_of_its_kind_or_none(kind: FailureKind) -> None:
    made = with_code(attempt(Failure(kind, "why")))
    assert made.delivery_code == CODES.get(kind)
    assert failed_reason(kind, -1) is not None


def test_only_certificate_tls_and_forbidden_addresses_have_no_code() -> None:
    assert set(OVER_HTTP) - set(CODES) == {"certificate", "tls", "forbidden"}
    assert set(CODES.values()) <= RETRIED_CODES


def test_an_answer_has_no_code_and_one_that_was_lost_is_a_remote_error() -> None:
    answered = attempt(Response(200, "OK", (), b""))
    assert with_code(answered) == answered
    assert with_code(without_answer(answered)).delivery_code == -7


def test_the_log_has_reasons_for_two_statuses_beside_failures() -> None:
    assert [failed_reason(None, status) for status in (404, 429, 200, 500)] == [15, 16, None, None]
