"""A run as a sequence diagram in SVG: the mock, the receiver, and the sockets of its streams.

`SvgReporter` records a run; the drawing is a pure function of what was recorded. Colours are the
reader's (`currentColor`, system colours) but for red and amber, which are legible on light and
dark; every mark has its words as a `<title>`, and says by its form what its colour says.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import ClassVar

from mockzoom.engine.evidence import summary
from mockzoom.model import (
    Attempt,
    Exchange,
    ExchangeFinished,
    FailOn,
    Failure,
    Observation,
    Observed,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    Violation,
    ViolationFound,
)
from mockzoom.report.escaping import clipped, for_xml, markup_for_log
from mockzoom.report.reporter import Reporter
from mockzoom.transport.faults import LOST_ANSWER
from mockzoom.wording import counted, deliveries

_TELEPHONE = 300
MOST_DELIVERIES = 200
"""Deliveries that a diagram shows: what comes after them nobody reads as a drawing."""
_MOST_OTHERS = 400
MOST_ROWS = 600
"""Lines of a diagram at most; what comes after them is counted."""
_BAD, _WARN = "#d9363e", "#b7791f"
_STYLE = (
    "svg:root{color-scheme:light dark;color:CanvasText;background:Canvas}"
    "text{font-family:ui-sans-serif,system-ui,sans-serif;font-size:12px}"
    ".over{paint-order:stroke;stroke:Canvas;stroke-width:4px;stroke-linejoin:round}"
)
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
"""The Content-Security-Policy under which a diagram shows as it should."""


@dataclass(frozen=True, slots=True)
class Group:
    """A step or a group of deliveries: when it began, and at which second of the schedule."""

    at: float
    name: str
    about: str = ""
    scheduled: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded of a run; `left_out` deliveries are known of and not among `exchanges`."""

    title: str
    exchanges: Sequence[Exchange] = ()
    observations: Sequence[Observation] = ()
    violations: Sequence[Violation] = ()
    groups: Sequence[Group] = ()
    left_out: int = 0


class SvgReporter(Reporter):
    """Draws a run; it keeps the first 200 deliveries, and 400 steps, observations and violations.

    While the run goes on, violations are drawn as they were found; afterwards as its result groups
    them.
    """

    takes: ClassVar[Mapping[type[RunEvent], int]] = {
        ExchangeFinished: MOST_DELIVERIES,
        StepStarted: _MOST_OTHERS,
        Observed: _MOST_OTHERS,
        ViolationFound: _MOST_OTHERS,
    }

    def __init__(self) -> None:
        super().__init__()
        self._title = "a run"
        self._exchanges: list[Exchange] = []
        self._observations: list[Observation] = []
        self._violations: list[Violation] = []
        self._groups: list[Group] = []

    def take(self, event: RunEvent) -> None:
        """Take one run event."""
        super().take(event)
        if isinstance(event, RunStarted):
            self._title = f"{event.kind} of {event.target}"
        elif isinstance(event, StepStarted):
            self._groups.append(Group(event.began, event.name, event.about, event.at))
        elif isinstance(event, ExchangeFinished):
            self._exchanges.append(event.exchange)
        elif isinstance(event, Observed):
            self._observations.append(event.observation)
        elif isinstance(event, ViolationFound):
            self._violations.append(event.violation)
        elif isinstance(event, RunFinished):
            self._violations = list(event.result.violations)

    def recorded(self, deliveries: int) -> Recorded:
        """Return what is to be drawn, also while the run goes on; it has made `deliveries`."""
        groups, left_out = self._groups, max(0, deliveries - len(self._exchanges))
        if left_out and self._exchanges:
            ends = self._exchanges[-1].last.started_at
            groups = [group for group in groups if group.at <= ends]
        return Recorded(
            self._title, self._exchanges, self._observations, self._violations, groups, left_out
        )

    def text(self, fail_on: FailOn) -> str:
        """Return the diagram of the whole run; it has no verdict."""
        return as_svg(self.recorded(self.result.deliveries))


