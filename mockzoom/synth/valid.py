"""Valid events: the same arguments give the same event, on any machine and on any day."""

from __future__ import annotations

from mockzoom.model import Event, EventSpec
from mockzoom.synth.pins import NO_PINS, Pins
from mockzoom.synth.recipe import Recipe, recipe
from mockzoom.synth.story import world_of
from mockzoom.synth.world import DEFAULT_AT_MS, World
from mockzoom.zoom.moments import QUICK, TWO_SIDED, moment_of_event


def synthesise(
    spec: EventSpec,
    *,
    seed: int = 1,
    index: int = 0,
    at_ms: int = DEFAULT_AT_MS,
    world: int | World = 0,
    ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> Event:
    """Return a valid event of `spec`.

    `index` chooses the shape (0 full, 1 bare, then each enum value, branch and optional field;
    see `shapes`), `seed` and `world` the entities, `at_ms` the instant (epoch milliseconds) which
    is `event_ts` and which no time in the event exceeds, unless it is planned. A `World` object
    keeps its beginnings, its pins, and the times that it was told, for later instants. `pins` are
    values that entities have (`mockzoom.synth.pins`). `ascii_only` writes
    free text in ASCII and changes nothing else. Raises `SynthesisError` where nothing satisfies the
    schema, `PinnedValueError` where a value that the world pins breaks it.
    """
    plan = recipe(spec)
    scene = _scene(spec, seed, at_ms, world, ascii_only, pins)
    return Event(spec.name, plan.body(index, scene, _number(plan, index, scene)))


def encoded(
    spec: EventSpec,
    *,
    seed: int = 1,
    index: int = 0,
    at_ms: int = DEFAULT_AT_MS,
    world: int | World = 0,
    ascii_only: bool = False,
    pins: Pins = NO_PINS,
) -> bytes:
    """Return the bytes of what `synthesise` makes of the same arguments, as `encode` prints it.

    This takes half the time, since the event itself is not made. Raises `SynthesisError`.
    """
    plan = recipe(spec)
    scene = _scene(spec, seed, at_ms, world, ascii_only, pins)
    return plan.encoded(index, scene, _number(plan, index, scene))


def _scene(
    spec: EventSpec, seed: int, at_ms: int, world: int | World, ascii_only: bool, pins: Pins
) -> World:
    if isinstance(world, int):
        return world_of(spec.name, seed, at_ms, world, ascii_only, pins)
    scene = world.at(at_ms, ascii_only=ascii_only)
    if scene.told is not None and QUICK.fullmatch(spec.name):
        scene.told.setdefault("start", scene.now_s - scene.ringing_s)
    moment = moment_of_event(spec.name)
    if not (scene.told and moment in scene.told and TWO_SIDED.fullmatch(spec.name)):
        scene.tell(moment)
    return scene


def _number(plan: Recipe, index: int, scene: World) -> int:
    """Return the number of the world, by which values are picked; give the event its own.

    So events of one world pick the same, but for what is new in each of them.
    """
    number = scene.root >> 32
    scene.event = _mixed(number + index * 0x9E3779B1 ^ plan.salt)
    return _mixed(number)


def _mixed(number: int) -> int:
    return (number & 0xFFFFFFFF) * 0x2C1B3C6D >> 13 & 0xFFFFFFFF


def shapes(spec: EventSpec) -> int:
    """Return how many indexes reach every enum value, branch, and optional field on and off.

    Of an enum with more than `MOST_VALUES` only so many are reached, evenly spread: there is no
    end to delivering them all. The spec's notes say so.
    """
    return len(recipe(spec))
