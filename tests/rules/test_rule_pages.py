"""Pages of rules: each rule has one, each page has a rule, and all have the same shape."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from mockzoom.cli.explain import all_rules
from mockzoom.rules import FIX, WHY, PageError, page, parse

RULES = all_rules()
PAGES = {
    source.name.removesuffix(".md"): source.read_text("utf-8")
    for source in files("mockzoom.rules").iterdir()
    if source.name.endswith(".md")
}
DIALECT = re.compile(
    r"\b(?:mend(?:s|ed|ing)?|fires?|fired|displeas\w+|alike|of late|lack(?:s|ed|ing)?|lest|hence"
    r"|whence|whoever|whereof|wherein|thereof|oddit(?:y|ies)|tells?|told|cannot be had)\b",
    re.IGNORECASE,
)
"""Words for which plain English has better ones: fix, is reported, similar, recently, missing."""
PAGE = "# MZ101 a-rule\n\nSomething\nhappens.\n\n## Why it matters\nW.\n\n## How to fix it\nF.\n"


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert sorted(PAGES) == sorted(RULES)


def test_the_title_of_a_page_is_the_rule_s_id_and_slug() -> None:
    for rule in RULES.values():
        about = page(rule.id)
        assert (about.id, about.slug) == (rule.id, rule.slug)
        assert about.text.startswith(f"# {rule.id} {rule.slug}\n\n")


def test_every_page_says_in_sentences_when_why_and_how_to_fix_it() -> None:
    for rule in RULES:
        about = page(rule)
        assert list(about.sections)[:2] == [WHY, FIX]
        for text in (about.reported_when, *about.sections.values()):
            assert re.match(r"[A-Z`]", text), (rule, text)
            assert text.endswith((".", "```")), (rule, text)
        assert len(about.reported_when) <= 200, rule
        assert all(len(line) <= 100 for line in about.text.splitlines()), rule


def test_the_pages_are_in_plain_words() -> None:
    found = {rule: words for rule, text in PAGES.items() if (words := DIALECT.findall(text))}
    assert found == {}


def snippets(rule: str, language: str) -> list[str]:
    """Return the blocks of code of a page's section, which stand after *Wrong* and *Right*."""
    section = page(rule).sections[f"In {language}"]
    fence = {"Python": "python", "Node": "js"}[language]
    shape = rf"Wrong:\n\n```{fence}\n(.*?)\n```\n\nRight:\n\n```{fence}\n(.*?)\n```"
    match = re.fullmatch(shape, section, re.DOTALL)
    assert match is not None, (rule, section)
    return list(match.groups())


def test_every_rule_about_code_has_a_wrong_and_a_right_snippet_in_both_languages() -> None:
    about_code = [rule for rule in RULES if rule < "MZ7" and rule != "MZ510"]
    assert len(about_code) > 50
    for rule in RULES:
        named = [name for name in page(rule).sections if name.startswith("In ")]
        assert named == (["In Python", "In Node"] if rule in about_code else []), rule
        for language in (name.removeprefix("In ") for name in named):
            wrong, right = snippets(rule, language)
            assert wrong != right, rule


def test_the_snippets_of_python_parse() -> None:
    for rule in RULES:
        if "In Python" in page(rule).sections:
            for code in snippets(rule, "Python"):
                ast.parse(code, rule)


def _check_node(file: Path) -> str:
    """Return what `node --check` has against a file."""
    return subprocess.run(
        ["node", "--check", str(file)], capture_output=True, text=True, timeout=60, check=False
    ).stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_snippets_of_node_pass_its_check(tmp_path: Path) -> None:
    """Each is the body of an async function, as in a handler: `return` and `await` may occur."""
    codes = {
        f"{rule}-{number}": code
        for rule in RULES
        if "In Node" in page(rule).sections
        for number, code in enumerate(snippets(rule, "Node"))
    }
    every = "\n".join(f"async () => {{ // {name}\n{code}\n}};" for name, code in codes.items())
    file = tmp_path / "snippets.js"
    file.write_text(every)
    assert _check_node(file) == ""
    file.write_text(every + "\nif (")
    assert "SyntaxError" in _check_node(file)


def test_a_page_ends_with_one_line_feed_and_has_no_trailing_spaces() -> None:
    for rule, text in PAGES.items():
        assert text == "\n".join(line.rstrip() for line in text.rstrip().split("\n")) + "\n", rule


def test_a_page_is_read_once() -> None:
    assert page("MZ101") is page("MZ101")


def test_paragraphs_are_joined_and_more_sections_are_kept() -> None:
    code = "```python\n## no heading\n\nx = 1\n```"
    more = PAGE + f"\nMore of it.\n\n## Wrong\n{code}\n\n## Right\nR.\n"
    about = parse(more, "there")
    assert (about.reported_when, about.why, about.fix) == ("Something happens.", "W.", "F.")
    assert about.sections == {
        WHY: "W.",
        FIX: "F.\n\nMore of it.",
        "Wrong": code,
        "Right": "R.",
    }
    assert about.text == more


def test_a_missing_page_is_named() -> None:
    with pytest.raises(PageError, match=r"rule MZ999 has no page: expected .*/rules/MZ999\.md"):
        page("MZ999")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first line is '', expected `# ID slug`"),
        (PAGE.replace("# MZ101 ", "# "), "the first line is '# a-rule', expected `# ID slug`"),
        (PAGE.replace("Something\nhappens.\n", ""), "no paragraph follows the title"),
        (PAGE.replace("## Why", "## when"), "the section `## Why it matters` is missing"),
        (PAGE.replace("\nF.\n", "\n"), "the section `## How to fix it` is missing"),
    ],
)
def test_a_page_of_another_shape_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(PageError, match=re.escape(f"there.md: {said}")):
        parse(text, "there.md")
