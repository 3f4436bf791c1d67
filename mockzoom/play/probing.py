"""Probing: reads the receiver's state until it is settled.

A receiver may work after it has answered, so one reading says nothing. A state counts once two
readings agree, with a pause between them that is longer than this receiver has been seen to take.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import ssl
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.client import HTTPException
from time import perf_counter
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit, urlunsplit

from mockzoom.errors import MockzoomError, UsageError
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Failure, Request
from mockzoom.play.effects import Path, pruned, without
from mockzoom.play.guarded import guarded
from mockzoom.play.noise import noise
from mockzoom.play.restless import Look, Restless
from mockzoom.scenario.model import ProbeSource
from mockzoom.transport import Permit
from mockzoom.transport.protocol import Transport

POLL_S = 0.05
LEAST_PAUSE_S = 0.12
"""Seconds between two readings that have to agree, at least."""
PATIENT_PAUSE_S = 1.1
"""Seconds between them before anything is reported: longer than workers sleep as a rule."""
PROMPT_PAUSE_S = 0.5
"""The same for a receiver that was looked at with patience, and was done each time at once."""
PROMPT_LOOKS = 2
"""So many such looks in one scenario."""
PROMPT_S = 0.1
"""Within so many seconds after the last answer its state is as it will be."""
WATCH_S = 1.3
"""Seconds in which the state is watched before anything is delivered, for clocks in it."""
FRUITLESS = 3
"""How often a state that stays unchanged is waited for as long as is granted."""
UNCHANGED_S = 1.0
_MOST_JSON = 64 * 1024 * 1024

Reader = Callable[[], JSON | Awaitable[JSON]]


class ProbeError(MockzoomError):
    """The probe itself gives no JSON: nothing can be judged by it."""


@dataclass(frozen=True, slots=True)
class Wire:
    """How the probe's requests are sent: through an application in process, or over HTTP."""

    transport: Transport
    context: ssl.SSLContext | None = None
    timeout: float = 3.0
    permit: Permit | None = None
    """What may be connected to; None: everything, and redirects are followed."""

    async def request(self, method: str, url: str) -> bytes:
        """Send a request to the probe's `url`, relative to the receiver's; return the answer."""
        target = self.transport.target
        if not self.transport.wire:
            path = urlsplit(urljoin(target.url, url))
            return await self._in_process(method, urlunsplit(path))
        where = urljoin(target.url, url)
        if urlsplit(where).scheme not in ("http", "https"):
            raise UsageError(f"probe {where!r}: expected an http(s) URL, or a path of the receiver")
        # A receiver that serves one connection at a time waits for what else comes on an idle one.
        await self.transport.close()
        return await asyncio.to_thread(self._over_http, method, where)

    async def _in_process(self, method: str, url: str) -> bytes:
        headers = (("host", self.transport.target.netloc), ("accept", "application/json"))
        attempt = await self.transport.exchange(Request(method, url, headers, b""), self.timeout)
        outcome = attempt.outcome
        if isinstance(outcome, Failure):
            raise ProbeError(f"probe {url}: {outcome.message}")
        if not 200 <= outcome.status < 300:
            raise ProbeError(f"probe {url}: answered {outcome.status}; expected 200 with JSON")
        return outcome.body

    def _over_http(self, method: str, url: str) -> bytes:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.permit is not None:
            handlers += guarded(self.permit, self.context)
        elif self.context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=self.context))
        opener = urllib.request.build_opener(*handlers)
        request = urllib.request.Request(
            url, data=b"" if method == "POST" else None, method=method,
            headers={"Accept": "application/json", "User-Agent": "mockzoom-probe"},
        )  # fmt: skip
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                data: bytes = answer.read(_MOST_JSON)
                return data
        except HTTPError as error:
            raise ProbeError(
                f"probe {url}: answered {error.code}; expected 200 with JSON"
            ) from None
        except (HTTPException, OSError, ValueError) as error:
            # What is no HTTP, and a redirect to what is no URL, are no OSError.
            raise ProbeError(f"probe {url}: {_why(error)}") from None


def _why(error: Exception) -> str:
    """Return why a request of the probe failed."""
    if isinstance(error, URLError):
        return str(error.reason)
    if isinstance(error, HTTPException):
        return f"the answer is no HTTP: {type(error).__name__} {error}".strip()
    return str(error)


