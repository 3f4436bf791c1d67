"""Settling: reads a receiver's state until it no longer changes.

A receiver may work after it has answered, so one snapshot says nothing. A state counts once two
snapshots agree, with a pause between them that is longer than this receiver was ever seen to take.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from time import perf_counter

from mockzoom.model import JSON
from mockzoom.probe_source import ProbeSource
from mockzoom.state.nondeterminism import between_equal
from mockzoom.state.paths import Path, pruned
from mockzoom.state.plays import NotComparable
from mockzoom.state.probe import ProbeConnection, ProbedEntities, Reader, StateReader
from mockzoom.state.roles import SentEvent
from mockzoom.state.volatile import Look, VolatileFields
from mockzoom.state.worker_timing import WorkerTiming
from mockzoom.transport import Permit, Transport

POLL_S = 0.05
BUSY_LOOKS = 3
"""A look takes so many times as long as is granted while a worker adds entries to the state."""
LEAST_PAUSE_S = 0.12
"""Seconds between two snapshots that have to agree, at least."""
LONG_PAUSE_S = 1.1
"""Seconds between them before anything is reported: longer than workers usually sleep."""
PROMPT_PAUSE_S = 0.5
"""The same for a receiver that had settled at once in an earlier long look of the scenario."""
PROMPT_S = 0.1
"""A prompt receiver's state has settled within so many seconds after the last answer."""
WATCH_S = 1.3
"""Seconds in which the state is read before anything is delivered, to find clocks in it."""
UNCHANGED_LOOKS = 3
"""How often a state that stays unchanged is waited for as long as is granted."""
UNCHANGED_S = 1.0
REREADINGS = 8
"""Readings that tell at once whether a list in another order is shuffled each time."""
_TIMES_LATENCY = 4
"""Where one play of a scenario has changed nothing in all that time, another is waited for so many
times as long as this receiver was ever seen to work."""


