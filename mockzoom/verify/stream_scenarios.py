"""What `verify --streams` plays to a consumer: short scenarios, each with its own stream.

A consumer that fails in one scenario is still judged by the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mockzoom.engine.reproduce import STREAMS
from mockzoom.scenario.model import Deliver, Place, Scenario, Send, Step, StreamPlan
from mockzoom.scenario.steps import Await, StreamFault, Wait

HERE = Place("verify --streams", 1, 1)
WATCHED_S = 73.0
"""Seconds, after those in use, in which who answers the first keep-alive only is lost: media may be
silent for 65 s."""
OUTAGE_S = 3.0
"""Seconds in which a lost server cannot be reached: who retries without a pause is seen."""
IN_USE_S = 3.0
"""Seconds in which nothing happens to a stream that is ready: a client has to get there itself."""
MOVED_S = 26.0
"""Seconds from a fail-over until tries at the old URL are no longer fair (3 s and 10 s), and have
been seen: who doubles a pause of 3 s tries 21 s after the end of the old server."""
AFTER_S = 8.0
"""Seconds, of those of a scenario, in which nothing is left but its last deadline."""
TOLD_S = 2.0
"""Seconds until an interruption was told by its webhook; deadlines are waited for longer by it."""


@dataclass(frozen=True, slots=True)
class StreamScenario:
    """One thing that happens to a stream, from its start to its end.

    `seconds` are about what it takes with a consumer that is right; `steps` makes what happens
    between `ready` and the end, of the webhook that starts the stream and the scale of all times.
    """

    name: str
    about: str
    seconds: float
    steps: Callable[[str, float], tuple[Step, ...]]
    starts: int = 1
    """How often the start is delivered."""
    to_the_last: bool = True
    """Whether the consumer is watched until its last deadline after the end has passed. One does
    without: it is the longest, and others show how the consumer leaves."""

    def scenario(self, start: str, media: tuple[str, ...], scale: float = 1.0) -> Scenario:
        """Return what is played to a consumer that gets the webhook `start`."""
        steps: tuple[Step, ...] = (
            Send(place=HERE, name="started", event=start, deliver=Deliver(times=self.starts)),
            _ready("ready"),
            Wait(place=HERE, name="in use", seconds=real_seconds(IN_USE_S, scale)),
            *self.steps(start, scale),
            StreamFault(place=HERE, name="ended", action="terminate", options={"reason": 6}),
            Await(place=HERE, name="left", condition="closed", within=10.0 + TOLD_S),
        )
        return beside_streams(steps, media, self.about)

    def briefly(self) -> StreamScenario:
        """Return the scenario without the time after its end, where another one showed that."""
        seconds = self.seconds - AFTER_S if self.to_the_last else self.seconds
        return replace(self, to_the_last=False, seconds=seconds)


def beside_streams(steps: tuple[Step, ...], media: tuple[str, ...], about: str = "") -> Scenario:
    """Return steps as a scenario beside the stream server."""
    return Scenario(STREAMS, HERE.file, steps, about=about, stream=StreamPlan(media, "auto"))


def real_seconds(seconds: float, scale: float) -> float:
    """Return scaled seconds, but one at least where there is time for it.

    What a consumer does by itself, such as its pauses between two tries, is not scaled.
    """
    return max(seconds * scale, min(1.0, 18.0 * scale))


def _ready(name: str, within: float = 60.0) -> Await:
    return Await(place=HERE, name=name, condition="ready", within=within)


def _keep_alives(start: str, scale: float) -> tuple[Step, ...]:
    return (Wait(place=HERE, name="keep-alives", seconds=WATCHED_S * scale),)


def _signaling_lost(start: str, scale: float) -> tuple[Step, ...]:
    return (
        StreamFault(place=HERE, name="signaling lost", action="drop-signaling"),
        _ready("back after signaling was lost", 60.0 + TOLD_S),
        Wait(place=HERE, name="the interruption is delivered", seconds=TOLD_S * scale),
    )


def _outage(start: str, scale: float) -> tuple[Step, ...]:
    outage = {"outage": real_seconds(OUTAGE_S, scale)}
    return (
        StreamFault(place=HERE, name="outage", action="drop-signaling", options=outage),
        _ready("back after the outage", 60.0 + TOLD_S),
    )


def _media_lost(start: str, scale: float) -> tuple[Step, ...]:
    return (
        StreamFault(place=HERE, name="media lost", action="drop-media"),
        _ready("back after media was lost", 65.0 + TOLD_S),
    )


def _moved(start: str, scale: float) -> tuple[Step, ...]:
    return (
        StreamFault(place=HERE, name="the server moves", action="fail-over"),
        Send(place=HERE, name="started elsewhere", event=start),
        Await(place=HERE, name="joined elsewhere", condition="rejoined", within=60.0 + TOLD_S),
        Wait(place=HERE, name="the old server ends", seconds=MOVED_S * scale),
    )  # fmt: skip


def _nothing(start: str, scale: float) -> tuple[Step, ...]:
    return ()


SCENARIOS = (
    StreamScenario("end", "the stream ends, and the consumer leaves", 15, _nothing),
    StreamScenario("media lost", "media is lost, and the consumer comes back", 16, _media_lost),
    StreamScenario(
        "signaling lost", "signaling is lost, and the consumer comes back", 17, _signaling_lost
    ),
    StreamScenario(
        "outage", "signaling is lost and unreachable for 3 s, and the consumer tries again", 19,
        _outage,
    ),
    StreamScenario("fail-over", "the server moves, and the consumer follows", 42, _moved),
    StreamScenario(
        "keep-alives", "a start comes twice, and keep-alives are answered for 76 s", 80,
        _keep_alives, starts=2, to_the_last=False,
    ),
)  # fmt: skip
"""The shortest one first."""
