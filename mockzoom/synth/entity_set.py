"""One entity set, so that every event made in it speaks of the same meeting.

An entity set belongs to (seed, number): one number of 128 bits stands for both, and every id is
that number multiplied by the salt of its role, written as its kind has it
(`mockzoom.synth.entity_values`).
Nothing is kept but the times of earlier events, so that an event in a new entity set costs no more
than one in a known one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import gmtime, strftime
from typing import NamedTuple

from mockzoom.synth.pins import NO_PINS, Pins
from mockzoom.zoom.moments import (
    HELD,
    NOW,
    PLANNED,
    PLANNED_MINUTES,
    QUICK,
    RANKS,
    RINGING_S,
    moment_of_event,
)
from mockzoom.zoom.preludes import prelude

DEFAULT_AT_MS = 1_767_268_800_000
"""2026-01-01T12:00:00Z: the payload clock of whoever gives none, so that bytes never vary."""

_SHORTEST_S = 600
_LONGEST_S = 3000

_MASK = 2**128 - 1
_BY_SEED = 0xDD25F4A1C3B7698E5A0C9E7B13D86F41
_BY_NUMBER = 0x9E3779B97F4A7C15F39CC0605CEDC835
_MIXER = 0xC2B2AE3D27D4EB4F165667B19E3779F9
_BY_EVENT = 0xB5297A4D3F84D5B5A3C59AC2F1E6D70B
_OTHER = 2**61
"""Added to an entity set's number for what things were before a change."""


