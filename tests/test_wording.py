"""Texts for people: control characters escaped, counts with their nouns."""

from __future__ import annotations

from mockzoom.wording import counted, deliveries, printable
from tests.each import each

STEERING = (
    "\x00\x07\x08\r\x1b\x7f\x80\x85\x9b\x9f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"
)


@each("character", STEERING, ascii)
def test_control_characters_and_bidi_controls_are_escaped(character: str) -> None:
    shown = printable(f"a{character}z")
    assert shown.isascii()
    assert shown.isprintable()
    assert shown == f"a{ascii(character)[1:-1]}z"


def test_text_in_any_script_stays_as_it_is() -> None:
    text = "naïve 漢字 😀 שלום a\u200db\tc \\x1b"
    assert printable(text) == text
    assert printable(printable("\x1b[31m")) == printable("\x1b[31m") == "\\x1b[31m"


def test_lone_surrogates_are_escaped_so_that_a_file_can_hold_the_text() -> None:
    assert printable("\ud83d!") == "\\ud83d!"


def test_line_feeds_stay_only_where_they_are_asked_for() -> None:
    assert printable("a\r\nb\x0bc", line_feeds=True) == "a\\r\nb\\x0bc"
    assert printable("a\nb") == "a\\nb"


def test_counts_agree_with_their_nouns() -> None:
    assert [deliveries(number) for number in (0, 1, 2)] == [
        "0 deliveries", "1 delivery", "2 deliveries",
    ]  # fmt: skip
    assert (counted(1, "error"), counted(2, "error")) == ("1 error", "2 errors")
