"""Playing scenarios: deliveries over time, with retries, duplicates, losses and other orders."""

from __future__ import annotations

from mockzoom.play.controls import Controls, StepState, Stopped
from mockzoom.play.director import Director, applicable, check, needs
from mockzoom.play.plan import PlayPlan
from mockzoom.play.probing import Reader

__all__ = [
    "Controls",
    "Director",
    "PlayPlan",
    "Reader",
    "StepState",
    "Stopped",
    "applicable",
    "check",
    "needs",
]
