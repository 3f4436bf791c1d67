"""What a terminal shows: styled lines, and progress on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import click

from mockzoom.model import (
    ExchangeFinished,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    ViolationFound,
)

_NARROWEST = 40
_STYLES: dict[str, dict[str, object]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan"},
    "pass": {"fg": "green", "bold": True},
    "head": {"bold": True},
    "dim": {"dim": True},
}


def echo_lines(lines: Iterable[tuple[str, str]], *, err: bool = False) -> None:
    """Print styled lines; without a terminal they are plain."""
    for style, line in lines:
        click.echo(click.style(line, **_STYLES[style]) if style in _STYLES else line, err=err)  # type: ignore[arg-type]


def width_of(*, err: bool = False) -> int:
    """Return how wide lines may be: as usual, or as the terminal is, where that is narrower."""
    from mockzoom.report.text import WIDTH

    stream = sys.stderr if err else sys.stdout
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):  # no terminal
        return WIDTH
    return max(_NARROWEST, min(WIDTH, columns)) if columns else WIDTH


def silence() -> None:
    """Let nothing more be written to standard output, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


Listeners: TypeAlias = Sequence[Callable[[RunEvent], None]]


def everyone(listeners: Listeners) -> Callable[[RunEvent], None]:
    """Return a listener that hands each run event to all of `listeners`."""
    known = tuple(listeners)

    def tell(event: RunEvent) -> None:
        for listener in known:
            listener(event)

    return tell


class Progress:
    """A listener that shows a progress bar on a terminal, and nothing in CI."""

    def __init__(self) -> None:
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.completed}"),
                TextColumn("{task.fields[found]}"), TimeElapsedColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._task = self._bar.add_task("starting", found="")
        self._found = 0

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        bar = self._bar
        if bar is None:
            return
        if isinstance(event, RunStarted):
            bar.start()
            bar.update(self._task, total=event.total)
        elif isinstance(event, StepStarted):
            bar.update(self._task, description=f"{event.name}: {event.about}")
        elif isinstance(event, ExchangeFinished):
            bar.advance(self._task)
        elif isinstance(event, ViolationFound):
            self._found += 1
            bar.update(self._task, found=f"[red]{self._found} found")
        elif isinstance(event, RunFinished):
            bar.stop()

    def close(self) -> None:
        """Leave the terminal as it was, however the run ended."""
        if self._bar is not None:
            self._bar.stop()