class Settling:
    """Reads the state of one receiver, and learns how long that takes to settle."""

    def __init__(self, reader: StateReader) -> None:
        self.source = reader.source
        self._reader = reader
        self._timing = WorkerTiming()
        self._settled_latency = 0.0
        """The latency, without regard to what kept changing until its look was over."""
        self._unchanged = 0
        self._long_looks = 0
        """Long looks in this scenario at what deliveries have changed."""
        self._is_changed = False
        """Whether a play of this scenario was seen to change anything."""
        self._is_unchanged = False
        """Whether one was looked at for as long as is granted, and has changed nothing."""
        self._longest = 0.0
        """Seconds that the longest look of this scenario has taken."""
        self._busy_s = 0.0
        """How long the last look has taken, if it ended while entries were still added."""
        self._last: tuple[JSON, bool] | None = None
        """The last snapshot that had settled, and whether the look was a long one."""
        self.fields: frozenset[Path] | None = None
        """Volatile fields that changed before anything was delivered; None before that look."""
        self.volatile = VolatileFields()
        """Volatile fields that are found later, in entries that the deliveries have made."""

    @classmethod
    def over(
        cls, transport: Transport, source: ProbeSource, timeout: float,
        context: ssl.SSLContext | None = None, permit: Permit | None = None,
        reader: Reader | None = None,
    ) -> Settling:  # fmt: skip
        """Return one that reads over the receiver's transport, or by the function `reader`.

        An answer may take `timeout` seconds, or longer: a state may be large.
        """
        timeout = max(timeout, source.within)
        return cls(
            StateReader(source, ProbeConnection(transport, context, timeout, permit), reader)
        )

    def of(self, source: ProbeSource) -> Settling:
        """Return the same for another source of the same receiver."""
        return Settling(self._reader.of(source))

    @property
    def unordered(self) -> tuple[str, ...]:
        """Return the paths of lists whose order does not count, those that are shuffled included"""
        return (*self._reader.unordered, *map(".".join, sorted(self.volatile.shuffled.places)))

    @property
    def is_prompt(self) -> bool:
        """Whether the state was never seen to change long after everything was answered."""
        return (self._timing.latency or 0.0) <= PROMPT_S

    @property
    def entities(self) -> ProbedEntities | None:
        """The entities that are read one by one; None where the whole state is read at once."""
        return self._reader.entities

    def add_entities(self, sent: Iterable[SentEvent], pinned: Iterable[JSON] = ()) -> None:
        """Have the entities of events read from now on, where they are read one by one."""
        if self.entities is not None:
            self.entities.add(sent, pinned)

    @property
    def is_immediate(self) -> bool:
        """Whether the state was never seen to change after everything was answered."""
        return not self._timing.latency and self.entities is None

    def begin(self) -> None:
        """Another scenario begins: its events may take longer than those before."""
        self._long_looks = 0
        self._is_changed = False
        self._is_unchanged = False
        self._longest = 0.0
        self.volatile.begin()

    async def read(self) -> JSON:
        """Return the state now, without the fields that changed before anything was delivered."""
        state = pruned(await self._reader.read(), self.fields or ())
        self.volatile.newest.learn(state)
        return state

    async def _read_after(self, last: JSON) -> tuple[JSON, JSON]:
        """Return the `last` snapshot and the state now, with shuffled lists in order."""
        shuffled, now = self.volatile.shuffled, await self.read()
        if shuffled.learn(last, now):
            again = now
            for _ in range(REREADINGS):
                before, again = again, await self.read()
                shuffled.learn(before, again)
        return shuffled.in_order(last), shuffled.in_order(now)

    async def between_scenarios(self, before: JSON) -> JSON:
        """Return the state now, in a pass that began with `before`.

        It is read to find out whose a total is. A probe of single entities shows no totals.
        """
        return before if self.entities is not None else await self.read()

    def notices(self) -> list[str]:
        """Return what is worth knowing of the probe's settings, and of what it shows."""
        return [*self._reader.notices(), *self.volatile.newest.notices()]

    async def reset(self) -> None:
        """Have the receiver forget everything, where the probe says how."""
        if self.source.reset and self.volatile.suspects:
            await self._look_before(long=False)
        await self._reader.reset()

    async def advance(self, seconds: float) -> None:
        """Set the receiver's clock ahead, where the probe says how."""
        await self._reader.advance(seconds)

    async def before_deliveries(self, *, long: bool = False) -> JSON:
        """Return the settled state before deliveries.

        The first time, volatile fields are found, and left out from then on. Later a single
        snapshot is enough if it is equal to the last one.
        """
        if self.entities is not None:
            return await self._before_new_entities(self.entities, long=long)
        if self.fields is None:
            self.fields = await self._changing_by_themselves()
        if self._last is not None and not self.source.reset:
            last, was_long = self._last
            if (was_long or not long) and not self.volatile.suspects:
                now = await self.read()
                if self.volatile.without(now) == self.volatile.without(last):
                    return now
        return await self._look_before(long=long)

    async def _before_new_entities(self, entities: ProbedEntities, *, long: bool) -> JSON:
        """Return the state before a play whose entities are not known yet: of pinned ones alone."""
        if self.volatile.suspects:
            await self._look_before(long=long)
        entities.forget()
        return await self._look_before(long=long) if entities.urls else {}

    async def _look_before(self, *, long: bool) -> JSON:
        """Return the settled state while nothing is delivered; learn what changes nevertheless."""
        state, changing = await self._look(None, long, self.source.within)
        self._check_busy()
        if self.volatile.learn(changing):
            self._timing.forget_later_than(self._settled_latency)
        return state

    async def _changing_by_themselves(self) -> frozenset[Path]:
        began = perf_counter()
        state, found = await self.read(), set[Path]()
        while perf_counter() - began < min(WATCH_S, self.source.within):
            await asyncio.sleep(POLL_S)
            state, now = await self._read_after(state)
            found |= between_equal(state, now).places
            state = now
        return frozenset(place for place in found if place)

    async def settled(
        self, reached: Callable[[JSON], bool] | None = None, *, within: float | None = None
    ) -> JSON:
        """Return the state once it no longer changes.

        `reached` says whether the state is as expected. If it never is, the state is returned after
        `within` seconds (by default what the receiver's workers are granted).
        """
        granted = self.source.within if within is None else within
        state, _ = await self._look(reached, False, granted)
        return state

    def _check_busy(self) -> None:
        """Raise `NotComparable` where the last look ended while entries were still added."""
        if self._busy_s:
            raise NotComparable(
                f"{self._busy_s:.0f} s after the last answer its state still gets new entries; say"
                " with --probe-within how long its workers may take"
            )

    async def _look(
        self, reached: Callable[[JSON], bool] | None, long: bool, granted: float
    ) -> tuple[JSON, frozenset[Path]]:
        """Return the settled state, or the last one and the fields that kept changing until then"""
        began, since, changing, timing = perf_counter(), 0.0, frozenset[Path](), self._timing
        timing.begin_look()
        look, self._busy_s = Look(granted), 0.0
        state = await self.read()
        while (at := perf_counter() - began) < granted or (
            look.is_growing(at) and at < BUSY_LOOKS * granted
        ):
            pause = self._pause(long)
            await asyncio.sleep(min(POLL_S, pause))
            last, state = await self._read_after(state)
            at = perf_counter() - began
            look.add(last, state, at, self.volatile.places)
            if self.volatile.without(state) != self.volatile.without(last):
                since = at
                timing.changed(at)
            elif (
                at - since >= pause
                and at >= timing.least_look
                and (reached is None or reached(state))
                and self.volatile.still_change(state, look, at)
            ):
                break
        else:
            changing = look.changing(at)
            self._busy_s = at if look.is_growing(at) else 0.0
        self._longest = max(self._longest, at)
        timing.end_look()
        settled_after = look.settled_after(changing | self.volatile.places)
        self._settled_latency = max(self._settled_latency, settled_after)
        self._last = state, long
        return state, changing

    async def after_deliveries(self, before: JSON, *, long: bool = False) -> JSON:
        """Return the settled state after deliveries, which may have changed it from `before`.

        A receiver that was seen to be quick is not waited for as long as is granted. A `long` look
        makes surer that nothing follows.
        """
        began = perf_counter()
        granted = self.source.within
        if self._is_unchanged and self._timing.latency is not None:
            least = LONG_PAUSE_S if long else UNCHANGED_S
            granted = min(granted, max(least, _TIMES_LATENCY * self._timing.latency))
        elif self._timing.latency is not None and not long:
            granted = min(granted, max(UNCHANGED_S, 10 * self._timing.latency))
        elif self._unchanged >= UNCHANGED_LOOKS and not (long and self._is_changed):
            granted = min(granted, UNCHANGED_S)

        def differs(state: JSON) -> bool:
            return bool(self.volatile.without(state) != self.volatile.without(before))

        state, changing = await self._look(
            lambda state: differs(state) or perf_counter() - began >= granted,
            long, self.source.within,
        )  # fmt: skip
        self._check_busy()
        self.volatile.suspect(changing)
        self._is_changed = self._is_changed or differs(state)
        if not differs(state):
            self._unchanged += 1
            self._is_unchanged = self._is_unchanged or granted == self.source.within
        else:
            self._timing.settles_at_once()
        self._long_looks += long and differs(state)
        return state

    async def later(self) -> JSON:
        """Return the state after more time than any look of this scenario has taken."""
        await asyncio.sleep(self._longest + 2 * POLL_S)
        return await self.read()

    def _pause(self, long: bool) -> float:
        pause = max(LEAST_PAUSE_S, 2 * self._timing.pause + 0.05)
        if long:
            was_prompt = self.is_prompt and self._long_looks
            least = min(LONG_PAUSE_S, PROMPT_PAUSE_S) if was_prompt else LONG_PAUSE_S
            pause = max(least, 2 * pause)
        return min(pause, self.source.within)
