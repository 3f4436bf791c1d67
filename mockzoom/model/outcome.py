"""What a run tells while it goes on, and what it comes to in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mockzoom.frozen import cheap
from mockzoom.model.contract import Severity
from mockzoom.model.exchange import Exchange, Observation


@dataclass(frozen=True, slots=True)
class Violation:
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


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A rule that this run could not judge, and why."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the contract was exercised: done, of how many."""

    events: tuple[int, int] = (0, 0)
    constraints: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a run's timeline: `at` seconds after its start, where, and what was seen."""

    at: float
    where: str
    """`webhook`, or the socket of a stream, such as `signaling-1`."""
    what: str


@dataclass(frozen=True, slots=True)
class RunResult:
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
    timeline: tuple[Moment, ...] = ()
    """What streams and the webhooks between them showed, in the order of time."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins; `total` is the number of deliveries expected, as far as it is known."""

    target: str
    seed: int
    total: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A group of deliveries begins, `at` so many seconds of the schedule where there is one.

    What is `aside` is played only to compare what it leaves; its answers are not judged.
    """

    name: str
    about: str
    at: float | None = None
    aside: bool = False


@cheap
@dataclass(frozen=True, slots=True)
class ExchangeFinished:
    """A delivery was answered, or not."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Observed:
    """The stream server saw something."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class ViolationFound:
    """A check found a violation; the report groups them."""

    violation: Violation


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run has ended, completely or not."""

    result: RunResult


RunEvent: TypeAlias = (
    RunStarted | StepStarted | ExchangeFinished | Observed | ViolationFound | RunFinished
)
"""What a run tells while it goes on; every surface is a consumer of this one stream."""
