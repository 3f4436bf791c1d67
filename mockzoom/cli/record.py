"""`mockzoom record`: a proxy between Zoom and a receiver, which judges what passes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mockzoom.cli.options import (
    accepting_options,
    contract_options,
    seconds_of,
    secret_options,
    settings_from,
)
from mockzoom.cli.progress import everyone
from mockzoom.cli.reported_run import reported, run_options
from mockzoom.cli.reports import parse_reports
from mockzoom.cli.setting_options import option
from mockzoom.cli.show import echo_lines
from mockzoom.errors import UsageError
from mockzoom.model import ExchangeFinished, Failure, RunEvent, RunResult, ViolationFound
from mockzoom.report import Reports
from mockzoom.wording import printable

if TYPE_CHECKING:
    from mockzoom.journal import Recorder


@click.command()
@click.option("--to", required=True, metavar="URL",
              help="The receiver that everything is passed on to.")  # fmt: skip
@option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
        help="Address to listen on.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8088, show_default=True,
              help="Port to listen on; 0 takes a free one.")  # fmt: skip
@click.option("--host-header", default="", metavar="HOST",
              help="Put this host into requests, for a receiver that insists on its"
                   " name.")  # fmt: skip
@click.option("--other-secret", "others", multiple=True, metavar="TEXT",
              help="Another secret token that may sign, such as after a rotation"
                   " (repeatable).")  # fmt: skip
@click.option("--for", "duration", default=None, metavar="TIME",
              help="End by itself after so long, such as 10m, in place of Ctrl-C.")  # fmt: skip
@secret_options
@option("--timeout", type=float, default=3.0, show_default=True, metavar="SECONDS",
        help="An answer that takes longer is late.")  # fmt: skip
@option("--cafile", metavar="FILE", help="CA certificates (PEM) in place of the system's.")
@option("--insecure", is_flag=True, help="Check no certificate.")
@contract_options
@accepting_options
@run_options
@click.pass_context
def command(ctx: click.Context, /, **values: Any) -> int:
    """Pass requests on to the receiver at --to, unchanged, and judge what passes.

    Point Zoom's tunnel, or another proxy, at --port. Events are held against the contract, their
    signatures against the secret, and answers against the rules of `verify`; what Zoom did not sign
    is passed on and not checked. Ctrl-C ends it with the report.

    \b
    Exit codes: 0 nothing found, 1 violations at or above --fail-on, 2 bad usage, 3 more came in
    than could be checked.
    """
    from mockzoom.client.recording import record

    url, others, duration = values.pop("to"), values.pop("others"), values.pop("duration")
    seconds = None if duration is None else seconds_of("--for", duration)
    where = {name: values.pop(name) for name in ("host", "port", "host_header")}
    journal = values.pop("journal")
    if any(not text.strip() for text in others):
        raise UsageError("--other-secret is empty; who accepts an empty secret accepts anybody")
    wanted = parse_reports(values.pop("report"))
    settings = settings_from(ctx, values)

    def run(recorders: Sequence[Recorder], reports: Reports) -> RunResult:
        def idle() -> None:
            for recorder in recorders:
                recorder.flush()

        return record(
            url, settings, everyone((_Live(err=reports.to_stdout), *recorders, reports)),
            **where, secrets=others, seconds=seconds,
            listening=lambda port: click.echo(
                f"mockzoom: listening at http://{where['host']}:{port}, passing on to {url}"
                " (Ctrl-C ends it)",
                err=True,
            ),
            idle=idle,
        )  # fmt: skip

    return reported(run, url, settings, wanted, journal, "record")[1]


class _Live:
    """Prints a line for each exchange, and for each finding the first time."""

    def __init__(self, *, err: bool) -> None:
        self._err = err
        self._found: set[tuple[str, str]] = set()

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, ExchangeFinished):
            attempt = event.exchange.last
            outcome, took = attempt.outcome, attempt.timings.answer
            came = outcome.kind if isinstance(outcome, Failure) else str(outcome.status)
            clock = time.strftime("%H:%M:%S", time.localtime(attempt.started_at))
            name = printable(event.exchange.delivery.event or "?")
            spent = "" if took is None else f"{took * 1000:7.0f} ms"
            style = "" if attempt.acknowledged else "error"
            line = f"{clock}  {event.exchange.delivery.id:<7} {name:<44} {came:<8}{spent}"
            echo_lines([(style, line.rstrip())], err=self._err)
        elif isinstance(event, ViolationFound):
            found = event.violation
            if (found.rule, found.cause) in self._found:
                return
            self._found.add((found.rule, found.cause))
            text = f"{found.severity.upper()} {found.rule} {found.slug}: {found.message}"
            echo_lines([(found.severity, f"          {text}")], err=self._err)
