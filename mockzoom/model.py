"""The values that travel through mockzoom, one after the other.

`EventSpec -> Event -> Delivery -> Exchange (Attempts) -> Violation -> RunResult`. All are frozen: a
later stage adds a value of its own and never changes an earlier one. Durations are seconds, points
in time are seconds since the epoch, unless a name ends in `_ms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from mockzoom.frozen import cheap

JSON: TypeAlias = Any
"""Any value that JSON can carry: None, bool, int, float, str, list, or dict with str keys."""

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable id, and what a person needs to know of it."""

    id: str
    slug: str
    severity: Severity
    fires: str
    why: str
    mend: str


# -- the contract ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """An oddity of a contract document (rules MZ7xx)."""

    rule: str
    severity: Severity
    file: str
    pointer: str
    """RFC 6901 pointer into the document as it was written (before errata)."""
    message: str
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """The other documented value of one place of an event; the corrected schema has the first."""

    pointer: str
    """RFC 6901 pointer into the event's body, such as `/payload/stop_reason`."""
    value: JSON
    reason: str
    erratum: str | None = None


@dataclass(frozen=True, slots=True)
class EventSpec:
    """What the contract says of one event.

    `schema` is self-contained, satisfiable JSON Schema 2020-12 that both validators read alike:
    errata are applied, integer formats are bounds, and what is no JSON Schema is gone (each such
    repair is a `Finding` of the catalog, and a note here).
    """

    name: str
    source: str
    pointer: str
    summary: str
    schema: Mapping[str, JSON]
    examples: tuple[JSON, ...] = ()
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()


# -- events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was done to a valid event to make it break exactly one constraint.

    `pointer` is the place in the event's body; `before` and `after` are the values there (None
    also stands for absent, when `operator` says so).
    """

    operator: str
    keyword: str
    pointer: str
    before: JSON
    after: JSON


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook body, before it becomes bytes: `event`, `event_ts`, `payload`."""

    name: str
    body: Mapping[str, JSON]
    mutation: Mutation | None = None

    @property
    def payload(self) -> JSON:
        """The body's `payload`."""
        return self.body.get("payload")


# -- deliveries --------------------------------------------------------------------------------


@cheap
@dataclass(frozen=True, slots=True)
class Delivery:
    """One body to be delivered, and how it is to be authenticated.

    Retries of a delivery share its body and request id; the timestamp and the signature are made
    anew for each attempt, unless `forge` names a way of making them wrong.
    """

    id: str
    case: str
    event: str | None
    body: bytes
    request_id: str
    forge: str = ""
    content_type: str | None = "application/json; charset=utf-8"
    fault: str = ""
    """What a play does to it on the wire: a fault by its name, or `lost-answer`."""


Headers: TypeAlias = tuple[tuple[str, str], ...]


@cheap
@dataclass(frozen=True, slots=True)
class Request:
    """What was put on the wire."""

    method: str
    url: str
    headers: Headers
    body: bytes


@cheap
@dataclass(frozen=True, slots=True)
class Response:
    """What the receiver answered. `truncated` says that the body was longer than what is kept."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """Return the first value of header `name` (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


FailureKind: TypeAlias = Literal[
    "refused", "reset", "closed", "timeout", "protocol", "tls", "certificate", "dns", "forbidden",
    "token",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer.

    `refused`, `reset` and `closed` speak of the connection, `timeout` of the deadline, `protocol`
    of an answer that is no HTTP, `forbidden` of an address that must not be connected to, `token`
    of the endpoint's access token, which could not be had.
    """

    kind: FailureKind
    message: str


@cheap
@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds from the start of the attempt to the end of each phase; None where it never ended."""

    connected: float | None = None
    sent: float | None = None
    first_byte: float | None = None
    complete: float | None = None

    @property
    def answer(self) -> float | None:
        """Seconds from the request fully sent to the answer complete: what Zoom limits to 3."""
        if self.sent is None or self.complete is None:
            return None
        return max(0.0, self.complete - self.sent)


@cheap
@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a delivery."""

    request: Request
    outcome: Response | Failure
    timings: Timings
    started_at: float
    reused: bool = False
    delivery_code: int | None = None
    """Zoom's code for a failure (-1 socket timeout, -2 refused, ...), None where it has none."""

    @property
    def status(self) -> int | None:
        """The answer's status, or None where there was no answer."""
        return self.outcome.status if isinstance(self.outcome, Response) else None

    @property
    def acknowledged(self) -> bool:
        """Whether the receiver answered with any 2xx."""
        status = self.status
        return status is not None and 200 <= status < 300

    @property
    def timed_out(self) -> bool:
        """Whether the deadline passed before the answer was complete."""
        return isinstance(self.outcome, Failure) and self.outcome.kind == "timeout"


@cheap
@dataclass(frozen=True, slots=True)
class Exchange:
    """A delivery with its attempts, in order; never without one.

    `schedule` tells, where it is played to a schedule, at which of its seconds each attempt began.
    """

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    schedule: tuple[float, ...] = ()

    @property
    def last(self) -> Attempt:
        """The attempt that decided the delivery."""
        return self.attempts[-1]


# -- streams -----------------------------------------------------------------------------------

Direction: TypeAlias = Literal["in", "out", "note"]
"""From the consumer, to the consumer, or something that happened."""


@cheap
@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that the stream server saw: a message, or what became of a socket or a stream.

    `at` is wall time, `elapsed` seconds of a clock for durations, both of the server.
    """

    direction: Direction
    at: float
    elapsed: float
    stream: str
    """The id of the stream (`rtms_stream_id`); empty where a connection belongs to none."""
    socket: str
    """Such as `signaling-1` or `audio-2`; empty where no socket is concerned."""
    message: str
    """The text of the message, media left out and clipped; of a note, its words."""
    recognised: str
    """The message's name in the protocol, or the kind of note."""
    code: int | None = None
    """Status, stop reason or close code, where there is one."""

    @property
    def routine(self) -> bool:
        """Whether it is media or a keep-alive: thousands of a kind, which no reader misses."""
        return self.recognised.startswith(("KEEP_ALIVE", "MEDIA_DATA"))


# -- verdicts ----------------------------------------------------------------------------------


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
    mend: str = ""


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


# -- run events --------------------------------------------------------------------------------


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
