"""What a surface shows of a play: its steps, what they delivered, and what comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from mockzoom.model import JSON, Exchange
from mockzoom.scenario.model import NOTHING, Nothing, Step, walk
from mockzoom.transport.faults import FAULTS, LOST_ANSWER, TransportFault

StepStatus: TypeAlias = Literal[
    "waiting", "next", "playing", "done", "skipped", "failed", "stopped"
]
Phase: TypeAlias = Literal["starting", "waiting", "playing", "comparing", "finished"]

INJECTABLE: tuple[TransportFault, ...] = (*FAULTS, LOST_ANSWER)
"""What can be injected into a delivery."""


@dataclass(frozen=True, slots=True)
class StepState:
    """One step as a surface shows it."""

    name: str
    what: str
    about: str = ""
    status: StepStatus = "waiting"
    exchanges: tuple[Exchange, ...] = ()
    """What it has delivered so far, each with the attempts made so far."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The body that the next `send` will deliver, or `why` none can be shown."""

    step: str = ""
    body: JSON = None
    why: str = ""


def nothing_left() -> Draft:
    """Return the draft of a scenario's end."""
    return Draft(why="no event is left to be delivered")


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What was changed about what comes next."""

    body: JSON | Nothing = NOTHING
    """The whole body in the place of the one of `step`, where it was edited."""
    step: str = ""
    """The step that was edited; empty: whichever `send` comes next."""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A play as it is at one moment."""

    title: str
    number: int
    """Which scenario this is, from 1; 0 before the first."""
    total: int
    phase: Phase
    paused: bool
    cursor: int
    """The step that comes next or is playing; -1 before the first, their number after the last."""
    steps: tuple[StepState, ...]
    exchanges: tuple[Exchange, ...]
    """The deliveries, the one with the latest attempt last; also those of scenarios before."""
    upcoming: Upcoming
    draft: Draft
    note: str
    """What the play has to say about the last command, or about why it cannot go on."""
    held: bool
    """Whether it stands still, so that nothing is sent and no time passes."""
    retries: Mapping[str, float]
    """Seconds of the schedule until the next attempt at a delivery, by the delivery's id."""
    late: Mapping[str, float]
    """Seconds of the schedule until a late event goes out for the first time, by its step."""

    @property
    def moves(self) -> bool:
        """Whether it goes on by itself, as do plays for comparison, whatever was paused before."""
        return not self.held and (not self.paused or self.phase == "comparing")


_KEPT = 500
"""Exchanges that a surface can still show; the oldest go first."""


class StepStates:
    """Keeps the steps of one scenario after the other; whoever owns it sees to its threads."""

    def __init__(self) -> None:
        self.steps: list[StepState] = []
        self.cursor = -1
        """The step that comes next, or is playing; -1 before the first."""
        self._owners: dict[str, int] = {}
        self._exchanges: dict[str, Exchange] = {}
        self._due: dict[str, float] = {}
        self._late: dict[str, float] = {}
        self._elapsed: Callable[[], float] = float

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The deliveries, the one with the latest attempt last; also of scenarios before."""
        return tuple(self._exchanges.values())

    @property
    def retries(self) -> Mapping[str, float]:
        """Seconds of the schedule until the next attempt at a delivery, by the delivery's id."""
        now = self._elapsed()
        return {name: max(0.0, due - now) for name, due in self._due.items()}

    @property
    def late(self) -> Mapping[str, float]:
        """Seconds of the schedule until a late event goes out, by the name of its step."""
        now = self._elapsed()
        return {
            self.steps[self._owners[name]].name: max(0.0, due - now)
            for name, due in self._late.items()
        }

    def begin(self, steps: tuple[Step, ...]) -> None:
        """Put the steps of a scenario up; what another left undone is not done any more."""
        self.cursor, self._due, self._late = -1, {}, {}
        self.steps = [StepState(step.name, step.what, step.about) for step in steps]
        self._owners = {
            inner.name: index for index, step in enumerate(steps) for inner in walk((step,))
        }

    def follow(self, elapsed: Callable[[], float]) -> None:
        """Take the time from a schedule: the seconds since its beginning."""
        self._elapsed, self._due, self._late = elapsed, {}, {}

    def mark(self, index: int, status: StepStatus) -> str:
        """Note what became of a step, and return its name; empty where it is the end."""
        if index >= len(self.steps):
            return ""
        self.steps[index] = replace(self.steps[index], status=status)
        return self.steps[index].name

    def delivered(self, step: str, exchange: Exchange, due: float | None) -> None:
        """Note an attempt, and when the next one is `due` by the schedule."""
        name = exchange.delivery.id
        self._due.pop(name, None)
        if due is not None:
            self._due[name] = due
        self._exchanges.pop(name, None)
        self._exchanges[name] = exchange
        if len(self._exchanges) > _KEPT:
            del self._exchanges[next(iter(self._exchanges))]
        index = self._owners.get(step, self.cursor)
        if 0 <= index < len(self.steps):
            state = self.steps[index]
            self.steps[index] = replace(state, exchanges=_with(state.exchanges, exchange))

    def later(self, step: str, due: float | None) -> None:
        """Note when a late event of `step` goes out, by the schedule; None: that it has."""
        self._late.pop(step, None)
        if due is not None and step in self._owners:
            self._late[step] = due

    def close(self) -> None:
        """Note that nothing more is played: no step is under way, and no attempt follows."""
        self._due, self._late = {}, {}
        for index, state in enumerate(self.steps):
            if state.status in ("playing", "next"):
                self.mark(index, "stopped" if state.status == "playing" else "waiting")


def _with(exchanges: tuple[Exchange, ...], exchange: Exchange) -> tuple[Exchange, ...]:
    """Return `exchanges` with this one, in the place of an earlier state of the same delivery."""
    for index in range(len(exchanges) - 1, -1, -1):
        if exchanges[index].delivery.id == exchange.delivery.id:
            return (*exchanges[:index], exchange, *exchanges[index + 1 :])
    return (*exchanges, exchange)
