"""Runs that the service plays: started, watched, stopped, and reported."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from mockzoom.background import Background
from mockzoom.client.connect import open_sender
from mockzoom.client.journalling import recorded_events
from mockzoom.client.playing import perform
from mockzoom.client.settings import check
from mockzoom.client.verifying import examine
from mockzoom.dispatch import Conflict, Reach, Subscription
from mockzoom.dispatch.feed import publish
from mockzoom.errors import Busy, NotFound, UsageError
from mockzoom.journal import Archive, JournalError, Recorder, RunDescription, RunRow, Writer
from mockzoom.model import JSON, Coverage, RunEvent, RunFinished, RunKind, RunResult
from mockzoom.report import FORMATS, FailOn, Reporter
from mockzoom.report.diagram import SvgReporter, as_svg
from mockzoom.report.html import HtmlReporter
from mockzoom.scenario import Scenario
from mockzoom.service.events import Events
from mockzoom.service.plays import ControlsFeed, PlaySettings, plan_of, steer
from mockzoom.settings import Settings
from mockzoom.synth.pins import pins_of
from mockzoom.transport import Permit, parse_target
from mockzoom.zoom.delivery_sender import DeliverySender

AT_ONCE = 4
"""Runs that go on at the same time, at most."""
STOP_GRACE_S = 2.0
"""Seconds that the step of a play which is stopped may still take."""
_FLUSHED_S = 0.25
_log = logging.getLogger("mockzoom.service")


Job = Callable[[DeliverySender, Callable[[RunEvent], None]], Awaitable[object]]
"""Plays a run through its sender, and tells its events."""


@dataclass(slots=True)
class _Playing:
    background: Background
    subscription: Subscription
    settings: Settings
    recorder: Recorder
    task: asyncio.Task[Any] | None = None
    stopped: bool = False
    watch: ControlsFeed | None = None


class Runs:
    """The runs of one server; each plays on a loop and thread of its own."""

    def __init__(
        self, writer: Writer, archive: Archive, events: Events, reach: Reach, client_secret: str
    ) -> None:
        self._client_secret = client_secret
        self._writer = writer
        self._archive = archive
        self._events = events
        self._reach = reach
        self._playing: dict[int, _Playing] = {}
        self._starting = 0
        self._lock = threading.Lock()

    # -- starting ------------------------------------------------------------------------------

    def verify(self, subscription: Subscription, options: Mapping[str, Any]) -> RunRow:
        """Start examining a subscription's endpoint against the whole contract.

        `options` are fields of `Settings` (`events`, `product`, `suites`, `seed`, `at`, `strict`,
        `ack_first`, `fuzz`, `rate`, `streams`, `stream_scale`, `client_id`, `client_secret`).
        Raises `UsageError` for options that cannot be, and `Busy` where as many runs go on as may.
        """
        settings = replace(self._settings(subscription), **self._with_entities(options))
        check(settings)
        contract = self._events.contract.of(settings.product)
        contract.select(settings.events)
        with self._place():
            hidden = settings.client_secret
            recorder = self._recorder("verify", subscription, settings.seed, hidden)
            playing = _Playing(Background(), subscription, settings, recorder)

            async def job(sender: DeliverySender, listener: Callable[[RunEvent], None]) -> None:
                await examine(sender, contract, settings, listener)

            return self._start(playing, job)

    def play(
        self, subscription: Subscription, scenarios: tuple[Scenario, ...], options: PlaySettings
    ) -> RunRow:
        """Start playing scenarios against a subscription's endpoint.

        Raises `UsageError` for what they need and are not given, `Forbidden` for a probe that this
        server may not reach, and `Busy` where as many runs go on as may.
        """
        options = replace(
            options, client_id=options.client_id or self._reach.client_id,
            client_secret=options.client_secret or self._client_secret,
        )  # fmt: skip
        settings = replace(
            self._settings(subscription), seed=options.seed, client_id=options.client_id,
            client_secret=options.client_secret,
            entities=self._with_entities({"entities": options.entities})["entities"],
        )  # fmt: skip
        check(settings)
        plan = plan_of(scenarios, options, subscription.url, self._reach.permit or Permit())
        contract = self._events.contract
        with self._place():
            hidden = (options.client_secret, options.next_secret)
            recorder = self._recorder("play", subscription, settings.seed, *hidden)
            watch = ControlsFeed(recorder, paused=options.paused)
            playing = _Playing(Background(), subscription, settings, recorder, watch=watch)

            async def job(sender: DeliverySender, listener: Callable[[RunEvent], None]) -> None:
                watch.begin()
                steered = replace(plan, controls=watch.controls)
                await perform(sender, contract, settings, steered, watch.take)

            return self._start(playing, job)

    def _with_entities(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `options` with the entities that the server pins beside their own."""
        entities = {**self._reach.entities, **options.get("entities", {})}
        pins_of(entities)
        return {**options, "entities": entities}

    def _settings(self, subscription: Subscription) -> Settings:
        if subscription.over_websocket:
            raise UsageError(
                "runs go to a URL; `mockzoom verify --websocket` examines a client over WebSocket"
            )
        reach = self._reach
        return Settings(
            secret=subscription.secret, client_id=reach.client_id,
            client_secret=self._client_secret, timeout=reach.timeout,
            cafile=reach.cafile, insecure=reach.insecure, permit=reach.permit,
            auth="" if subscription.auth.kind == "none" else subscription.auth.kind,
        )  # fmt: skip

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Take a place among the runs; raise `Busy` where there is none."""
        with self._lock:
            if len(self._playing) + self._starting >= AT_ONCE:
                raise Busy(f"{AT_ONCE} runs go on already; stop one, or wait for its end")
            self._starting += 1
        try:
            yield
        finally:
            with self._lock:
                self._starting -= 1

    def _recorder(
        self, kind: RunKind, subscription: Subscription, seed: int, *hidden: str
    ) -> Recorder:
        target = parse_target(subscription.url).url
        about = RunDescription(kind, target, seed, subscription.id)
        return Recorder(self._writer, about, subscription.redactor().also(*hidden), feed=True)

    def _start(self, playing: _Playing, job: Job) -> RunRow:
        number = playing.recorder.run
        self._playing[number] = playing
        self._told(playing, "started")
        row = self._archive.run(number)
        playing.background.submit(self._play(playing, job))
        return row

    async def _play(self, playing: _Playing, job: Job) -> None:
        recorder = playing.recorder
        playing.task = asyncio.current_task()
        if playing.stopped and playing.task is not None:
            playing.task.cancel()  # at the first thing that it waits for
        ticking = asyncio.create_task(_flushed(recorder))
        try:
            item = playing.subscription
            sender = open_sender(item.url, playing.settings, auth=item.auth.endpoint())
            try:
                await job(sender, recorder)
            finally:
                playing.task = None  # it ends, and must not be cancelled in the midst of that
                await sender.transport.close()
        except (Exception, asyncio.CancelledError) as error:
            told = "stopped before it began"
            if isinstance(error, Exception):
                told = f"{type(error).__name__}: {error}"
                _log.exception("run %d failed", recorder.run)
            ending = recorder if playing.watch is None else playing.watch.take
            ending(RunFinished(_broken(playing.subscription, playing.settings, told)))
        finally:
            playing.task = None
            ticking.cancel()
            await _end_all_tasks()
            with suppress(JournalError):
                recorder.close()
            self._playing.pop(recorder.run, None)
            self._told(playing, "finished")
            threading.Thread(target=playing.background.close, daemon=True).start()

    def _told(self, playing: _Playing, state: str) -> None:
        """Inform those who follow what happens outside of runs that one has started or ended."""
        data = {
            "run": playing.recorder.run, "state": state,
            "subscription": playing.subscription.id, "playing": len(self.going_on()),
        }  # fmt: skip
        with suppress(JournalError):
            self._writer.submit(lambda connection: publish(connection, "run", data))

    # -- steering ------------------------------------------------------------------------------

    def steps(self, number: int) -> JSON:
        """Return the controls of a play as they are, or were at its end.

        Raises `Conflict` for a run that has no steps.
        """
        row = self.get(number)
        playing = self._playing.get(number)
        if playing is not None and playing.watch is not None:
            return {"run": number, **playing.watch.state()}
        kept = self._archive.steps(number)
        if kept is None:
            raise Conflict(f"run {number} is no play with steps: it is a run of {row.kind}")
        return {"run": number, **kept}

    def control(self, number: int, command: str, given: Mapping[str, JSON]) -> JSON:
        """Steer a play, and return its controls; raise `Conflict` where there is none to steer."""
        row = self.get(number)
        playing = self._playing.get(number)
        # A run is shown as finished a moment before its loop has ended and it leaves `_playing`.
        if playing is None or row.finished_at is not None:
            raise Conflict(f"run {number} has ended; it can no longer be steered")
        if playing.watch is None:
            raise Conflict(f"run {number} is a run of {row.kind}: only plays are steered")
        steer(playing.watch.controls, command, given)
        if command == "stop":
            self._stop(number)
        return {"run": number, **playing.watch.state()}

    def stop(self, number: int) -> None:
        """End a run early; its result holds what was judged until then.

        Raises `Conflict` for a recording, which another program makes.
        """
        row = self.get(number)
        if row.finished_at is None and row.kind == "record":
            raise Conflict(f"run {number} is recorded by `mockzoom record`; end it there")
        self._stop(number)

    def stop_all(self, seconds: float = 10.0) -> None:
        """End every run, and wait `seconds` for that at most."""
        for number in self.playing():
            self._stop(number, grace=0.0)
        ends = time.monotonic() + seconds
        while self._playing and time.monotonic() < ends:
            time.sleep(0.02)

    def _stop(self, number: int, grace: float = STOP_GRACE_S) -> None:
        playing = self._playing.get(number)
        if playing is None:
            return
        playing.stopped = True
        if playing.task is None:
            return
        loop = playing.background.loop
        with suppress(RuntimeError):  # it has ended in between, and its loop with it
            if playing.watch is None:
                loop.call_soon_threadsafe(_cancel, playing)
                return
            # A step that is under way ends first, unless it waits for something far away.
            playing.watch.controls.stop()
            loop.call_soon_threadsafe(lambda: loop.call_later(grace, _cancel, playing))

    def playing(self) -> list[int]:
        """Return the numbers of the runs that go on."""
        return sorted(self._playing)

    def going_on(self) -> list[int]:
        """Return the numbers of the runs that go on, and of recordings by other programs."""
        return sorted({*self._playing, *self._archive.recordings()})

    def find(self, before: int | None = None, limit: int = 100) -> Sequence[RunRow]:
        """Return runs, the newest first."""
        return self._archive.runs(before, limit)

    def get(self, number: int) -> RunRow:
        """Return one run; raise `NotFound` where there is none of that number."""
        try:
            return self._archive.run(number)
        except UsageError:
            raise NotFound(f"there is no run {number}; it may have been forgotten") from None

    def result(self, number: int) -> RunResult | None:
        """Return a run's result; None while it goes on."""
        self.get(number)
        return self._archive.result(number)

    def diagram(self, number: int, *, narrow: bool = False) -> str:
        """Return a run's sequence diagram as SVG, as far as it has got; `narrow` for telephones."""
        row, drawing = self.get(number), SvgReporter()
        self._feed(drawing, number)
        return as_svg(drawing.recorded(row.deliveries), narrow=narrow)

    def report(self, number: int, format_name: str, fail_on: FailOn | None = None) -> str | None:
        """Return a run's report in one of the report formats; None while it goes on.

        Without `fail_on` the run is judged as it was.
        """
        result = self.result(number)
        if result is None:
            return None
        reporter = FORMATS[format_name].new_reporter()
        self._feed(reporter, number)
        return reporter.text(fail_on or result.fail_on)

    def view(self, number: int, links: Mapping[str, str]) -> str | None:
        """Return a run's HTML report as a part of a page; None while it goes on.

        `links` are pages of deliveries, by the delivery's name.
        """
        result = self.result(number)
        if result is None:
            return None
        reporter = HtmlReporter()
        self._feed(reporter, number)
        return reporter.view(result.fail_on, links)

    def _feed(self, reporter: Reporter, number: int) -> None:
        named = reporter.takes_named
        for event in recorded_events(self._archive, number, reporter.takes, named=named):
            reporter.take(event)


async def _flushed(recorder: Recorder) -> None:
    """Have what happened seen soon, also where nothing happens after it."""
    while True:
        await asyncio.sleep(_FLUSHED_S)
        recorder.flush()


def _cancel(playing: _Playing) -> None:
    """End a run that still goes on; called on its loop."""
    if playing.task is not None:
        playing.task.cancel()


async def _end_all_tasks() -> None:
    """End what a run that was stopped has left behind on its loop."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=5)


def _broken(subscription: Subscription, settings: Settings, why: str) -> RunResult:
    target = parse_target(subscription.url).url
    return RunResult(target, settings.seed, 0.0, 0, Coverage(), breakages=(why,))
