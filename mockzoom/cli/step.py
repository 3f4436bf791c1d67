"""`mockzoom play --step`: a table of the steps, and keys that steer the play.

The play runs on a thread; what a key does is a method of its controls.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from mockzoom.cli.exchange import exchange_lines, hidden_headers
from mockzoom.cli.step_table import KEYS, Screen, StepTable
from mockzoom.cli.terminal import GONE, INTERRUPT, Terminal
from mockzoom.client.connect import redactor
from mockzoom.errors import UsageError
from mockzoom.model import JSON, RunEvent, RunResult, StepStarted, ViolationFound
from mockzoom.play import INJECTABLE, Controls, View
from mockzoom.scenario.model import NOTHING
from mockzoom.settings import Settings

Play = Callable[[Controls, Callable[[RunEvent], None]], RunResult]
"""Plays with these controls, tells this listener, and returns the outcome."""
_TICK_S = 1.0
_FRAME_S = 0.03
"""Seconds between two drawings while no key is pressed, at least."""
_CUT_LINES, _WRAP_LINES = "\x1b[?7l", "\x1b[?7h"
"""What becomes of characters beyond a line's end; terminals disagree on the width of emoji."""
_SCROLLS = {"up": -1, "k": -1, "down": 1, "j": 1, "enter": 1}


def play_by_keys(play: Play, settings: Settings, listener: Callable[[RunEvent], None]) -> RunResult:
    """Play as the keys say, and return the outcome; the terminal is left as it was."""
    with Terminal() as terminal:
        return Stepper(play, terminal, settings, listener).run()


