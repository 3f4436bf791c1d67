"""The controls of a play: pause, step, skip, resend, change what comes next, stop.

A terminal, a page or a test holds them; the play asks them before each step. All methods may be
called from any thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from mockzoom.delivery.faults import fault_named
from mockzoom.model import JSON, Exchange
from mockzoom.scenario.model import AnyStep

StepStatus: TypeAlias = Literal["waiting", "next", "playing", "done", "skipped", "failed"]
Command: TypeAlias = Literal["play", "skip", "resend", "duplicate", "stop"]


class Stopped(Exception):
    """The play was stopped by its controls; what was played is reported."""


@dataclass(frozen=True, slots=True)
class StepState:
    """One step as a surface shows it."""

    name: str
    what: str
    about: str = ""
    status: StepStatus = "waiting"
    exchanges: tuple[Exchange, ...] = ()
    """What it has delivered so far."""


@dataclass(slots=True)
class Upcoming:
    """What was changed about the next delivery."""

    body: JSON = None
    """The whole body in the place of the step's, where it was edited."""
    fault: str = ""


Watcher: TypeAlias = Callable[[], None]


class Controls:
    """Steers one play; without any call it plays on to the end."""

    def __init__(self, *, paused: bool = False, watcher: Watcher = lambda: None) -> None:
        self._lock = threading.Lock()
        self._paused = paused
        self._steps: list[StepState] = []
        self._cursor = -1
        self._commands: list[Command] = []
        self._upcoming = Upcoming()
        self._watcher = watcher
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self.title = ""
        self.finished = False
        self.stopping = False
        """Whether it was stopped; whoever cancels the play then need not call it interrupted."""

    # -- for surfaces --------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether the play waits before each step."""
        return self._paused

    @property
    def cursor(self) -> int:
        """The index of the step that comes next, or is playing; -1 before the first."""
        return self._cursor

    @property
    def steps(self) -> tuple[StepState, ...]:
        """The steps of the scenario being played."""
        with self._lock:
            return tuple(self._steps)

    def next(self) -> None:
        """Play the next step, then wait again."""
        self._command("play", paused=True)

    def play(self) -> None:
        """Play on, without waiting before steps."""
        self._command(None, paused=False)

    def pause(self) -> None:
        """Wait before the next step."""
        self._command(None, paused=True)

    def skip(self) -> None:
        """Leave the next step out."""
        self._command("skip", paused=self._paused)

    def resend(self) -> None:
        """Deliver the last event again, as a new delivery."""
        self._command("resend", paused=self._paused)

    def duplicate(self) -> None:
        """Deliver the last event again with the same request id."""
        self._command("duplicate", paused=self._paused)

    def edit(self, body: JSON) -> None:
        """Let the next `send` deliver `body` in the place of its own."""
        with self._lock:
            self._upcoming.body = body
        self._changed()

    def inject(self, fault: str) -> None:
        """Inject a fault of the wire into the next delivery; raise `UsageError` if none has it."""
        if fault:
            fault_named(fault)
        with self._lock:
            self._upcoming.fault = fault
        self._changed()

    def stop(self) -> None:
        """End the play; the report is of what was played."""
        self.stopping = True
        with self._lock:
            self._commands.insert(0, "stop")
        self._changed()

    # -- for the play --------------------------------------------------------------------------

    def begin(self, title: str, steps: tuple[AnyStep, ...]) -> None:
        """A scenario begins; call it on the loop that it is played on."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._wake = asyncio.Event()
            self.title = title
            self._steps = [StepState(step.name, step.what, step.about) for step in steps]
            self._cursor = -1
        self._watcher()

    async def gate(self, index: int) -> Command:
        """Wait until step `index` may be played; return what is to be done instead, if anything.

        Raises `Stopped`.
        """
        assert self._wake is not None
        self._cursor = index
        self.mark(index, "next")
        while True:
            with self._lock:
                self._wake.clear()
                command = self._commands.pop(0) if self._commands else None
                paused = self._paused
            if command == "stop":
                raise Stopped
            if command is not None:
                return command
            if not paused:
                return "play"
            await self._wake.wait()

    @property
    def upcoming(self) -> Upcoming:
        """What was changed about the next delivery; whoever uses a change takes it away."""
        return self._upcoming

    def delivered(self, step: str, exchange: Exchange) -> None:
        """Note a delivery of a step, or of one within it."""
        with self._lock:
            for index, state in enumerate(self._steps):
                if state.name == step or (state.status == "playing" and index == self._cursor):
                    self._steps[index] = replace(state, exchanges=(*state.exchanges, exchange))
                    break
        self._watcher()

    def mark(self, index: int, status: StepStatus, exchange: Exchange | None = None) -> None:
        """Note what became of a step."""
        with self._lock:
            state = self._steps[index]
            more = () if exchange is None else (exchange,)
            self._steps[index] = replace(state, status=status, exchanges=(*state.exchanges, *more))
        self._watcher()

    def end(self) -> None:
        """Everything has been played."""
        self.finished = True
        self._watcher()

    def _command(self, command: Command | None, *, paused: bool) -> None:
        with self._lock:
            self._paused = paused
            if command is not None:
                self._commands.append(command)
        self._changed()

    def _changed(self) -> None:
        if self._loop is not None and self._wake is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)
        self._watcher()
