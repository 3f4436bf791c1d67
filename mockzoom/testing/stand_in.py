"""Mockzoom: stands in for Zoom before one receiver, for a test, a script or an interactive session.

`with Mockzoom(app, secret="s3cret") as zoom: zoom.send("meeting.rtms_started").assert_ok()`
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import fields, replace
from types import TracebackType
from typing import Any, Self, TypeVar

from mockzoom import session
from mockzoom.authored import Authored, authored, replayed
from mockzoom.background import Background
from mockzoom.casebook import CHALLENGE, Case, Casebook, Reproducer
from mockzoom.catalog import Catalog
from mockzoom.delivery import Courier, forgery
from mockzoom.errors import MockzoomError, UsageError, nearest
from mockzoom.model import JSON, Event, Exchange, ExchangeFinished, RunEvent, RunResult
from mockzoom.run import Run
from mockzoom.session import Receiver, Settings
from mockzoom.synth import all_mutants, encode, override
from mockzoom.testing.outcome import Delivered, Verified
from mockzoom.testing.trial import Trials
from mockzoom.verify import SUITES

T = TypeVar("T")
_NO_RECEIVER = (
    "no receiver: pass one to Mockzoom(receiver, secret=…); with pytest, override the fixture"
    " mockzoom_receiver so that it returns a URL, a WSGI or ASGI application, or such an"
    " application with its path, (app, '/zoom'); or pass --mockzoom-url, or set mockzoom_url in"
    " the ini file or MOCKZOOM_URL in the environment"
)
_NO_SECRET = (
    "no secret: pass one to Mockzoom(receiver, secret=…); with pytest, override the fixture"
    " mockzoom_secret, or pass --mockzoom-secret, or set MOCKZOOM_SECRET in the environment or"
    " mockzoom_secret in the ini file; it is the secret token that the receiver verifies"
    " signatures with"
)


class Mockzoom:
    """Delivers events to one receiver as Zoom does, and judges what it answers.

    Every method blocks; the engine runs on a loop of its own, so that it may be called from within
    a running one. Further `settings` are those of `mockzoom.session.Settings`: `seed`, `timeout`
    (seconds), `auth`, `spec`, ... Nothing is opened before the first delivery. Raises `UsageError`
    for what cannot be used.
    """

    def __init__(
        self,
        receiver: Receiver | None = None,
        secret: str = "",
        *,
        catalog: Catalog | None = None,
        background: Background | None = None,
        **settings: Any,
    ) -> None:
        self._receiver = receiver
        self._settings = _changed(Settings(secret=secret), settings)
        self._catalog = catalog
        self._own = Background() if background is None else None
        self._background = background or self._own or Background()
        self._trials: Trials | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Mockzoom before {self._receiver!r}>"

    def close(self) -> None:
        """Close connections, and shut an ASGI application's lifespan down."""
        trials, self._trials = self._trials, None
        if trials is not None:
            self._background.run(trials.run.courier.transport.close())
        if self._own is not None:
            self._own.close()

    @property
    def catalog(self) -> Catalog:
        """The contract."""
        if self._catalog is None:
            self._catalog = session.load_catalog(self._settings)
        return self._catalog

    # -- making events -------------------------------------------------------------------------

    def event(
        self,
        name: str,
        /,
        set: Mapping[str, JSON] | None = None,
        *,
        shape: int = 0,
        world: int = 0,
        **overrides: JSON,
    ) -> Event:
        """Return a valid event; `event.body` and `event.payload` are its JSON.

        `set` changes single values by their dotted paths, `{"payload.stop_reason": 6}`; keywords
        do so with `__` for the dots, `payload__stop_reason=6`. `shape` chooses which optional
        fields and enum values it has (0: all fields), `world` another meeting, host and account.
        """
        __tracebackhide__ = True
        book = self._book()
        if name == CHALLENGE:
            case = Case("challenge", shape, world=world)
            event = Event(name, json.loads(book.prepare(name, case).body))
        else:
            spec = self.catalog.get(name)
            event = book.event(spec, Case("valid", shape, world=world))
        return self._with(event, set, overrides)

    def malformed(self, name: str) -> list[Event]:
        """Return events that each break one constraint of the schema of `name`.

        `event.mutation` says which and how. Together they break every constraint; to send them is
        to expect anything but a 5xx and silence.
        """
        __tracebackhide__ = True
        book = self._book()
        return list(all_mutants(self.catalog.get(name), book.seed, book.at_ms))

    # -- delivering ----------------------------------------------------------------------------

    def send(
        self,
        event: str | Event,
        /,
        set: Mapping[str, JSON] | None = None,
        *,
        forge: str = "",
        **overrides: JSON,
    ) -> Delivered:
        """Deliver one event, by name or as made, and judge the answer.

        `set` and keywords change single values, as in `event`. `forge` authenticates it wrongly:
        `wrong-secret`, `unsigned`, `tampered-text`, `stale`, ...; an unknown name lists them.
        """
        __tracebackhide__ = True
        made = self.event(event, set, **overrides) if isinstance(event, str) else event
        if made is event:
            made = self._with(made, set, overrides)
        return self._deliver(authored(self.catalog, made), forge, self._book())

    def replay(
        self, event: str, case: str, *, forge: str = "", seed: int = 1, at: int | None = None
    ) -> Delivered:
        """Deliver one case of a report again: same bytes, fresh timestamp and signature."""
        __tracebackhide__ = True
        book = Casebook(self.catalog, seed, self._settings.at_ms() if at is None else at)
        return self._deliver(replayed(book, event, case), forge, book)

    def verify(
        self,
        *,
        events: str | Sequence[str] = (),
        suites: str | Sequence[str] = SUITES,
        **settings: Any,
    ) -> Verified:
        """Examine the receiver against the contract, or the part of it that `events` match.

        `events` are shell patterns, `suites` the groups of deliveries (`events` always runs).
        Further `settings` hold for this run: `seed`, `strict`, `ack_first`, ...
        """
        __tracebackhide__ = True
        chosen = _changed(self._settings, {"events": events, "suites": suites, **settings})
        catalog = self.catalog
        if {"spec", "errata"} & settings.keys():
            catalog = session.load_catalog(chosen)
        self._check(chosen)
        watch = _Watch()
        result = self._blocking(self._examine(catalog, chosen, watch))
        return Verified(replace(result, notices=(*result.notices, *self._hints(watch.statuses))))

    # -- within ----------------------------------------------------------------------------------

    def _book(self) -> Casebook:
        return Casebook(self.catalog, self._settings.seed, self._settings.at_ms())

    def _with(
        self, event: Event, set: Mapping[str, JSON] | None, overrides: Mapping[str, JSON]
    ) -> Event:
        __tracebackhide__ = True
        changes = dict(set or {})
        changes.update((key.replace("__", "."), value) for key, value in overrides.items())
        for path, value in changes.items():
            event = override(event, path, _json(path, value), self.catalog.events.get(event.name))
        return event

    def _deliver(self, item: Authored, forge: str, book: Casebook) -> Delivered:
        __tracebackhide__ = True
        self._check(self._settings)
        if forge and forgery(forge).rule == "MZ211" and not self._settings.auth:
            raise UsageError(
                f"forge={forge!r} needs credentials that can be left away: pass auth=… to Mockzoom"
                " (with pytest, return {'auth': …} from the fixture mockzoom_settings)"
            )
        sent = self._blocking(self._try(item, forge, book))
        hints = self._hints([sent.status])
        if sent.exchange.last.timed_out and _within_a_loop():
            hints.append(
                "the test blocks a running event loop meanwhile; a receiver on that loop cannot"
                " answer: await asyncio.to_thread(mockzoom.send, …)"
            )
        result = replace(sent.result, notices=(*sent.result.notices, *hints))
        return replace(sent, result=result)

    async def _try(self, item: Authored, forge: str, book: Casebook) -> Delivered:
        return await self._opened().deliver(item, forge, book)

    async def _examine(self, catalog: Catalog, chosen: Settings, watch: _Watch) -> RunResult:
        receiver = self._usable_receiver()
        if isinstance(receiver, str):
            courier = session.open_courier(receiver, chosen)
            try:
                return await session.examine(courier, catalog, chosen, watch)
            finally:
                await courier.transport.close()
        # One application has one lifespan.
        courier = session.open_courier(receiver, chosen, self._opened().run.courier.transport)
        return await session.examine(courier, catalog, chosen, watch, _replay_lines)

    def _opened(self) -> Trials:
        """Return what delivers, opened the first time; call it on the loop."""
        if self._trials is None:
            courier = session.open_courier(self._usable_receiver(), self._settings)
            book = self._book()
            lines = session.reproducer(self._settings, courier, book)
            run = Run(courier, book, lines, lambda event: None)
            self._trials = Trials(run, self._settings)
        return self._trials

    def _usable_receiver(self) -> Receiver:
        if self._receiver is None:
            raise UsageError(_NO_RECEIVER)
        return self._receiver

    def _check(self, settings: Settings) -> None:
        __tracebackhide__ = True
        self._usable_receiver()
        if not settings.secret:
            raise UsageError(_NO_SECRET)
        session.check(settings)

    def _hints(self, statuses: Sequence[int | None]) -> list[str]:
        """Say where the application is called, if it knows nothing there."""
        if isinstance(self._receiver, str) or not statuses or {*statuses} - {404, 405}:
            return []
        path = self._opened().run.courier.transport.target.path
        return [
            f"the application answers {statuses[0]} at {path}; if its webhook has another path,"
            " name it: (app, '/path')"
        ]

    def _blocking(self, work: Coroutine[Any, Any, T]) -> T:
        __tracebackhide__ = True
        try:
            return self._background.run(work)
        except MockzoomError as error:
            # The engine's frames say nothing to a test's author; the message does.
            raise error.with_traceback(None) from None


