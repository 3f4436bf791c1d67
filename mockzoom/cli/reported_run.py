"""A run from the command line: kept in a journal, reported, and ended early by a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockzoom.cli.reports import cleaning, publish, report_options, unreported
from mockzoom.cli.setting_options import config_option, option, together
from mockzoom.model import RunKind, RunResult
from mockzoom.report import Reports, exit_code, new_reports

if TYPE_CHECKING:
    from mockzoom.journal import JournalError, Recorder
    from mockzoom.settings import Settings

run_options = together(
    report_options,
    option(
        "--journal", metavar="FILE", help="Keep the run in this file; `mockzoom runs` reads it."
    ),
    config_option,
)  # fmt: skip
"""What every command has that makes a run."""


def reported(
    run: Callable[[Sequence[Recorder], Reports], RunResult],
    target: str,
    settings: Settings,
    wanted: Sequence[tuple[str, str]],
    journal: str | None,
    kind: RunKind = "verify",
) -> tuple[RunResult, int]:
    """Do a run that ends early at a signal, report it, and return the result and its exit code.

    `run` hands every run event to what it is given: what keeps the run in the file `journal`, and
    the reports `wanted` (format and path).
    """
    reports = new_reports(wanted, cleaning(settings))
    with terminable(), journalling(journal, target, settings, kind) as (recorders, troubles):
        result = run(recorders, reports)
    publish(result, reports, settings.fail_on)
    code = exit_code(result, settings.fail_on) or unkept(troubles) or unreported(reports)
    return result, code


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM, the way of `timeout` and of CI jobs, end a run as Ctrl-C does: with a report."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where signals cannot be taken
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def journalling(
    file: str | None, url: str, settings: Settings, kind: RunKind = "verify"
) -> Iterator[tuple[list[Recorder], list[JournalError]]]:
    """Give the listeners that keep a run in `file`, if any, and what went wrong with that.

    A run is judged and reported whatever happens to its journal; only a file that cannot be used
    from the start ends it (`JournalError`).
    """
    troubles: list[JournalError] = []
    if file is None:
        yield [], troubles
        return
    from mockzoom.client.journalling import recorder
    from mockzoom.client.settings import check
    from mockzoom.journal import JournalError, Writer

    if kind != "check":  # which sends nothing
        check(settings)
    writer = Writer(Path(file))
    try:
        recording = recorder(writer, url, settings, kind)
        try:
            yield [recording], troubles
        finally:
            try:
                recording.close()
            except JournalError as error:
                troubles.append(error)
    finally:
        writer.close()


def unkept(troubles: list[JournalError]) -> int:
    """Say why a run is not in the journal, where it is not; return the exit code of that."""
    for trouble in troubles:
        click.echo(f"mockzoom: {trouble}; the run is not in the journal", err=True)
    return 3 if troubles else 0


def warn_if_public(url: str) -> None:
    """Say in one line that a target is a public one."""
    from mockzoom.transport import parse_target

    target = parse_target(url)
    if target.public:
        click.echo(
            f"mockzoom: {target.host} is a public host; forged and signed events go out to it",
            err=True,
        )
