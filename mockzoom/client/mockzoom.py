"""Mockzoom: stands in for Zoom before one receiver, for a test, a script or an interactive session.

`with Mockzoom(app, secret="s3cret") as zoom: zoom.send("meeting.rtms_started").assert_ok()`
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from msgspec import structs

from mockzoom.background import Background, Blocking
from mockzoom.client.accepting import Listener, accepted
from mockzoom.client.connect import open_runner, open_sender, redactor
from mockzoom.client.outcome import Delivered, Played, Verified
from mockzoom.client.play_request import (
    Name,
    PlayRequest,
    ProbeLike,
    probe_source,
    requested,
    words_of,
)
from mockzoom.client.playing import check_play, perform
from mockzoom.client.reporting import StatusWatch, blocked, reporting
from mockzoom.client.reproduce import PlayLines, ReplayLines
from mockzoom.client.scenarios import ALL
from mockzoom.client.settings import (
    NO_RECEIVER,
    NO_SECRET,
    Receiver,
    changed,
    check,
    load_contract,
    with_values,
)
from mockzoom.client.verifying import examine
from mockzoom.contract import Contract
from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.runner import Runner
from mockzoom.engine.single import SingleDeliveries
from mockzoom.errors import MockzoomError, UsageError
from mockzoom.model import JSON, Event, RunResult
from mockzoom.play import PlayPlan, Reader
from mockzoom.settings import Settings
from mockzoom.suites import EXAMINED
from mockzoom.suites.authenticity import forged, needs_endpoint_auth
from mockzoom.suites.cases import TestCases, parse_case
from mockzoom.synth import all_mutants
from mockzoom.synth.pins import pins_of
from mockzoom.transport.raised import many_deliveries
from mockzoom.zoom.delivery_sender import DeliverySender
from mockzoom.zoom.forgeries import forgery


class _Single(NamedTuple):
    """What makes single deliveries."""

    runner: Runner
    deliveries: SingleDeliveries


class Mockzoom(Blocking):
    """Delivers events to one receiver as Zoom does, and judges what it answers.

    Every method blocks; the engine runs on a loop of its own, so that it may be called from within
    a running one. Further `settings` are those of `mockzoom.settings.Settings`: `seed`, `timeout`
    (seconds), `auth`, `spec`, ... `probe` is where the receiver's state is read, `scenarios`
    are folders of the project's own. Nothing is opened before the first delivery. Raises
    `UsageError` for what cannot be used.
    """

    def __init__(
        self,
        receiver: Receiver | None = None,
        secret: str = "",
        *,
        probe: ProbeLike = None,
        scenarios: Sequence[Name] = (),
        contract: Contract | None = None,
        background: Background | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(background)
        self._receiver = receiver
        self._probe = probe
        self._scenarios = scenarios
        self._played: Played | None = None
        self._plays = 0
        self._settings = changed(Settings(secret=secret), settings)
        self._contract = contract
        self._single: _Single | None = None

    def __repr__(self) -> str:
        return f"<Mockzoom before {self._receiver!r}>"

    def close(self) -> None:
        """Close connections, and shut an ASGI application's lifespan down."""
        single, self._single = self._single, None
        if single is not None:
            self._background.run(single.runner.sender.transport.close())
        super().close()

    @property
    def contract(self) -> Contract:
        """The contract."""
        if self._contract is None:
            self._contract = load_contract(self._settings)
        return self._contract

    # -- making events -------------------------------------------------------------------------

    def event(
        self,
        name: str,
        /,
        set: Mapping[str, JSON] | None = None,
        *,
        shape: int = 0,
        entities: int = 0,
        **overrides: JSON,
    ) -> Event:
        """Return a valid event; `event.body` and `event.payload` are its JSON.

        `set` changes single values by their dotted paths, `{"payload.stop_reason": 6}`; keywords
        do so with `__` for the dots, `payload__stop_reason=6`. `shape` chooses which optional
        fields and enum values it has (0: all fields), `entities` another meeting, host and account.
        """
        __tracebackhide__ = True
        cases = self._cases()
        if name == CHALLENGE:
            case = cases.prepare(name, CaseName("challenge", shape, entities=entities))
            event = Event(name, json.loads(case.body))
        else:
            spec = self.contract.get(name)
            event = cases.event(spec, CaseName("valid", shape, entities=entities))
        return with_values(event, set, overrides, self.contract)

    def malformed(self, name: str) -> list[Event]:
        """Return events that each break one constraint of the schema of `name`.

        `event.mutation` says which and how. Together they break every constraint; to send them is
        to expect anything but a 5xx and silence.
        """
        __tracebackhide__ = True
        cases = self._cases()
        spec = self.contract.get(name)
        return list(all_mutants(spec, cases.seed, cases.at_ms, pins=cases.pins))

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
            made = with_values(made, set, overrides, self.contract)
        return self._deliver(self._cases().by_hand(made), forge)

    def replay(
        self,
        event: str,
        case: str,
        *,
        forge: str = "",
        fresh: bool = False,
        seed: int = 1,
        at: int | None = None,
        entities: Mapping[str, str] | None = None,
    ) -> Delivered:
        """Deliver one case of a report again: same bytes, fresh timestamp and signature.

        With `fresh`, it is about entities never used before, after what happens before it (start
        before stop): so it gives the same result twice. `entities` are pinned in place of those
        of the settings.
        """
        __tracebackhide__ = True
        at_ms = self._settings.at_ms() if at is None else at
        own = {} if entities is None else {"entities": entities}
        chosen = changed(self._settings, own)
        cases = TestCases(self.contract, seed, at_ms, pins_of(chosen.entities))
        made = cases.replayed(event, parse_case(case))
        return self._deliver(cases.unused(made) if fresh else made, forge, chosen)

    def verify(
        self,
        *,
        events: str | Sequence[str] = (),
        suites: str | Sequence[str] = EXAMINED,
        report: str | Sequence[str] = (),
        probe: ProbeLike = None,
        **settings: Any,
    ) -> Verified:
        """Examine the receiver against the contract, or the part of it that `events` match.

        `events` are shell patterns, `suites` the groups of deliveries (`events` always runs),
        `report` what is written, such as `sarif=zoom.sarif`, `probe` shows the state, as in `play`.
        Further `settings` hold for this run.
        """
        __tracebackhide__ = True
        source, reader = probe_source(self._probe if probe is None else probe)
        given = {"events": events, "suites": suites, **settings}
        chosen = replace(changed(self._settings, given), probe=source)
        contract = self._contract_for(chosen, settings)
        self._check(chosen)
        watch = StatusWatch()
        with many_deliveries(), reporting(report, chosen, watch) as listener:
            result = self.blocking(self._examine(contract, chosen, listener, reader))
        return Verified(
            structs.replace(result, notices=(*result.notices, *self._hints(watch.statuses)))
        )

    # -- playing ---------------------------------------------------------------------------------

    def play(self, *scenarios: Name, **options: Any) -> Played:
        """Play scenarios, by name or path (or `all` that apply), and judge what comes of them.

        `lets` sets their values: `lets={"kind": "webinar"}`. Nobody waits, but on `clock="real"`;
        `scale=3600` plays an hour in a second. `probe` is a URL, a path of the receiver, a callable
        that returns its state, or a `ProbeSource`; `effects` are events that have to change it, and
        `compare=False` plays once only. Further: `next_secret`, `folders`, `controls`
        (`mockzoom.play.Controls`), `report`, and settings that hold for this play, such as `seed`.
        """
        __tracebackhide__ = True
        wire, report = isinstance(self._receiver, str), options.pop("report", ())
        try:
            request = requested(*scenarios, **options)
            chosen = changed(self._settings, request.settings)
            self._check(chosen)
            contract = self._contract_for(chosen, request.settings)
            plan, left_out = request.plan(
                contract, self._scenarios, self._probe, wire=wire, number=self._plays
            )
            check_play(chosen, plan, contract, wire=wire)
        except MockzoomError as error:
            raise error.with_traceback(None) from None
        self._plays += 1
        watch = StatusWatch()
        with many_deliveries(), reporting(report, chosen, watch) as listener:
            result = self.blocking(self._perform(request, contract, chosen, plan, listener))
        hints = [*self._hints(watch.statuses), *(blocked("play") if watch.timed_out else ())]
        self._played = Played(structs.replace(result, notices=(*left_out, *result.notices, *hints)))
        return self._played

    @property
    def played(self) -> Played:
        """The outcome of the last play: of a marker's, or of `play`."""
        __tracebackhide__ = True
        if self._played is None:
            raise UsageError(
                "nothing has been played: put @pytest.mark.mockzoom(scenario=…) on the test, or"
                " call mockzoom.play(…)"
            )
        return self._played

    # -- within ----------------------------------------------------------------------------------

    def _contract_for(self, chosen: Settings, changes: Mapping[str, Any]) -> Contract:
        """Return the contract; the one that `changes` name, where they do."""
        own = {"spec", "errata", "product"} & changes.keys()
        return load_contract(chosen) if own else self.contract

    def _cases(self) -> TestCases:
        settings = self._settings
        pins = pins_of(settings.entities)
        return TestCases(self.contract, settings.seed, settings.at_ms(), pins)

    def _deliver(self, case: TestCase, forge: str, chosen: Settings | None = None) -> Delivered:
        """Deliver a case; its controls are about the entities that `chosen` pins."""
        __tracebackhide__ = True
        self._check(self._settings)
        if forge and needs_endpoint_auth(forgery(forge).name) and not self._settings.auth:
            raise UsageError(
                f"forge={forge!r} needs credentials that can be left away: pass auth=… to Mockzoom"
                " (with pytest, return {'auth': …} from the fixture mockzoom_settings)"
            )
        sent = self.blocking(self._send(forged(case, forge), chosen or self._settings))
        hints = self._hints([sent.status])
        if sent.exchange.last.timed_out:
            hints += blocked("send")
        result = structs.replace(sent.result, notices=(*sent.result.notices, *hints))
        result = accepted(result, self._settings)
        return replace(sent, result=result)

    async def _send(self, case: TestCase, chosen: Settings) -> Delivered:
        if chosen.entities == self._settings.entities:
            exchange, result = await self._opened().deliveries.deliver(case)
        else:
            async with self._sender(chosen) as sender:
                runner = open_runner(sender, self.contract, chosen)
                exchange, result = await SingleDeliveries(runner).deliver(case)
        return Delivered(exchange, redactor(self._settings).result(result))

    async def _examine(
        self, contract: Contract, chosen: Settings, listener: Listener, reader: Reader | None
    ) -> RunResult:
        chosen = replace(chosen, at=chosen.at_ms())
        async with self._sender(chosen) as sender:
            lines = None
            if not sender.transport.wire:
                url = sender.transport.target.url
                pinned = dict(chosen.entities)
                lines = ReplayLines(url, chosen.seed, chosen.at_ms(), entities=pinned)
            return await examine(sender, contract, chosen, listener, lines, reader)

    async def _perform(
        self,
        request: PlayRequest,
        contract: Contract,
        chosen: Settings,
        plan: PlayPlan,
        listener: Listener,
    ) -> RunResult:
        async with self._sender(chosen) as sender:
            at_ms, url = chosen.at_ms(), sender.transport.target.url
            lines = PlayLines(
                url, chosen.seed, at_ms, entities=dict(chosen.entities), words=words_of(plan),
                arguments=request.arguments(),
            )  # fmt: skip
            whole = ALL in request.scenarios
            return await perform(sender, contract, chosen, plan, listener, lines, whole=whole)

    @asynccontextmanager
    async def _sender(self, chosen: Settings) -> AsyncIterator[DeliverySender]:
        """Open what delivers with other settings; an application keeps its one lifespan."""
        receiver = self._usable_receiver()
        if not isinstance(receiver, str):
            yield open_sender(receiver, chosen, self._opened().runner.sender.transport)
            return
        async with open_sender(receiver, chosen) as sender:
            yield sender

    def _opened(self) -> _Single:
        """Return what delivers, opened the first time; call it on the loop."""
        if self._single is None:
            sender = open_sender(self._usable_receiver(), self._settings)
            runner = open_runner(sender, self.contract, self._settings)
            self._single = _Single(runner, SingleDeliveries(runner))
        return self._single

    def _usable_receiver(self) -> Receiver:
        if self._receiver is None:
            raise UsageError(NO_RECEIVER)
        return self._receiver

    def _check(self, settings: Settings) -> None:
        __tracebackhide__ = True
        self._usable_receiver()
        if not settings.secret:
            raise UsageError(NO_SECRET)
        try:
            check(settings)
        except UsageError as error:
            raise error.with_traceback(None) from None

    def _hints(self, statuses: Sequence[int | None]) -> list[str]:
        """Say where the application is called, if it knows nothing there."""
        if isinstance(self._receiver, str) or not statuses or {*statuses} - {404, 405}:
            return []
        path = self._opened().runner.sender.transport.target.path
        return [
            f"the application answers {statuses[0]} at {path}; if its webhook has another path,"
            " name it: (app, '/path')"
        ]