class EntitySet:
    """A meeting, session and webinar with their people, seen at one instant of the payload clock.

    `at_ms` (epoch milliseconds) is that instant: no time in any event lies after it, but for what
    is planned. What began did so between ten minutes and an hour before, unless `known_times` says
    when: epoch seconds of moments (`mockzoom.zoom.moments`) that earlier events have.

    `manner` decides which scripts and lengths free text has; entity sets of one manner differ in
    the words alone. `pins` are values that entities have in every entity set. `event` (32 bits) is
    the number of the event that is being made: what is new in each event depends on it.
    """

    __slots__ = ("_before", "_start_s", "at_ms", "event", "known_times", "manner", "number",
                 "pins", "root", "seed", "side")  # fmt: skip

    def __init__(
        self, seed: int, at_ms: int, number: int = 0, ascii_only: bool = False, *,
        manner: int | None = None, pins: Pins = NO_PINS, known_times: dict[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.seed, self.at_ms, self.number = seed, at_ms, number
        root = seed * _BY_SEED + number * _BY_NUMBER + _MIXER & _MASK
        root = (root ^ root >> 67) * _MIXER & _MASK
        self.root = root = root ^ root >> 61
        self.side = 1 if ascii_only else 0
        self.event = 0
        self.manner = root >> 32 if manner is None else manner
        self.pins = pins
        self.known_times = known_times
        self._start_s: int | None = None
        self._before: EntitySet | None = None

    @property
    def now_s(self) -> int:
        """The instant in epoch seconds."""
        return self.at_ms // 1000

    @property
    def start_s(self) -> int:
        """When it began, in epoch seconds, where no earlier event has a time of it."""
        start = self._start_s
        if start is None:
            now = self.now_s
            start = now - _SHORTEST_S - (now - self.root % _LONGEST_S) % _LONGEST_S
            self._start_s = start
        return start

    @property
    def before(self) -> EntitySet:
        """The same entity set with the names and numbers that things had before a change."""
        if self._before is None:
            self._before = EntitySet(
                self.seed,
                self.at_ms,
                self.number + _OTHER,
                bool(self.side),
                manner=self.manner + 1,
            )
            self._before.recall(self.start_s - 86_400)
        return self._before

    def at(self, at_ms: int, *, ascii_only: bool = False) -> EntitySet:
        """Return this entity set at another instant; what began stays begun where it can.

        The two share the times that either remembers from now on.
        """
        if self.known_times is None:
            self.known_times = {}
        later = EntitySet(
            self.seed, at_ms, self.number, ascii_only, manner=self.manner, pins=self.pins,
            known_times=self.known_times,
        )  # fmt: skip
        if self.start_s + 16 <= later.now_s:
            later._start_s = self.start_s
        return later

    def recall(self, start_s: int, known_times: dict[str, int] | None = None) -> None:
        """Let it have begun at `start_s` (epoch seconds), with the times of what came before."""
        self._start_s = start_s
        self.known_times = known_times

    def copy(self) -> EntitySet:
        """Return this entity set with its own record of times."""
        same = self.at(self.at_ms, ascii_only=bool(self.side))
        same.recall(self.start_s, dict(self.known_times or {}))
        return same

    def remember(self, moment: str) -> None:
        """Note that `moment` is now: later events of a set that keeps times say so."""
        if self.known_times is not None and moment != NOW:
            self.known_times[moment] = self.now_s

    def second_of(self, moment: str, own_rank: int) -> int:
        """Return the epoch second of a moment for an event whose own moment has `own_rank`.

        It is the known one, and else one between those that are known.
        """
        rank, now = RANKS.get(moment), self.at_ms // 1000
        if rank is None:
            return self._planned_s(moment)
        if not self.known_times:
            if rank >= own_rank:
                return now
            start = self.start_s if self._start_s is None else self._start_s
            if moment == "answer":
                return min(start + self.ringing_s, now)
            return start + (now - start) * rank // own_rank
        if moment == NOW:
            return now
        known = self.known_times.get(moment)
        if known is None and moment == "answer":
            known = self.known_times.get("start", self.start_s) + self.ringing_s
        elif known is None:
            known = self._between(self.known_times, rank, own_rank)
            if rank < own_rank:
                self.known_times[moment] = known
        return min(known, now)

    def _between(self, times: Mapping[str, int], rank: int, own_rank: int) -> int:
        now = self.now_s
        known = [
            (RANKS[name], second)
            for name, second in times.items()
            if name in RANKS and second <= now
        ]
        earliest = min([self.start_s, *(second for _, second in known)])
        low_rank, low = max([(0, earliest), *(at for at in known if at[0] <= rank)])
        high_rank, high = min([(max(own_rank, rank), now), *(at for at in known if at[0] >= rank)])
        if high_rank <= low_rank or rank <= low_rank:
            return low
        return low + max(high - low, 0) * (rank - low_rank) // (high_rank - low_rank)

    def _planned_s(self, moment: str) -> int:
        """Return a full or half hour of the next week, or when it is planned to end.

        Where it is known when what was planned was held, it was planned for then.
        """
        known = self.known_times.get(PLANNED) if self.known_times else None
        begins = (self.start_s // 1800 + 3 + (self.root >> 7) % 336) * 1800
        begins = begins if known is None else known
        return begins if moment == PLANNED else begins + self.planned_minutes * 60

    @property
    def ringing_s(self) -> int:
        """How long its phones ring, in seconds."""
        least, most = RINGING_S
        return least + (self.root >> 23) % (most - least + 1)

    @property
    def planned_minutes(self) -> int:
        """How long it is scheduled to last."""
        return PLANNED_MINUTES[(self.root >> 17) % len(PLANNED_MINUTES)]


def event_root(w: EntitySet, n: int) -> int:
    """Return for the event of `w`, which picks by `n`, what `w.root` is for the whole set."""
    return w.root + (w.event ^ n) * _BY_EVENT & _MASK


@lru_cache(maxsize=256)
def _date(day: int) -> str:
    return strftime("%Y-%m-%dT", gmtime(day * 86_400))


_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02d}Z" for second in range(60))


def stamp(second: int) -> str:
    """Spell an epoch second as Zoom does: RFC 3339 in UTC, whole seconds, `Z`."""
    minute = second // 60
    return f"{_date(minute // 1440)}{_MINUTES[minute % 1440]}{_SECONDS[second % 60]}"


class _Plan(NamedTuple):
    """What comes before an event."""

    moments: tuple[str, ...]
    """The moments of its prelude and, last, its own."""
    quick: tuple[bool, ...]
    """For each event but the first, whether it follows at once."""
    is_held: bool
    """Whether what was planned has begun with it."""


@lru_cache(maxsize=2048)
def _plan(event: str) -> _Plan:
    events = (*prelude(event), event)
    quick = tuple(bool(QUICK.fullmatch(each)) for each in events[1:])
    return _Plan(tuple(map(moment_of_event, events)), quick, bool(HELD.fullmatch(event)))


def entities_of(
    event: str, seed: int, at_ms: int, number: int = 0, ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> EntitySet:  # fmt: skip
    """Return the entity set in which `event` happens at `at_ms`, after its prelude."""
    entities = EntitySet(seed, at_ms, number, ascii_only, pins=pins)
    plan = _plan(event)
    if plan.quick or plan.is_held:
        times = _times(entities, plan.quick)
        known = _known_times(plan.moments, times)
        if plan.is_held:
            known[PLANNED] = (times[0] + entities.now_s) // 2 // 60 * 60
        entities.recall(times[0] if plan.quick else entities.start_s, known)
    elif QUICK.fullmatch(event):
        entities.recall(entities.now_s - entities.ringing_s)
    return entities


def entities_before(step: int, event: str, entities: EntitySet) -> EntitySet:
    """Return the entity set in which the event numbered `step` of the prelude of `event` happens.

    `entities` is that of the event itself.
    """
    plan = _plan(event)
    times = _times(entities, plan.quick)
    earlier = entities.at(
        entities.at_ms - 1000 * (entities.now_s - times[step]), ascii_only=bool(entities.side)
    )
    known = _known_times(plan.moments[:step], times)
    if entities.known_times and PLANNED in entities.known_times:
        known[PLANNED] = entities.known_times[PLANNED]
    earlier.recall(entities.start_s, known)
    return earlier


def _times(entities: EntitySet, quick: Sequence[bool]) -> list[int]:
    """Return the epoch seconds of the events of a story, the last of which is now."""
    seconds, slow = entities.ringing_s * sum(quick), len(quick) - sum(quick)
    start_s = entities.start_s if slow else entities.now_s - seconds
    span_s, found = entities.now_s - start_s - seconds, [start_s]
    for number in range(1, len(quick) + 1):
        rung = sum(quick[:number])
        waited = span_s * (number - rung) // slow if slow else 0
        found.append(start_s + waited + entities.ringing_s * rung)
    return found


def _known_times(moments: Sequence[str], times: Sequence[int]) -> dict[str, int]:
    return {moment: second for moment, second in zip(moments, times, strict=False) if moment != NOW}
