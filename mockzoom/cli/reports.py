"""Reports of a run from the command line: their options, what is written where, what failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockzoom.cli.options import option, together
from mockzoom.cli.show import echo_lines, in_github, silence, width_of
from mockzoom.errors import UsageError
from mockzoom.model import RunEvent, RunResult
from mockzoom.report import FAIL_ON, FORMATS, FailOn, Reports, lines, parse_report, write

if TYPE_CHECKING:
    from mockzoom.redact import Redactor
    from mockzoom.settings import Settings

REPORT_HELP = (
    "Write a report to PATH, - for standard output (repeatable). Formats: "
    + ", ".join(f"{name} ({item.about})" for name, item in FORMATS.items())
    + "."
)


def _source(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Return the path of the receiver's file, from the working directory where it lies below."""
    if not value:
        return ""
    path = Path(value)
    if not path.is_file():
        raise UsageError(
            f"--source {value}: no such file; expected the file that handles the webhook, such as"
            " src/app.js"
        )
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


report_options = together(
    option("--report", multiple=True, metavar="FORMAT=PATH", help=REPORT_HELP),
    option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True,
           help="The least severity that makes the exit code 1."),
    option("--show-secrets", is_flag=True,
           help="Write credentials into reproduce lines, in place of shell variables."),
    option("--source", metavar="FILE", default="", callback=_source,
           help="The receiver's source file, such as src/app.js, for reports that point to one"
                " (sarif, github)."),
)  # fmt: skip


def parse_reports(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return format and path of each `--report`; two can't go to one path."""
    reports = [parse_report(text) for text in texts]
    paths = [path for _, path in reports]
    if len(set(paths)) < len(paths):
        raise UsageError("--report: two reports go to one path; name another for one of them")
    return reports


def cleaning(settings: Settings) -> Callable[[RunEvent], RunEvent]:
    """Return what takes the credentials of `settings` out of run events for reporters."""

    @cache
    def made() -> Redactor:
        from mockzoom.client.connect import redactor

        return redactor(settings)

    return lambda event: made().event(event)


def publish(result: RunResult, reports: Reports, fail_on: FailOn) -> None:
    """Write the reports, files first; the text report also goes to the terminal.

    In GitHub Actions, annotations follow it, and the step gets a summary.
    """
    to_stdout = []
    for path, text in reports.texts(fail_on):
        if path == "-":
            to_stdout.append(text)
        else:
            write(Path(path), text)
    try:
        err = reports.to_stdout
        echo_lines(lines(result, fail_on, width_of(err=err)), err=err)
        if in_github():
            _annotate(result, reports, fail_on)
        for text in to_stdout:
            click.echo(text, nl=False)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()  # the reader has read enough, as `head` does; the exit code stands


def _annotate(result: RunResult, reports: Reports, fail_on: FailOn) -> None:
    """Print the annotations of a step and add to its summary, where no `--report` does so."""
    from mockzoom.report.github import as_markdown, workflow_commands

    if "github" not in reports.formats:
        for line in workflow_commands(result):
            click.echo(line, err=reports.to_stdout)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and "markdown" not in reports.formats:
        try:
            with open(summary, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(as_markdown(result, fail_on))
        except OSError as error:
            click.echo(
                f"mockzoom: GITHUB_STEP_SUMMARY {summary}: cannot be written: {error.strerror}",
                err=True,
            )


def unreported(reports: Reports) -> int:
    """Say which reports could not be made, and why; return the exit code of that."""
    for error in reports.errors:
        click.echo(f"mockzoom: {error}", err=True)
    return 3 if reports.errors else 0
