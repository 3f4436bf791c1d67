"""The stream suite: does the consumer join, stay, come back and leave as it should? (MZ601-MZ613)

For each kind of stream whose start was acknowledged, one stream is started, started again by a
duplicate, broken on signaling and on media, moved to other servers, and ended. Afterwards a forged
start names a honeypot, to which nobody may connect.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.batch import ended
from mockzoom.engine.reproduce import STREAMS
from mockzoom.engine.runner import Runner
from mockzoom.engine.suite import Examination
from mockzoom.model import EventSpec
from mockzoom.play.director import Director
from mockzoom.play.plan import PlayPlan
from mockzoom.play.streams import Streams, Verdict
from mockzoom.scenario.model import (
    AnyStep,
    Await,
    Deliver,
    Place,
    Scenario,
    Send,
    StreamFault,
    StreamPlan,
    Wait,
)
from mockzoom.settings import Settings
from mockzoom.suites import streams as rules
from mockzoom.suites.stream_checks import judge_honeypot

HONEYPOT_S = 5.0
"""Seconds for which a honeypot is watched after its forged start."""
WATCHED_S = 42.0
"""Seconds in which four keep-alives are sent, and three could be missed."""
_FORGED = ("wrong-secret", "unsigned")
_HERE = Place("verify --streams", 1, 1)
_MEDIA = ("audio", "transcript")


@dataclass(frozen=True, slots=True)
class _Played:
    """One kind of stream, played; `stopped` says where the consumer fell behind."""

    start: str
    streams: Streams
    verdicts: tuple[Verdict, ...]
    stopped: str

    @property
    def joined(self) -> bool:
        return any(verdict.joined for verdict in self.verdicts)


class StreamSuite:
    """Plays streams to the consumer behind the receiver."""

    def __init__(
        self,
        runner: Runner,
        specs: tuple[EventSpec, ...],
        acknowledged: Acknowledged,
        settings: Settings,
    ) -> None:
        self._runner = runner
        self._specs = specs
        self._acknowledged = acknowledged
        self._plan = PlayPlan(
            (), client_id=settings.client_id, client_secret=settings.client_secret,
            stream_scale=settings.stream_scale,
        )  # fmt: skip
        self._director = Director(runner, self._plan)

    async def play(self) -> None:
        """Play one stream of each kind at once, then the honeypot."""
        starts = [
            spec.name
            for spec in self._specs
            if spec.name.endswith("rtms_started") and spec.name in self._acknowledged
        ]
        if not starts:
            why = "no *.rtms_started was acknowledged"
            self._runner.skip_rules(why, *rules.RULES)
            return
        self._runner.step("streams", "joining, breaking, moving and ending RTMS streams")
        tasks = [asyncio.ensure_future(self._stream(start)) for start in starts]
        try:
            played = await asyncio.gather(*tasks)
        finally:
            await ended(tasks)
        joined = [each for each in played if each.joined]
        for each in joined or played[:1]:
            if each.stopped:
                self._runner.notice(each.stopped)
            each.streams.report(each.verdicts)
        others = ", ".join(each.start for each in played if not each.joined)
        if joined and others:
            self._runner.notice(
                f"streams of {others} were not joined, those of other kinds were: taken for kinds"
                " that this consumer does not handle"
            )
        if joined:
            await self._honeypots(joined[0].start)
        else:
            why = "the consumer joined no stream"
            self._runner.skip_rules(why, rules.FORGED_START_FOLLOWED.id)

    async def _stream(self, start: str) -> _Played:
        scenario = story(start, self._plan.stream_scale)
        async with self._director.streams(scenario) as streams:
            stopped = await self._director.stream(scenario, streams)
            return _Played(start, streams, await streams.verdicts(), stopped)

    async def _honeypots(self, start: str) -> None:
        self._runner.step("honeypot", "forged starts, whose URLs nobody may connect to")
        async with self._director.streams(_scenario(())) as streams:
            honeypots = []
            for number, forge in enumerate(_FORGED):
                honeypot = await streams.honeypot()
                honeypots.append(honeypot)
                step = Send(
                    place=_HERE,
                    name=forge,
                    event=start,
                    world=number,
                    changes=(("payload.server_urls", honeypot.url),),
                    deliver=Deliver(forge=forge, retry="none"),
                )
                await self._director.stream(_scenario((step,)), streams, judged=False)
            await asyncio.sleep(HONEYPOT_S)
            for honeypot in honeypots:
                for violation in judge_honeypot(honeypot.case(start)):
                    self._runner.add_case(violation, f"{STREAMS}/honeypot")
        self._runner.count_rules(start, rules.FORGED_START_FOLLOWED.id)


def story(start: str, scale: float = 1.0) -> Scenario:
    """Return what is played to a consumer that gets the webhook `start`.

    `scale` multiplies the time in which keep-alives are watched: one every ten seconds, of which
    three in a row may not be missed.
    """
    steps: tuple[AnyStep, ...] = (
        Send(place=_HERE, name="started", event=start, deliver=Deliver(times=2)),
        _ready("ready"),
        Wait(place=_HERE, name="keep-alives", seconds=WATCHED_S * scale),
        StreamFault(place=_HERE, name="signaling breaks", action="drop-signaling"),
        _ready("back after signaling broke"),
        StreamFault(place=_HERE, name="media breaks", action="drop-media"),
        _ready("back after media broke", within=65.0),
        StreamFault(place=_HERE, name="the server moves", action="fail-over"),
        Send(place=_HERE, name="started elsewhere", event=start),
        Await(place=_HERE, name="joined elsewhere", condition="rejoined", within=60.0),
        StreamFault(place=_HERE, name="ended", action="terminate", options={"reason": 6}),
        Await(place=_HERE, name="left", condition="closed", within=10.0),
    )
    return _scenario(steps)


def _scenario(steps: tuple[AnyStep, ...]) -> Scenario:
    return Scenario(STREAMS, _HERE.file, steps, stream=StreamPlan(_MEDIA, "auto"))


def _ready(name: str, within: float = 60.0) -> Await:
    return Await(place=_HERE, name=name, condition="ready", within=within)


async def play(run: Examination) -> None:
    """Play streams to the consumer behind the receiver, as the suite's part of a run."""
    await StreamSuite(run.runner, run.specs, run.acknowledged, run.settings).play()
