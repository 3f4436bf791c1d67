"""Second looks, once everything was played: what a single answer was not enough to judge.

What had no answer in time is delivered again, alone and about other entities. A documented variant
that was refused before any plain event of its type was acknowledged is compared with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from mockzoom.authored import Authored
from mockzoom.checks import judge
from mockzoom.clock import SystemClock
from mockzoom.delivery.policy import POLICIES
from mockzoom.model import Exchange, ExchangeFinished
from mockzoom.play.answers import Answers, Doubt
from mockzoom.play.attempts import Attempts, Sending
from mockzoom.play.hold import Hold
from mockzoom.play.scene import Scene
from mockzoom.play.schedule import Schedule
from mockzoom.run import PURSUED, Run, trial_of
from mockzoom.scenario.model import STEP_S, Send

BEHIND_S = 0.5
"""Seconds by which an event lies before its delivery, at least: Zoom's are 0.4 to 1 s old."""


class SecondLooks:
    """Looks again at what `answers` left in doubt, unless held; `scenes` numbers fresh worlds."""

    def __init__(
        self, run: Run, answers: Answers, scenes: Iterator[int], hold: Hold | None = None
    ) -> None:
        self._hold = hold
        self._run = run
        self._answers = answers
        self._scenes = scenes

    async def play(self) -> None:
        """Look again at three deliveries of each doubt at most; one cause is one cause."""
        if self._answers.slow or self._answers.refused_variants:
            self._run.step("once more", "What one answer was not enough to judge.")
        for doubt in self._answers.slow[:PURSUED]:
            await self._slow(doubt)
        self._skipped(len(self._answers.slow), "had no answer in time")
        for doubt in self._answers.refused_variants[:PURSUED]:
            await self._variant(doubt)
        self._skipped(len(self._answers.refused_variants), "were refused with a documented variant")

    async def _slow(self, doubt: Doubt) -> None:
        run = self._run
        # What other steps have saved is not known here, nor does it matter.
        known = tuple(each for each in doubt.step.changes if "${" not in str(each[1]))
        item, again = await self._deliver(replace(doubt.step, changes=known), doubt.exchange)
        if not again.last.timed_out:
            run.notice(
                f"{doubt.exchange.delivery.id} ({item.prepared.event}) had no answer in time, its"
                " repetition had: not reported"
            )
            return
        control = self._answers.control(item) if item.kind != "valid" else None
        if control is None and item.kind == "variant":
            await self._variant(Doubt(doubt.step, item, again))
            return
        if control is None and item.kind != "valid":
            self._answers.skip(item)
            return
        trial = trial_of(
            item.prepared, again, run.courier.secret, control, item.kind, strict=run.strict
        )
        for violation in judge(trial):
            ids = (doubt.exchange.delivery.id, again.delivery.id)
            run.add(structs.replace(violation, delivery=ids[0], deliveries=ids), again.delivery)

    async def _variant(self, doubt: Doubt) -> None:
        run = self._run
        plain, control = await self._deliver(
            replace(doubt.step, changes=(), without=()), doubt.exchange
        )
        if plain.kind != "valid":
            return
        if not control.last.acknowledged:
            for violation in judge(trial_of(plain.prepared, control, run.courier.secret)):
                run.add(violation, control.delivery)
            return
        trial = trial_of(
            doubt.item.prepared, doubt.exchange, run.courier.secret, control, doubt.item.kind
        )
        run.count(doubt.item.prepared.event, "MZ109")
        for violation in judge(trial):
            run.add(violation, doubt.exchange.delivery)

    async def _deliver(self, step: Send, before: Exchange) -> tuple[Authored, Exchange]:
        run = self._run
        now_ms = round((run.courier.clock.now() - BEHIND_S) * 1000)
        scene = Scene(run.casebook, next(self._scenes), now_ms - round(STEP_S * 1000))
        item = scene.author(replace(step, saves=()), STEP_S, 0)
        delivery = structs.replace(run.delivery(item.prepared), case=before.delivery.case)
        sending = Sending(delivery, POLICIES["none"])

        async def concluded(sending: Sending) -> None:
            run.tell(ExchangeFinished(sending.exchange))

        async with Schedule(SystemClock(), self._hold) as schedule:
            await Attempts(run.courier, schedule).first(sending, concluded)
        return item, sending.exchange

    def _skipped(self, count: int, what: str) -> None:
        if count > PURSUED:
            self._run.notice(
                f"{count - PURSUED} more deliveries {what}: not looked at again, same cause"
            )
