"""When events are due: the profiles of a load run, as data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct

from mockzoom.errors import UsageError, nearest

WINDOW_S = 10.0
"""Seconds that are judged together, and for which a rate has to hold."""
MOST_RATE = 1_000.0
"""Events a second that need no confirmation."""
MOST_SECONDS = 60.0
"""Seconds of a profile that need no confirmation."""
LONGEST_S = 3_600.0


class Phase(Struct, frozen=True):
    """A part of a profile: `share` of its time, with a rate that goes evenly from one to another.

    The rates are fractions of the highest one.
    """

    about: str
    share: float
    begin: float
    end: float


PROFILES: Mapping[str, tuple[Phase, ...]] = {
    "steady": (Phase("steady", 1.0, 1.0, 1.0),),
    "burst": tuple(
        phase
        for _ in range(5)
        for phase in (Phase("burst", 0.04, 1.0, 1.0), Phase("between", 0.16, 0.1, 0.1))
    ),
    "webinar": (
        Phase("people join", 0.3, 0.05, 1.0),
        Phase("it begins", 0.2, 1.0, 1.0),
        Phase("it goes on", 0.3, 0.1, 0.1),
        Phase("all leave", 0.2, 1.0, 1.0),
    ),
}


class LoadPlan(Struct, frozen=True):
    """What a load run is to do: `rate` in events a second, at the highest, for some `seconds`."""

    rate: float
    seconds: float = MOST_SECONDS
    profile: str = "steady"
    processes: int = 1
    """How many processes send: one core sends some hundred events a second."""

    def check(self, *, public: bool, confirmed: bool) -> None:
        """Raise `UsageError` for a plan that cannot be played, or needs to be confirmed."""
        if self.profile not in PROFILES:
            raise UsageError(
                f"--profile {self.profile}: no profile has this name"
                f"{nearest(self.profile, PROFILES)} (known: {', '.join(PROFILES)})"
            )
        if not 0 < self.rate < math.inf:
            raise UsageError(f"--rate {self.rate:g}: expected events a second, more than 0")
        if not 1 <= self.seconds <= LONGEST_S:
            raise UsageError(f"--for {self.seconds:g}s: expected 1 s to {LONGEST_S:g} s")
        if public:
            raise UsageError(
                "a load run sends to loopback and private addresses only; run it beside the"
                " receiver, or against a copy of it"
            )
        if not confirmed and self.rate > MOST_RATE:
            raise UsageError(f"--rate {self.rate:g}: more than {MOST_RATE:g} a second needs --yes")
        if not confirmed and self.seconds > MOST_SECONDS:
            raise UsageError(f"--for {self.seconds:g}s: more than {MOST_SECONDS:g} s needs --yes")


class Span(Struct, frozen=True):
    """A part of a run that is judged by itself: when its events are due, in seconds from 0."""

    about: str
    seconds: float
    due: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Events due a second, on average."""
        return len(self.due) / self.seconds


def spans(plan: LoadPlan) -> Iterator[Span]:
    """Yield the spans of a profile: its phases, in pieces of ten seconds where they are longer."""
    began = 0.0
    for phase in PROFILES[plan.profile]:
        length = phase.share * plan.seconds
        pieces = max(1, round(length / WINDOW_S))
        for piece in range(pieces):
            first, last = (
                plan.rate * (phase.begin + (phase.end - phase.begin) * at / pieces)
                for at in (piece, piece + 1)
            )
            seconds = length / pieces
            about = f"{began:.0f} to {began + seconds:.0f} s, {phase.about}"
            yield Span(about, seconds, tuple(_due(first, last, seconds)))
            began += seconds


def steady(rate: float, seconds: float = WINDOW_S) -> Span:
    """Return one span with the same rate all the time."""
    return Span(f"{rate:.4g} a second", seconds, tuple(_due(rate, rate, seconds)))


def _due(first: float, last: float, seconds: float) -> Iterator[float]:
    """Yield the times of a rate that goes evenly from `first` to `last`: each one more event."""
    slope = (last - first) / seconds
    for number in range(math.floor((first + last) / 2 * seconds + 1e-9)):
        if abs(slope) < 1e-9:
            yield number / first
        else:
            root = math.sqrt(max(0.0, first * first + 2 * slope * number))
            yield min(seconds, (root - first) / slope)
