"""Texts are made for the regular expressions that contracts use."""

from __future__ import annotations

import re

import pytest

from mockzoom.schema.regex import matching_text, random_text


@pytest.mark.parametrize(
    "pattern",
    [
        "^[0-9a-f]{32}$",
        r"^\d{10,13}$",
        r"^(meeting|webinar)\.[a-z_]+$",
        r"^\+?[1-9]\d{1,14}$",
        r"^[A-Za-z0-9_-]{22}$",
        "^wss?://.+",
        "[^a]",
        "^$",
        r"[\w.-]+@[\w-]+",
        "^(a(b|c){2}){3}$",
        r"^\u0041\x42\.\/$",
        "[]a]",
        "x{3,}y*?",
        "^(?:red|green|)$",
        "^(?!foo)bar$",
        "^[^\\s]{5}$",
        r"^[^\x00-\x7f]{3}$",
        r"^[^\u0000-\uffff]$",
        r"^(?=.*\d)(?!.*x)[a-z\d]{8,12}$",
        r"^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^\w]).{8,}$",
        r"(\w)\1",
        r"^((?:[a-z])+)-(?=.)\1$",
    ],
)
def test_a_text_that_matches_is_found(pattern):
    texts = matching_text(pattern)
    assert texts
    assert all(re.search(pattern, text) for text in texts)


@pytest.mark.parametrize(
    ("pattern", "least", "most"), [("a", 30, 40), ("^.+$", 7, 7), ("[0-9]", 5, 9)]
)
def test_the_length_is_kept(pattern, least, most):
    texts = matching_text(pattern, least, most)
    assert texts
    assert all(least <= len(text) <= most for text in texts)


@pytest.mark.parametrize("pattern", ["^((", "(?=x)y", "^[0-9]{3}$|(", r"\p{L}", r"(a)\2b"])
def test_what_is_not_understood_gives_no_text_and_no_error(pattern):
    assert all(re.search(pattern, text) for text in matching_text(pattern))


PATTERNS = [
    "^[A-Z]{3}-\\d{4,6}$", "^(ab|cd)+$", "^a?b*c+$", "^[^a-z]{4}$", "^\\w+@\\w+\\.example$",
    "^(?:\\+1)?\\d{10}$", "^[\\w.-]{2,8}$", "^\\u0041\\x42\\t$", "^[\\d-]+$", "^.{5}$", "^\\S+$",
    "^[\\]x]$|^y$", "x{2}", "^a{2,}$", "^\\/path\\/$", "^[a-c-]{3}$", "^$", "",
    "^[^\\x00-\\x7f]{3}$", "^[^\\s!-~]+$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_made_at_random_is_found_by_the_expression(pattern):
    found = random_text(pattern, 12, "test")
    assert found
    assert all(re.search(pattern, text) for text in found)


def test_the_same_seed_gives_the_same_texts():
    assert random_text("^[a-z]{8}$", 5, "a") == random_text("^[a-z]{8}$", 5, "a")
    assert random_text("^[a-z]{8}$", 5, "a") != random_text("^[a-z]{8}$", 5, "b")


@pytest.mark.parametrize("pattern", ["(", "a)", "[a", "(?P=x)"])
def test_nothing_is_made_at_random_for_what_is_not_understood(pattern):
    assert random_text(pattern, 3, "test") == ()
