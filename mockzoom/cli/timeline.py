"""The timeline of a play, line by line, as it happens."""

from __future__ import annotations

from collections.abc import Callable

from mockzoom.checks import describe
from mockzoom.model import (
    Attempt,
    Exchange,
    ExchangeFinished,
    Failure,
    RunEvent,
    StepStarted,
    ViolationFound,
)
from mockzoom.report.text import WIDTH
from mockzoom.scenario.durations import spell

Echo = Callable[[str, str], None]
"""Shows a line in a style (see `mockzoom.cli.show`)."""


class Timeline:
    """A listener that shows each step, what was delivered, and what was answered.

    `planned` shows what would be delivered and when, `brief` only the scenarios and what was found.
    Lines are cut at `width` characters.
    """

    def __init__(
        self, echo: Echo, *, planned: bool = False, brief: bool = False, width: int = WIDTH
    ) -> None:
        self._echo = echo
        self._width = width
        self._planned = planned
        self._brief = brief

    def __call__(self, event: RunEvent) -> None:
        """Take one run event."""
        if isinstance(event, StepStarted):
            if event.at is None or not self._brief:
                self._step(event)
        elif isinstance(event, ExchangeFinished):
            if not self._brief:
                self._exchange(event.exchange)
        elif isinstance(event, ViolationFound) and not self._planned:
            found = event.violation
            self._line(found.severity, "", f"{found.rule} {found.slug}: {found.message}")

    def _step(self, event: StepStarted) -> None:
        if event.at is None:
            self._echo("head", f"{event.name}  {event.about}".rstrip())
            return
        _, _, name = event.name.partition(": ")
        about = "" if event.about.endswith(name) else f"{name}: "
        self._line("", at(event.at), about + event.about)

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
