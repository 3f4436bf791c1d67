"""Examines a client of delivery over WebSocket, or serves one in tests."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self, TypeVar
from urllib.parse import urlsplit

from msgspec import structs

from mockzoom.background import Background, run_blocking
from mockzoom.client.accepting import Accepting
from mockzoom.client.connect import dialer_of, open_runner, redactor
from mockzoom.client.outcome import Played, Verified
from mockzoom.client.play_request import MOST_RUNS, Name, ProbeLike, probe_source, words_of
from mockzoom.client.playing import perform
from mockzoom.client.reproduce import PlayLines, reproducer_of_client
from mockzoom.client.scenarios import ALL, load_scenarios
from mockzoom.client.settings import check, load_contract
from mockzoom.contract import Contract, load
from mockzoom.engine.case import CaseName
from mockzoom.engine.runner import Runner
from mockzoom.errors import UsageError
from mockzoom.model import JSON, Coverage, NotJudged, Observation, RunEvent, RunResult, Violation
from mockzoom.play import PlayPlan
from mockzoom.play import check as check_plan
from mockzoom.play.over_websocket import NO_RETRIES, over_websocket, unjudged_over_websocket
from mockzoom.play.player import NO_PROBE, Player
from mockzoom.probe_source import ProbeSource
from mockzoom.report import FailOn
from mockzoom.settings import Settings
from mockzoom.suites.cases import TestCases
from mockzoom.suites.websocket import ClientCase, ClientTiming, judge_client
from mockzoom.verify.websocket import ClientExamination
from mockzoom.zoom.access_tokens import App
from mockzoom.zoom.encoding import encode
from mockzoom.zoom.websocket.message_sender import MessageSender, MessageTransport
from mockzoom.zoom.websocket.messages import PATH
from mockzoom.zoom.websocket.server import SUBSCRIPTION, EventSocketServer

T = TypeVar("T")

HOST = "127.0.0.1"


def listening(port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens for a client, and the URL that reports name.

    Raises `UsageError` where that port cannot be listened on.
    """
    try:
        made = socket.create_server((HOST, port), backlog=100)
    except OSError as error:
        raise UsageError(
            f"{HOST}:{port}: cannot be listened on: {os.strerror(error.errno or 0)}; choose another"
            " --websocket-port (0 takes a free one)"
        ) from None
    return made, f"http://{HOST}:{made.getsockname()[1]}{PATH}"


def verify_client(
    sock: socket.socket,
    settings: Settings,
    listener: Callable[[RunEvent], None] = lambda event: None,
    told: Callable[[dict[str, str]], None] = lambda environment: None,
) -> RunResult:
    """Examine the client that connects to a socket that listens, and return what was found.

    `told` is called with what the client has to know, once it can connect. Raises `UsageError` for
    settings that cannot be used; an interrupt (Ctrl-C) ends the run early.
    """
    with sock:
        check(settings)
        contract = load_contract(settings)
        plan = _plan(settings, contract)
        specs = contract.select(settings.events)
        accepting = Accepting(settings, "verify", listener, whole=False, specs=contract.known)
        url = f"http://{HOST}:{sock.getsockname()[1]}{PATH}"
        timing = ClientTiming.scaled(settings.stream_scale)

        async def run() -> RunResult:
            app = App(settings.client_id, settings.client_secret)
            server = EventSocketServer(app, silent=10 * timing.heartbeat)
            transport = MessageTransport(server.sockets, url, timing.comeback)
            async with MessageSender(transport, "", seed=settings.seed) as sender:
                lines = reproducer_of_client(settings, url)
                runner = open_runner(sender, contract, settings, accepting, lines, specs)
                player = _player(runner, plan, settings)
                await ClientExamination(runner, server, specs, settings, told, player).run(sock)
                return redactor(settings).result(accepting.result)

        return run_blocking(run())


def _plan(settings: Settings, contract: Contract) -> PlayPlan:
    """Return what is played to a client: the bundled scenarios whose events it gets, if any.

    Raises `UsageError` for a probe that cannot be read.
    """
    probe = settings.probe
    if probe is None:
        return PlayPlan(())
    _check_probe(probe, "--probe", "--probe-reset")
    names = [spec.name for spec in contract.select(settings.events)]
    played = over_websocket(load_scenarios([ALL], contract), names)
    return PlayPlan(played, probe=probe, answered=False)


def _check_probe(probe: ProbeSource, of_state: str, of_reset: str) -> None:
    """Raise `UsageError` for a path, in options that are called so: there is no receiver."""
    for name, place in ((of_state, probe.get), (of_reset, probe.reset)):
        if place and not urlsplit(place).scheme:
            raise UsageError(
                f"{name} {place!r}: expected a URL of the client's application, such as"
                " http://127.0.0.1:5000/state; over WebSocket there is no receiver whose path it"
                " could be"
            )


def _player(runner: Runner, plan: PlayPlan, settings: Settings) -> Player | None:
    """Return what plays to a client; None where nothing would be judged, which the run says."""
    for rule, why in unjudged_over_websocket(plan.scenarios).items():
        runner.skip_rules(why if plan.probe or why is NO_RETRIES else NO_PROBE, rule)
    if plan.probe is None or not plan.scenarios:
        return None
    check_plan(plan)
    context = dialer_of(plan.probe.get, settings).context() if plan.probe.get else None
    return Player(runner, plan, context, settings.permit)


