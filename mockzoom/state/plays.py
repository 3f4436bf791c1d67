"""Plays for comparison: the questions that a comparison asks, and what came of a play."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from mockzoom.model import JSON, Violation
from mockzoom.scenario.model import Scenario, Send
from mockzoom.state.roles import SentEvent

Lanes: TypeAlias = Literal["parallel", "serial", "interleaved", "gentle"]
"""How the lanes of `together` are played."""
Order: TypeAlias = Mapping[str, tuple[int, ...]]
"""In which order each shuffle, by its name, delivers its events."""
IN_ORDER: Order = {}


class NotComparable(Exception):
    """A play for comparison went wrong where the judged one did not; says how."""


@dataclass(frozen=True, slots=True)
class PlayRecord:
    """What became of the deliveries of one play; steps are named."""

    sent: tuple[SentEvent, ...]
    pinned: tuple[JSON, ...] = ()
    """Values that every play has."""
    acknowledged: tuple[Send, ...] = ()
    """Steps with a delivery whose last attempt was acknowledged."""
    unacknowledged: frozenset[str] = frozenset()
    """Steps with a delivery whose last attempt was answered, and not acknowledged."""
    failing: frozenset[str] = frozenset()
    """Steps with a delivery whose first attempt was answered, and not acknowledged."""
    retried: frozenset[str] = frozenset()
    """Steps with a delivery that was retried."""
    is_rate_limited: bool = False
    """Whether a delivery was answered 429 at last."""
    is_altered: bool = False
    """Whether something else was played than the scenario says."""

    def check(self, failing: frozenset[str], about: str = "") -> None:
        """Raise `NotComparable` if this play went otherwise than the judged one.

        `failing` are the steps that were not acknowledged in that. `about` begins the reason.
        """
        if self.is_rate_limited:
            raise NotComparable("it answers 429; see --rate")
        new = sorted(self.failing - failing)
        if new:
            raise NotComparable(
                f"{about}{new[0]} was not acknowledged there, although it was before (is it too"
                " much at once for the receiver, or for this machine?)"
            )


@dataclass(frozen=True, slots=True)
class PlayScript:
    """Asks for one play of a script about new entities; the answer is `ScriptPlayed`.

    A `long` look waits longer for what the receiver may still do.
    """

    script: Scenario
    orders: Order = field(default_factory=dict)
    lanes: Lanes = "serial"
    long: bool = False


@dataclass(frozen=True, slots=True)
class ScriptPlayed:
    """One play: its record, and the settled state before and after it."""

    record: PlayRecord
    before: JSON
    after: JSON


@dataclass(frozen=True, slots=True)
class ReadSettled:
    """Asks for one more look at what the last play has changed; the answer is a snapshot."""

    before: JSON


@dataclass(frozen=True, slots=True)
class ReadLater:
    """Asks for a snapshot after more time than any look has taken."""


@dataclass(frozen=True, slots=True)
class PassScript:
    """One play of a pass; `failing` are the steps that were not acknowledged in the judged one."""

    title: str
    script: PlayScript
    failing: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlayPass:
    """Asks for several plays one after the other; the answer is `PassPlayed`."""

    scripts: tuple[PassScript, ...]
    about: str
    long: bool
    is_watched: bool = False
    """Whether the state is read around events, until their types are known to change it."""


@dataclass(frozen=True, slots=True)
class PassPlayed:
    """One pass: `snapshots` are those before it and after each play, `after` is settled."""

    records: tuple[PlayRecord, ...]
    snapshots: tuple[JSON, ...]
    after: JSON
    effective: frozenset[str] = frozenset()
    """Types of events after which the state was another one, if the pass was watched."""


Question: TypeAlias = PlayScript | ReadSettled | ReadLater | PlayPass
_T = TypeVar("_T")
Asking: TypeAlias = Generator[Question, Any, _T]
"""Yields questions, is sent their answers, and returns a result."""


@dataclass(slots=True)
class StateFindings:
    """What a comparison has found so far; whoever answers its questions reports it."""

    violations: list[tuple[Violation, str]] = field(default_factory=list)
    """Each with the name of its step."""
    notices: list[str] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)
    """The rules of all violations, reported ones included."""

    def violation(self, found: Violation, step: str) -> None:
        """Add a violation of a step."""
        self.violations.append((found, step))
        self.rules.add(found.rule)
