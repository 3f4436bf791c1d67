"""What a scenario is, once its document has been read: typed steps, ready to be played.

Here are the steps that deliver and order events; the other kinds are in `steps` and `sending`.

Everything that a document can say wrongly has been said by then: names exist, durations are
seconds, `play` and `matrix` are expanded, and `let` is filled in. What only the play can know, the
values saved by earlier steps, is left in texts as `${name}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from mockzoom.errors import MockzoomError
from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource

STEP_S = 1.0
"""Seconds of the payload clock from one event to the next where a scenario names none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a scenario's document; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class StepError(MockzoomError):
    """A scenario cannot go on: at which step, and why."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Stands for an expectation that was not written (None is a JSON value)."""


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Assert:
    """What the values at a JSONPath have to be: pairs of an operator and what it compares with."""

    place: Place
    path: str
    checks: tuple[tuple[str, JSON], ...]


@dataclass(frozen=True, slots=True)
class Expect:
    """What an answer, or a probed state, has to be; what is not named is not looked at.

    `statuses` are closed ranges, `within` seconds. `body` is compared by value, where an object
    may have more than the fields named; `schema` is JSON Schema 2020-12. Texts may have `${name}`
    in them, until `mockzoom.scenario.filling` has filled saved values in.
    """

    place: Place
    statuses: tuple[tuple[int, int], ...] = ()
    within: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Name and regular expression that the whole value has to match."""
    body: JSON | Nothing = NOTHING
    schema: Mapping[str, JSON] | bool | Nothing = NOTHING
    asserts: tuple[Assert, ...] = ()
    saved_statuses: tuple[str, ...] = ()
    """Statuses that an earlier step saves, as `${name}`."""


LosePoint: TypeAlias = Literal["mid-answer", "before-answer"]


@dataclass(frozen=True, slots=True)
class Deliver:
    """How one event reaches the receiver.

    `times` and `gap` make duplicates: without a gap one goes out after the other was answered, with
    a gap of 0 s all at once, otherwise so many seconds apart. `same_id` keeps the request id.
    `late` is the number of seconds that the delivery lags behind the event, while the scenario goes
    on. The answers of the first `lose_response` attempts are lost on the way, `lose_at` a point.
    """

    times: int = 1
    gap: float | None = None
    same_id: bool = True
    late: float = 0.0
    lose_response: int = 0
    forge: str = ""
    malform: str = ""
    """The name of a malformed body, or a mutant's case such as `mutant:3`."""
    fault: str = ""
    retry: str = "zoom"
    lose_at: LosePoint = "mid-answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every step has. `after` is the number of seconds waited before it."""

    rotates: ClassVar[bool] = False
    """Whether it needs a second secret."""
    place: Place
    name: str
    about: str = ""
    after: float = 0.0

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        raise NotImplementedError

    @property
    def own_name(self) -> str:
        """The name that it has where the scenario gives it none."""
        return type(self).__name__.lower()

    def lasts(self, step_s: float) -> float:
        """Return its seconds of the payload clock, at most `step_s` for an event."""
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Step):
    """Delivers an event.

    `like` names the contract's event that one unknown to it is cloned from. `changes` sets single
    values by their paths, `without` removes optional fields. `entities` chooses the entity set (0:
    the scenario's own), `shape` the optional fields. `follows_s` is the number of seconds by which
    it happens after the event before it; 0: in the same millisecond. `saves` names values for later
    steps: a path into the event's body, or `answer.status`, `answer.headers.x`, `answer.body.x`.

    A `body` is delivered byte for byte in place of a made event, under `request_id` where that is
    given.
    """

    event: str
    like: str = ""
    body: str | None = None
    request_id: str = ""
    changes: tuple[tuple[str, JSON], ...] = ()
    without: tuple[str, ...] = ()
    entities: int = 0
    shape: int = 0
    follows_s: float = STEP_S
    deliver: Deliver = Deliver()
    expect: Expect | None = None
    saves: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"send {self.event}"

    @property
    def own_name(self) -> str:
        """The event's name."""
        return self.event

    def lasts(self, step_s: float) -> float:
        """Return the time since the event before it."""
        return min(self.follows_s, step_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Step):
    """Plays its lanes at once, each a sequence of steps, for as many `entity_sets`."""

    lanes: tuple[tuple[Step, ...], ...]
    entity_sets: int = 1

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        lanes = "one lane" if len(self.lanes) == 1 else f"{len(self.lanes)} lanes"
        sets = f" for {self.entity_sets} entity sets" if self.entity_sets > 1 else ""
        return f"{lanes} at once{sets}"

    def lasts(self, step_s: float) -> float:
        """Return the time of its longest lane."""
        return max((span(lane, step_s) for lane in self.lanes), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffle(Step):
    """Delivers its events in another order than they happened, in `orders` orders.

    With a probe each order is played about entities of its own, and all must end in the same state
    (MZ502).
    """

    steps: tuple[Send, ...]
    orders: int = 5

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"{len(self.steps)} events in another order"

    def lasts(self, step_s: float) -> float:
        """Return the time of all its events."""
        return span(self.steps, step_s)


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """The stream server of a scenario: its media, and who sends the webhooks of a lost socket.

    `files` are the kinds of media that come from a file, each with its path and where it is named.
    """

    media: tuple[str, ...] = ()
    webhooks: Literal["scripted", "auto"] = "scripted"
    files: tuple[tuple[str, str, Place], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, ready to be played.

    `variant` tells the values of `matrix` that this one was expanded with. `revalidate` is the
    number of seconds between validations of the URL (None: only where a step says so).
    """

    name: str
    file: str
    steps: tuple[Step, ...]
    about: str = ""
    because: str = ""
    """What happens in the real world that makes it worth playing."""
    variant: str = ""
    stream: StreamPlan | None = None
    probe: ProbeSource | None = None
    revalidate: float | None = None
    is_ascii: bool = False
    """Whether free text is in ASCII words alone; else it is in many scripts, with emoji."""

    @property
    def events(self) -> tuple[str, ...]:
        """The events that it delivers, each once."""
        return tuple(dict.fromkeys(step.event for step in sends(walk(self.steps))))

    @property
    def title(self) -> str:
        """The name, with the variant where it has one."""
        return f"{self.name} ({self.variant})" if self.variant else self.name

    @property
    def is_recorded(self) -> bool:
        """Whether it delivers whole bodies, which speak of the same entities in every play."""
        return any(step.body is not None for step in sends(walk(self.steps)))

    @property
    def rotates(self) -> bool:
        """Whether it needs a second secret."""
        return any(step.rotates for step in walk(self.steps))


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield every step, with those within `together` and `shuffle`, in the order written."""
    for step in steps:
        yield step
        if isinstance(step, Together):
            for lane in step.lanes:
                yield from walk(lane)
        elif isinstance(step, Shuffle):
            yield from walk(step.steps)


def sends(steps: Iterable[Step]) -> tuple[Send, ...]:
    """Return those of `steps` that deliver an event."""
    return tuple(step for step in steps if isinstance(step, Send))


def span(steps: Iterable[Step], step_s: float = STEP_S) -> float:
    """Return the seconds of the payload clock that `steps` take: waits, and `step_s` an event."""
    return sum(step.after + step.lasts(step_s) for step in steps)