class MockzoomWebsocket:
    """For tests: a server for one client; every method blocks.

    `client_id` and `client_secret` are what it gives access tokens for (none: for anything), and
    heartbeats come every 30 s times `scale`. The client gets `environment` in whatever way.
    """

    def __init__(
        self, client_id: str = "", client_secret: str = "", *, scale: float = 1.0,
        contract: Contract | None = None, background: Background | None = None,
    ) -> None:  # fmt: skip
        self.timing = ClientTiming.scaled(scale)
        self._seen: list[Observation] = []
        self._contract = contract or load()
        self._cases = TestCases(self._contract, 1, int(time.time() * 1000))
        self._plays = 0
        self._own = Background() if background is None else None
        self._background = background or self._own or Background()
        self._sock, self._target = listening(0)
        self._server = self._background.run(self._started(App(client_id, client_secret)))

    async def _started(self, app: App) -> EventSocketServer:
        server = EventSocketServer(app, silent=self.timing.heartbeat)
        await server.start(self._sock, self._seen.append)
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    @property
    def environment(self) -> dict[str, str]:
        """What the client has to know: `ZOOM_WEBSOCKET_URL`, `ZOOM_TOKEN_URL` and others."""
        return self._server.environment

    def wait_connected(self, within: float = 60.0) -> bool:
        """Wait until a client is connected; False: not in time."""
        ends = time.monotonic() + within
        while not self._server.sockets.connected(SUBSCRIPTION):
            if time.monotonic() > ends:
                return False
            time.sleep(0.01)
        return True

    def send(self, event: str | Mapping[str, JSON]) -> bool:
        """Deliver an example of an event, or a body as it is; False: no client is connected."""
        if isinstance(event, str):
            body = self._cases.prepare(event, CaseName("valid")).body
        else:
            body = encode(event)
        name = event if isinstance(event, str) else str(event.get("event", ""))
        return self._run(lambda: self._server.sockets.deliver(SUBSCRIPTION, body, name))

    def play(
        self, *scenarios: Name, probe: ProbeLike, events: Sequence[str] = (), seed: int = 1
    ) -> Played:
        """Play scenarios to the client, each event as a message, and judge what they leave behind.

        `probe` is a URL, a `ProbeSource`, or a callable that returns what the client's application
        has stored. The scenarios are those named (`all`: the bundled ones) that send no other
        events than `events` (patterns; none: any). Copies are the same message again (MZ501,
        MZ504); nobody answers, so nothing is retried. Raises `UsageError` where none is left.
        """
        __tracebackhide__ = True
        source, reader = probe_source(probe)
        if source is None and reader is None:
            raise UsageError(f"probe={probe!r}: {NO_PROBE.partition(';')[0]}")
        if source is not None:
            _check_probe(source, "probe", "reset")
        names = [spec.name for spec in self._contract.select(events)]
        played = over_websocket(load_scenarios(scenarios, self._contract), names)
        if not played:
            raise UsageError(
                "none of these scenarios has a copy, a late event or another order of these events"
            )
        plan = PlayPlan(
            played, probe=source, reader=reader, answered=False,
            first_number=self._plays * MOST_RUNS,
        )  # fmt: skip
        self._plays += 1
        return Played(self._background.run(self._played(plan, seed)))

    async def _played(self, plan: PlayPlan, seed: int) -> RunResult:
        settings = Settings(websocket=True, seed=seed)
        transport = MessageTransport(self._server.sockets, self._target, self.timing.comeback)
        async with MessageSender(transport, "", seed=seed) as sender:
            words = words_of(plan)
            lines = PlayLines(self._target, seed, 0, words=words, stand_in="mockzoom_websocket",
                              arguments=", probe=…")  # fmt: skip
            result = await perform(sender, self._contract, settings, plan, lines=lines)
        left = unjudged_over_websocket(plan.scenarios)
        unjudged = (*result.not_judged, *(NotJudged(rule, why) for rule, why in left.items()))
        return structs.replace(result, not_judged=unjudged)

    def drop(self, unreachable: float = 0.0) -> None:
        """Cut the client off; nobody can connect for so many seconds."""
        self._run(lambda: self._server.sockets.drop(SUBSCRIPTION, unreachable=unreachable))

    def end_tokens(self) -> None:
        """End the access tokens, and close the connection."""
        self._run(self._server.end_tokens)
        self._run(lambda: self._server.sockets.close(SUBSCRIPTION))

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What was seen of the client."""
        return tuple(self._seen)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What the client did wrong until now."""
        elapsed = self._server.sockets.elapsed()
        return judge_client(ClientCase(self.observations, elapsed, self.timing))

    def assert_ok(self, fail_on: FailOn = "error") -> Self:
        """Raise `ContractFailure` for violations of severity `fail_on` or worse."""
        __tracebackhide__ = True
        result = RunResult(self._target, 1, 0.0, 0, Coverage(), violations=self.violations)
        Verified(result).assert_ok(fail_on)
        return self

    def close(self) -> None:
        """Close every connection."""
        self._background.run(self._server.stop())
        self._sock.close()
        if self._own is not None:
            self._own.close()

    def _run(self, work: Callable[[], T]) -> T:
        async def on_loop() -> T:
            return work()

        return self._background.run(on_loop())
