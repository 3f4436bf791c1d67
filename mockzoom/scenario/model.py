"""What a scenario is, once its document has been read: typed steps, ready to be played.

Everything that a document can say wrongly has been said by then: names exist, durations are
seconds, `play` and `matrix` are expanded, and `let` is filled in. What only the play can know, the
values saved by earlier steps, is left in texts as `${name}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockzoom.model import JSON
from mockzoom.scenario.durations import spell

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

    place: Place
    name: str
    about: str = ""
    after: float = 0.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Step):
    """Validates the URL; `enable` first enables a subscription that was disabled."""

    enable: bool = False
    deliver: Deliver = Deliver(retry="none")
    expect: Expect | None = None

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return "validate the URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Step):
    """Lets `seconds` of the schedule pass: retries, late deliveries, re-validations fall due."""

    seconds: float

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"wait {spell(self.seconds)}"


SECONDS = "{seconds}"
"""What stands in the URL of `advance` for the time that has passed."""


@dataclass(frozen=True, slots=True)
class ProbeSource:
    """Where the receiver's state is read: an HTTP GET, a command, or rows of a `database` by `sql`.

    None of them: the probe of the command line or of the test. `ignore` and `unordered` are paths
    (`*` for any key): places that don't count, lists whose order doesn't. `reset` is a URL that is
    POSTed to before a fresh start. `advance` is one that is POSTed to where time jumps, with
    `{seconds}` filled in. `within` is the number of seconds granted to the receiver's workers.
    """

    get: str = ""
    run: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    reset: str = ""
    within: float = 10.0
    database: str = field(default="", repr=False)
    sql: str = ""
    advance: str = ""

    @property
    def named(self) -> bool:
        """Whether it names a URL, a command or a query of its own."""
        return bool(self.get or self.run or self.sql)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Step):
    """Reads the receiver's state, and compares it; `source` is None for the scenario's own."""

    source: ProbeSource | None = None
    expect: Expect | None = None
    saves: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return "probe the receiver's state"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCall(Step):
    """Sends a request to another endpoint of the receiver; `path` begins at its host.

    `body` is sent as JSON. `headers` are names and values.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: JSON | Nothing = NOTHING
    expect: Expect | None = None
    saves: tuple[tuple[str, str], ...] = ()

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"call {self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Step):
    """Plays its lanes at once, each a sequence of steps, for as many `entity_sets`."""

    lanes: tuple[tuple[AnyStep, ...], ...]
    entity_sets: int = 1

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        lanes = "one lane" if len(self.lanes) == 1 else f"{len(self.lanes)} lanes"
        sets = f" for {self.entity_sets} entity sets" if self.entity_sets > 1 else ""
        return f"{lanes} at once{sets}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Await(Step):
    """Waits until the stream server has seen `condition`, such as `ready`, `within` seconds."""

    condition: str
    argument: str = ""
    """What a `message` is called, for example."""
    within: float = 60.0

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"await stream.{self.condition} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault(Step):
    """Has the stream server do something, such as `drop-signaling`, with `options`."""

    action: str
    options: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return f"stream: {self.action}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate(Step):
    """From here on deliveries are signed with the next secret."""

    @property
    def what(self) -> str:
        """What it does, in a few words."""
        return "sign with the next secret"


AnyStep: TypeAlias = (
    Send
    | Challenge
    | Wait
    | Probe
    | EndpointCall
    | Together
    | Shuffle
    | Await
    | StreamFault
    | Rotate
)


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
    steps: tuple[AnyStep, ...]
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
        return any(isinstance(step, Rotate) for step in walk(self.steps))


def walk(steps: Iterable[AnyStep]) -> Iterator[AnyStep]:
    """Yield every step, with those within `together` and `shuffle`, in the order written."""
    for step in steps:
        yield step
        if isinstance(step, Together):
            for lane in step.lanes:
                yield from walk(lane)
        elif isinstance(step, Shuffle):
            yield from walk(step.steps)


def sends(steps: Iterable[AnyStep]) -> tuple[Send, ...]:
    """Return those of `steps` that deliver an event."""
    return tuple(step for step in steps if isinstance(step, Send))


def span(steps: Iterable[AnyStep], step_s: float = STEP_S) -> float:
    """Return the seconds of the payload clock that `steps` take: waits, and `step_s` an event."""
    total = 0.0
    for step in steps:
        total += step.after
        if isinstance(step, Wait):
            total += step.seconds
        elif isinstance(step, Together):
            total += max((span(lane, step_s) for lane in step.lanes), default=0.0)
        elif isinstance(step, Shuffle):
            total += span(step.steps, step_s)
        elif isinstance(step, Send):
            total += min(step.follows_s, step_s)
    return total
