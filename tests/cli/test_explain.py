"""`mockzoom explain`: the page of every rule, and of every topic."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockzoom import rules
from mockzoom.cli import explain
from mockzoom.cli.explain import all_rules
from mockzoom.rules import Rule, page, topics
from tests.cli.conftest import Call
from tests.cli.terminals import running
from tests.cli.test_bad_input import refused

RULES = all_rules()


def test_every_rule_is_explained_by_id_and_by_slug(call: Call) -> None:
    for rule, item in RULES.items():
        ended = call("explain", rule)
        assert ended.code == 0
        head, *lines = ended.out.splitlines()
        assert head == f"# {rule} {item.slug} ({item.severity})"
        assert lines == page(rule).text.splitlines()[1:]
        assert call("explain", item.slug) == call("explain", rule.lower()) == ended


def test_without_a_rule_all_are_listed_with_their_first_sentence(call: Call) -> None:
    *listed, names = call("explain").out.splitlines()
    assert names == f"Topics: {', '.join(topics())}"
    lines = [line.split(maxsplit=3) for line in listed]
    assert [line[:3] for line in lines] == [
        [rule.id, rule.severity, rule.slug] for rule in RULES.values()
    ]
    for rule, *_, sentence in lines:
        assert sentence.endswith(".")
        assert page(rule).reported_when.startswith(sentence)
        assert ". " not in sentence


def test_every_topic_has_a_page_that_begins_with_its_title(call: Call) -> None:
    for name, text in topics().items():
        assert call("explain", name.title()).out == text
        assert text.startswith("# ")


@pytest.mark.parametrize(
    ("rule", "near"),
    [("MZ2O7", "did you mean MZ207"), ("unsigned-acepted", "did you mean unsigned-accepted"),
     ("zz", "no rule or topic is called 'zz'; `mockzoom explain` lists them")],
)  # fmt: skip
def test_an_unknown_rule_names_the_nearest(call: Call, rule: str, near: str) -> None:
    assert near in refused(call, "explain", rule)


@pytest.mark.parametrize(
    ("word", "slugs"),
    [
        ("challenge", ["challenge-unanswered", "challenge-wrong-plain-token",
                       "challenge-wrong-hash", "challenge-slow", "challenge-unsigned-answered",
                       "challenge-signing-oracle"]),
        ("Duplicate-p", ["duplicate-processed", "concurrent-duplicate-processed"]),
        ("mz50", ["duplicate-processed", "order-dependent", "lost-response-processed-twice",
                  "concurrent-duplicate-processed", "event-dropped"]),
    ],
)  # fmt: skip
def test_the_beginning_of_a_name_lists_the_rules_that_have_it(
    call: Call, word: str, slugs: list[str]
) -> None:
    listed = call("explain", word)
    assert listed.code == 0
    assert [line.split()[2] for line in listed.out.splitlines()] == slugs


def test_a_beginning_that_one_rule_has_shows_its_page(call: Call) -> None:
    assert call("explain", "canonical") == call("explain", "MZ207")
    # A name that others begin with, too, is still the name of one rule.
    assert call("explain", "duplicate-event").out.startswith("# MZ714 duplicate-event")


def test_an_empty_name_is_no_rule(call: Call) -> None:
    assert refused(call, "explain", "").startswith("no rule or topic is called ''")


def test_on_a_terminal_the_page_is_styled_and_folded(tmp_path: Path) -> None:
    with running("explain", "MZ201", folder=tmp_path, columns=60, rows=90) as screen:
        assert screen.end() == 0
        shown = screen.text
    assert shown.startswith("MZ201 wrong-secret-accepted (error)\n  An event")
    assert "\nHow to fix it\n  " in shown
    assert "\n   signature = request.headers.get(" in shown
    prose = shown.partition("\nIn Python\n")[0]
    assert "#" not in prose
    assert "`" not in shown.partition("\nIn Node\n")[0]
    assert b"\x1b[" in screen.raw


def test_explain_says_that_a_rule_is_new(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "__version__", "0.2.0")
    new = Rule("MZ101", "not-acknowledged", "error", since="0.2")
    mild = Rule("MZ105", "unusual-success", "warning", since="0.2")
    monkeypatch.setattr(explain, "all_rules", lambda: {"MZ101": new, "MZ105": mild})
    assert call("explain", "MZ101").out.startswith(
        "# MZ101 not-acknowledged (error, new in 0.2, reported as a warning until the next release)"
    )
    assert call("explain", "MZ105").out.startswith("# MZ105 unusual-success (warning, new in 0.2)")
    assert call("explain").out.startswith("MZ101  warning ")
