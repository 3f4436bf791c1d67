"""The stream suite: does the consumer join, stay, come back and leave as it should? (MZ601-MZ613)

Each scenario has a stream of its own, for each kind of stream whose start was acknowledged, and all
of them are played at once. Meanwhile forged starts name honeypots, to which nobody may connect. A
consumer may be made for one stream at a time: what fails beside others is repeated alone before it
is reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mockzoom.engine.acknowledged import Acknowledged
from mockzoom.engine.batch import ended
from mockzoom.engine.reproduce import STREAMS
from mockzoom.engine.runner import Runner
from mockzoom.model import EventSpec, StepStarted
from mockzoom.play.plan import PlayPlan
from mockzoom.play.player import Player
from mockzoom.play.streams import Streams, Verdict, report
from mockzoom.scenario.model import Deliver, Send, Step
from mockzoom.settings import Settings
from mockzoom.suites import streams as rules
from mockzoom.suites.stream_checks import judge_honeypot
from mockzoom.verify.started_streams import StartedStreams
from mockzoom.verify.stream_scenarios import (
    HERE,
    SCENARIOS,
    TOLD_S,
    StreamScenario,
    beside_streams,
    real_seconds,
)
from mockzoom.zoom.rtms import HoneypotCase, media_named

HONEYPOT_S = 5.0
"""Seconds for which a honeypot is watched after its forged start."""
AT_MOST_S = 180.0
"""Seconds that all of it may take, and not less than `_AT_LEAST_S`, whatever the scale."""
_AT_LEAST_S = 90.0
SIDE_BY_SIDE_S = 15.0
"""Seconds in which a consumer that joins streams of a kind at all joins several at once."""
_LEAST_SIDE_BY_SIDE_S = 5.0
_LOOKED_EVERY_S = 2.0
_AT_ONCE = 4
_ENDING_S = 10.0
"""Seconds in which so many stops at once are delivered for the streams of earlier events."""
_FORGED = ("wrong-secret", "unsigned")


@dataclass(frozen=True, slots=True)
class PlayedScenario:
    """One scenario with one kind of stream; `stopped` says where the consumer fell behind."""

    start: str
    scenario: StreamScenario
    verdicts: tuple[Verdict, ...] = ()
    stopped: str = ""

    @property
    def joined(self) -> bool:
        """Whether anybody tried to join."""
        return any(verdict.joined for verdict in self.verdicts)

    @property
    def failed(self) -> frozenset[str]:
        """The rules that were broken; empty where nothing is wrong."""
        found = {item.rule for verdict in self.verdicts for item in verdict.violations}
        unmet = any(verdict.unmet is not None for verdict in self.verdicts)
        return frozenset(found or ({"MZ510"} if unmet else ()))


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
        self._scale = settings.stream_scale
        self._media = media_named(settings.media)
        plan = PlayPlan(
            (), client_id=settings.client_id, client_secret=settings.client_secret,
            stream_scale=self._scale,
        )  # fmt: skip
        self._player = Player(runner, plan)
        self._loop = asyncio.get_running_loop()
        self._began = 0.0
        self._started = StartedStreams()
        runner.listen(self._started)
        self._is_single = False
        """Whether the consumer joined some streams of a kind, and others beside them not."""
        self._untried: dict[str, None] = {}
        """Scenarios that there was no time for."""
        self._running: dict[tuple[str, str], tuple[StreamScenario, Streams]] = {}

    async def play(self) -> None:
        """Play all scenarios at once, then alone what failed; report it."""
        starts = [
            spec.name
            for spec in self._specs
            if spec.name.endswith("rtms_started") and spec.name in self._acknowledged
        ]
        if not starts:
            why = "no *.rtms_started was acknowledged"
            self._runner.skip_rules(why, *rules.RULES)
            return
        self._runner.step("streams", "ending the streams of earlier events")
        await self._end_earlier()
        self._began = self._loop.time()
        self._runner.step("streams", "joining, breaking, moving and ending RTMS streams")
        progress = asyncio.ensure_future(self._report_progress())
        watching = asyncio.ensure_future(self._honeypots(starts))
        try:
            played, left = await self._side_by_side(starts)
            joined = {each.start for each in played if each.joined}
            tried = joined or {starts[0]}
            played = await self._confirmed(
                [each for each in played if each.start in tried],
                [each for each in left if each[0] in tried],
            )
            touched = await watching
        finally:
            await ended([progress, watching])
        joined |= {each.start for each in played if each.joined}
        self._report(played, joined, [start for start in starts if start not in joined])
        self._report_honeypots(touched, joined)
        self._runner.end_timeline()

    # -- playing -------------------------------------------------------------------------------

    async def _side_by_side(
        self, starts: Sequence[str]
    ) -> tuple[list[PlayedScenario], list[tuple[str, StreamScenario]]]:
        """Play all scenarios of every kind; return what was played, and what is to be played alone.

        Where a consumer joins some streams of a kind and others of this kind not, none is waited
        for any more: it may be made for one stream at a time.
        """
        plays = [(start, scenario) for start in starts for scenario in SCENARIOS]
        tasks = {asyncio.ensure_future(self._scenario(*each)): each for each in plays}
        try:
            seconds = max(SIDE_BY_SIDE_S * self._scale, _LEAST_SIDE_BY_SIDE_S)
            await asyncio.wait(tasks, timeout=seconds)
            joined = {key for key, (_, streams) in self._running.items() if streams.joined}
            over = [task.result() for task in tasks if task.done()]
            joined |= {(each.start, each.scenario.name) for each in over if each.joined}
            kinds = {start for start, _ in joined}
            late = {
                task: start for task, (start, scenario) in tasks.items()
                if not task.done() and (start, scenario.name) not in joined
            }  # fmt: skip
            self._is_single = bool(kinds & set(late.values()))
            if self._is_single:
                await ended(list(late))
            await asyncio.wait(tasks, timeout=self._left())
        finally:
            await ended(list(tasks))
        played = [task.result() for task in tasks if not task.cancelled()]
        return played, [each for task, each in tasks.items() if task.cancelled()]

    async def _confirmed(
        self, played: Sequence[PlayedScenario], left: Sequence[tuple[str, StreamScenario]]
    ) -> list[PlayedScenario]:
        """Repeat alone what failed, and play alone what is `left`; return what is to be reported.

        Once a failure showed alone as well, the consumer fails so with or without others, and what
        else failed is taken as it is. Of kinds that fail in the same way, one is repeated.
        """
        good = [each for each in played if not each.failed]
        failed = sorted(
            (each for each in played if each.failed), key=lambda each: each.scenario.seconds
        )
        alone: dict[str, PlayedScenario] = {}
        trusted = False
        for one in failed:
            name = one.scenario.name
            if not trusted and name not in alone:
                unseen = one.failed == {rules.NEVER_JOINED.id}
                again = await self._alone(one.start, one.scenario, good if unseen else ())
                if again is None:
                    continue
                alone[name] = again
                trusted = bool(again.failed & one.failed)
                good.append(one if trusted else again)
            elif trusted:
                good.append(one)
        for start, scenario in sorted(left, key=lambda each: each[1].seconds):
            if scenario.name in alone:
                continue
            again = await self._alone(start, scenario, good)
            if again is not None:
                alone[scenario.name] = again
                good.append(again)
        if alone and not trusted:
            self._runner.notice(
                "the consumer did not handle several streams at once; it was judged by one at a"
                " time"
            )
        return good

    async def _alone(
        self, start: str, scenario: StreamScenario, shown: Sequence[PlayedScenario]
    ) -> PlayedScenario | None:
        """Play one scenario alone; None where there is no time for it.

        Where one of those `shown` was watched after its end, this one is not.
        """
        if any(each.scenario.to_the_last and not each.stopped for each in shown):
            scenario = scenario.briefly()
        left = self._left()
        if left >= scenario.seconds * self._scale:
            self._runner.step("streams", f"alone: {scenario.about}")
            try:
                return await asyncio.wait_for(self._scenario(start, scenario), left)
            except TimeoutError:
                pass
        self._untried[scenario.name] = None
        return None

    async def _scenario(self, start: str, scenario: StreamScenario) -> PlayedScenario:
        made = scenario.scenario(start, self._media, self._scale)
        async with self._player.streams(made) as streams:
            self._running[start, scenario.name] = scenario, streams
            try:
                stopped = await self._player.stream(made, streams)
                settled = scenario.to_the_last and not stopped
                if not settled:
                    # Its deadline passes soon; others that began since are of no matter.
                    await asyncio.sleep(real_seconds(TOLD_S, self._scale))
                found = await streams.verdicts(settled=settled)
                return PlayedScenario(start, scenario, found, stopped)
            finally:
                del self._running[start, scenario.name]
                await self._deliver(streams, streams.end_rest())

    async def _deliver(self, streams: Streams, stops: Sequence[Step]) -> None:
        """Deliver stops, so that a consumer does not wait for streams that are no more."""
        if stops:
            await self._player.stream(
                beside_streams(tuple(stops), self._media), streams, judged=False
            )

    async def _end_earlier(self) -> None:
        """End the streams that earlier events have told of, as far as there is time for it."""
        stops = self._started.stops()
        nothing = beside_streams((), self._media)
        with self._runner.without_deliveries():
            async with self._player.streams(nothing) as streams:
                ending = [
                    asyncio.ensure_future(self._deliver(streams, stops[first::_AT_ONCE]))
                    for first in range(_AT_ONCE)
                ]
                over, late = await asyncio.wait(ending, timeout=_ENDING_S)
                await ended(list(late))
        for each in over:
            each.result()
        if stops:
            # Who takes one stream at a time is busy until it has left the one that has ended.
            await asyncio.sleep(real_seconds(TOLD_S, self._scale))

    def _left(self) -> float:
        """Return the seconds that are left of what all of it may take."""
        most = max(AT_MOST_S * self._scale, _AT_LEAST_S)
        return max(0.0, self._began + most - self._loop.time())

    async def _report_progress(self) -> None:
        """Say what is waited for, whenever that is something else than before."""
        told = ""
        while True:
            await asyncio.sleep(_LOOKED_EVERY_S)
            names = [name for _, name in self._running]
            waited = ", ".join(f"{name} ({names.count(name)})" for name in dict.fromkeys(names))
            if waited and waited != told:
                told = waited
                text = f"waiting for {waited}; at most {self._left():.0f} s more"
                self._runner.emit(StepStarted("streams", text, aside=True))

    # -- honeypots -----------------------------------------------------------------------------

    async def _honeypots(self, starts: Sequence[str]) -> list[tuple[str, HoneypotCase]]:
        """Deliver forged starts whose URLs nobody may connect to, and return what came there."""
        async with self._player.streams(beside_streams((), self._media)) as streams:
            honeypots = []
            for number, (start, forge) in enumerate(_each(starts)):
                honeypot = await streams.honeypot()
                honeypots.append((start, honeypot))
                step = Send(
                    place=HERE,
                    name=forge,
                    event=start,
                    entities=number,
                    changes=(("payload.server_urls", honeypot.url),),
                    deliver=Deliver(forge=forge, retry="none"),
                )
                forged = beside_streams((step,), self._media)
                await self._player.stream(forged, streams, judged=False)
            await asyncio.sleep(HONEYPOT_S)
            return [(start, honeypot.case(start)) for start, honeypot in honeypots]

    def _report_honeypots(
        self, cases: Sequence[tuple[str, HoneypotCase]], joined: set[str]
    ) -> None:
        if not joined:
            why = "the consumer joined no stream"
            self._runner.skip_rules(why, rules.FORGED_START_FOLLOWED.id)
        for start, case in cases:
            found = judge_honeypot(case)
            if start in joined or found:
                self._runner.count_rules(start, rules.FORGED_START_FOLLOWED.id)
            for violation in found:
                self._runner.add_case(violation, f"{STREAMS}/honeypot")

    # -- reporting -----------------------------------------------------------------------------

    def _report(
        self, played: Sequence[PlayedScenario], joined: set[str], others: Sequence[str]
    ) -> None:
        if self._untried:
            names = ", ".join(self._untried)
            self._runner.run_error(
                f"streams: there was no time to play alone what failed beside others: {names}"
            )
        for each in played:
            if each.stopped:
                self._runner.notice(each.stopped)
        report(self._runner, [verdict for each in played for verdict in each.verdicts])
        if joined and others:
            why = ", those of other kinds were: taken for kinds that this consumer does not handle"
            if self._is_single:
                why = ": the consumer joins no stream beside another"
            self._runner.notice(f"streams of {', '.join(others)} were not joined{why}")


def _each(starts: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((start, forge) for start in starts for forge in _FORGED)
