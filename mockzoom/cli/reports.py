"""Reports of a run from the command line: their options, what is written where, what failed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockzoom.cli.options import option, together
from mockzoom.cli.show import echo_lines, silence, width_of
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

report_options = together(
    option("--report", multiple=True, metavar="FORMAT=PATH", help=REPORT_HELP),
    option("--fail-on", type=click.Choice(FAIL_ON), default="error", show_default=True,
           help="The least severity that makes the exit code 1."),
    option("--show-secrets", is_flag=True,
           help="Write credentials into reproduce lines, in place of shell variables."),
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
        from mockzoom.client import redactor

        return redactor(settings)

    return lambda event: made().event(event)


def publish(result: RunResult, reports: Reports, fail_on: FailOn) -> None:
    """Write the reports, files first; the text report also goes to the terminal."""
    to_stdout = []
    for path, text in reports.texts(fail_on):
        if path == "-":
            to_stdout.append(text)
        else:
            write(Path(path), text)
    try:
        err = reports.to_stdout
        echo_lines(lines(result, fail_on, width_of(err=err)), err=err)
        for text in to_stdout:
            click.echo(text, nl=False)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()  # the reader has read enough, as `head` does; the exit code stands


def unreported(reports: Reports) -> int:
    """Say which reports could not be made, and why; return the exit code of that."""
    for error in reports.errors:
        click.echo(f"mockzoom: {error}", err=True)
    return 3 if reports.errors else 0
