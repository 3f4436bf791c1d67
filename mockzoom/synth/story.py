"""The worlds of one event and of what comes before it, so that their times agree.

The events of a prelude lie between the world's start and now, at equal distances, but for those
that follow at once (`mockzoom.zoom.moments.QUICK`). So the session of a `session.user_left` has the
start_time that its `session.started` has, whoever makes the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from mockzoom.synth.pins import NO_PINS, Pins
from mockzoom.synth.world import World
from mockzoom.zoom.moments import HELD, NOW, PLANNED, QUICK, moment_of_event
from mockzoom.zoom.preludes import prelude


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


def world_of(
    event: str, seed: int, at_ms: int, number: int = 0, ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> World:  # fmt: skip
    """Return the world in which `event` happens at `at_ms`, once its prelude was told."""
    world = World(seed, at_ms, number, ascii_only, pins=pins)
    plan = _plan(event)
    if plan.quick or plan.is_held:
        times = _times(world, plan.quick)
        told = _told(plan.moments, times)
        if plan.is_held:
            told[PLANNED] = (times[0] + world.now_s) // 2 // 60 * 60
        world.recall(times[0] if plan.quick else world.start_s, told)
    elif QUICK.fullmatch(event):
        world.recall(world.now_s - world.ringing_s)
    return world


def world_before(step: int, event: str, world: World) -> World:
    """Return the world in which the event numbered `step` of the prelude of `event` happens.

    `world` is that of the event itself.
    """
    plan = _plan(event)
    times = _times(world, plan.quick)
    earlier = world.at(
        world.at_ms - 1000 * (world.now_s - times[step]), ascii_only=bool(world.side)
    )
    told = _told(plan.moments[:step], times)
    if world.told and PLANNED in world.told:
        told[PLANNED] = world.told[PLANNED]
    earlier.recall(world.start_s, told)
    return earlier


def _times(world: World, quick: Sequence[bool]) -> list[int]:
    """Return the epoch seconds of the events of a story, the last of which is now."""
    seconds, slow = world.ringing_s * sum(quick), len(quick) - sum(quick)
    start_s = world.start_s if slow else world.now_s - seconds
    span_s, found = world.now_s - start_s - seconds, [start_s]
    for number in range(1, len(quick) + 1):
        told = quick[:number]
        waited = span_s * (number - sum(told)) // slow if slow else 0
        found.append(start_s + waited + world.ringing_s * sum(told))
    return found


def _told(moments: Sequence[str], times: Sequence[int]) -> dict[str, int]:
    return {moment: second for moment, second in zip(moments, times, strict=False) if moment != NOW}
