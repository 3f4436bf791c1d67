"""Playing scenarios: deliveries over time, with retries, duplicates, losses and other orders."""

from __future__ import annotations

from mockzoom.play.controls import Controls, Stopped
from mockzoom.play.plan import PlayPlan, applicable, check, needs
from mockzoom.play.player import Player
from mockzoom.play.view import INJECTABLE, Draft, StepState, Upcoming, View
from mockzoom.state.probe import Reader

__all__ = [
    "INJECTABLE",
    "Controls",
    "Draft",
    "PlayPlan",
    "Player",
    "Reader",
    "StepState",
    "Stopped",
    "Upcoming",
    "View",
    "applicable",
    "check",
    "needs",
]