class Stepper:
    """One play at one terminal."""

    def __init__(
        self,
        play: Play,
        terminal: Terminal,
        settings: Settings,
        listener: Callable[[RunEvent], None],
    ) -> None:
        self._play = play
        self._terminal = terminal
        self._hidden = frozenset() if settings.show_secrets else hidden_headers(settings)
        self._clean = redactor(settings)
        self._listener = listener
        self._controls = Controls(paused=True, watcher=terminal.wake)
        self._console = Console(stderr=True)
        self._step_table = StepTable(self._console)
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        self._screen = Screen()
        self._mode = self._on_table
        self._back = 0
        """How many exchanges before the last one are looked at."""
        self._unparsed: tuple[str, str] = ("", "")
        """The step that was edited, and what was written for it and is no JSON."""
        self._went_on = time.monotonic()
        self._phase = ""

    def run(self) -> RunResult:
        """Play to the end, or until it is stopped."""
        outcome: Future[RunResult] = Future()
        threading.Thread(target=self._performed, args=(outcome,), daemon=True).start()
        try:
            while not outcome.done() and self._controls.view().number == 0:
                self._key(self._terminal.key(_TICK_S), "")
            if not outcome.done():
                self._open()
            while not outcome.done():
                self._draw()
                key = self._terminal.key(None if self._phase == "waiting" else _TICK_S)
                self._key(key, "?")
                if not key:
                    time.sleep(_FRAME_S)
        except BaseException:
            self._controls.stop(interrupted=True)
            raise
        finally:
            self._shut()
        return outcome.result()

    def _open(self) -> None:
        """Take the screen; lines that a terminal finds longer than rich does are cut by it."""
        self._live.start()
        self._console.file.write(_CUT_LINES)

    def _shut(self) -> None:
        """Give the screen back, where it was taken."""
        if self._live.is_started:
            self._console.file.write(_WRAP_LINES)
        self._live.stop()

    def _performed(self, outcome: Future[RunResult]) -> None:
        try:
            outcome.set_result(self._play(self._controls, self._heard))
        except BaseException as error:
            outcome.set_exception(error)
        self._terminal.wake()

    def _heard(self, event: RunEvent) -> None:
        """Take a run event, on the thread of the play."""
        self._listener(event)
        if isinstance(event, StepStarted) and event.at is None:
            self._screen.about = event.about
        elif isinstance(event, ViolationFound):
            found = event.violation
            for delivery in found.deliveries or (found.delivery or "",):
                self._screen.found[delivery] = [*self._screen.found.get(delivery, ()), found]
            self._screen.latest = found
        self._terminal.wake()

    def _draw(self) -> None:
        view = self._controls.view()
        if view.phase != self._phase:
            self._phase, self._went_on = view.phase, time.monotonic()
        self._screen.elapsed = time.monotonic() - self._went_on
        step = self._unparsed[0]
        if step and view.draft.step not in ("", step):
            self._unparsed = ("", "")  # that step has gone by
        elif step and not self._screen.message[1]:
            self._say("error", f"what you wrote for {step} is no JSON, and does not count yet"
                               " (e goes on editing, x forgets it)")  # fmt: skip
        self._live.update(self._step_table.draw(view, self._screen), refresh=True)

    # -- keys ----------------------------------------------------------------------------------

    def _key(self, key: str, known: str) -> None:
        if not key:
            return
        if key == INTERRUPT and self._controls.ending:
            raise KeyboardInterrupt  # it does not want to wait for the report
        if key in (INTERRUPT, GONE):
            self._controls.stop(interrupted=True)
            self._say("info", "interrupted: finishing the report")
        elif known:
            self._screen.message = ("", "")
            self._mode(key)
        elif key in "nsrdpq":
            self._on_table(key)

    def _on_table(self, key: str) -> None:
        controls = self._controls
        view = controls.view()
        simple = {"n": controls.next, "s": self._skip, "?": self._help, "e": self._edit,
                  "f": self._faults, "v": self._show}  # fmt: skip
        if key in simple:
            simple[key]()
        elif key in ("r", "d"):
            self._repeat(view, same_id=key == "d")
        elif key == "p" and not view.moves:
            controls.play()
        elif key == "p":
            controls.pause()
            self._say("info", "paused: nothing is sent and no time passes, until n or p")
        elif key == "q":
            controls.stop()
            self._say("info", "finishing the report")
        elif key == "x" and self._unparsed[1]:
            self._unparsed = ("", "")
            self._say("info", "what was written is forgotten")
        elif key.isprintable() and len(key) == 1:
            self._say("dim", f"nothing is bound to {key}; ? shows the keys")

    def _repeat(self, view: View, *, same_id: bool) -> None:
        (self._controls.duplicate if same_id else self._controls.resend)()
        if view.phase == "playing":
            self._say("info", "as soon as this step is over")

    def _skip(self) -> None:
        playing = self._controls.view().phase == "playing"
        self._controls.skip()
        if playing:
            self._say("info", "the step after this one is left out")

    def _say(self, style: str, message: str) -> None:
        self._screen.message = (style, message)

    # -- pages ---------------------------------------------------------------------------------

    def _page(self, heading: str, foot: str, lines: list[tuple[str, str]]) -> None:
        screen = self._screen
        screen.heading, screen.foot, screen.lines, screen.top = heading, foot, lines, 0

    def _close(self) -> None:
        self._screen.lines = None
        self._mode = self._on_table

    def _help(self) -> None:
        lines = [("", f"{key}  {about}") for key, _, about in KEYS]
        lines += [("", ""), ("dim", "Ctrl-C ends the play as q does, and its exit code is 3.")]
        self._page("Keys", "Esc back", lines)
        self._mode = self._on_page

    def _show(self) -> None:
        self._back = 0
        if not self._controls.view().exchanges:
            self._say("warning", "nothing has been delivered yet")
            return
        self._mode = self._on_exchange
        self._shown()

    def _shown(self) -> None:
        exchanges = self._controls.view().exchanges
        self._back = max(0, min(self._back, len(exchanges) - 1))
        exchange = exchanges[-1 - self._back]
        delivery = exchange.delivery
        count = f" ({len(exchanges) - self._back} of {len(exchanges)})"
        lines = list(exchange_lines(self._clean.answers(exchange), self._hidden))
        for violation in self._screen.found.get(delivery.id, ()):
            lines.append((violation.severity, f"{violation.rule} {violation.slug}"))
            lines += [("", f"  {violation.message}"), ("", f"  to fix: {violation.fix}")]
        self._page(f"{delivery.id} {delivery.event}{count}",
                   "↑↓ space scroll  ←→ others  Esc back", lines)  # fmt: skip

    def _on_exchange(self, key: str) -> None:
        if key in ("left", "right"):
            self._back += 1 if key == "left" else -1
            self._shown()
        elif key == "v":
            self._close()
        else:
            self._on_page(key)

    def _on_page(self, key: str) -> None:
        screen, room = self._screen, self._step_table.room()
        if key in _SCROLLS:
            screen.top += _SCROLLS[key]
        elif key in (" ", "page down"):
            screen.top += room - 1
        elif key in ("b", "page up"):
            screen.top -= room - 1
        elif key in ("g", "home"):
            screen.top = 0
        elif key in ("G", "end"):
            screen.top = len(screen.lines or ()) * 1000  # the table knows where it ends
        elif key in ("escape", "q", "?"):
            self._close()

    # -- what comes next -----------------------------------------------------------------------

    def _faults(self) -> None:
        lines = [("", f"{number}  {fault.name}: {fault.about}")
                 for number, fault in enumerate(INJECTABLE, 1)]  # fmt: skip
        lines += [("", "0  none")]
        self._page("Inject into the next delivery", "choose by number  Esc back", lines)
        self._mode = self._on_fault

    def _on_fault(self, key: str) -> None:
        if key.isdecimal() and int(key) <= len(INJECTABLE):
            self._controls.inject(INJECTABLE[int(key) - 1].name if key != "0" else "")
            self._close()
        elif key != "?":
            self._on_page(key)

    def _edit(self) -> None:
        """Have the next event edited; nothing that was written is lost by a mistake."""
        view = self._controls.view()
        draft = view.draft
        if draft.why:
            self._say("warning", f"nothing to edit: {draft.why}")
            return
        body = draft.body if view.upcoming.body is NOTHING else view.upcoming.body
        before = _written(body)
        text = self._unparsed[1] if self._unparsed[0] == draft.step else before
        try:
            edited = self._edited(text)
        except click.ClickException as error:
            self._say("error", error.format_message())
            return
        if edited is None:
            self._say("info", "the editor saved nothing: all is as it was")
        elif edited.strip():
            self._take(draft.step, edited, _written(draft.body))
        else:
            self._unparsed = ("", "")
            self._controls.unedit()
            self._say("info", "an empty text: the event is the scenario's own again")

    def _take(self, step: str, text: str, own: str) -> None:
        if text.strip() == own.strip():
            self._unparsed = ("", "")
            self._controls.unedit()
            self._say("info", "unchanged: the event is the scenario's own")
            return
        try:
            self._controls.edit_text(text)
        except UsageError as error:
            self._unparsed = (step, text)
            self._say("error", f"{error} (e goes on editing, x forgets it)")
            return
        self._unparsed = ("", "")
        self._say("pass", f"edited: {step} delivers what you wrote")

    def _edited(self, text: str) -> str | None:
        self._shut()
        try:
            with self._terminal.lent():
                edited: Any = click.edit(text, extension=".json")
        finally:
            self._open()
        return edited if isinstance(edited, str) else None


def _written(body: JSON) -> str:
    text = json.dumps(body, indent=2, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        text = json.dumps(body, indent=2)
    return text + "\n"
