"""What a surface shows of a play: its steps, what they delivered, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mockzoom.model import JSON, Exchange
from mockzoom.scenario.model import NOTHING, Nothing
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