class _Watch:
    """Listens to a run for the statuses that were answered, each once."""

    def __init__(self) -> None:
        self._seen: dict[int | None, None] = {}

    def __call__(self, event: RunEvent) -> None:
        if isinstance(event, ExchangeFinished):
            exchange: Exchange = event.exchange
            self._seen.setdefault(exchange.last.status)

    @property
    def statuses(self) -> list[int | None]:
        return list(self._seen)


class _ReplayLines(Reproducer):
    """Writes the line of Python that delivers a case again to an application in process."""

    __slots__ = ()

    def command(self, event: str, case: str, forge: str = "") -> str:
        """Return a call of `replay`."""
        forged = f", forge={forge!r}" if forge else ""
        return f"mockzoom.replay({event!r}, {case!r}{forged}, seed={self.seed}, at={self.at_ms})"


def _replay_lines(settings: Settings, courier: Courier, book: Casebook) -> Reproducer:
    return _ReplayLines(courier.transport.target.url, book.seed, book.at_ms)


def _changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    known = [item.name for item in fields(Settings)]
    for name in changes:
        if name not in known:
            raise UsageError(f"no setting is called {name!r}{nearest(name, known)}")
    several = {
        name: (value,) if isinstance(value, str) else value
        for name, value in changes.items()
        if name in ("events", "suites", "spec", "errata")
    }
    return replace(settings, **{**changes, **several})


def _json(path: str, value: object) -> JSON:
    try:
        encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {value!r} cannot be written as JSON: {error}") from None
    return value


def _within_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
