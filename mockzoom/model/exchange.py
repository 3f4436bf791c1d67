"""What goes over the wire: deliveries, what came of them, and what a stream server sees."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values of HTTP headers, in their order."""


HeaderCase: TypeAlias = Literal["title-case", "upper-case"]
"""How the names of headers are spelt, where it is not as Zoom does: in lower case."""


class Delivery(Struct, frozen=True, gc=False):
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
    headers: Headers = ()
    """Further headers, beside those that Zoom sends."""
    header_case: HeaderCase | None = None
    refusable: bool = False
    """Whether a receiver may refuse it anyway, so that its signature may be another delivery's."""
    in_pieces: bool = False
    """Whether its body comes in two pieces that part a character, where there is a wire."""


class Request(Struct, frozen=True, gc=False):
    """What was put on the wire."""

    method: str
    url: str
    headers: Headers
    body: bytes


class Response(Struct, frozen=True, gc=False):
    """What the receiver answered. `truncated` says that the body was longer than what is kept."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    truncated: bool = False
    raised: str = ""
    """In process: what the application raised or logged meanwhile, and where."""
    raised_at: str = ""
    """Its last frame in a file below the working directory, such as `src/app.py:13`."""

    def header(self, name: str) -> str | None:
        """Return the first value of header `name` (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


FailureKind: TypeAlias = Literal[
    "refused", "reset", "closed", "timeout", "protocol", "tls", "certificate", "dns", "forbidden",
    "token", "circuit-open", "not-connected",
]  # fmt: skip


class Failure(Struct, frozen=True, gc=False):
    """Why there is no answer.

    `refused`, `reset` and `closed` speak of the connection, `timeout` of the deadline, `protocol`
    of an answer that is no HTTP, `forbidden` of an address that must not be connected to. Nothing
    was sent for `token`, where the endpoint's access token could not be had, `circuit-open`, where
    the endpoint has kept hanging, and `not-connected`, where no client is connected.
    """

    kind: FailureKind
    message: str


class Timings(Struct, frozen=True, gc=False):
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


class Attempt(Struct, frozen=True, gc=False):
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
    def server_error(self) -> bool:
        """Whether the receiver answered with a 5xx."""
        status = self.status
        return status is not None and status >= 500

    @property
    def timed_out(self) -> bool:
        """Whether the deadline passed before the answer was complete."""
        return isinstance(self.outcome, Failure) and self.outcome.kind == "timeout"


class Exchange(Struct, frozen=True, gc=False):
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


Direction: TypeAlias = Literal["in", "out", "note"]
"""From the consumer, to the consumer, or something that happened."""


class Observation(Struct, frozen=True, gc=False):
    """One thing that the stream server saw: a message, or what became of a socket or a stream.

    `at` is wall time, `elapsed` seconds of a clock for durations, both of the server.
    """

    direction: Direction
    at: float
    elapsed: float
    stream: str
    """The id of the stream; empty where a connection belongs to none."""
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
