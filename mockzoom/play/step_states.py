"""The states of a play's steps: where each stands, what it has delivered, what is to be retried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mockzoom.model import Exchange
from mockzoom.play.view import StepState, StepStatus
from mockzoom.scenario.model import Step, walk

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