class Probing:
    """Reads one receiver's state, from a URL, a command or a callable."""

    def __init__(self, source: ProbeSource, wire: Wire, reader: Reader | None = None) -> None:
        self.source = source
        self._wire = wire
        self._reader = reader
        self._latency: float | None = None
        self._calm_latency = 0.0
        """The same, without regard to what went on moving until its look was over."""
        self._fruitless = 0
        self._looks = 0
        """Patient looks in this scenario at what deliveries have changed."""
        self._leaves_traces = False
        """Whether a play of this scenario was seen to change anything."""
        self._longest = 0.0
        """Seconds that the longest look of this scenario has taken."""
        self._idle: set[int] | None = None
        """Which of the ignored paths have matched nothing yet; None before a state was read."""
        self._rested: tuple[JSON, bool] | None = None
        self.restless: frozenset[Path] | None = None
        """Places that change by themselves; None before they were looked for."""
        self.clocks = Restless()
        """Places that are found to do so later, in entries that the deliveries have made."""

    def aimed(self, source: ProbeSource) -> Probing:
        """Return a probing of another source of the same receiver."""
        return Probing(source, self._wire, self._reader)

    @property
    def seems_prompt(self) -> bool:
        """Whether the state was never seen to change long after everything was answered."""
        return self._latency is None or self._latency <= PROMPT_S

    def begins(self) -> None:
        """Another scenario begins: its events may be worked on for longer than those before."""
        self._looks = 0
        self._leaves_traces = False
        self._longest = 0.0
        self.clocks.begins()

    async def read(self) -> JSON:
        """Return the state now, without the places to be ignored or that change by themselves."""
        state = self._without_ignored(await self._read())
        for place in self.restless or ():
            state = pruned(state, place)
        return state

    def _without_ignored(self, state: JSON) -> JSON:
        if state and self._idle is None:
            self._idle = set(range(len(self.source.ignore)))
        for number, path in enumerate(self.source.ignore):
            kept = without(state, [path])
            if self._idle and number in self._idle and kept != state:
                self._idle.remove(number)
            state = kept
        return state

    def notices(self) -> list[str]:
        """Return a text for each ignored path that matched nothing in all states that were read."""
        return [
            f"`ignore` of the probe (--probe-ignore) names {self.source.ignore[number]!r}, which"
            " was in no state that was read; correct it (keys joined by dots, `*` for any key), or"
            " remove it"
            for number in sorted(self._idle or ())
        ]

    async def reset(self) -> None:
        """Have the receiver forget everything, where the probe names how."""
        if self.source.reset:
            if self.clocks.suspects:
                await self._at_rest(patient=False)
            await self._wire.request("POST", self.source.reset)

    async def rested(self, *, patient: bool = False) -> JSON:
        """Return the settled state before deliveries.

        The first time it is watched for places that change by themselves, such as an uptime, which
        are left out from then on. Later a single reading will do that is as the last one was.
        """
        if self.restless is None:
            self.restless = await self._watched()
        if self._rested is not None and not self.source.reset:
            last, looked_long = self._rested
            if (looked_long or not patient) and not self.clocks.suspects:
                now = await self.read()
                if self.clocks.calm(now) == self.clocks.calm(last):
                    return now
        return await self._at_rest(patient=patient)

    async def _at_rest(self, *, patient: bool) -> JSON:
        """Return the settled state while nothing is delivered; learn what moves nevertheless."""
        state, movers = await self._look(None, patient, self.source.within)
        if self.clocks.at_rest(movers):
            self._latency = self._calm_latency
        return state

    async def _watched(self) -> frozenset[Path]:
        began = perf_counter()
        state, found = await self.read(), set[Path]()
        while perf_counter() - began < min(WATCH_S, self.source.within):
            await asyncio.sleep(POLL_S)
            now = await self.read()
            found |= noise(state, now).places
            state = now
        return frozenset(place for place in found if place)

    async def settled(
        self, reached: Callable[[JSON], bool] | None = None, *, patient: bool = False,
        within: float | None = None,
    ) -> JSON:  # fmt: skip
        """Return the state once it no longer changes.

        `reached` tells whether it is what is waited for; where it never is, that costs the whole
        time `within` (by default what the receiver's workers are granted), and the state then is
        returned. `patient` looks longer before it believes that nothing more will come.
        """
        granted = self.source.within if within is None else within
        state, _ = await self._look(reached, patient, granted)
        return state

    async def _look(
        self, reached: Callable[[JSON], bool] | None, patient: bool, granted: float
    ) -> tuple[JSON, frozenset[Path]]:
        """Return the settled state, or the last one with what had moved all the time until then."""
        began, since, movers = perf_counter(), 0.0, frozenset[Path]()
        look = Look(granted)
        state = await self.read()
        while (at := perf_counter() - began) < granted:
            pause = self._pause(patient)
            await asyncio.sleep(min(POLL_S, pause))
            last, state = state, await self.read()
            at = perf_counter() - began
            look.takes(last, state, at)
            if self.clocks.calm(state) != self.clocks.calm(last):
                since = at
                self._took(at)
            elif (
                at - since >= pause
                and (reached is None or reached(state))
                and self.clocks.passes(state, look, at)
            ):
                break
        else:
            movers = look.movers(at)
        self._longest = max(self._longest, at)
        self._calm_latency = max(self._calm_latency, look.calm_after(movers | self.clocks.places))
        self._rested = state, patient
        return state, movers

    async def changed(self, before: JSON, *, patient: bool = False) -> JSON:
        """Return the settled state after deliveries, which may have changed it from `before`.

        A receiver that has been seen to work quickly is not waited for as long as is granted.
        """
        began = perf_counter()
        granted = self.source.within
        if self._latency is not None and not patient:
            granted = min(granted, max(UNCHANGED_S, 10 * self._latency))
        elif self._fruitless >= FRUITLESS and not (patient and self._leaves_traces):
            granted = min(granted, UNCHANGED_S)

        def differs(state: JSON) -> bool:
            return bool(self.clocks.calm(state) != self.clocks.calm(before))

        state, movers = await self._look(
            lambda state: differs(state) or perf_counter() - began >= granted,
            patient, self.source.within,
        )  # fmt: skip
        self.clocks.suspected(movers)
        self._leaves_traces = self._leaves_traces or differs(state)
        if not differs(state):
            self._fruitless += 1
        elif self._latency is None:
            self._latency = 0.0
        self._looks += patient and differs(state)
        return state

    async def later(self) -> JSON:
        """Return the state after more time than any look of this scenario has taken."""
        await asyncio.sleep(self._longest + 2 * POLL_S)
        return await self.read()

    def _took(self, seconds: float) -> None:
        """Note how long this receiver's state went on changing after deliveries."""
        self._latency = max(self._latency or 0.0, seconds)

    def _pause(self, patient: bool) -> float:
        pause = max(LEAST_PAUSE_S, 2 * (self._latency or 0.0) + 0.05)
        if patient:
            is_prompt = self.seems_prompt and self._looks >= PROMPT_LOOKS
            longest = PATIENT_PAUSE_S
            pause = max(min(longest, PROMPT_PAUSE_S) if is_prompt else longest, 2 * pause)
        return min(pause, self.source.within)

    async def _read(self) -> JSON:
        if self._reader is not None and not self.source.named:
            return await self._called(self._reader)
        if self.source.run:
            return _json(await self._command(), " ".join(self.source.run))
        return _json(await self._wire.request("GET", self.source.get), self.source.get)

    async def _called(self, reader: Reader) -> JSON:
        try:
            value = reader()
            state: JSON = await value if inspect.isawaitable(value) else value
            return read_json(json.dumps(state))  # as a receiver over HTTP would show it
        except Exception as error:
            raise ProbeError(f"probe: {type(error).__name__}: {error}") from error

    async def _command(self) -> bytes:
        command = " ".join(self.source.run)
        try:
            process = await asyncio.create_subprocess_exec(
                *self.source.run, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
        except OSError as error:
            raise ProbeError(f"probe `{command}`: cannot be run: {error}") from None
        try:
            async with asyncio.timeout(self.source.within):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise ProbeError(
                f"probe `{command}`: did not end within {self.source.within:g} s"
            ) from None
        if process.returncode:
            said = err.decode("utf-8", "replace").strip()[:300]
            raise ProbeError(f"probe `{command}`: ended with {process.returncode}: {said}")
        return out


def _json(data: bytes, where: str) -> JSON:
    try:
        return read_json(data)
    except ForeignJSONError as error:
        start = data[:60].decode("utf-8", "replace")
        raise ProbeError(f"probe {where}: no JSON ({error}), but {start!r}") from None
