"""Marks what settings accept in the result of a run: the same for its listeners and its caller."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from msgspec.structs import replace

from mockzoom.errors import UsageError
from mockzoom.model import RunEvent, RunFinished, RunKind, RunResult
from mockzoom.report.accepted import Acceptance
from mockzoom.report.baseline import check_baseline, read_baseline, write_baseline
from mockzoom.settings import Settings

Listener = Callable[[RunEvent], None]


def acceptance(
    settings: Settings, *, whole: bool = False, elsewhere: Collection[str] = ()
) -> Acceptance:
    """Return what `settings` accept; raise `UsageError` where that cannot be read or written.

    `whole` says that the run meets everything that a run of its kind can meet, but the events of
    products that it leaves out, `elsewhere`.
    """
    path = None if settings.baseline is None else Path(settings.baseline)
    if path is None:
        if settings.write_baseline:
            raise UsageError("--write-baseline: no file is named; pass --baseline FILE with it")
        return Acceptance(settings.ignore, whole=whole, elsewhere=elsewhere)
    if settings.write_baseline:
        check_baseline(path)
    baseline = read_baseline(path, may_miss=settings.write_baseline)
    return Acceptance(
        settings.ignore, baseline, settings.write_baseline, whole, settings.fuzz > 0, elsewhere
    )


def accepted(result: RunResult, settings: Settings) -> RunResult:
    """Return the result of one delivery with what `settings` accept."""
    marked = acceptance(settings).marked(result, "verify")
    return replace(marked, fail_on=settings.fail_on)


class Accepting:
    """A listener that hands events on, and the result with what is accepted in it.

    It also writes the baseline, where that is asked for, and notes by what the run is judged.
    """

    def __init__(
        self,
        settings: Settings,
        kind: RunKind,
        listener: Listener,
        *,
        whole: bool,
        elsewhere: Collection[str] = (),
    ) -> None:
        self._acceptance = acceptance(settings, whole=whole, elsewhere=elsewhere)
        self._fail_on = settings.fail_on
        self._kind = kind
        self._listener = listener

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, RunFinished):
            self.result = self._concluded(event.result)
            event = RunFinished(self.result)
        self._listener(event)

    def _concluded(self, result: RunResult) -> RunResult:
        accepting = self._acceptance
        marked = replace(accepting.marked(result, self._kind), fail_on=self._fail_on)
        if not accepting.writing or accepting.baseline is None:
            return marked
        try:
            write_baseline(accepting.baseline.path, accepting.entries(result, self._kind))
        except UsageError as error:
            # The run is over: its report must not be lost with the file.
            return replace(marked, breakages=(*marked.breakages, str(error)))
        return marked
