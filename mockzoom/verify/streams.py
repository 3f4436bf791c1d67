"""The stream suite: does the consumer join, stay, come back and leave as it should? (MZ601-MZ613)

For each kind of stream whose start was acknowledged, one stream is started, started again by a
duplicate, broken on signaling and on media, moved to other servers, and ended. Afterwards a forged
start names a canary, to which nobody may connect.
"""

from __future__ import annotations

import asyncio

from mockzoom.checks.streams import judge_canary
from mockzoom.model import EventSpec
from mockzoom.play.director import Director
from mockzoom.play.plan import PlayPlan
from mockzoom.play.streams import RULES as RULES
from mockzoom.play.streams import Streams, Verdict
from mockzoom.run import Run
from mockzoom.scenario.model import (
    AnyStep,
    Await,
    Deliver,
    Place,
    Scenario,
    Send,
    StreamFault,
    StreamPlan,
)
from mockzoom.verify.baseline import Baseline

CANARY_RULE = "MZ613"
CANARY_S = 5.0
"""Seconds for which a canary is watched after its forged start."""
_FORGED = ("wrong-secret", "unsigned")
_HERE = Place("verify --streams", 1, 1)
_MEDIA = ("audio", "transcript")


class StreamSuite:
    """Plays streams to the consumer behind the receiver."""

    def __init__(
        self, run: Run, specs: tuple[EventSpec, ...], baseline: Baseline, plan: PlayPlan
    ) -> None:
        self._run = run
        self._specs = specs
        self._baseline = baseline
        self._plan = plan
        self._director = Director(run, plan)

    async def play(self) -> None:
        """Play one stream of each kind at once, then the canary."""
        starts = [
            spec.name
            for spec in self._specs
            if spec.name.endswith("rtms_started") and spec.name in self._baseline
        ]
        if not starts:
            why = "no *.rtms_started was acknowledged"
            self._run.skip_rules(why, *RULES, CANARY_RULE)
            return
        self._run.step("streams", "joining, breaking, moving and ending RTMS streams")
        played = await asyncio.gather(*(self._stream(start) for start in starts))
        joined = [pair for pair in played if any(verdict.joined for verdict in pair[1])]
        for streams, verdicts in joined or played[:1]:
            streams.report(verdicts)
        if joined and len(joined) < len(played):
            others = [start for start, pair in zip(starts, played, strict=True)
                      if pair not in joined]  # fmt: skip
            self._run.notice(
                f"streams of {', '.join(others)} were not joined, those of other kinds were: taken"
                " for kinds that this consumer does not handle"
            )
        await self._canaries(joined[0] if joined else None)

    async def _stream(self, start: str) -> tuple[Streams, tuple[Verdict, ...]]:
        scenario = story(start)
        streams = self._director.streams(scenario)
        async with streams:
            await self._director.stream(scenario, streams)
            return streams, await streams.verdicts()

    async def _canaries(self, joined: tuple[Streams, tuple[Verdict, ...]] | None) -> None:
        if joined is None:
            self._run.skip_rules("the consumer joined no stream", CANARY_RULE)
            return
        start = joined[1][0].case.event
        self._run.step("canary", "forged starts, whose URLs nobody may connect to")
        scenario = story(start, name="canary")
        async with self._director.streams(scenario) as streams:
            canaries = []
            for number, forge in enumerate(_FORGED):
                canary = await streams.canary()
                canaries.append(canary)
                step = Send(
                    place=_HERE,
                    name=forge,
                    event=start,
                    world=number,
                    changes=(("payload.server_urls", canary.url),),
                    deliver=Deliver(forge=forge, retry="none"),
                )
                await self._director.stream(_scenario("canary", (step,)), streams)
            await asyncio.sleep(CANARY_S)
            for canary in canaries:
                for violation in judge_canary(canary.case(start)):
                    self._run.add_case(violation, "canary/forged")
        self._run.count(start, CANARY_RULE)


def story(start: str, name: str = "") -> Scenario:
    """Return what is played to a consumer that gets the webhook `start`."""
    kind = start.removesuffix("rtms_started").rstrip("._")
    steps: tuple[AnyStep, ...] = (
        Send(place=_HERE, name="started", event=start, deliver=Deliver(times=2)),
        _ready("ready"),
        StreamFault(place=_HERE, name="signaling breaks", action="drop-signaling"),
        _ready("back after signaling broke"),
        StreamFault(place=_HERE, name="media breaks", action="drop-media"),
        _ready("back after media broke", within=65.0),
        StreamFault(place=_HERE, name="the server moves", action="fail-over"),
        Send(place=_HERE, name="started elsewhere", event=start),
        _ready("at the other server"),
        StreamFault(place=_HERE, name="ended", action="terminate", options={"reason": 6}),
        Await(place=_HERE, name="left", condition="closed", within=10.0),
    )
    return _scenario(name or f"streams of {kind}", steps)


def _scenario(name: str, steps: tuple[AnyStep, ...]) -> Scenario:
    return Scenario(name, _HERE.file, steps, stream=StreamPlan(_MEDIA, "auto"))


def _ready(name: str, within: float = 60.0) -> Await:
    return Await(place=_HERE, name=name, condition="ready", within=within)
