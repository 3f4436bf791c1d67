"""Examines a client of delivery over WebSocket: serves it, disturbs it, and judges what it does.

It gets every event once, then scenarios where a probe shows what they leave behind, is watched
until its heartbeats are seen to repeat, is cut off while the server is unreachable for a moment,
and is closed when its access token has ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from mockzoom.engine.case import CHALLENGE, CaseName, TestCase
from mockzoom.engine.runner import Runner
from mockzoom.errors import MockzoomError
from mockzoom.model import EventSpec, Observation, RunResult
from mockzoom.play.player import Player
from mockzoom.settings import Settings
from mockzoom.suites import state
from mockzoom.suites import websocket as rules
from mockzoom.suites.evolution import FIELD, UNKNOWN
from mockzoom.suites.websocket import ClientCase, ClientTiming
from mockzoom.synth import SynthesisError
from mockzoom.verify.plan import INTERRUPTED
from mockzoom.wording import printable
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.message_sender import PAUSE_S
from mockzoom.zoom.websocket.messages import Seen
from mockzoom.zoom.websocket.server import SUBSCRIPTION, EventSocketServer

STOP_S = 2.0
"""Seconds that a client has to end, after SIGTERM."""
_KEPT = 400


class ClientProcess:
    """A command of the shell, with its children, started with further variables."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, shell=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._last = b""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def ended(self) -> str:
        """How it ended, with what it printed last; empty while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        self._reading.join(0.5)
        last = printable(self._last.decode("utf-8", "replace").strip())
        return f"the command ended with {code}" + (f": {last}" if last else "")

    def stop(self) -> None:
        """End it, with everything that it has started."""
        self._kill(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self._kill(signal.SIGKILL)
        self._process.wait()

    def _kill(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read(self) -> None:
        """Read what it prints, whatever it is, and keep the end."""
        stream = self._process.stdout
        assert stream is not None
        with stream:
            while piece := os.read(stream.fileno(), 65536):
                self._last = (self._last + piece)[-_KEPT:]


FIRST_S = 60.0
"""Seconds in which a client connects for the first time, where `--wait` says nothing else."""
OUTAGE_S = 3.0
"""Seconds in which a lost server cannot be reached: who retries without a pause is seen."""
AT_MOST_S, AT_LEAST_S = 400.0, 120.0
"""Seconds that all of it may take: so many times the scale, but not less than the second."""
_MOST_SEEN = 20_000
_LOOKED_EVERY_S = 0.05


class ClientExamination:
    """One run; `told` gets what a client has to know, as variables of its environment.

    The runner's sender delivers to the client of `server`. `player` plays scenarios to it that
    are judged by a probe; None where there is none.
    """

    def __init__(
        self,
        runner: Runner,
        server: EventSocketServer,
        specs: tuple[EventSpec, ...],
        settings: Settings,
        told: Callable[[dict[str, str]], None],
        player: Player | None = None,
    ) -> None:
        self._runner, self._specs, self._settings, self._told = runner, specs, settings, told
        self._server, self._player = server, player
        self._timing = ClientTiming.scaled(settings.stream_scale)
        self._seen: list[Observation] = []
        self._loop = asyncio.get_running_loop()
        most = max(AT_MOST_S * settings.stream_scale, AT_LEAST_S)
        self._ends = self._loop.time() + most + settings.wait
        self._client: ClientProcess | None = None

    async def run(self, listening: socket.socket) -> RunResult:
        """Serve on a socket that listens until all is judged; return what was found."""
        runner = self._runner
        runner.start(len(self._specs), "verify")
        runner.keep_timeline()
        await self._server.start(listening, self._observe)
        try:
            self._start_client()
            await self._play()
        except asyncio.CancelledError:
            runner.run_error(INTERRUPTED)
        except MockzoomError as error:
            runner.run_error(str(error))
        finally:
            until = self._now()
            await self._server.stop()
            if self._client is not None:
                await asyncio.to_thread(self._client.stop)
        self._report(ClientCase(tuple(self._seen), until, self._timing))
        return runner.finish(spec.name for spec in self._specs)

    def _start_client(self) -> None:
        environment = self._server.environment
        self._told(environment)
        if self._settings.websocket_client:
            self._client = ClientProcess(self._settings.websocket_client, environment)

    async def _play(self) -> None:
        if not await self._connects(
            "connect", "waiting for the client to connect", self._settings.wait or FIRST_S
        ):
            self._runner.run_error(self._never_connected())
            return
        self._runner.step("events", "delivering every event once")
        if not await self._deliver_events():
            return
        if self._player is not None:
            await self._play_scenarios(self._player)
        await self._watch()
        if not await self._comes_back("heartbeats"):
            return
        outage = max(OUTAGE_S * self._settings.stream_scale, 1.0)
        self._sockets.drop(SUBSCRIPTION, unreachable=outage)
        if not await self._comes_back("cut off"):
            return
        await asyncio.sleep(PAUSE_S)
        self._server.end_tokens()
        self._sockets.close(SUBSCRIPTION)
        await self._comes_back("token ended")

    # -- its parts -----------------------------------------------------------------------------

    def _cases(self) -> Iterator[TestCase]:
        """Yield every event once, then one of an unknown type and one with a new field."""
        specs = [spec for spec in self._specs if spec.name != CHALLENGE]
        names = [(spec, CaseName("valid")) for spec in specs]
        names += [(spec, CaseName(kind.name)) for kind in (UNKNOWN, FIELD) for spec in specs[:1]]
        for spec, name in names:
            try:
                yield self._runner.cases.prepare(spec.name, name)
            except SynthesisError as error:
                self._runner.notice(f"left out: {error}")

    async def _deliver_events(self) -> bool:
        """Deliver to the client; False where it went away and did not come back."""
        for case in self._cases():
            if not self._sockets.connected(SUBSCRIPTION) and not await self._comes_back("events"):
                return False
            exchange = await self._runner.sender.deliver(self._runner.delivery(case))
            self._runner.delivered(exchange)
            if exchange.last.acknowledged:
                self._runner.cover(case.event)
        return await self._comes_back("events")

    async def _play_scenarios(self, player: Player) -> None:
        """Play scenarios; the rest has as much time afterwards as it had before."""
        began = self._loop.time()
        with self._runner.without_deliveries():
            await player.play_within()
        self._ends += self._loop.time() - began

    async def _watch(self) -> None:
        """Wait until heartbeats are seen to repeat, or one is missing."""

        def settled() -> bool:
            case = self._case()
            return (
                rules.has_heartbeats(case)
                or any(rules.heartbeat_missing(case))
                or not self._sockets.connected(SUBSCRIPTION)
            )

        most = 4 * self._timing.heartbeat
        await self._until(settled, "heartbeats", "waiting for two heartbeats", most)

    async def _comes_back(self, step: str) -> bool:
        about = f"waiting for the client to come back ({step})"
        return await self._connects("reconnect", about, self._timing.comeback + PAUSE_S)

    async def _connects(self, step: str, about: str, seconds: float) -> bool:
        def connected() -> bool:
            return self._sockets.connected(SUBSCRIPTION)

        return await self._until(connected, step, about, seconds)

    async def _until(
        self, reached: Callable[[], bool], step: str, about: str, seconds: float
    ) -> bool:
        """Wait until something is so; say how long it may take."""
        ends = min(self._loop.time() + seconds, self._ends)
        self._runner.step(step, f"{about}; at most {seconds:.0f} s")
        while not reached():
            if self._loop.time() >= ends:
                if ends == self._ends:
                    self._runner.run_error(f"{step}: no time was left for what follows")
                return False
            if step == "connect" and self._client is not None and self._client.ended:
                return False
            await asyncio.sleep(_LOOKED_EVERY_S)
        return True

    # -- what was seen -------------------------------------------------------------------------

    @property
    def _sockets(self) -> EventSockets:
        return self._server.sockets

    @property
    def _url(self) -> str:
        return self._server.environment["ZOOM_WEBSOCKET_URL"]

    def _observe(self, seen: Observation) -> None:
        if len(self._seen) < _MOST_SEEN:
            self._seen.append(seen)
            if seen.recognised != Seen.EVENT:  # the run tells that it was delivered
                self._runner.observe(seen)

    def _now(self) -> float:
        return self._sockets.elapsed()

    def _case(self) -> ClientCase:
        return ClientCase(tuple(self._seen), self._now(), self._timing)

    def _never_connected(self) -> str:
        tried = [item.message for item in self._seen if item.recognised == Seen.REFUSED]
        refused = [item.message for item in self._seen if item.recognised == Seen.NO_TOKEN]
        why = "nobody tried to"
        if tried:
            why = f"every try was refused: {', '.join(dict.fromkeys(tried))}"
        elif refused:
            why = f"it got no access token: {', '.join(dict.fromkeys(refused))}"
        elif any(item.recognised == Seen.TOKEN for item in self._seen):
            why = "it took an access token, and did not connect"
        ended = self._client.ended if self._client is not None else ""
        return f"no client connected to {self._url}: {why}" + f"; {ended}" * bool(ended)

    def _report(self, case: ClientCase) -> None:
        runner = self._runner
        for item in rules.unjudged(case):
            runner.skip_rules(item.why, item.rule)
        if self._player is not None:
            judged = {rule for rule, _ in runner.judged}
            unplayed = (rule for rule in state.SUITE.judged if rule not in judged)
            runner.skip_rules("the scenarios were not played", *unplayed)
        left_out = runner.skipped
        for rule in rules.SUITE.judged:
            if rule not in left_out:
                runner.count_rules(None, rule)
        for violation in rules.judge_client(case):
            runner.add_case(violation, "client")
