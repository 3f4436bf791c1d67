"""Credentials in what a receiver echoes."""

from __future__ import annotations

import json

from msgspec.structs import replace

from mockzoom.model import RunFinished, ViolationFound
from mockzoom.redact import CUT, REDACTED, Redactor
from tests.report.results import RESULT, WORST

SECRET = 'k&y/"9f3"'


def test_a_secret_is_found_as_json_html_and_urls_write_it() -> None:
    redactor = Redactor([SECRET])
    for written in (
        SECRET,
        json.dumps(SECRET)[1:-1],
        "k&amp;y/&quot;9f3&quot;",
        "k%26y%2F%229f3%22",
    ):
        assert redactor.text(f"<{written}>") == f"<{REDACTED}>"
        assert redactor.body(f"<{written}>".encode()) == f"<{REDACTED}>".encode()


def test_a_secret_that_a_quotation_cuts_in_two_is_found() -> None:
    redactor = Redactor(["the-secret-token"])
    assert redactor.text(f"401: the-secret-to{CUT}") == f"401: {REDACTED}{CUT}"
    assert redactor.text(f"401: the{CUT}") == f"401: the{CUT}"


def test_names_of_json_members_stay_where_a_secret_reads_the_same() -> None:
    assert Redactor(["rule"]).json({"rule": ["a rule", 1, None]}) == {
        "rule": [f"a {REDACTED}", 1, None]
    }


def test_violations_and_results_lose_secrets_and_control_characters() -> None:
    redactor = Redactor(["the-secret-token"])
    echo = "the-secret-token \x1b]0;pwned\x07\u202e"
    found = replace(WORST, message=echo, actual=echo, reproduce="--secret the-secret-token")
    result = replace(RESULT, violations=(found,), notices=(echo,), breakages=(echo,))
    shown = f"{REDACTED} \\x1b]0;pwned\\x07\\u202e"
    event = redactor.event(RunFinished(result))
    assert isinstance(event, RunFinished)
    (clean,) = event.result.violations
    assert (clean.message, clean.actual) == (shown, shown)
    assert (event.result.notices, event.result.breakages) == ((shown,), (shown,))
    assert clean.reproduce == found.reproduce  # its writer knows whether it may hold the secret
    assert redactor.event(ViolationFound(found)) == ViolationFound(clean)
