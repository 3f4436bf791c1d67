"""Concludes the result of a run by its settings: the same for its listeners and its caller.

What they accept is marked, and each finding is given the file to look at first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from mockzoom.contract import bundled
from mockzoom.errors import UsageError
from mockzoom.model import EventSpec, RunEvent, RunFinished, RunKind, RunResult
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
    return replace(marked, fail_on=settings.fail_on, settings=settings.as_reported())


def located(result: RunResult, source: str, specs: Mapping[str, EventSpec]) -> RunResult:
    """Return the result with the file of each finding that has none yet.

    That is the receiver's `source`, where it is named, else the document of the event. Where that
    is none of the contract, such as the URL validation, it is the first document of the run.
    """
    judged = {event for _, event in result.cases}
    first = min((specs[event].source for event in judged if event in specs), default="")
    places = {
        event: source or _document(specs[event].source if event in specs else first)
        for event in {item.event or "" for item in result.violations}
    }
    found = (
        replace(item, location=item.location or places[item.event or ""])
        for item in result.violations
    )
    return replace(result, violations=tuple(found))


def _document(file: str) -> str:
    """Return a contract document's path: from the working directory, or as it is packed."""
    path = Path(file)
    for base in (Path.cwd(), bundled()):
        if file and path.resolve().is_relative_to(base):
            return path.resolve().relative_to(base).as_posix()
    return file


class Accepting:
    """A listener that hands events on, and the result with what is accepted in it.

    It also writes the baseline, where that is asked for, and notes by what the run is judged.
    `specs` are the events whose documents findings point to.
    """

    def __init__(
        self,
        settings: Settings,
        kind: RunKind,
        listener: Listener,
        *,
        whole: bool,
        specs: Mapping[str, EventSpec],
        elsewhere: Collection[str] = (),
    ) -> None:
        self._acceptance = acceptance(settings, whole=whole, elsewhere=elsewhere)
        self._settings = settings
        self._specs = specs
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
        settings = self._settings
        marked = replace(
            located(accepting.marked(result, self._kind), settings.source, self._specs),
            fail_on=settings.fail_on, settings=settings.as_reported(),
        )  # fmt: skip
        if not accepting.writing or accepting.baseline is None:
            return marked
        try:
            write_baseline(accepting.baseline.path, accepting.entries(result, self._kind))
        except UsageError as error:
            # The run is over: its report must not be lost with the file.
            return replace(marked, breakages=(*marked.breakages, str(error)))
        return marked
