"""Words for what a receiver answers, and error pages of frameworks reduced to their text."""

from __future__ import annotations

import time

from flask import Flask

from mockzoom.engine.evidence import QUOTED, describe, is_html, page_text, summary
from mockzoom.model import Failure
from mockzoom.redact import CUT
from tests.each import each
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


EXPRESS = (
    b'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n'
    b"</head>\n<body>\n<pre>TypeError: Cannot read properties of undefined (reading &#39;id&#39;)"
    b"<br> &nbsp; &nbsp;at /srv/app.js:12:30</pre>\n</body>\n</html>\n"
)
DJANGO = (
    b'<!DOCTYPE html>\n<html lang="en">\n<head>\n  <title>KeyError\n          at /webhook</title>\n'
    b'  <style>html * { padding:0; }</style>\n  <script>function f() { return "<p>no"; }</script>'
    b"\n</head>\n<body>\n<header><h1>KeyError\n       at /webhook</h1>\n"
    b'<pre class="exception_value">&#x27;event&#x27;</pre>'
)


def test_the_title_comes_first_and_nothing_twice() -> None:
    assert page_text(DJANGO) == "KeyError at /webhook: 'event'"
    assert page_text(EXPRESS) == (
        "Error: TypeError: Cannot read properties of undefined (reading 'id') at /srv/app.js:12:30"
    )


def test_flask_s_own_page_is_one_sentence() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: {}["event"])
    answer = app.test_client().get("/")
    assert page_text(answer.data).startswith(
        "500 Internal Server Error: The server encountered an internal error and was unable"
    )


def test_werkzeug_s_debugger_is_its_exception() -> None:
    from werkzeug.debug import DebuggedApplication
    from werkzeug.test import Client

    def broken(environ: object, start_response: object) -> list[bytes]:
        raise KeyError("event")

    answer = Client(DebuggedApplication(broken, evalex=False)).get("/")
    assert page_text(answer.data).startswith("KeyError: 'event' // Werkzeug Debugger")


def test_a_page_is_known_by_its_type_or_its_beginning() -> None:
    assert is_html(response(500, b"x", ("content-type", "text/html; charset=utf-8")))
    assert is_html(response(500, b"\xef\xbb\xbf\n<!DOCTYPE HTML PUBLIC>"))
    assert not is_html(response(500, b'{"a": "<html>"}', ("content-type", "application/json")))
    assert not is_html(response(500))


PIECES = (b"<", b"<!--", b"<![", b"<![CDATA[", b"<a ", b"&", b"<title>", b"\xff", b"</", b"<!x")


@each("piece", PIECES)
def test_any_bytes_are_read_in_a_moment(piece: bytes) -> None:
    began = time.process_time()
    assert isinstance(page_text(piece * 100_000), str)
    assert time.process_time() - began < 10


def test_a_page_without_any_text_says_nothing() -> None:
    assert page_text(b"<html><script>1</script></html>") == ""
