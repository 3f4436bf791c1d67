"""Probes: read a snapshot of a receiver's state, from a URL, a command or a function."""

from __future__ import annotations

import asyncio
import inspect
import json
import ssl
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit, urlunsplit

from mockzoom.errors import MockzoomError, UsageError
from mockzoom.foreign_json import ForeignJSONError, read_json
from mockzoom.model import JSON, Failure, Request
from mockzoom.probe_source import SECONDS, ProbeSource, filled_url, placeholders
from mockzoom.state.paths import without
from mockzoom.state.permitted_requests import permitted_handlers
from mockzoom.state.roles import SentEvent
from mockzoom.state.sql_probe import SqlError, SqlProbe
from mockzoom.transport import Permit, Transport

MOST_ENTITIES = 1_000
"""Entities of one play, or of one pass, at most."""


class TooManyEntities(MockzoomError):
    """A play is about more entities than can be read one by one."""


class ProbedEntities:
    """The entities of one play or pass, for a probe's `url` with placeholders."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.urls: dict[str, str] = {}
        """Where each entity is read, by the values that identify it."""
        self._pinned: dict[str, str] = {}
        self.is_used = False
        """Whether any event had a value for each placeholder."""

    def add(self, sent: Iterable[SentEvent], pinned: Iterable[JSON] = ()) -> None:
        """Add the entities of events; those with `pinned` values alone are those of every play."""
        every = frozenset(map(str, pinned))
        for event in sent:
            found = filled_url(self._url, event.body)
            if found is None:
                continue
            self.is_used = True
            values, url = found
            name = " ".join(values)
            self.urls[name] = url
            if every.issuperset(values):
                self._pinned[name] = url
            if len(self.urls) > MOST_ENTITIES:
                raise TooManyEntities(
                    f"probe {self._url}: more than {MOST_ENTITIES:,} entities in one play;"
                    " have a probe show the whole state"
                )

    def forget(self) -> None:
        """Begin another play: about new entities, and those that are pinned."""
        self.urls = dict(self._pinned)

    def unused(self) -> str:
        """Return what to say if no event had the values; empty if any had them."""
        if self.is_used:
            return ""
        paths = " and ".join(placeholders(self._url))
        return f"probe {self._url}: no event that was delivered has {paths}, so nothing was read"


_MOST_JSON = 64 * 1024 * 1024
_CONNECTING_S = 10
"""Seconds for a connection to a database, in addition to its query."""
_MOST_SECONDS = 60
"""Seconds in which all entities have to be read once."""

Reader = Callable[[], JSON | Awaitable[JSON]]
"""A function that returns the state."""


class ProbeError(MockzoomError):
    """The probe itself gives no JSON: nothing can be judged by it."""


class ProbeStatusError(ProbeError):
    """The probe's URL was answered with another status than 200."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"probe {url}: answered {status}; expected 200 with JSON")
        self.status = status


@dataclass(frozen=True, slots=True)
class ProbeConnection:
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
            raise ProbeStatusError(url, outcome.status)
        return outcome.body

    def _over_http(self, method: str, url: str) -> bytes:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.permit is not None:
            handlers += permitted_handlers(self.permit, self.context)
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
            raise ProbeStatusError(url, error.code) from None
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


class StateReader:
    """Reads one receiver's state."""

    def __init__(
        self, source: ProbeSource, connection: ProbeConnection, function: Reader | None = None
    ) -> None:
        self.source = source
        self._connection = connection
        self._function = function
        self.entities = ProbedEntities(source.get) if placeholders(source.get) else None
        """The entities that are read one by one; None where the whole state is read at once."""
        self._sql = SqlProbe(source.database, source.sql, source.within) if source.sql else None
        self.unordered = (*source.unordered, *(self._sql.unordered if self._sql else ()))
        """Paths of lists whose order does not count."""
        self._idle: set[int] | None = None
        """Which of the ignored paths have matched nothing yet; None before a state was read."""

    def of(self, source: ProbeSource) -> StateReader:
        """Return a reader of another source of the same receiver."""
        return StateReader(source, self._connection, self._function)

    async def read(self) -> JSON:
        """Return the state now, without the places that the probe ignores.

        Raises `ProbeError` where there is none.
        """
        state = await self._read()
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
        """Have the receiver forget everything, where the probe says how."""
        if self.source.reset:
            await self._connection.request("POST", self.source.reset)

    async def advance(self, seconds: float) -> None:
        """Set the receiver's clock ahead, where the probe says how."""
        if self.source.advance:
            url = self.source.advance.replace(SECONDS, f"{seconds:.0f}")
            await self._connection.request("POST", url)

    async def _read(self) -> JSON:
        if self._function is not None and not self.source.named:
            return await self._called(self._function)
        if self.entities is not None:
            return await self._each_entity(self.entities)
        if self._sql is not None:
            return await self._rows(self._sql)
        if self.source.run:
            return _json(await self._command(), " ".join(self.source.run))
        return _json(await self._connection.request("GET", self.source.get), self.source.get)

    async def _each_entity(self, entities: ProbedEntities) -> JSON:
        """Return the state of each entity, by its values; one that is answered 404 has none."""
        found: dict[str, JSON] = {}
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                for name, url in entities.urls.items():
                    with suppress(_NoEntity):
                        found[name] = _json(await self._entity(url), url)
        except TimeoutError:
            raise ProbeError(
                f"probe {self.source.get}: reading {len(entities.urls)} entities took longer than"
                f" {_MOST_SECONDS} s; have a probe show the whole state"
            ) from None
        return found

    async def _entity(self, url: str) -> bytes:
        try:
            return await self._connection.request("GET", url)
        except ProbeStatusError as error:
            if error.status == 404:
                raise _NoEntity from None
            raise

    async def _rows(self, probe: SqlProbe) -> JSON:
        try:
            async with asyncio.timeout(self.source.within + _CONNECTING_S):
                rows = await asyncio.to_thread(probe.read)
            return read_json(json.dumps(rows))
        except TimeoutError:
            raise ProbeError(
                f"probe {self.source.sql}: no answer within {self.source.within:g} s"
            ) from None
        except (SqlError, ForeignJSONError) as error:
            raise ProbeError(f"probe {self.source.sql}: {error}") from None

    async def _called(self, function: Reader) -> JSON:
        try:
            value = function()
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


class _NoEntity(Exception):
    """The receiver knows no such entity."""


def _json(data: bytes, where: str) -> JSON:
    try:
        return read_json(data)
    except ForeignJSONError as error:
        start = data[:60].decode("utf-8", "replace")
        raise ProbeError(f"probe {where}: no JSON ({error}), but {start!r}") from None
