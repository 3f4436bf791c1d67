"""Rules: what a rule is, and its page.

Code holds ids, slugs and severities; each suite owns its rules (`mockzoom.suites`). The prose of a
rule stands in one Markdown page beside this module, named by its id, and is read when somebody
needs it:

    # MZ101 not-acknowledged

    One paragraph: when the rule is reported.

    ## Why it matters
    ...
    ## How to fix it
    ...

More sections may follow. Where the code of a receiver can break the rule, `## In Python` and
`## In Node` have two blocks of code each: a wrong one and a right one.

What is longer than a rule, such as how mockzoom judges, is a page of `topics/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

from mockzoom import __version__
from mockzoom.errors import MockzoomError
from mockzoom.model import Severity, Violation
from mockzoom.wording import printable

WHY = "Why it matters"
FIX = "How to fix it"
_SHAPE = f"`# ID slug`, a paragraph, `## {WHY}` and `## {FIX}`"


class PageError(MockzoomError):
    """A page is missing from the package, or does not have the shape of a page."""


class RulePage(Struct, frozen=True):
    """What people need to know of a rule; all texts are Markdown.

    `reported_when`, `why` and `fix` are single paragraphs on one line each. The latter two are the
    first paragraphs of their sections.
    """

    id: str
    slug: str
    reported_when: str
    why: str
    fix: str
    sections: Mapping[str, str]
    """Every section by its title, in the order of the page."""
    text: str
    """The whole page."""


class Rule(Struct, frozen=True):
    """One rule: a stable id, a name for people, and how bad it is to break it.

    `by_status` says that the status of an answer decides it, so that it cannot be judged where a
    receiver acknowledges before it verifies (`--ack-first`). `by_refusal` says that only a refusal
    breaks it, so that it cannot be judged where genuine deliveries are refused now and then.
    """

    id: str
    slug: str
    severity: Severity
    by_status: bool = False
    by_refusal: bool = False
    since: str = ""
    """The release that the rule is new in, such as `0.2`; empty for those of the first one."""

    @property
    def is_new(self) -> bool:
        """Whether the rule is new in this release."""
        return is_new(self.since, __version__)

    @property
    def reported(self) -> Severity:
        """The severity of its violations: a new rule does not turn a CI red at an upgrade."""
        return "warning" if self.is_new and self.severity == "error" else self.severity

    @property
    def page(self) -> RulePage:
        """The rule's page."""
        return page(self.id)

    def violation(self, message: str, cause: str, **more: Any) -> Violation:
        """Return a violation of this rule; `more` are further fields of `Violation`.

        Its texts may quote what a receiver answers: control characters are escaped here.
        """
        for name in ("expected", "actual"):
            more[name] = printable(more.get(name, ""), line_feeds=True)
        message = printable(message, line_feeds=True)
        more["fix"] = more.get("fix") or self.page.fix
        return Violation(self.id, self.slug, self.reported, message, cause, **more)


def is_new(since: str, version: str) -> bool:
    """Return whether what came with release `since` is new in `version`, patches included."""
    return bool(since) and _release(version) <= _release(since)


def _release(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


@cache
def page(rule: str) -> RulePage:
    """Return the page of the rule with this id; raise `PageError` if there is none."""
    source = files(__name__) / f"{rule}.md"
    if not source.is_file():
        raise PageError(f"rule {rule} has no page: expected the package file {source}")
    return parse(source.read_text("utf-8"), str(source))


@cache
def topics() -> Mapping[str, str]:
    """Return the pages about more than one rule, by their names, such as `judging`."""
    sources = sorted((files(__name__) / "topics").iterdir(), key=lambda source: source.name)
    return {source.name.removesuffix(".md"): source.read_text("utf-8") for source in sources}


def parse(text: str, where: str) -> RulePage:
    """Return the page with this text; raise `PageError`, which names `where` it comes from."""
    (head, intro), *rest = _split(text)
    title = re.fullmatch(r"# (MZ\d{3}) ([a-z0-9-]+)", head)
    if title is None:
        raise PageError(f"{where}: the first line is {head!r}, expected {_SHAPE}")
    sections = {name.removeprefix("## "): body for name, body in rest}
    for name in (WHY, FIX):
        if not sections.get(name):
            raise PageError(f"{where}: the section `## {name}` is missing, expected {_SHAPE}")
    if not intro:
        raise PageError(f"{where}: no paragraph follows the title, expected {_SHAPE}")
    when, why, fix = (_first_paragraph(body) for body in (intro, sections[WHY], sections[FIX]))
    return RulePage(title[1], title[2], when, why, fix, sections, text)


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield each heading (the title, then the `##` sections) with the text below it."""
    head, *lines = text.splitlines() or [""]
    body: list[str] = []
    in_code = False
    for line in lines:
        in_code ^= line.startswith("```")
        if line.startswith("## ") and not in_code:
            yield head, "\n".join(body).strip()
            head, body = line, []
        else:
            body.append(line)
    yield head, "\n".join(body).strip()


def _first_paragraph(body: str) -> str:
    return " ".join(body.split("\n\n", 1)[0].split())
