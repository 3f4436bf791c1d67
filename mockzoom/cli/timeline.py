"""The timeline of a play, line by line, in the order of its schedule."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from mockzoom.engine.evidence import describe
from mockzoom.model import (
    Attempt,
    Delivery,
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
from mockzoom.wording import counted, deliveries

Echo = Callable[[str, str], None]
"""Shows a line in a style (see `mockzoom.cli.show`)."""
_MOST_LINES = 100
"""Lines of one scenario that are shown; of the deliveries after that only what failed is."""
_MOST_FAILED = 20
"""Failed deliveries that are shown beyond that, and findings, of one scenario."""


class TimelinePrinter:
    """A listener that shows each step, what was delivered, and what was answered.

    A delivery is reported when its last retry is over, long after what came between, so the lines
    of a scenario are held until its end and shown in the order of time; with `live`, for plays that
    take their time, each is shown when it comes. `planned` shows what would be delivered and when,
    `brief` only the scenarios and what was found. Long scenarios are cut short, plays for
    comparison told in a line, and lines cut at `width` characters (0: not at all).
    """

    def __init__(
        self,
        echo: Echo,
        *,
        planned: bool = False,
        brief: bool = False,
        live: bool = False,
        width: int = WIDTH,
    ) -> None:
        self._echo = echo
        self._width = width
        self._live = live
        self._held: list[tuple[float, str, str]] = []
        """Second of the schedule, style and text of each line that waits for its turn."""
        self._at = 0.0
        self._planned = planned
        self._brief = brief
        self._shown = 0
        self._failed = 0
        self._found = 0
        self._untold: list[bool] = []
        """Whether each delivery that has no line was acknowledged."""
        self._aside = False
        self._began: dict[str, float] = {}
        """The second of the schedule at which each step of a planned scenario began."""

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
                self._line(found.severity, None, f"{found.rule} {found.slug}: {found.message}")

    def _step(self, event: StepStarted) -> None:
        if event.at is None or event.aside:
            self._tally()
            self._shown, self._failed, self._aside = 0, 0, event.aside
        if event.at is None:
            self._found = 0
            self._began.clear()
            self._echo("head", f"{event.name}  {event.about}".rstrip())
            return
        self._shown += 1
        if self._shown > _MOST_LINES and not self._planned:
            return
        _, _, name = event.name.partition(": ")
        if self._planned:
            self._began[name] = event.at
        about = "" if event.about.endswith(name) else f"{name}: "
        self._line("", event.at, about + event.about)

    def _is_told(self, exchange: Exchange) -> bool:
        """Return whether a delivery gets lines of its own; count it otherwise."""
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
        """Show what is held, and say how many findings and deliveries had no lines."""
        for _, style, line in sorted(self._held, key=itemgetter(0)):
            self._show(style, line)
        self._held.clear()
        self._at = 0.0
        self._say_left_out()

    def _say_left_out(self) -> None:
        if self._found > _MOST_FAILED:
            more = counted(self._found - _MOST_FAILED, "more finding")
            self._show("", f"{'':>10}    {more}: see the report")
            self._found = _MOST_FAILED
        if not self._untold:
            return
        number, failed = len(self._untold), self._untold.count(False)
        what = deliveries(number, "" if self._aside else "more")
        came = f"{failed} not acknowledged" if failed else "all acknowledged"
        self._show("dim", f"{'':>10}    {what}, {came}")
        self._untold.clear()

    def _exchange(self, exchange: Exchange) -> None:
        item, schedule = exchange.delivery, exchange.schedule
        if self._planned:
            retries = "" if len(schedule) < 2 else _planned_retries(exchange)
            when = schedule[0] if schedule else None
            self._line("dim", when, f"  {item.id} {item.event}{self._step_of(item, when)}{retries}")
            return
        for number, attempt in enumerate(exchange.attempts):
            when = schedule[number] if number < len(schedule) else None
            count = f" (attempt {number + 1})" if number else ""
            self._line("dim", when, f"  {item.id} {item.event}{count}: {seen(attempt)}")

    def _step_of(self, delivery: Delivery, when: float | None) -> str:
        """Name the step of a delivery that comes later, and so stands below other steps."""
        name = delivery.case.partition("/")[2]
        began = self._began.get(name, when)
        return "" if when is None or began is None or at(when) == at(began) else f" ({name})"

    def _line(self, style: str, when: float | None, text: str) -> None:
        """Show a line in its turn; without a time of its own it follows the last one."""
        self._at = self._at if when is None else when
        line = f"{'' if when is None else at(when):>10}  {text}"
        if self._live:
            self._show(style, line)
        else:
            self._held.append((self._at, style, line))

    def _show(self, style: str, line: str) -> None:
        fits = not self._width or len(line) <= self._width
        self._echo(style, line if fits else line[: self._width - 1] + "…")


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
