"""The service behind `mockzoom serve`: everything that its API and its page do, without HTTP.

Both are thin: they read a request, call one method here, and show what it returns.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockzoom.background import Background
from mockzoom.clock import PacedClock, SystemClock
from mockzoom.contract import Contract, load
from mockzoom.dispatch import DeliveryStore, DispatchClock, Dispatcher, Reach
from mockzoom.errors import Busy, Forbidden, NotFound, UsageError
from mockzoom.journal import Archive, FeedRow, JournalError, Retention, Writer
from mockzoom.service.deliveries import DeliveryService
from mockzoom.service.demo import Demo
from mockzoom.service.events import Events
from mockzoom.service.lock import Lock, restrict
from mockzoom.service.marketplace import Marketplace
from mockzoom.service.plays import PlaySettings
from mockzoom.service.runs import Runs
from mockzoom.service.scenarios import Scenarios
from mockzoom.service.subscriptions import Subscriptions
from mockzoom.service.webhook_logs import WebhookLogs
from mockzoom.synth.pins import pins_of
from mockzoom.transport import Dialer, Permit, parse_target

CLOSE_GRACE_S = 0.8
"""Seconds that runs may still take once the service closes; later ones are interrupted."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What a service is started with.

    `secret` is the app's secret token, for subscriptions that are registered without their own.
    `clock` is the schedule's, for retries and re-validations.
    """

    db: Path
    secret: str = field(default="", repr=False)
    client_id: str = ""
    permit: Permit = field(default_factory=Permit)
    timeout: float = 3.0
    cafile: str | None = None
    insecure: bool = False
    product: Sequence[str] = ()
    spec: Sequence[str | Path] = ()
    errata: Sequence[str | Path] = ()
    seed: int = 1
    retention: Retention = field(default_factory=Retention)
    clock: PacedClock = field(default_factory=SystemClock)
    client_secret: str = field(default="", repr=False)
    """What consumers sign the handshakes of streams with, where a run is given no other."""
    entities: Mapping[str, str] = field(default_factory=dict)
    """Values of entities that are pinned, where a run pins no others."""

    @property
    def has_client(self) -> bool:
        """Whether the credentials of streams are there."""
        return bool(self.client_id and self.client_secret)


class Service:
    """One running mock; `close` ends it.

    Raises `JournalError` where its file cannot be used, and `UsageError` for settings that cannot.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        _check(settings)
        self.settings = settings
        self.closing = False
        self.started_at = time.time()
        contract = load(settings.spec, errata=settings.errata or None, products=settings.product)
        self._lock = Lock(settings.db)
        try:
            self._writer = Writer(settings.db, settings.retention)
            self._writer.conclude_served()
            self.restricted = restrict(settings.db)
            """What others could read of the journal until now; nothing where all was well."""
        except JournalError:
            self._lock.release()
            raise
        self._archive = Archive(settings.db, open_runs=self._writer.open_runs)
        self._committed = threading.Condition()
        self.commits = 0
        """How often something new was on the disk."""
        self._writer.committed = self.wake
        self._background = Background()
        reach = Reach(
            settings.permit, settings.timeout, settings.cafile, settings.insecure,
            settings.client_id, settings.seed, settings.entities,
        )  # fmt: skip
        store = DeliveryStore(self._writer, self._archive)
        self._store = store
        self._dispatcher = self._background.run(_on_loop(store, contract, settings.clock, reach))
        self.unknown = self._background.run(self._dispatcher.start())
        """Attempts of a former process whose outcome nobody knows; they are made again."""
        self.events = Events(contract, settings.seed, settings.entities)
        self.subscriptions = Subscriptions(
            store, self._dispatcher, self._background, settings.permit
        )
        self.demo = Demo(self.subscriptions)
        self.deliveries = DeliveryService(store, self._archive, self._dispatcher, self._background)
        self.marketplace = Marketplace(self.subscriptions, contract, settings.secret)
        self.webhook_logs = WebhookLogs(self._archive)
        self.scenarios = Scenarios(self._writer, self._archive, contract)
        self.runs = Runs(self._writer, self._archive, self.events, reach, settings.client_secret)

    def begin_close(self) -> None:
        """Have feeds and whoever waits for a validation end; `close` does the rest."""
        self.closing = True
        self.wake()
        self._background.loop.call_soon_threadsafe(self._dispatcher.give_up_waiting)

    def close(self) -> None:
        """Stop runs and deliveries within two seconds, and close the journal."""
        self.begin_close()
        self.runs.stop_all(CLOSE_GRACE_S)
        self.demo.close()
        self._background.run(self._dispatcher.stop())
        self._background.close()
        self._writer.close()
        self._archive.close()
        self._lock.release()

    def reset(self) -> None:
        """Stop every run, and forget everything."""
        self.runs.stop_all()
        self._store.reset().result()

    @property
    def trouble(self) -> str:
        """What keeps deliveries from being made; nothing where all is well."""
        return self._dispatcher.trouble

    @property
    def schedule(self) -> DispatchClock:
        """The clock of subscriptions, retries and re-validations; everything else is real time."""
        return self._dispatcher.schedule

    def notices(self, before: int | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        """Return what Zoom would have written by e-mail, the newest first."""
        return self._archive.notices(before, limit)

    # -- live ----------------------------------------------------------------------------------

    def feed(self, run: int | None, after: int, limit: int = 500) -> list[FeedRow]:
        """Return what happened in a run (None: outside of runs) after event `after`."""
        return self._archive.feed(run, after, limit)

    def last_event(self, run: int | None) -> int:
        """Return the number of the last event of a feed, from which to follow it."""
        return self._archive.last_event(run)

    def await_commit(self, seen: int, seconds: float) -> None:
        """Wait until there are more `commits` than those `seen`, `seconds` at most."""
        with self._committed:
            self._committed.wait_for(lambda: self.commits != seen, seconds)

    def wake(self) -> None:
        """Have whoever awaits a commit look again."""
        with self._committed:
            self.commits += 1
            self._committed.notify_all()


def _check(settings: ServiceSettings) -> None:
    """Refuse now what would fail each delivery."""
    if not 0 < settings.timeout < math.inf:
        raise UsageError(f"--timeout {settings.timeout:g}: expected seconds above 0 (Zoom's are 3)")
    pins_of(settings.entities)
    if settings.cafile is not None:
        Dialer(parse_target("https://receiver.test/"), cafile=settings.cafile).context()


async def _on_loop(
    store: DeliveryStore, contract: Contract, clock: PacedClock, reach: Reach
) -> Dispatcher:
    return Dispatcher(store, contract, clock, reach)


__all__ = ["Busy", "Forbidden", "NotFound", "PlaySettings", "Service", "ServiceSettings"]
