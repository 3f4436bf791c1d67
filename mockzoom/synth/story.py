"""The worlds of one event and of what comes before it, so that their times agree.

The events of a prelude lie between the world's start and now, at equal distances. So the session of
a `session.user_left` has the start_time that its `session.started` has, whoever makes the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from mockzoom.synth.pins import NO_PINS, Pins
from mockzoom.synth.world import World
from mockzoom.zoom.moments import NOW, moment_of_event
from mockzoom.zoom.preludes import prelude


@lru_cache(maxsize=2048)
def _moments_before(event: str) -> tuple[str, ...]:
    return tuple(map(moment_of_event, prelude(event)))


@lru_cache(maxsize=2048)
def _plan(event: str) -> tuple[int, tuple[tuple[int, str], ...], str]:
    """Return how many events come before one, the moments of these by number, and its own."""
    moments = _moments_before(event)
    numbered = tuple((number, each) for number, each in enumerate(moments) if each != NOW)
    return len(moments), numbered, moment_of_event(event)


def world_of(
    event: str, seed: int, at_ms: int, number: int = 0, ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> World:  # fmt: skip
    """Return the world in which `event` happens at `at_ms`, once its prelude was told."""
    world = World(seed, at_ms, number, ascii_only, pins=pins)
    count, numbered, own = _plan(event)
    if count:
        start_s, now_s = world.start_s, at_ms // 1000
        span = now_s - start_s
        told = {moment: start_s + span * number // count for number, moment in numbered}
        if own != NOW:
            told[own] = now_s
        world.recall(start_s, told)
    return world


def world_before(step: int, event: str, world: World) -> World:
    """Return the world in which the event numbered `step` of the prelude of `event` happens.

    `world` is that of the event itself.
    """
    moments = _moments_before(event)
    times = _times(world, len(moments))
    earlier = world.at(
        world.at_ms - 1000 * (world.now_s - times[step]), ascii_only=bool(world.side)
    )
    earlier.recall(world.start_s, _told(moments[:step], times))
    return earlier


def _times(world: World, count: int) -> list[int]:
    start_s, now_s = world.start_s, world.now_s
    return [start_s + (now_s - start_s) * number // count for number in range(count)]


def _told(moments: Sequence[str], times: Sequence[int]) -> dict[str, int]:
    return {moment: second for moment, second in zip(moments, times, strict=False) if moment != NOW}
