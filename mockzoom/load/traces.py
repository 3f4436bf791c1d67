"""Which events left no trace: acknowledged ones that a probe of the receiver's state does not show.

What a trace is, is learnt from twins: two sequences of each kind, delivered without load. A value
that an event has for itself (an id, a time) is a trace where the state shows it for both twins. The
state is read after the load, so what it forgets of the twins, which are the oldest, is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter

from mockzoom.engine.case import TestCase
from mockzoom.engine.runner import Runner
from mockzoom.load.event_sequences import OwnPlaces, values_of
from mockzoom.load.sender import EventUnderLoad
from mockzoom.model import JSON
from mockzoom.schema.pointer import leaves, objects
from mockzoom.state.probe import StateReader

_LEAST_LETTERS = 6
"""A shorter value may stand in the state by chance."""
_POLL_S = 0.25
_LONGEST_S = 60.0
"""Seconds for which traces are waited for, as long as more of them appear."""
_Twins = tuple[Mapping[str, str], Mapping[str, str]]
"""The values of two events at the same step of sequences of the same kind, by their places."""


class LoadTraces:
    """Looks for the traces of events in what `reader` reads."""

    def __init__(self, reader: StateReader) -> None:
        self._reader = reader
        self._twins: dict[tuple[str, int], _Twins] = {}
        self.own: OwnPlaces = {}
        """Where events have values of their own; known once the twins are delivered."""

    async def learn(self, runner: Runner, cases: Sequence[TestCase]) -> None:
        """Deliver a twin of each case, which was delivered and acknowledged itself."""
        own: dict[tuple[str, int], list[str]] = {}
        for case in cases:
            twin = runner.anew(case)
            if not (await runner.send(twin)).last.acknowledged:
                continue
            known: set[str] = set()
            for step, pair in enumerate(
                zip((*case.prelude, case), (*twin.prelude, twin), strict=True)
            ):
                one, two = (values_of(item.body) for item in pair)
                self._twins[case.event, step] = one, two
                own[case.event, step] = [
                    place for place, value in one.items()
                    if len(value) >= _LEAST_LETTERS and value not in known
                    and two.get(place, value) != value
                ]  # fmt: skip
                known.update(one.values())
        self.own = own

    async def lost(
        self, samples: Sequence[EventUnderLoad]
    ) -> tuple[int, list[EventUnderLoad], list[str]]:
        """Return how many acknowledged events were looked for, and which left no trace.

        Also the event types that leave none without load: nothing can be said of these. The
        receiver's workers have as long as the probe grants them since the last trace appeared.
        Raises `ProbeError` where the state cannot be read.
        """
        began = seen_at = perf_counter()
        best: tuple[int, int] | None = None
        while True:
            looked_for, missing, silent = self._look(samples, await self._reader.read())
            now = perf_counter()
            found = (looked_for, -len(missing))
            if best is None or found > best:
                best, seen_at = found, now
            waited = now - seen_at >= self._reader.source.within or now - began >= _LONGEST_S
            if waited or (looked_for and not missing and not silent):
                return looked_for, missing, silent
            await asyncio.sleep(_POLL_S)

    def _look(
        self, samples: Sequence[EventUnderLoad], state: JSON
    ) -> tuple[int, list[EventUnderLoad], list[str]]:
        shown = _texts(state)
        shows = {
            key: [at for at, place in enumerate(self.own[key])
                  if one[place] in shown and two.get(place) in shown]
            for key, (one, two) in self._twins.items()
        }  # fmt: skip
        refused = {(sample.place.sequence, sample.place.step) for sample in samples if sample.lost}
        looked_for, missing = 0, []
        for sample in samples:
            sequence, ends_with, step, own = sample.place
            traces = shows.get((ends_with, step), ())
            if not traces or any((sequence, before) in refused for before in range(step + 1)):
                continue
            looked_for += 1
            if not any(own[at] in shown for at in traces):
                missing.append(sample)
        silent = {
            sample.event for sample in samples
            if not shows.get((sample.place.ends_with, sample.place.step))
        }  # fmt: skip
        return looked_for, missing, sorted(silent)


def _texts(state: JSON) -> set[str]:
    """Return everything that a state shows: its keys, and its values as texts."""
    keys = (key for _, found in objects(state) for key in found)
    return {*keys, *(str(value) for _, value in leaves(state))}
