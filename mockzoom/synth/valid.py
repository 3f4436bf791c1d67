"""Valid events: the same arguments give the same event, on any machine and on any day."""

from __future__ import annotations

from mockzoom.model import Event, EventSpec
from mockzoom.synth.recipe import recipe
from mockzoom.synth.world import DEFAULT_AT_MS, World


def synthesise(
    spec: EventSpec,
    *,
    seed: int = 1,
    index: int = 0,
    at_ms: int = DEFAULT_AT_MS,
    world: int | World = 0,
    ascii_only: bool = False,
) -> Event:
    """Return a valid event of `spec`.

    `index` chooses the shape (0 full, 1 bare, then each enum value, branch and optional field;
    see `shapes`), `seed` and `world` the entities, `at_ms` the instant (epoch milliseconds) which
    is `event_ts` and which no time in the event exceeds. A `World` object keeps its beginnings for
    later instants. `ascii_only` writes free text in ASCII words and changes nothing else. Raises
    `SynthesisError` where nothing satisfies the schema.
    """
    if isinstance(world, int):
        scene = World(seed, at_ms, world, ascii_only=ascii_only)
    else:
        scene = world.at(at_ms, ascii_only=ascii_only)
    plan = recipe(spec)
    number = (scene.root >> 32) + index * 0x9E3779B1 ^ plan.salt
    number = (number & 0xFFFFFFFF) * 0x2C1B3C6D
    return Event(spec.name, plan.body(index, scene, number >> 13 & 0xFFFFFFFF))


def shapes(spec: EventSpec) -> int:
    """Return how many indexes reach every enum value, branch, and optional field on and off.

    Of an enum with more than `MOST_VALUES` only so many are reached, evenly spread: there is no
    end to delivering them all. The spec's notes say so.
    """
    return len(recipe(spec))
