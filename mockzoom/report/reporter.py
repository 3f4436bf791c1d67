"""What a report format is made of: a `Reporter` takes the events of a run and gives a text.

`Reports` feeds the reporters of one run. It bounds what each of them is given, and keeps a reporter
that fails from the run and from the other reports.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from mockzoom.model import (
    ExchangeFinished,
    FailOn,
    Observed,
    RunEvent,
    RunFinished,
    RunResult,
    RunStarted,
)


class Reporter(ABC):
    """Takes the events of one run, and gives the text of its report after the last one."""

    takes: ClassVar[Mapping[type[RunEvent], int]] = {}
    """How many events of each type it is given at most, the first ones of a run.

    It may keep them: this bounds its memory. `RunStarted` and `RunFinished` always come, and
    `result.deliveries` says how many deliveries there were. Media and keep-alives of streams
    (`Observation.routine`) never come. Requests and answers come without credentials.
    """

    takes_named: ClassVar[bool] = False
    """Whether it takes later exchanges, too: a violation that comes after one may name it.

    It must not keep them all. Of a journal, only those come that a violation of its result names.
    """

    def __init__(self) -> None:
        self._result: RunResult | None = None

    def take(self, event: RunEvent) -> None:
        """Take one run event; they come in the order in which they happen."""
        if isinstance(event, RunFinished):
            self._result = event.result

    @property
    def result(self) -> RunResult:
        """What the run came to; raises `RuntimeError` before its end."""
        if self._result is None:
            raise RuntimeError("the run has not finished")
        return self._result

    @abstractmethod
    def text(self, fail_on: FailOn) -> str:
        """Return the whole report; `fail_on` is the least severity that fails the run."""


MOST_KEPT = 100_000
"""Events of a type that are kept by a format that reports them all."""
_MOST_TEXT = 256 * 1024 * 1024
"""Characters that such a report has at most."""


class GatheringReporter(Reporter):
    """Keeps what it says of each event, within bounds; `left_out` counts what had no room."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered: list[str] = []
        self.left_out = 0
        self._room = _MOST_TEXT

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        super().take(event)
        if isinstance(event, RunFinished):
            return
        made = list(self.lines(event))
        size = sum(map(len, made))
        if size > self._room:
            self.left_out += 1
            return
        self._room -= size
        self.gathered += made

    @abstractmethod
    def lines(self, event: RunEvent) -> Iterator[str]:
        """Yield what the report says of an event."""


@dataclass(slots=True)
class _Fed:
    """A reporter, what it was given so far, and why it failed."""

    name: str
    path: str
    reporter: Reporter
    given: Counter[type[RunEvent]] = field(default_factory=Counter)
    error: str = ""

    def wants(self, event: RunEvent) -> bool:
        if self.error:
            return False
        if isinstance(event, RunStarted | RunFinished):
            return True
        if isinstance(event, Observed) and event.observation.routine:
            return False
        if isinstance(event, ExchangeFinished) and self.reporter.takes_named:
            return True
        return self.given[type(event)] < self.reporter.takes.get(type(event), 0)

    def take(self, event: RunEvent) -> None:
        self.given[type(event)] += 1
        try:
            self.reporter.take(event)
        except Exception as error:
            self.failed(error)

    def text(self, fail_on: FailOn) -> str:
        try:
            return self.reporter.text(fail_on)
        except Exception as error:
            self.failed(error)
            return ""

    def failed(self, error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        self.error = (
            f"--report {self.name}={self.path}: the reporter failed and nothing was written:"
            f" {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        )


class Reports:
    """The reports of one run: a listener of its events, and the finished texts.

    `wanted` has the format's name, the path and the reporter of each. `clean` takes credentials out
    of an event that holds requests, answers or messages; it is called for such events only, and
    only where a reporter takes them.
    """

    def __init__(
        self,
        wanted: Iterable[tuple[str, str, Reporter]],
        clean: Callable[[RunEvent], RunEvent] = lambda event: event,
    ) -> None:
        self._all = [_Fed(name, path, reporter) for name, path, reporter in wanted]
        self._clean = clean

    def __call__(self, event: RunEvent) -> None:
        """Take one run event; what a reporter raises ends its report, and nothing else."""
        takers = [fed for fed in self._all if fed.wants(event)]
        if takers and isinstance(event, ExchangeFinished | Observed):
            event = self._clean(event)
        for fed in takers:
            fed.take(event)

    @property
    def takes(self) -> Mapping[type[RunEvent], int]:
        """How many events of each type there is a taker for, at most."""
        most: dict[type[RunEvent], int] = {}
        for fed in self._all:
            for kind, count in fed.reporter.takes.items():
                most[kind] = max(count, most.get(kind, 0))
        return most

    @property
    def takes_named(self) -> bool:
        """Whether a reporter takes the exchanges that violations name."""
        return any(fed.reporter.takes_named for fed in self._all)

    @property
    def formats(self) -> tuple[str, ...]:
        """The names of the formats."""
        return tuple(fed.name for fed in self._all)

    def texts(self, fail_on: FailOn) -> Iterator[tuple[str, str]]:
        """Yield path and text of each report; one whose reporter failed is left out."""
        for fed in self._all:
            text = "" if fed.error else fed.text(fail_on)
            if not fed.error:
                yield fed.path, text

    @property
    def errors(self) -> list[str]:
        """Why reports are missing, where they are; complete once `texts` is exhausted."""
        return [fed.error for fed in self._all if fed.error]

    @property
    def to_stdout(self) -> bool:
        """Whether a report goes to standard output."""
        return any(fed.path == "-" for fed in self._all)
