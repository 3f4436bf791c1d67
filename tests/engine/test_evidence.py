"""Words for what a receiver answers."""

from __future__ import annotations

from mockzoom.engine.evidence import QUOTED, describe, summary
from mockzoom.model import Failure
from mockzoom.redact import CUT
from tests.suites.evidence import Outcome, exchange, response

STEERING = "\x1b[2J\x9b\u202e"
SHOWN = "\\x1b[2J\\x9b\\u202e"


def said(outcome: Outcome) -> str:
    return describe(exchange(outcome).last)


def test_the_beginning_of_a_body_is_quoted_on_one_line() -> None:
    assert said(response(401, b'{"error":\n  "x"}\n', reason="No")) == (
        '401 No after 12 ms: {"error": "x"}'
    )
    assert said(response(204)) == "204 after 12 ms"


def test_a_quotation_that_is_cut_says_so() -> None:
    for size in (QUOTED + 1, 100_000):
        text = said(response(500, b"y" * size))
        assert text == f"500 after 12 ms: {'y' * QUOTED}{CUT}"
    assert said(response(500, b" " * 1000 + b"z")).endswith(CUT)


def test_control_characters_of_reason_body_and_failure_are_escaped() -> None:
    outcome = response(500, STEERING.encode(), reason=STEERING)
    assert said(outcome) == f"500 {SHOWN} after 12 ms: {SHOWN}"
    assert summary(exchange(outcome).last) == f"500 {SHOWN}"
    assert said(Failure("protocol", f"no HTTP: {STEERING}")) == f"no HTTP: {SHOWN}"


def test_of_an_error_page_its_text_is_quoted() -> None:
    page = b"<!doctype html><title>500 Oops</title><h1>Oops</h1><p>It is <b>broken</b>."
    assert said(response(500, page)) == "500 after 12 ms: 500 Oops: It is broken ."
    declared = response(404, b"<p>no such &quot;page&quot;", ("Content-Type", "text/html"))
    assert said(declared) == '404 after 12 ms: no such "page"'


def test_what_is_no_page_is_quoted_as_it_is() -> None:
    assert said(response(400, b"<error>bad</error>")) == "400 after 12 ms: <error>bad</error>"