@dataclass(frozen=True, slots=True)
class _Row:
    """One line: an arrow from lane to lane, or words where both are the same."""

    start: int
    end: int
    text: str
    hover: str
    kind: str = "plain"
    """`plain`, `answer`, `failure`, `warning`, `violation`, `group` or `note`."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand on the drawing, in pixels.

    On a narrow one the lanes share the width of a telephone, and words run over them.
    """

    lanes: int
    narrow: bool = False

    @property
    def row(self) -> int:
        return 34 if self.narrow else 24

    @property
    def top(self) -> int:
        return 44 if self.narrow else 64

    @property
    def width(self) -> int:
        return max(_TELEPHONE, 70 * self.lanes) if self.narrow else self.x(self.lanes - 1) + 260

    def x(self, lane: int) -> int:
        if self.narrow:
            return 40 + lane * (self.width - 80) // max(1, self.lanes - 1)
        return 130 + 420 * lane if lane < 2 else 550 + 190 * (lane - 1)

    def name_room(self) -> int:
        """Return how many letters of a lane's name fit over it."""
        return max(4, (self.x(1) - self.x(0)) // 7) if self.narrow else 24

    def arrow_place(self, start: int, end: int) -> tuple[int, int]:
        """Return the middle of an arrow's words, and how many letters have room."""
        if self.narrow:
            return self.width // 2, (self.width - 16) // 7
        return (start + end) // 2, abs(end - start) // 7


def as_svg(recorded: Recorded, *, narrow: bool = False) -> str:
    """Return the diagram of what was recorded, as one SVG document; `narrow` for telephones."""
    sockets = list(dict.fromkeys(_lane(seen) for seen in recorded.observations))
    lanes = ["mock", "receiver", *sockets]
    rows = list(_rows(recorded, {name: index for index, name in enumerate(lanes)}))
    hidden = len(rows) - MOST_ROWS
    if hidden > 0:
        del rows[MOST_ROWS:]
    more = recorded.left_out
    if hidden > 0 or more:
        told = [counted(hidden, "more line")] if hidden > 0 else []
        told += [deliveries(more, "more")] if more else []
        are = "is" if max(hidden, 0) + more == 1 else "are"
        text = f"… {' and '.join(told)} {are} not drawn"
        rows.append(_Row(0, 0, text, text, "group"))
    layout = _Layout(len(lanes), narrow)
    width = layout.width
    height = layout.top + layout.row * (len(rows) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" class="mockzoom-diagram" fill="currentColor" color="currentColor"'
        ' role="graphics-document" aria-labelledby="mockzoom-diagram-title">',
        f'<title id="mockzoom-diagram-title">{_text(recorded.title)}</title>',
        f"<style>{_STYLE}</style>",
        *_heads(layout, lanes, height),
    ]
    for number, row in enumerate(rows):
        parts.append(_drawn(layout, row, layout.top + layout.row * (number + 1)))
    parts.append("</svg>")
    return markup_for_log("\n".join(parts) + "\n")


# -- what is drawn -----------------------------------------------------------------------------


def _rows(recorded: Recorded, lanes: dict[str, int]) -> Iterator[_Row]:
    """Yield the lines in the order of time; violations of no single delivery come last."""
    blamed, rest = _blamed(recorded)
    timed: list[tuple[float, int, list[_Row]]] = []
    title = ""
    for group in recorded.groups:
        name = group.name.removeprefix(f"{title}: ")  # a scenario's name stands once over its steps
        title = name if name == group.name else title
        timed.append((group.at, 0, [_group_row(group, name)]))
    for exchange in recorded.exchanges:
        for number, attempt in enumerate(exchange.attempts):
            made = _attempt_rows(exchange, number)
            if attempt is exchange.last:
                made += [_violation_row(item) for item in blamed.get(exchange.delivery.id, ())]
            timed.append((attempt.started_at, 1, made))
    for seen in recorded.observations:
        timed.append((seen.at, 1, [_seen_row(seen, lanes[_lane(seen)])]))
    for _, _, made in sorted(timed, key=lambda item: item[:2]):
        yield from made
    for violation in rest:
        yield _violation_row(violation)


def _blamed(recorded: Recorded) -> tuple[dict[str, list[Violation]], list[Violation]]:
    """Return the violations of each delivery that is drawn, and those of none."""
    drawn = {exchange.delivery.id for exchange in recorded.exchanges}
    blamed: dict[str, list[Violation]] = {}
    rest = []
    for violation in recorded.violations:
        names = set(violation.deliveries or (violation.delivery or "",)) & drawn
        for name in names:
            blamed.setdefault(name, []).append(violation)
        if not names:
            rest.append(violation)
    return blamed, rest


def _group_row(group: Group, name: str) -> _Row:
    when = "" if group.scheduled is None else f"{_spell(group.scheduled)} · "
    return _Row(0, 0, f"{when}{name}", group.about or group.name, "group")


def _attempt_rows(exchange: Exchange, number: int) -> list[_Row]:
    item, attempt = exchange.delivery, exchange.attempts[number]
    words = [item.event or "(no event)"]
    if item.forge:
        words.append(f"forged: {item.forge}")
    faulty = item.fault and not (item.fault == LOST_ANSWER.name and attempt.status is not None)
    if faulty:
        words.append(f"fault: {item.fault}")
    if number:
        words.append(f"retry {number}")
        if number < len(exchange.schedule):
            words.append(f"+{_spell(exchange.schedule[number] - exchange.schedule[0])}")
    hover = f"{item.id}, case {item.case}, request id {item.request_id}, attempt {number + 1}"
    kind = "warning" if item.forge or faulty or number else "plain"
    sent = _Row(0, 1, " · ".join(words), hover, kind)
    # Nobody answers what was sent on a connection that had been upgraded.
    return [sent] if attempt.status == 101 else [sent, _answer_row(item.id, attempt)]


def _answer_row(name: str, attempt: Attempt) -> _Row:
    outcome = attempt.outcome
    if isinstance(outcome, Failure):
        return _Row(1, 0, f"✕ {outcome.kind}", f"{name}: {outcome.message}", "failure")
    took = attempt.timings.answer
    text = summary(attempt) + ("" if took is None else f" · {took * 1000:.0f} ms")
    kind = "answer" if attempt.acknowledged else "failure"
    return _Row(1, 0, text if attempt.acknowledged else f"✕ {text}", f"{name}: {text}", kind)


def _seen_row(seen: Observation, lane: int) -> _Row:
    text = seen.recognised if seen.code is None else f"{seen.recognised} {seen.code}"
    hover = f"{seen.socket or 'stream'} of {seen.stream or 'no stream'}: {seen.message or text}"
    if seen.direction == "note":
        return _Row(lane, lane, text, hover, "note")
    ends = (1, lane) if seen.direction == "in" else (lane, 1)
    return _Row(*ends, text, hover)


def _violation_row(item: Violation) -> _Row:
    sign = "⚠" if item.severity == "error" else "△"
    times = f" ×{item.count}" if item.count > 1 else ""
    return _Row(0, 0, f"{sign} {item.rule} {item.slug}{times}", item.message, "violation")


def _lane(seen: Observation) -> str:
    return seen.socket or "stream"


def _spell(seconds: float) -> str:
    """Return seconds of a schedule as people say them, such as `5m` or `1h 30m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.3g}s"
    parts = ((whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s"))
    return " ".join([f"{value}{unit}" for value, unit in parts if value][:2])


# -- how it is drawn ---------------------------------------------------------------------------


def _heads(layout: _Layout, lanes: Sequence[str], height: int) -> Iterator[str]:
    for number, name in enumerate(lanes):
        x = layout.x(number)
        yield (
            f'<g><title>{_text(name)}</title><text x="{x}" y="28" text-anchor="middle"'
            f' font-weight="bold">{_text(_clipped(name, layout.name_room()))}</text>'
            f'<line x1="{x}" y1="40" x2="{x}" y2="{height - 8}" stroke="currentColor"'
            ' stroke-opacity="0.35"/></g>'
        )


_COLOURS = {"failure": _BAD, "violation": _BAD, "warning": _WARN}


def _drawn(layout: _Layout, row: _Row, y: int) -> str:
    colour = _COLOURS.get(row.kind, "currentColor")
    inner = (_words if row.start == row.end else _arrow)(layout, row, y, colour)
    return f'<g class="{row.kind}"><title>{_text(clipped(row.hover))}</title>{inner}</g>'


def _arrow(layout: _Layout, row: _Row, y: int, colour: str) -> str:
    start, end = layout.x(row.start), layout.x(row.end)
    tip = 7 if end < start else -7
    dashes = ' stroke-dasharray="5 4"' if row.kind in ("answer", "failure") else ""
    middle, room = layout.arrow_place(start, end)
    return (
        f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="{colour}"{dashes}/>'
        f'<path d="M{end} {y}l{tip} -4v8z" fill="{colour}"/>'
        f'<text class="over" x="{middle}" y="{y - 6}" text-anchor="middle" fill="{colour}">'
        f"{_text(_clipped(row.text, room))}</text>"
    )


def _words(layout: _Layout, row: _Row, y: int, colour: str) -> str:
    width = layout.width
    if row.kind == "group":
        begin = layout.x(0) + 8  # beside the first lane's line, not across it
        text = _text(_clipped(row.text, (width - begin - 10) // 7))
        return (
            f'<line x1="8" y1="{y + 5}" x2="{width - 8}" y2="{y + 5}" stroke="currentColor"'
            f' stroke-opacity="0.2"/><text class="over" x="{begin}" y="{y}"'
            f' font-style="italic">{text}</text>'
        )
    x = layout.x(1) if row.kind == "violation" else layout.x(row.start)
    begin = layout.x(0) + 8 if layout.narrow else x + 10
    text = _text(_clipped(row.text, (width - begin - 10) // 7))
    return (
        f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/>'
        f'<text class="over" x="{begin}" y="{y}" fill="{colour}">{text}</text>'
    )


def _clipped(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"


def _text(text: str) -> str:
    """Return `text` as XML, without control characters and what XML cannot carry."""
    return escape(for_xml(text, line_feeds=False))
