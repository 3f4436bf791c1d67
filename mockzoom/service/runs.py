"""Runs that the service plays: started, watched, stopped, and reported."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from mockzoom.background import Background
from mockzoom.delivery import Courier, HttpTransport, TokenSource, parse_target
from mockzoom.dispatch import Reach, Subscription
from mockzoom.errors import UsageError
from mockzoom.journal import Archive, Described, JournalError, Recorder, RunRow, Writer
from mockzoom.model import Coverage, RunFinished, RunResult
from mockzoom.report import FORMATS, FailOn
from mockzoom.service.errors import Busy, NotFound
from mockzoom.service.events import Events
from mockzoom.session import Settings, check, examine
from mockzoom.session.opening import dialer_of

AT_ONCE = 4
"""Runs that go on at the same time, at most."""
_log = logging.getLogger("mockzoom.service")


@dataclass(slots=True)
class _Playing:
    background: Background
    task: asyncio.Task[Any] | None = None
    stopped: bool = False


class Runs:
    """The runs of one server; each plays on a loop and thread of its own."""

    def __init__(self, writer: Writer, archive: Archive, events: Events, reach: Reach) -> None:
        self._writer = writer
        self._archive = archive
        self._events = events
        self._reach = reach
        self._playing: dict[int, _Playing] = {}
        self._starting = 0
        self._lock = threading.Lock()

    def verify(self, subscription: Subscription, options: Mapping[str, Any]) -> RunRow:
        """Start examining a subscription's endpoint against the whole contract.

        `options` are fields of `session.Settings` (`events`, `suites`, `seed`, `at`, `strict`,
        `ack_first`, `fuzz`, `rate`). Raises `UsageError` for options that cannot be, and `Busy`
        where as many runs go on as may.
        """
        reach = self._reach
        settings = Settings(
            secret=subscription.secret, client_id=reach.client_id, timeout=reach.timeout,
            cafile=reach.cafile, insecure=reach.insecure, permit=reach.permit,
            auth="" if subscription.auth.kind == "none" else subscription.auth.kind,
        )  # fmt: skip
        settings = replace(settings, **options)
        check(settings)
        self._events.find(settings.events)
        with self._lock:
            if len(self._playing) + self._starting >= AT_ONCE:
                raise Busy(f"{AT_ONCE} runs go on already; stop one, or wait for its end")
            self._starting += 1
        try:
            return self._start(subscription, settings)
        finally:
            with self._lock:
                self._starting -= 1

    def _start(self, subscription: Subscription, settings: Settings) -> RunRow:
        target = parse_target(subscription.url).url
        about = Described("verify", target, settings.seed, subscription.id)
        recorder = Recorder(self._writer, about, subscription.redactor(), feed=True)
        playing = self._playing[recorder.run] = _Playing(Background())
        row = self._archive.run(recorder.run)
        playing.background.submit(self._play(playing, recorder, subscription, settings))
        return row

    async def _play(
        self, playing: _Playing, recorder: Recorder, subscription: Subscription, settings: Settings
    ) -> None:
        playing.task = asyncio.current_task()
        if playing.stopped and playing.task is not None:
            playing.task.cancel()  # at the first thing that it waits for
        try:
            courier = _courier(subscription, settings)
            try:
                await examine(courier, self._events.catalog, settings, recorder)
            finally:
                await courier.transport.close()
        except (Exception, asyncio.CancelledError) as error:
            told = "stopped before it began"
            if isinstance(error, Exception):
                told = f"{type(error).__name__}: {error}"
                _log.exception("run %d failed", recorder.run)
            recorder(RunFinished(_broken(subscription, settings, told)))
        finally:
            await _end_all_tasks()
            with suppress(JournalError):
                recorder.close()
            self._playing.pop(recorder.run, None)
            threading.Thread(target=playing.background.close, daemon=True).start()

    def stop(self, number: int) -> None:
        """End a run early; its result holds what was judged until then."""
        self.get(number)
        self._stop(number)

    def stop_all(self, seconds: float = 10.0) -> None:
        """End every run, and wait `seconds` for that at most."""
        for number in self.playing():
            self._stop(number)
        ends = time.monotonic() + seconds
        while self._playing and time.monotonic() < ends:
            time.sleep(0.02)

    def _stop(self, number: int) -> None:
        playing = self._playing.get(number)
        if playing is None:
            return
        playing.stopped = True
        if playing.task is not None:
            playing.background.loop.call_soon_threadsafe(playing.task.cancel)

    def playing(self) -> list[int]:
        """Return the numbers of the runs that go on."""
        return sorted(self._playing)

    def find(self, before: int | None = None, limit: int = 100) -> Sequence[RunRow]:
        """Return runs, the newest first."""
        return self._archive.runs(before, limit)

    def get(self, number: int) -> RunRow:
        """Return one run; raise `NotFound` where there is none of that number."""
        try:
            return self._archive.run(number)
        except UsageError as error:
            raise NotFound(str(error)) from None

    def result(self, number: int) -> RunResult | None:
        """Return a run's result; None while it goes on."""
        self.get(number)
        return self._archive.result(number)

    def report(self, number: int, format_name: str, fail_on: FailOn = "error") -> str | None:
        """Return a run's report in one of the report formats; None while it goes on."""
        result = self.result(number)
        return None if result is None else FORMATS[format_name](result, fail_on)


async def _end_all_tasks() -> None:
    """End what a run that was stopped has left behind on its loop."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=5)


def _courier(subscription: Subscription, settings: Settings) -> Courier:
    auth = subscription.auth.endpoint()
    tokens = None
    if auth is not None and auth.kind == "token":
        tokens = TokenSource(auth, dialer_of(auth.token_url, settings))
    return Courier(
        HttpTransport(dialer_of(subscription.url, settings)), settings.secret, seed=settings.seed,
        timeout=settings.timeout, client_id=settings.client_id, auth=auth, tokens=tokens,
        rate=settings.rate,
    )  # fmt: skip


def _broken(subscription: Subscription, settings: Settings, why: str) -> RunResult:
    target = parse_target(subscription.url).url
    return RunResult(target, settings.seed, 0.0, 0, Coverage(), breakages=(why,))
