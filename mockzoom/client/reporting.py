"""What a test or a script learns of a run: reports as the command line has them, and hints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mockzoom.client.connect import redactor
from mockzoom.errors import UsageError
from mockzoom.model import ExchangeFinished, RunEvent
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


class StatusWatch:
    """Listens to a run for the statuses that were answered, each once, and for silence."""

    def __init__(self) -> None:
        self._seen: dict[int | None, None] = {}
        self.timed_out = False

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, ExchangeFinished):
            last = event.exchange.last
            self._seen.setdefault(last.status)
            self.timed_out = self.timed_out or last.timed_out

    @property
    def statuses(self) -> list[int | None]:
        """The statuses; None for no answer."""
        return list(self._seen)


def blocked(call: str) -> list[str]:
    """Say what to do where a test blocks the loop that its receiver may run on."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return []
    return [
        "the test blocks a running event loop meanwhile; a receiver on that loop cannot"
        f" answer: await asyncio.to_thread(mockzoom.{call}, …)"
    ]
