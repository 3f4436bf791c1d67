"""Reports of a run that a test or a script makes: the same formats as those of the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mockzoom.client.connect import redactor
from mockzoom.errors import UsageError
from mockzoom.model import RunEvent
from mockzoom.report import new_reports, parse_report, write
from mockzoom.settings import Settings


@contextmanager
def reporting(
    wanted: str | Sequence[str], settings: Settings, listener: Callable[[RunEvent], None]
) -> Iterator[Callable[[RunEvent], None]]:
    """Give `listener`, and write the reports of what it hears at the end of the block.

    `wanted` are `FORMAT=PATH`. Raises `UsageError` for one that cannot be made or written.
    """
    texts = (wanted,) if isinstance(wanted, str) else wanted
    chosen = [parse_report(text) for text in texts]
    if any(path == "-" for _, path in chosen):
        raise UsageError("report: expected the path of a file; - is for the command line")
    reports = new_reports(chosen, redactor(settings).event)

    def listen(event: RunEvent) -> None:
        listener(event)
        reports(event)

    yield listen if chosen else listener
    for path, text in reports.texts(settings.fail_on):
        write(Path(path), text)
    if reports.errors:
        raise UsageError(reports.errors[0])
