"""The table of `--step`: a play as a terminal shows it, in exactly as many lines as there are.

Pure: from a view of the play, and what the person has on screen, to what rich prints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from mockzoom.engine.evidence import outcome_key
from mockzoom.model import Exchange, Failure, Violation
from mockzoom.play import StepState, View
from mockzoom.scenario.durations import soon
from mockzoom.scenario.model import NOTHING

KEYS = (
    ("n", "next", "play the next step"),
    ("p", "play", "play on without waiting; p again pauses: nothing is sent, no time passes"),
    ("s", "skip", "leave the next step out"),
    ("r", "resend", "deliver the last event again, as a new delivery"),
    ("d", "dup", "deliver the last event again, with the same request id"),
    ("v", "view", "show request and answer of the last delivery, and of those before"),
    ("e", "edit", "edit the next event's JSON in $EDITOR, then n delivers it"),
    ("f", "fault", "inject a fault into the next delivery"),
    ("q", "quit", "end the play, and report what was played"),
    ("?", "help", "this list"),
)  # fmt: skip
_MARKS = {
    "waiting": ("·", ".", "dim"), "next": ("▶", ">", "bold cyan"),
    "playing": ("●", "*", "bold yellow"), "done": ("✓", "+", "green"),
    "skipped": ("–", "-", "dim"), "failed": ("✗", "x", "bold red"),
    "stopped": ("■", "#", "yellow"),
}  # fmt: skip
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan", "pass": "green",
           "head": "bold", "dim": "dim", "about": "italic"}  # fmt: skip
_NARROW = 64
_TALL = 12
_LISTED = 3
"""Answers of one step that are listed; more are counted."""


@dataclass(slots=True)
class Screen:
    """What is to be drawn: a table, or a list of lines that can be scrolled."""

    about: str = ""
    """What the scenario is about."""
    lines: list[tuple[str, str]] | None = None
    """Lines with their styles, shown in the place of the table."""
    heading: str = ""
    foot: str = ""
    top: int = 0
    message: tuple[str, str] = ("", "")
    """A style, and what is to be said about the last key."""
    found: dict[str, list[Violation]] = field(default_factory=dict)
    """The violations found so far, by delivery."""
    latest: Violation | None = None
    elapsed: float = 0.0
    """Seconds since the play last went on."""


class StepTable:
    """Draws screens for one console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain = not console.encoding.lower().startswith("utf")

    def draw(self, view: View, screen: Screen) -> RenderableType:
        """Return what fills the console."""
        if screen.lines is not None:
            return self._pages(screen)
        return self._table(view, screen)

    # -- the table -----------------------------------------------------------------------------

    def _table(self, view: View, screen: Screen) -> RenderableType:
        width, height = self._console.size
        foot = self._foot(view, screen)
        room = max(1, height - 3 - len(foot))
        rows = len(view.steps) + (view.cursor >= len(view.steps))
        top = max(0, min(view.cursor - room // 2, rows - room))
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=1)
        table.add_column(width=len(str(len(view.steps))), justify="right", style="dim")
        table.add_column(ratio=3, no_wrap=True, overflow="ellipsis")
        if width >= _NARROW:
            table.add_column(ratio=5, no_wrap=True, overflow="ellipsis")
        table.add_column(ratio=4, no_wrap=True, overflow="ellipsis")
        shown = range(top, min(rows, top + room))
        for index in shown:
            table.add_row(*self._row(view, screen, index, wide=width >= _NARROW))
        below = rows - top - len(shown)
        blank = [Text("")] * (room - len(shown))
        return Group(
            self._title(view, screen),
            self._rule(f"{top} more above" if top else ""),
            table, *blank,
            self._rule(f"{below} more below" if below else ""),
            *foot,
        )  # fmt: skip

    def _title(self, view: View, screen: Screen) -> Text:
        count = f" {view.number} of {view.total}" if view.total > 1 else ""
        return self._ends(f"{view.title}{count}", "bold", *_state(view, screen))

    def _row(self, view: View, screen: Screen, index: int, *, wide: bool) -> list[Text]:
        here = index == view.cursor and view.phase in ("waiting", "playing")
        if index >= len(view.steps):
            mark = self._mark("next" if here else "done")
            name = Text("end", style="bold cyan" if here else "")
            what = [Text("that was the scenario", style="dim")] if wide else []
            return [mark, Text(""), name, *what, Text("")]
        step = view.steps[index]
        style = "bold" if here else "dim" if step.status in ("waiting", "skipped") else ""
        what = [Text(self.clean(step.what), style=style)] if wide else []
        return [
            self._mark(step.status), Text(str(index + 1)), Text(self.clean(step.name), style=style),
            *what, self._answers(step, screen, view),
        ]  # fmt: skip

    def _mark(self, status: str) -> Text:
        mark, plain, style = _MARKS[status]
        return Text(plain if self._plain else mark, style=style)

    def _answers(self, step: StepState, screen: Screen, view: View) -> Text:
        text = Text()
        if view.upcoming.body is not NOTHING and step.name == view.upcoming.step:
            text.append("edited", style="magenta")
        if step.status == "skipped":
            text.append("skipped", style="dim")
        if step.name in view.late:
            text.append(f"goes out in {soon(view.late[step.name])} ", style="yellow")
        if len(step.exchanges) <= _LISTED:
            for number, exchange in enumerate(step.exchanges):
                text.append(", " if number else "")
                due = view.retries.get(exchange.delivery.id)
                timed = len(step.exchanges) == 1 and due is None
                answer = self._answer(exchange, timed=timed, short=due is not None)
                text.append(answer, style=_color(exchange, screen))
                if due is not None:
                    text.append(f"{self._arrow()}retry in {soon(due)}", style="yellow")
            return text
        counts: Counter[tuple[str, str]] = Counter(
            (self._answer(exchange, timed=False), _color(exchange, screen))
            for exchange in step.exchanges
        )
        for number, ((answer, style), count) in enumerate(counts.most_common()):
            text.append(", " if number else "")
            text.append(f"{answer} {self._times()}{count}", style=style)
        waiting = [view.retries.get(exchange.delivery.id) for exchange in step.exchanges]
        ahead = [due for due in waiting if due is not None]
        if ahead:
            first = soon(min(ahead))
            text.append(f", {len(ahead)} to retry, first in {first}", style="yellow")
        return text

    def _answer(self, exchange: Exchange, *, timed: bool = True, short: bool = False) -> str:
        """Return the outcomes of a delivery; `short` counts them where they are all the same."""
        answers = [outcome_key(attempt) for attempt in exchange.attempts]
        if short and len(answers) > 1 and len(set(answers)) == 1:
            return f"{answers[0]} {self._times()}{len(answers)}"
        took = exchange.last.timings.answer
        if (
            timed
            and len(answers) == 1
            and took is not None
            and not isinstance(exchange.last.outcome, Failure)
        ):
            answers[-1] += f" in {took * 1000:.0f} ms"
        return self._arrow().join(answers)

    def _times(self) -> str:
        return "x" if self._plain else "×"

    def _arrow(self) -> str:
        return " > " if self._plain else " → "

    def _foot(self, view: View, screen: Screen) -> list[Text]:
        """Return what stands below: the step's purpose, findings, what there is to say, keys."""
        found = Text("nothing found so far", style="dim")
        if screen.latest is not None:
            total = sum(len(each) for each in screen.found.values())
            worst = screen.latest
            found = Text(f"{total} found: {worst.rule} {worst.slug}: {self.clean(worst.message)}",
                         style=_STYLES[worst.severity])  # fmt: skip
        style, message = screen.message
        if not message and view.note:
            style, message = "warning", view.note
        if not message and view.upcoming.fault:
            style, message = "info", f"the next delivery suffers the fault {view.upcoming.fault}"
        room = max(1, (self._console.height - 8) // 3)
        about = self.wrapped([self._about(view, screen)])[: min(2, room)]
        said = self.wrapped([(style, message)])[:room]
        return [*about, self._cut(found), *said, *self._keys(view)]

    def _about(self, view: View, screen: Screen) -> tuple[str, str]:
        if view.cursor >= len(view.steps) > 0:
            return "about", "r and d repeat the last event; n ends the scenario."
        step = view.steps[view.cursor] if view.cursor >= 0 else None
        if step is not None and step.about:
            return "about", step.about
        narrow = self._console.width < _NARROW
        return ("about", step.what) if step is not None and narrow else ("dim", screen.about)

    def _keys(self, view: View) -> list[Text]:
        """Return the keys, in words where there is room: on one line, or on two of a tall one."""
        half = (len(KEYS) + 1) // 2
        one, short = [_written(KEYS, view, "  ")], [_written(KEYS, view, " ", words=False)]
        two = [_written(KEYS[:half], view, "  "), _written(KEYS[half:], view, "  ")]
        width = self._console.width
        if one[0].cell_len <= width:
            return one
        tall = self._console.height >= _TALL
        return two if tall and max(line.cell_len for line in two) <= width else short

    # -- pages ---------------------------------------------------------------------------------

    def wrapped(self, lines: Iterable[tuple[str, str]]) -> list[Text]:
        """Return styled lines, folded to the console's width."""
        width = max(8, self._console.width)
        folded: list[Text] = []
        for style, line in lines:
            text = Text(self.clean(line), style=_STYLES.get(style, ""))
            indent = len(line) - len(line.lstrip(" "))
            folded += _fold(text, width, min(indent + 2, width // 2)) if line else [Text("")]
        return folded

    def room(self) -> int:
        """Return how many lines of a page are shown at once."""
        return max(1, self._console.height - 3)

    def _pages(self, screen: Screen) -> RenderableType:
        lines = self.wrapped(screen.lines or ())
        room = self.room()
        screen.top = max(0, min(screen.top, len(lines) - room))
        shown: Sequence[Text] = lines[screen.top : screen.top + room]
        last = screen.top + len(shown)
        place = f"{screen.top + 1}-{last} of {len(lines)}" if len(lines) > room else ""
        return Group(
            self._ends(screen.heading, "bold", place, "dim"), self._rule(""),
            *shown, *[Text("")] * (room - len(shown)),
            self._cut(Text(screen.foot, style="dim")),
        )  # fmt: skip

    # -- lines ---------------------------------------------------------------------------------

    def clean(self, text: str) -> str:
        """Return `text` on one line and without what a terminal would take for a command."""
        shown = "".join(c if c.isprintable() else " " if c in "\t\n" else "?" for c in text)
        if self._plain:
            return shown.encode(self._console.encoding, "replace").decode(self._console.encoding)
        return shown

    def _ends(self, left: str, style: str, right: str, right_style: str) -> Text:
        room = max(1, self._console.width - len(right) - 1)
        start = Text(self.clean(left), style=style)
        start.truncate(room, overflow="ellipsis", pad=True)
        return Text.assemble(start, " ", (right, right_style), no_wrap=True, overflow="crop")

    def _rule(self, words: str) -> Text:
        line = "-" if self._plain else "─"
        start = f"{line * 2} {words} " if words else ""
        return Text(start + line * max(0, self._console.width - len(start)), style="dim")

    def _cut(self, text: Text) -> Text:
        text.no_wrap = True
        text.truncate(self._console.width, overflow="ellipsis")
        return text


def _written(
    keys: Sequence[tuple[str, str, str]], view: View, gap: str, *, words: bool = True
) -> Text:
    text = Text(no_wrap=True)
    for number, (key, word, _) in enumerate(keys):
        text.append(gap if number else "")
        text.append(key, style="bold cyan")
        if words:
            shown = "pause" if key == "p" and view.moves else word
            text.append(f" {shown}", style="dim")
    return text


def _state(view: View, screen: Screen) -> tuple[str, str]:
    """Return in a word or two what the play does, and its style."""
    if view.phase == "waiting":
        return "paused", "bold cyan"
    if view.held:
        within = "the plays to compare" if view.phase == "comparing" else "this step"
        return f"paused in {within}", "bold cyan"
    if view.phase == "comparing":
        return "playing again to compare", "yellow"
    if view.phase == "finished":
        return "finished", "green"
    words = "starting" if view.phase == "starting" else "playing"
    return words + (f" {screen.elapsed:.0f} s" if screen.elapsed >= 2 else ""), "yellow"


def _color(exchange: Exchange, screen: Screen) -> str:
    found = screen.found.get(exchange.delivery.id)
    if found:
        return _STYLES["error" if any(v.severity == "error" for v in found) else "warning"]
    return "green" if exchange.last.acknowledged else ""


def _fold(text: Text, width: int, indent: int) -> list[Text]:
    """Break a line where it is full; its continuations are indented."""
    pieces: list[Text] = []
    room = width
    while text.cell_len > room:
        head, text = text.divide([_break(text.plain, room)])
        pieces.append(head if not pieces else Text(" " * indent).append_text(head))
        room = width - indent
    pieces.append(text if not pieces else Text(" " * indent).append_text(text))
    return pieces


def _break(text: str, room: int) -> int:
    """Return after how many characters of `text` a line of `room` cells ends; at least one."""
    count = min(len(text), room)
    while count > 1 and cell_len(text[:count]) > room:
        count -= 1
    space = text.rfind(" ", 0, count)
    return space + 1 if space >= count // 2 else max(1, count)
