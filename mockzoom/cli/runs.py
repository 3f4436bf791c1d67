"""`mockzoom runs`: the runs that a journal keeps, listed, shown, reported again, and exported."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from mockzoom.cli.reports import REPORT_HELP, parse_reports, publish, unreported
from mockzoom.cli.setting_options import config_option, option
from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError
from mockzoom.model import Headers, Response
from mockzoom.report import FAIL_ON, FailOn, exit_code, headline, lines, new_reports, write
from mockzoom.wording import deliveries, printable

if TYPE_CHECKING:
    from mockzoom.journal import Archive, AttemptRow, RunRow

_journal_option = option(
    "--journal", metavar="FILE", required=True,
    help="The journal, as `mockzoom verify --journal` and `mockzoom serve --db` write it.",
)  # fmt: skip


@click.group()
def command() -> None:
    """List and show the runs of a journal, and report them again."""


@command.command("list")
@_journal_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@config_option
def list_runs(journal: str, limit: int) -> None:
    """Print one run a line, the newest first: number, start, verdict, deliveries, receiver."""
    with _reading(journal) as archive:
        for run in archive.runs(limit=limit):
            result = archive.result(run.id)
            outcome = "" if result is None else headline(result)[0].lower()
            _, _, noun = deliveries(run.deliveries).partition(" ")
            click.echo(
                f"{run.id:>5}  {_time(run.started_at)}  {run.kind:<7} {outcome:<10}"
                f" {run.deliveries:>6} {noun:<10}  {run.target}"
            )


@command.command("show")
@click.argument("number", type=int)
@_journal_option
@click.option("--delivery", metavar="NAME",
              help="Show this delivery, such as d-17: requests and answers.")  # fmt: skip
@config_option
def show_run(number: int, journal: str, delivery: str | None) -> None:
    """Print what run NUMBER found, or one of its deliveries byte for byte."""
    with _reading(journal) as archive:
        run = archive.run(number)
        if delivery is not None:
            _show_delivery(archive, number, delivery)
            return
        click.echo("\n".join(_facts(run)))
        result = archive.result(number)
        if result is not None:
            click.echo()
            echo_lines(lines(result))


@command.command("report")
@click.argument("number", type=int)
@_journal_option
@click.option("--report", multiple=True, metavar="FORMAT=PATH", help=REPORT_HELP)
@option("--fail-on", type=click.Choice(FAIL_ON), show_default="as that run",
        help="The least severity that makes the exit code 1.")  # fmt: skip
@config_option
@click.pass_context
def report_run(
    ctx: click.Context, /, number: int, journal: str, report: tuple[str, ...], fail_on: FailOn
) -> int:
    """Report run NUMBER again, as `mockzoom verify` did; exits as that run did."""
    from mockzoom.client.journalling import recorded_events

    reports = new_reports(parse_reports(report))
    with _reading(journal) as archive:
        result = archive.result(number)
        if result is None:
            raise UsageError(f"run {number} goes on; its report comes with its end")
        taken = recorded_events(archive, number, reports.takes, named=reports.takes_named)
        for event in taken:
            reports(event)
    if ctx.get_parameter_source("fail_on") is not ParameterSource.COMMANDLINE:
        fail_on = result.fail_on
    publish(result, reports, fail_on)
    return exit_code(result, fail_on) or unreported(reports)


@command.command("export")
@click.argument("number", type=int)
@_journal_option
@click.option(
    "--as", "form", type=click.Choice(("captures", "scenario", "har", "ndjson")),
    default="captures", show_default=True,
    help="captures: a request a line, as `mockzoom events check` reads them; scenario: for"
         " `mockzoom play`, the same bodies at the same distances in time.",
)  # fmt: skip
@click.option(
    "--scrub", is_flag=True,
    help="Replace names, addresses, numbers and ids, the same ones consistently.",
)  # fmt: skip
@click.option("-o", "out", default="-", metavar="FILE", help="Write here (- for standard output).")
@config_option
def export_run(number: int, journal: str, form: str, scrub: bool, out: str) -> None:
    """Write the deliveries of run NUMBER, to be checked, replayed or passed on."""
    from mockzoom.client.exporting import export

    with _reading(journal) as archive:
        made = export(archive, number, form, scrub=scrub)
    if out == "-":
        click.echo(made.text, nl=False)
    else:
        write(Path(out), made.text)
    for notice in made.notices:
        click.echo(f"mockzoom: {notice}", err=True)


@contextmanager
def _reading(file: str) -> Iterator[Archive]:
    """Give the archive of a journal, closed at the end of the block."""
    from mockzoom.journal import Archive

    archive = Archive(Path(file))
    try:
        yield archive
    finally:
        archive.close()


def _facts(run: RunRow) -> Iterator[str]:
    yield f"run {run.id}: {run.kind} of {run.target}"
    ended = _time(run.finished_at or run.started_at)
    yield f"from {_time(run.started_at)} to {ended}, {deliveries(run.deliveries)}, seed {run.seed}"


def _time(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _show_delivery(archive: Archive, run: int, name: str) -> None:
    row = archive.named(run, name)
    click.echo(f"{name}: {row.delivery.event}, case {row.delivery.case}, {row.state}")
    for attempt in archive.attempts(row):
        click.echo(f"\nattempt {attempt.number}, {_time(attempt.started_at)}")
        echo_lines(("", line) for line in _raw(attempt))


def _raw(row: AttemptRow) -> Iterator[str]:
    request = row.request
    yield f"> {request.method} {request.url}"
    yield from _message("> ", request.headers, request.body)
    outcome = row.attempt.outcome if row.attempt is not None else None
    if isinstance(outcome, Response):
        yield printable(f"< {outcome.status} {outcome.reason}".rstrip())
        yield from _message("< ", outcome.headers, outcome.body)
    else:
        yield "< " + ("outcome unknown" if outcome is None else printable(outcome.message))


def _message(mark: str, headers: Headers, body: bytes) -> Iterator[str]:
    for name, value in headers:
        yield printable(f"{mark}{name}: {value}")
    if body:
        yield mark.rstrip()
        # A receiver's answer is shown as text: control characters would drive the terminal.
        text = body.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        for line in text.removesuffix("\n").split("\n"):
            yield mark + printable(line)
