"""The controls of a play: pause, step, skip, resend, change what comes next, stop.

A terminal, a page or a test holds them; the play asks them before each step. All methods of
surfaces may be called from any thread, also before the play has begun: nothing is lost.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal, TypeAlias

from mockzoom.errors import UsageError, nearest
from mockzoom.model import JSON, Exchange
from mockzoom.play.hold import Hold
from mockzoom.play.view import (
    INJECTABLE,
    Draft,
    Phase,
    StepState,
    StepStates,
    StepStatus,
    Upcoming,
    View,
    nothing_left,
)
from mockzoom.scenario.model import NOTHING, Nothing, Step
from mockzoom.suites.cases import read_json

Command: TypeAlias = Literal["play", "skip", "resend", "duplicate"]


class Stopped(Exception):
    """The play was stopped by its controls; what was played is reported."""


Watcher: TypeAlias = Callable[[], None]


class Controls:
    """Steers one play; without any call it plays on to the end.

    `watcher` is called after every change, from whichever thread made it; it has to be quick.
    """

    def __init__(self, *, paused: bool = False, watcher: Watcher = lambda: None) -> None:
        self._lock = threading.Lock()
        self._paused = paused
        self._commands: list[Command] = []
        self._ending: Literal["", "stopped", "interrupted"] = ""
        self._upcoming = Upcoming()
        self._watcher = watcher
        self.hold = Hold()
        """Holds the play back while it is paused."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None
        self._wake = asyncio.Event()
        self._title, self._number, self._total = "", 0, 0
        self._phase: Phase = "starting"
        self._states = StepStates()
        self._draft = Draft(why="nothing is being played yet")
        self._note = ""

    # -- for surfaces: what there is to see ----------------------------------------------------

    def view(self) -> View:
        """Return everything that a surface shows, as of one moment."""
        with self._lock:
            states = self._states
            return View(
                self._title, self._number, self._total, self._phase, self._paused, states.cursor,
                tuple(states.steps), states.exchanges, self._upcoming, self._draft, self._note,
                self.hold.is_on, states.retries, states.late,
            )  # fmt: skip

    @property
    def paused(self) -> bool:
        """Whether the play waits before each step."""
        return self._paused

    @property
    def cursor(self) -> int:
        """The index of the step that comes next, or is playing; -1 before the first."""
        return self._states.cursor

    @property
    def steps(self) -> tuple[StepState, ...]:
        """The steps of the scenario being played."""
        with self._lock:
            return tuple(self._states.steps)

    @property
    def upcoming(self) -> Upcoming:
        """What was changed about what comes next, and was not used yet."""
        return self._upcoming

    @property
    def finished(self) -> bool:
        """Whether the play has ended."""
        return self._phase == "finished"

    @property
    def ending(self) -> str:
        """Why the play has to end before its time: `stopped` or `interrupted`; else empty."""
        return self._ending

    # -- for surfaces: commands ----------------------------------------------------------------

    def next(self) -> None:
        """Play the next step, then wait again; called n times, it plays n steps.

        Where it was paused in the midst of a step, that one is played to its end.
        """
        with self._lock:
            within = self._phase != "waiting" and self.hold.is_on
            if within:
                self.hold.take_off()
        self._command(None if within else "play", paused=True)

    def play(self) -> None:
        """Play on, without waiting before steps."""
        self._command(paused=False)

    def pause(self) -> None:
        """Stand still at once: nothing more is sent, no time passes, and no step follows.

        What is under way on the wire is finished; what was to be played by `next` is not.
        """
        self._command(paused=True, held=True)

    def skip(self) -> None:
        """Leave the next step out; one that is playing is played to its end."""
        self._command("skip")

    def resend(self) -> None:
        """Deliver the last event again, as a new delivery, before the next step."""
        self._command("resend")

    def duplicate(self) -> None:
        """Deliver the last event again with the same request id, before the next step."""
        self._command("duplicate")

    def edit(self, body: JSON) -> None:
        """Let the next `send` deliver `body` in the place of its own.

        It is kept until that step is played or skipped. Events within `together` and `shuffle`
        stay as they are.
        """
        with self._lock:
            step = "" if self._draft.why else self._draft.step
            self._upcoming = replace(self._upcoming, body=body, step=step)
        self._changed()

    def unedit(self) -> None:
        """Let the next `send` deliver its own body after all."""
        with self._lock:
            self._upcoming = replace(self._upcoming, body=NOTHING, step="")
        self._changed()

    def edit_text(self, text: str) -> None:
        """Do as `edit` with the JSON that `text` is; raise `UsageError` where it is none."""
        self.edit(_parsed(text))

    def inject(self, fault: str) -> None:
        """Inject a fault into the first attempt at the next delivery of an event.

        Its name is one of `INJECTABLE`, or empty to take it back; raises `UsageError` otherwise.
        """
        names = [each.name for each in INJECTABLE]
        if fault and fault not in names:
            raise UsageError(
                f"no fault is called {fault!r}{nearest(fault, names)} (known: {', '.join(names)})"
            )
        with self._lock:
            self._upcoming = replace(self._upcoming, fault=fault)
        self._changed()

    def stop(self, *, interrupted: bool = False) -> None:
        """End the play at once, also in the midst of a step; the report is of what was played.

        `interrupted` says that the play could not be completed, which is then in the report.
        """
        with self._lock:
            self._ending = self._ending or ("interrupted" if interrupted else "stopped")
        self._on_loop(self._cancel)
        self._changed()

    # -- for the play --------------------------------------------------------------------------

    def attach(self) -> None:
        """Steer the task that calls this, from now on; raise `Stopped` if it was stopped before."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.current_task()
            if self._ending:
                raise Stopped

    def begin(self, title: str, steps: tuple[Step, ...], number: int = 1, total: int = 1) -> None:
        """A scenario begins."""
        with self._lock:
            self._title, self._number, self._total = title, number, total
            self._phase = "starting"
            self._states.begin(steps)
            self._draft = Draft(why="the scenario has not begun yet")
            if self._upcoming.step:  # an edit of a step that no longer comes
                self._upcoming = replace(self._upcoming, body=NOTHING, step="")
            self._note = ""
        self._watcher()

    async def gate(self, index: int, draft: Callable[[], Draft] = nothing_left) -> Command:
        """Wait until step `index` (their number: the end) may be played; return what is to be done.

        Where it has to wait, `draft` is asked which body comes next.
        """
        with self._lock:
            self._states.cursor = index
        self.mark(index, "next")
        while True:
            with self._lock:
                self._wake.clear()
                command = self._commands.pop(0) if self._commands else None
                waits = command is None and self._paused
                self._phase = "waiting" if waits else "playing"
                self._draft = draft() if waits else Draft(why="a step is being played")
                (self.hold.put_on if waits else self.hold.take_off)()
                if command is not None:
                    self._note = ""
            self._watcher()
            if not waits:
                return command or "play"
            await self._wake.wait()

    def take_edit(self, step: str) -> JSON | Nothing:
        """Return the body that was written in the place of the one of `step`, and forget it."""
        with self._lock:
            upcoming = self._upcoming
            if upcoming.step not in ("", step) or upcoming.body is NOTHING:
                return NOTHING
            self._upcoming = replace(upcoming, body=NOTHING, step="")
        return upcoming.body

    def take_fault(self) -> str:
        """Return the name of the fault for the next delivery, and forget it."""
        with self._lock:
            fault = self._upcoming.fault
            self._upcoming = replace(self._upcoming, fault="")
        return fault

    def follow(self, elapsed: Callable[[], float]) -> None:
        """Take the time from a schedule: the seconds since its beginning."""
        with self._lock:
            self._states.follow(elapsed)

    def delivered(self, step: str, exchange: Exchange, due: float | None = None) -> None:
        """Note an attempt of `step`, or of one within it; empty: of whatever is being played.

        `due` is when the next one is to be made, in seconds of the schedule.
        """
        with self._lock:
            self._states.delivered(step, exchange, due)
        self._watcher()

    def later(self, step: str, due: float | None) -> None:
        """Note when a late event of `step` goes out, by the schedule; None: that it has."""
        with self._lock:
            self._states.later(step, due)
        self._watcher()

    def mark(self, index: int, status: StepStatus, note: str = "") -> None:
        """Note what became of a step; an edit of one that is skipped is forgotten."""
        with self._lock:
            name = self._states.mark(index, status)
            if status == "skipped" and name and self._upcoming.step == name:
                self._upcoming = replace(self._upcoming, body=NOTHING, step="")
            if note:
                self._note = note
        self._watcher()

    def say(self, note: str) -> None:
        """Tell whoever looks why a command had no effect, or why the scenario cannot go on."""
        with self._lock:
            self._note = note
        self._watcher()

    def comparing(self) -> None:
        """The scenario was played; plays for comparison follow, which nobody steers."""
        with self._lock:
            self._phase = "comparing"
            self._draft = Draft(why="the scenario has been played")
        self._watcher()

    def end(self) -> None:
        """Everything has been played; from now on commands have no effect."""
        self.hold.take_off()
        with self._lock:
            self._phase = "finished"
            self._task = None
            self._draft = Draft(why="everything has been played")
            self._states.close()
        self._watcher()

    def _cancel(self) -> None:
        """On the loop: end the play where it stands, unless it has ended meanwhile."""
        if self._task is not None:
            self._task.cancel()

    def _command(
        self, command: Command | None = None, *, paused: bool | None = None, held: bool = False
    ) -> None:
        with self._lock:
            if paused is False:
                self.hold.take_off()
            elif held and self._phase in ("playing", "comparing"):
                self.hold.put_on()
            if paused is not None:
                self._paused = paused
            if command is not None:
                self._commands.append(command)
            elif paused is not None:  # it says anew how to go on, also instead of `next`
                self._commands = [each for each in self._commands if each != "play"]
        self._changed()

    def _changed(self) -> None:
        self._on_loop(self._wake.set)
        self._watcher()

    def _on_loop(self, call: Callable[[], None]) -> None:
        """Have the loop of the play call something, unless it has not begun, or has ended."""
        with self._lock:
            loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(call)


def _parsed(text: str) -> JSON:
    try:
        return read_json(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"no JSON: {error}") from None
