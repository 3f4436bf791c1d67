"""What listens to a run from the command line: several listeners as one, and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from mockzoom.model import (
    ExchangeFinished,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    ViolationFound,
)

Listeners: TypeAlias = Sequence[Callable[[RunEvent], None]]


def everyone(listeners: Listeners) -> Callable[[RunEvent], None]:
    """Return a listener that hands each run event to all of `listeners`."""
    known = tuple(listeners)

    def emit(event: RunEvent) -> None:
        for listener in known:
            listener(event)

    return emit


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
