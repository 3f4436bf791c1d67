"""What a scenario run is played with, and what it has delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mockzoom.engine.case import TestCase
from mockzoom.engine.evidence import describe
from mockzoom.engine.runner import Runner
from mockzoom.play.answers import Answers
from mockzoom.play.attempts import Sending
from mockzoom.play.controls import Controls
from mockzoom.play.late_answers import LateAnswers
from mockzoom.play.scenario_events import ScenarioEvents
from mockzoom.play.schedule import Schedule
from mockzoom.play.streams import Streams
from mockzoom.scenario.model import Send
from mockzoom.state.plays import IN_ORDER, Lanes, Order
from mockzoom.state.settling import Settling
from mockzoom.wording import deliveries


@dataclass(frozen=True, slots=True)
class StepDelivery:
    """What became of one delivery of a step."""

    step: Send
    case: TestCase
    sending: Sending


def leave_off(runner: Runner, delivered: Sequence[StepDelivery]) -> None:
    """Tell of deliveries that were still to be retried when the play was ended from outside.

    A retry might have been acknowledged, so they are shown and not judged.
    """
    waiting = [each.sending for each in delivered if each.sending.is_waiting]
    for sending in waiting:
        runner.delivered(sending.exchange)
    if waiting:
        seen = dict.fromkeys(describe(sending.attempts[-1]) for sending in waiting)
        number = len(waiting)
        were, are = ("was", "is") if number == 1 else ("were", "are")
        runner.notice(
            f"{deliveries(number)} {were} still to be retried when the play ended, and {are} not"
            f" checked; last answered: {'; '.join(list(seen)[:3])}"
        )


@dataclass(slots=True)
class RunContext:
    """What a scenario run is played with."""

    runner: Runner
    events: ScenarioEvents
    schedule: Schedule
    answers: Answers | None = None
    controls: Controls | None = None
    settling: Settling | None = None
    next_secret: str = field(default="", repr=False)
    orders: Order = field(default_factory=lambda: IN_ORDER)
    lanes: Lanes = "parallel"
    effective: set[str] | None = None
    """Types of events that were seen to change the state, where the others are watched."""
    rehearsal: bool = False
    late_answers: LateAnswers | None = None
    streams: Streams | None = None
