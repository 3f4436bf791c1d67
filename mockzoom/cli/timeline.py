"""The timeline of a play, line by line, as it happens."""

from __future__ import annotations

from collections.abc import Callable

from mockzoom.engine.evidence import describe
from mockzoom.model import (
    Attempt,
    Exchange,
    ExchangeFinished,
    Failure,
    RunEvent,
    RunFinished,
    StepStarted,
    ViolationFound,
)
from mockzoom.report.text import WIDTH
from mockzoom.scenario.durations import spell

Echo = Callable[[str, str], None]
"""Shows a line in a style (see `mockzoom.cli.show`)."""
_MOST_LINES = 100
"""Lines of one scenario that are shown; of the deliveries after that only what failed is."""
_MOST_FAILED = 20
"""Failed deliveries that are shown beyond that, and findings, of one scenario."""


class TimelinePrinter:
    """A listener that shows each step, what was delivered, and what was answered.

    `planned` shows what would be delivered and when, `brief` only the scenarios and what was found.
    Long scenarios are cut short, plays for comparison told in a line, and lines cut at `width`
    characters.
    """

    def __init__(
        self, echo: Echo, *, planned: bool = False, brief: bool = False, width: int = WIDTH
    ) -> None:
        self._echo = echo
        self._width = width
        self._planned = planned
        self._brief = brief
        self._shown = 0
        self._failed = 0
        self._found = 0
        self._untold: list[bool] = []
        """Whether each delivery that has no line was acknowledged."""
        self._aside = False

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, StepStarted):
            if event.at is None or not self._brief:
                self._step(event)
        elif isinstance(event, ExchangeFinished):
            if not self._brief and self._is_told(event.exchange):
                self._exchange(event.exchange)
        elif isinstance(event, RunFinished):
            self._tally()
        elif isinstance(event, ViolationFound) and not self._planned:
            self._found += 1
            if self._found <= _MOST_FAILED:
                found = event.violation
                self._line(found.severity, "", f"{found.rule} {found.slug}: {found.message}")

    def _step(self, event: StepStarted) -> None:
        if event.at is None or event.aside:
            self._tally()
            self._shown, self._failed, self._aside = 0, 0, event.aside
        if event.at is None:
            self._found = 0
            self._echo("head", f"{event.name}  {event.about}".rstrip())
            return
        self._shown += 1
        if self._shown > _MOST_LINES and not self._planned:
            return
        _, _, name = event.name.partition(": ")
        about = "" if event.about.endswith(name) else f"{name}: "
        self._line("", at(event.at), about + event.about)

    def _is_told(self, exchange: Exchange) -> bool:
        """Tell whether a delivery gets lines of its own; count it otherwise."""
        if self._planned:
            return True
        acknowledged = exchange.last.acknowledged
        self._shown += 1
        told = not self._aside and self._shown <= _MOST_LINES
        if not told and not self._aside and not acknowledged and self._failed < _MOST_FAILED:
            self._failed += 1
            told = True
        if not told:
            self._untold.append(acknowledged)
        return told

    def _tally(self) -> None:
        """Say how many findings and deliveries had no lines of their own."""
        if self._found > _MOST_FAILED:
            self._line("", "", f"  {self._found - _MOST_FAILED} more findings: see the report")
            self._found = _MOST_FAILED
        if not self._untold:
            return
        number, failed = len(self._untold), self._untold.count(False)
        more = "" if self._aside else " more"
        what = "delivery" if number == 1 else "deliveries"
        came = f"{failed} not acknowledged" if failed else "all acknowledged"
        self._line("dim", "", f"  {number}{more} {what}, {came}")
        self._untold.clear()

    def _exchange(self, exchange: Exchange) -> None:
        if self._planned:
            retries = "" if len(exchange.schedule) < 2 else _planned_retries(exchange)
            self._line("dim", at(exchange.schedule[0]) if exchange.schedule else "",
                       f"  {exchange.delivery.id} {exchange.delivery.event}{retries}")  # fmt: skip
            return
        for number, attempt in enumerate(exchange.attempts):
            when = at(exchange.schedule[number]) if number < len(exchange.schedule) else ""
            count = f" (attempt {number + 1})" if number else ""
            text = f"  {exchange.delivery.id} {exchange.delivery.event}{count}: {seen(attempt)}"
            self._line("dim", when, text)

    def _line(self, style: str, when: str, text: str) -> None:
        line = f"{when:>10}  {text}"
        self._echo(style, line if len(line) <= self._width else line[: self._width - 1] + "…")


def at(seconds: float) -> str:
    """Write a time of the schedule, such as `+1h25m`."""
    return f"+{spell(round(seconds))}" if seconds >= 0.5 else "+0s"


def seen(attempt: Attempt) -> str:
    """Say what came of an attempt, with Zoom's code where it failed."""
    text = describe(attempt)
    if isinstance(attempt.outcome, Failure) and attempt.delivery_code is not None:
        text += f" (code {attempt.delivery_code})"
    return text


def _planned_retries(exchange: Exchange) -> str:
    return ", again at " + ", ".join(at(when) for when in exchange.schedule[1:])
