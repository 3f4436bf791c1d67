"""Reports for GitHub Actions: annotations in the log, and a step summary in Markdown.

GitHub shows ten errors, ten warnings and ten notices of a step, and refuses a summary above 1 MiB
(https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mockzoom import __version__
from mockzoom.model import FailOn, RunResult, Severity, Violation
from mockzoom.report.escaping import clipped, for_command, for_markdown, markdown_code
from mockzoom.report.reporter import Reporter
from mockzoom.report.source_file import source_file
from mockzoom.report.text import facts, headline, how_often, not_checked, reasons
from mockzoom.report.verdict import verdict, worst_first
from mockzoom.wording import counted

_ANNOTATIONS = 10
_MOST_FINDINGS = 50
"""Findings of which a summary says more than their number."""
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_SIGNS = {"pass": "✅", "fail": "❌", "broken": "⚠️"}


class GithubReporter(Reporter):
    """Reports a run as annotations."""

    def text(self, fail_on: FailOn) -> str:
        """Return the annotations, one a line."""
        return "".join(f"{line}\n" for line in workflow_commands(self.result))


class MarkdownReporter(Reporter):
    """Reports a run as Markdown."""

    def text(self, fail_on: FailOn) -> str:
        """Return the whole summary."""
        return as_markdown(self.result, fail_on)


def workflow_commands(result: RunResult) -> Iterator[str]:
    """Yield a workflow command for each finding that is not accepted, and for each run error."""
    given: Counter[str] = Counter()
    for text in result.breakages[:_ANNOTATIONS]:
        given["error"] += 1
        yield _command("error", "mockzoom: the run is incomplete", text)
    for item in worst_first(result):
        if not item.is_accepted and given[item.severity] < _ANNOTATIONS:
            given[item.severity] += 1
            place = source_file(item)
            file = _from_checkout(place.file)
            where = {"file": file, "line": str(place.line)} if place.is_here else {}
            text = "\n".join((item.message, *(f"{name}: {told}" for name, told in _rows(item))))
            title = f"{item.rule} {item.slug}"
            yield _command(_COMMANDS[item.severity], title, clipped(text), **where)


def _from_checkout(file: str) -> str:
    """Return the path of a file from the checkout's root, where annotations look for it."""
    root, path = os.environ.get("GITHUB_WORKSPACE", ""), Path(file).absolute()
    return path.relative_to(root).as_posix() if root and path.is_relative_to(root) else file


def _command(name: str, title: str, text: str, **properties: str) -> str:
    given = {key: value for key, value in properties.items() if value not in ("", "0")}
    words = [f"{key}={for_command(value, is_property=True)}"
             for key, value in {**given, "title": title}.items()]  # fmt: skip
    return f"::{name} {','.join(words)}::{for_command(text)}"


def _rows(item: Violation) -> Iterator[tuple[str, str]]:
    rows = (("Expected", item.expected), ("Got", item.actual), ("To fix", item.fix),
            ("Reproduce", item.reproduce))  # fmt: skip
    return ((name, text) for name, text in rows if text)


def as_markdown(result: RunResult, fail_on: FailOn | None = None) -> str:
    """Return the summary of a run as Markdown; what a receiver sent is shown as code."""
    return "\n".join(_summary(result, fail_on)) + "\n"


def _summary(result: RunResult, fail_on: FailOn | None) -> Iterator[str]:
    title, found = headline(result, fail_on)
    yield f"### {_SIGNS[verdict(result, fail_on)]} mockzoom: {title}, {found}\n"
    yield f"{for_markdown(result.target)}: {facts(result)}, seed {result.seed}\n"
    shown = worst_first(result)
    for item in shown[:_MOST_FINDINGS]:
        yield from _finding(item)
    if len(shown) > _MOST_FINDINGS:
        yield f"{counted(len(shown) - _MOST_FINDINGS, 'more finding')}\n"
    for heading, texts in (("Run errors", result.breakages), ("Notices", result.notices)):
        if texts:
            yield f"#### {heading}\n"
            yield from (f"- {for_markdown(clipped(text))}" for text in texts[:_MOST_FINDINGS])
            yield ""
    if result.not_judged or result.not_observable:
        yield "<details><summary>Not checked</summary>\n"
        yield from (f"- {rules}: {for_markdown(why)}" for rules, why in not_checked(result))
        yield from (f"- {for_markdown(text)}" for text in result.not_observable)
        yield "\n</details>\n"
    yield f"<sub>mockzoom {__version__}</sub>"


def _finding(item: Violation) -> Iterator[str]:
    accepted = f", accepted: {for_markdown(reasons(item))}" if item.is_accepted else ""
    yield f"#### {item.severity} {item.rule} {item.slug}{how_often(item)}{accepted}\n"
    yield for_markdown(clipped(item.message)) + "\n"
    for name, text in _rows(item):
        code = f"\n\n{markdown_code(clipped(text))}"
        yield f"{name}: {for_markdown(clipped(text)) if name == 'To fix' else code}\n"
