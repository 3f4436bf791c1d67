"""Texts made from regular expressions."""

from __future__ import annotations

import re

import pytest

from mockzoom.synth.patterns import samples

PATTERNS = [
    "^[A-Z]{3}-\\d{4,6}$", "^(ab|cd)+$", "^a?b*c+$", "^[^a-z]{4}$", "^\\w+@\\w+\\.example$",
    "^(?:\\+1)?\\d{10}$", "^[\\w.-]{2,8}$", "^\\u0041\\x42\\t$", "^[\\d-]+$", "^.{5}$", "^\\S+$",
    "^(?<year>\\d{4})$", "^[\\]x]$|^y$", "x{2}", "^a{2,}$", "^\\/path\\/$", "^[a-c-]{3}$", "^$", "",
    "^[^\\x00-\\x7f]{3}$", "^[^\\s!-~]+$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_made_is_found_by_the_expression(pattern: str) -> None:
    found = samples(pattern, 12, "test")
    assert len(found) == 12
    python = pattern.replace("(?<year>", "(?P<year>")
    assert all(re.search(python, text) for text in found)


def test_the_same_seed_gives_the_same_texts() -> None:
    assert samples("^[a-z]{8}$", 5, "a") == samples("^[a-z]{8}$", 5, "a")
    assert samples("^[a-z]{8}$", 5, "a") != samples("^[a-z]{8}$", 5, "b")


@pytest.mark.parametrize("pattern", ["(", "a)", "[a", "a{x}", "(?P=x)"])
def test_what_is_not_understood_gives_nothing(pattern: str) -> None:
    assert samples(pattern, 3, "test") == []
