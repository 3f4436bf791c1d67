"""What statuses mean: one table for single events and for receivers that refuse everything."""

from __future__ import annotations

import pytest

from mockzoom.suites.statuses import MEANINGS, advice, meaning_of
from tests.each import each


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "parses"), (401, "secret token"), (403, "secret token"), (404, "path"),
        (405, "path"), (415, "parses"), (422, "parses"), (500, "log"), (501, "retries after a 501"),
        (502, "log of the application and of the proxy"), (503, "limits of the rate"),
        (504, "does not answer it in time"), (413, "limit for the size"),
        (599, "log"), (999, "log"),
    ],
)  # fmt: skip
def test_advice_goes_by_the_status(status: int, word: str) -> None:
    assert word in advice(status)


@each("status", [100, 200, 204, 301, 402, 406, 409, 410, 418, 429, 499])
def test_other_statuses_say_nothing(status: int) -> None:
    meaning = meaning_of(status)
    assert (meaning.fix, meaning.cause, meaning.cause_elsewhere) == ("", "", "")


def test_what_refuses_everything_and_what_refuses_events_only_have_other_causes() -> None:
    assert "--secret" in meaning_of(401).cause
    assert "the secret is right" in meaning_of(401).cause_elsewhere
    assert meaning_of(400).cause == ""
    assert "--events" in meaning_of(400).fix_elsewhere
    assert "path" not in meaning_of(404).fix_elsewhere
    assert "--events" in meaning_of(404).fix_elsewhere
    assert meaning_of(500).cause_elsewhere == ""


def test_no_row_is_hidden_by_an_earlier_one() -> None:
    for row in MEANINGS:
        assert any(meaning_of(status) is row for status in range(row.first, row.last + 1))
