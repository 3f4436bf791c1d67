"""What a run reports while it goes on, and what it comes to in the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from mockzoom.model.contract import Severity
from mockzoom.model.exchange import Exchange, Observation

FailOn: TypeAlias = Literal["error", "warning", "never"]
"""The least severity that fails a run."""


class Ignored(Struct, frozen=True, gc=False):
    """Findings that settings accept: those of `rule` with the events that `events` matches."""

    rule: str
    events: str = "*"
    """A shell pattern."""
    reason: str = ""

    def __str__(self) -> str:
        return self.rule if self.events == "*" else f"{self.rule}:{self.events}"


class Violation(Struct, frozen=True, gc=False):
    """The receiver broke a rule: `count` deliveries showed it for one and the same cause."""

    rule: str
    slug: str
    severity: Severity
    message: str
    cause: str
    """Groups violations: the same rule and cause are one finding."""
    event: str | None = None
    """The event of the first such delivery."""
    events: tuple[str, ...] = ()
    """Every event that showed it."""
    delivery: str | None = None
    deliveries: tuple[str, ...] = ()
    count: int = 1
    expected: str = ""
    actual: str = ""
    reproduce: str = ""
    fix: str = ""
    accepted: tuple[tuple[str, str], ...] = ()
    """The events with which it is accepted, and why; the event is "" where it has none."""
    leads: bool = False
    """Whether it explains other findings, so that reports begin with it."""
    pointer: str = ""
    """RFC 6901 pointer into the body of a captured event; of the first one that showed it."""
    location: str = ""
    """The file to look at first, from the working directory, such as `src/app.py:13`: of the
    receiver where it is known, else the event's contract document."""

    @property
    def places(self) -> tuple[str, ...]:
        """The events that showed it; ("",) where there is none."""
        return self.events or (self.event or "",)

    @property
    def is_accepted(self) -> bool:
        """Whether it is accepted with every event, so that it fails no run."""
        return bool(self.accepted) and {*self.places} <= {event for event, _ in self.accepted}


class NotJudged(Struct, frozen=True, gc=False):
    """A rule that this run could not judge, and why."""

    rule: str
    why: str


class Coverage(Struct, frozen=True, gc=False):
    """How much of the contract was exercised: done, of how many."""

    events: tuple[int, int] = (0, 0)
    constraints: tuple[int, int] = (0, 0)


class TimelineEntry(Struct, frozen=True, gc=False):
    """One line of a run's timeline: `at` seconds after its start, where, and what was seen."""

    at: float
    where: str
    """`webhook`, or the socket of a stream, such as `signaling-1`."""
    what: str
    stream: str = ""
    """The id of the stream that it is about, where it is about one."""


class LoadWindow(Struct, frozen=True, gc=False):
    """What one span of a load run came to; times are seconds.

    An event is acknowledged in time where a 2xx is complete within the deadline, counted from the
    moment at which the event was due, so that a delivery that waits for another one is late.
    """

    about: str
    rate: float
    """Events due a second, on average."""
    seconds: float
    due: int
    acknowledged: int
    """Those that were acknowledged in time."""
    lost: Mapping[str, int]
    """What became of the others, such as `429` or `timeout`, and of how many."""
    p50: float = 0.0
    """Half of the acknowledgements came within this time; likewise the other percentiles."""
    p90: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    longest: float = 0.0
    in_flight: int = 0
    """Deliveries without an answer when the span ended."""
    grows: bool = False
    """Whether there were more and more of these."""
    throughput: float = 0.0
    """Acknowledgements in time a second, from the first event due to the last of them."""
    lag: float = 0.0
    """99 % of the events were sent at most so late, which is mockzoom's own doing."""

    @property
    def holds(self) -> bool:
        """Whether 99.9 % were acknowledged in time, and the backlog did not grow."""
        return not self.grows and self.acknowledged >= 0.999 * self.due


class Load(Struct, frozen=True, gc=False):
    """What a load run found out."""

    profile: str
    rate: float
    """The highest rate that was asked for, in events a second."""
    windows: tuple[LoadWindow, ...] = ()
    """The spans of the profile, in order."""
    search: tuple[LoadWindow, ...] = ()
    """Further rates that were tried, to find the highest that holds."""
    knee: float | None = None
    """The highest rate that held; None where none was found."""
    at_least: bool = False
    """Whether nothing higher than the knee was tried."""
    traced: int | None = None
    """How many acknowledged events a probe's state was searched for; None without a probe."""
    untraced: int = 0
    """Those of them that left no trace in it."""


class RunResult(Struct, frozen=True, gc=False):
    """The outcome of a run, as every reporter shows it."""

    target: str
    seed: int
    elapsed: float
    deliveries: int
    coverage: Coverage
    violations: tuple[Violation, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    notices: tuple[str, ...] = ()
    breakages: tuple[str, ...] = ()
    cases: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many deliveries judged each (rule, event)."""
    timeline: tuple[TimelineEntry, ...] = ()
    """What streams and the webhooks between them showed, in the order of time."""
    fail_on: FailOn = "error"
    """The least severity that fails it, as was asked for; a report may be made with another."""
    not_observable: tuple[str, ...] = ()
    """What cannot be seen of this receiver at all; such a run is complete."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What was asked for other than by default, without credentials."""
    load: Load | None = None
    """What a load run found out."""


RunKind: TypeAlias = Literal["verify", "play", "load", "record", "check"]


class RunStarted(Struct, frozen=True, gc=False):
    """A run begins; `total` is the number of deliveries expected, as far as it is known."""

    target: str
    seed: int
    total: int
    kind: RunKind


class StepStarted(Struct, frozen=True, gc=False):
    """A group of deliveries begins, `at` so many seconds of the schedule where there is one.

    What is `aside` is played only to compare what it leaves; its answers are not judged.
    """

    name: str
    about: str
    at: float | None = None
    aside: bool = False
    began: float = field(default_factory=time.time)
    """Wall time of the beginning, in seconds since the epoch, as attempts have theirs."""


class ExchangeFinished(Struct, frozen=True, gc=False):
    """A delivery was answered, or not."""

    exchange: Exchange


class Observed(Struct, frozen=True, gc=False):
    """The stream server saw something."""

    observation: Observation


class ViolationFound(Struct, frozen=True, gc=False):
    """A check found a violation; the report groups them."""

    violation: Violation


class RunFinished(Struct, frozen=True, gc=False):
    """The run has ended, completely or not."""

    result: RunResult


RunEvent: TypeAlias = (
    RunStarted | StepStarted | ExchangeFinished | Observed | ViolationFound | RunFinished
)
"""What a run reports while it goes on; every surface is a consumer of this one stream."""
